//! No guest access and no call makes the controller panic, hang or lock up.

use super::mock::Machine;
use crate::{AccessSize, Frame, SgiRegister, VcpuId, Version};
use proptest::prelude::*;
use std::vec;

#[derive(Clone, Copy, Debug)]
enum Call {
    Read(Frame, u64, AccessSize),
    Write(Frame, u64, AccessSize, u64),
    Sgi(SgiRegister, u64),
    Spi(Option<u8>, u32, bool),
    Ppi(u32, bool),
    Line(u32, bool),
    Ack,
    End(u32),
    Deactivate(u32),
    Sync,
    Unload,
    Pending,
}

fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        Just(Frame::Distributor),
        Just(Frame::Redistributors),
        Just(Frame::CpuInterface)
    ]
}

fn size() -> impl Strategy<Value = AccessSize> {
    let sizes = [
        AccessSize::Byte,
        AccessSize::Half,
        AccessSize::Word,
        AccessSize::Double,
    ];
    prop_oneof![4 => Just(AccessSize::Word), 1 => prop::sample::select(sizes.to_vec())]
}

fn offset() -> impl Strategy<Value = u64> {
    let word = |limit: u64| (0..limit / 4).prop_map(|w| w * 4);
    prop_oneof![
        4 => word(0x1000),
        2 => word(0x400).prop_map(|w| 0x6000 + w),
        2 => (0..8u64, word(0xe00)).prop_map(|(v, w)| v * 0x2_0000 + 0x1_0000 + w),
        1 => (0..8u64, word(0x20)).prop_map(|(v, w)| v * 0x2_0000 + w),
        1 => 0..0x12_0000u64,
        1 => any::<u64>(),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let sgi = [SgiRegister::Sgi0r, SgiRegister::Sgi1r, SgiRegister::Asgi1r];
    let value = prop_oneof![Just(u64::MAX), any::<u64>(), 0..0x100u64];
    let intid = || prop_oneof![0..40u32, 0..300u32, any::<u32>()];
    let vcpu = prop::option::of(0..10u8);
    prop_oneof![
        4 => (frame(), offset(), size()).prop_map(|(f, o, s)| Call::Read(f, o, s)),
        8 => (frame(), offset(), size(), value).prop_map(|(f, o, s, v)| Call::Write(f, o, s, v)),
        1 => (prop::sample::select(sgi.to_vec()), any::<u64>()).prop_map(|(r, v)| Call::Sgi(r, v)),
        2 => (vcpu, intid(), any::<bool>()).prop_map(|(v, i, l)| Call::Spi(v, i, l)),
        1 => (intid(), any::<bool>()).prop_map(|(i, l)| Call::Ppi(i, l)),
        1 => (prop_oneof![Just(27u32), Just(30)], any::<bool>()).prop_map(|(i, l)| Call::Line(i, l)),
        3 => Just(Call::Ack),
        2 => intid().prop_map(Call::End),
        1 => intid().prop_map(Call::Deactivate),
        1 => Just(Call::Sync),
        1 => Just(Call::Unload),
        1 => Just(Call::Pending),
    ]
}

fn perform(m: &Machine, me: usize, call: Call) {
    let (host, vcpu) = (m.host(me), VcpuId(me as u8));
    match call {
        Call::Read(f, o, s) => drop(m.gic.read(&host, vcpu, f, o, s)),
        Call::Write(f, o, s, v) => m.gic.write(&host, vcpu, f, o, s, v),
        Call::Sgi(r, v) => m.gic.write_sgi(&host, vcpu, r, v),
        // A caller that runs for no vCPU may kick any, so it must be no core.
        Call::Spi(None, ..) => {}
        Call::Spi(Some(_), i, l) => m.gic.set_spi(&host, Some(vcpu), i, l),
        Call::Ppi(i, l) => m.gic.set_ppi(&host, vcpu, i, l),
        Call::Line(i, l) => m.line(me, i, l),
        Call::Ack => drop(m.ack(me)),
        Call::End(i) => m.eoi(me, i),
        Call::Deactivate(i) => m.dir(me, i),
        Call::Sync => m.gic.sync(&host, vcpu),
        Call::Unload => m.gic.unload(&host, vcpu),
        Call::Pending => drop(m.gic.pending(&host, vcpu)),
    }
    m.settle();
}

proptest! {
    #[test]
    fn any_calls_on_list_registers(
        v3 in any::<bool>(),
        vcpus in 1..=8usize,
        lrs in 1..=4usize,
        calls in prop::collection::vec((0..8usize, call()), 1..120),
    ) {
        let version = if v3 { Version::V3 } else { Version::V2 };
        let m = Machine::enabled(version, vcpus, lrs);
        calls.into_iter().for_each(|(v, call)| perform(&m, v % vcpus, call));
    }

    #[test]
    fn any_calls_on_the_software_interface(
        vcpus in 1..=8usize,
        calls in prop::collection::vec((0..8usize, call()), 1..120),
    ) {
        let m = Machine::software(vcpus);
        calls.into_iter().for_each(|(v, call)| perform(&m, v % vcpus, call));
    }
}
