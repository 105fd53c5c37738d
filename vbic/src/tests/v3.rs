//! The GICv3 distributor and redistributors, register by register: single
//! Security state, affinity routing, no LPIs.

use super::mock::{Machine, NONE};
use crate::{AccessSize, Frame, SgiRegister, VcpuId, Version};

const SGI_FRAME: u64 = 0x1_0000;
const STRIDE: u64 = 0x2_0000;

fn machine(vcpus: usize) -> Machine {
    let m = Machine::enabled(Version::V3, vcpus, 4);
    for v in 0..vcpus {
        m.redist_write(v, v as u64 * STRIDE + SGI_FRAME + 0x100, 0xffff);
    }
    m
}

fn route(m: &Machine, intid: u64, value: u64) {
    m.access_write(
        0,
        Frame::Distributor,
        0x6000 + 8 * intid,
        AccessSize::Double,
        value,
    );
}

fn sgi(m: &Machine, vcpu: usize, reg: SgiRegister, value: u64) {
    m.gic
        .write_sgi(&m.host(vcpu), VcpuId(vcpu as u8), reg, value);
    m.settle();
}

#[test]
fn reset_values() {
    let m = Machine::new(Version::V3, 2, 4);
    assert_eq!(m.read(0, 0x0000), 0x50, "CTLR: DS, ARE");
    assert_eq!(m.read(0, 0x0004), 8 | 9 << 19 | 1 << 24, "TYPER");
    assert_eq!(m.read(0, 0x0008), 0x43b, "IIDR");
    assert_eq!(m.read(0, 0xffe8), 0x3b, "PIDR2: GICv3");
    assert_eq!(m.redist_read(0, 0x0000), 0, "GICR_CTLR");
    assert_eq!(m.redist_read(0, 0x0014), 6, "GICR_WAKER: asleep");
    assert_eq!(m.redist_read(0, 0xffe8), 0x3b);
    assert_eq!(m.redist_read(0, SGI_FRAME + 0x080), 0, "Group 0");
    assert_eq!(m.redist_read(0, SGI_FRAME + 0x100), 0, "SGIs disabled");
    assert_eq!(m.redist_read(0, SGI_FRAME + 0xc00), 0xaaaa_aaaa);
    assert_eq!(m.redist_read(0, SGI_FRAME + 0xd00), 0, "IGRPMODR0");
    let components = [0xfff0, 0xfff4, 0xfff8, 0xfffc].map(|at| m.read(0, at));
    assert_eq!(components, [0x0d, 0xf0, 0x05, 0xb1]);
}

#[test]
fn only_the_group_enables_of_ctlr_are_writable() {
    let m = machine(1);
    m.write(0, 0, u32::MAX);
    assert_eq!(m.read(0, 0), 0x53);
    m.write(0, 0, 0);
    assert_eq!(m.read(0, 0), 0x50);
}

#[test]
fn private_interrupts_are_not_in_the_distributor() {
    let m = machine(1);
    for at in [
        0x080, 0x100, 0x200, 0x300, 0x400, 0x800, 0xc00, 0xc04, 0xf00, 0xf10, 0xf20,
    ] {
        m.write(0, at, u32::MAX);
        assert_eq!(m.read(0, at), 0, "{at:#x}");
    }
}

#[test]
fn target_registers_are_raz_wi_for_spis() {
    let m = machine(2);
    m.write(0, 0x820, u32::MAX);
    assert_eq!(m.read(0, 0x820), 0);
}

#[test]
fn redistributors_describe_themselves() {
    let m = machine(3);
    let typer =
        |v: u64| m.access_read(0, Frame::Redistributors, v * STRIDE + 8, AccessSize::Double);
    assert_eq!(typer(0), 0);
    assert_eq!(typer(1), 1 << 8 | 1 << 32);
    assert_eq!(typer(2), 2 << 8 | 2 << 32 | 1 << 4);
    assert_eq!(m.redist_read(0, 2 * STRIDE + 8), 2 << 8 | 1 << 4);
    assert_eq!(m.redist_read(0, 2 * STRIDE + 12), 2);
    assert_eq!(typer(3), 0);
}

#[test]
fn waker_sleeps_and_wakes() {
    let m = machine(2);
    m.redist_write(0, STRIDE + 0x14, 0);
    assert_eq!(
        (m.redist_read(0, 0x14), m.redist_read(0, STRIDE + 0x14)),
        (6, 0)
    );
    m.redist_write(0, STRIDE + 0x14, 2);
    assert_eq!(m.redist_read(0, STRIDE + 0x14), 6);
}

#[test]
fn routes_have_whole_and_half_access() {
    let m = machine(2);
    route(&m, 40, u64::MAX);
    let whole = m.access_read(0, Frame::Distributor, 0x6140, AccessSize::Double);
    assert_eq!(whole, 0xff_80ff_ffff);
    assert_eq!((m.read(0, 0x6140), m.read(0, 0x6144)), (0x80ff_ffff, 0xff));
    m.write(0, 0x6144, 0x12);
    m.write(0, 0x6140, 0x01);
    let whole = m.access_read(0, Frame::Distributor, 0x6140, AccessSize::Double);
    assert_eq!(whole, 0x12_0000_0001);
}

#[test]
fn private_interrupts_have_no_route() {
    let m = machine(1);
    for intid in [0, 31, 288, 1019] {
        route(&m, intid, 1);
        let at = 0x6000 + 8 * intid;
        assert_eq!(
            m.access_read(0, Frame::Distributor, at, AccessSize::Double),
            0
        );
    }
}

#[test]
fn spis_follow_their_route() {
    let m = machine(4);
    m.write(0, 0x104, 1);
    m.spi(32, true);
    assert_eq!(m.drain_once(), [32, NONE, NONE, NONE]);
    m.spi(32, false);
    route(&m, 32, 2);
    m.spi(32, true);
    assert_eq!(m.drain_once(), [NONE, NONE, 32, NONE]);
}

#[test]
fn an_affinity_that_no_vcpu_has_keeps_the_interrupt_pending() {
    let m = machine(2);
    m.write(0, 0x104, 1);
    for nowhere in [2, 0x100, 0x1_0001, 1 << 32, 0xff] {
        route(&m, 32, nowhere);
        m.spi(32, true);
        assert_eq!(m.drain_once(), [NONE, NONE]);
        assert_eq!(m.read(0, 0x204), 1);
        m.spi(32, false);
    }
}

#[test]
fn one_of_n_goes_to_the_lowest_that_is_awake() {
    let m = machine(3);
    m.write(0, 0x104, 1);
    route(&m, 32, 1 << 31);
    m.redist_write(0, 2 * STRIDE + 0x14, 0);
    m.spi(32, true);
    assert_eq!(m.drain_once(), [NONE, NONE, 32]);
    m.spi(32, false);
    m.redist_write(0, STRIDE + 0x14, 0);
    m.spi(32, true);
    assert_eq!(m.drain_once(), [NONE, 32, NONE]);
}

#[test]
fn sgi_enables_are_programmable() {
    let m = Machine::enabled(Version::V3, 1, 4);
    sgi(&m, 0, SgiRegister::Sgi1r, 3 << 24 | 1);
    assert_eq!(m.ack(0), NONE);
    assert_eq!(m.redist_read(0, SGI_FRAME + 0x200), 8);
    m.redist_write(0, SGI_FRAME + 0x100, 8);
    assert_eq!(m.ack(0), 3);
}

#[test]
fn sgi_target_lists() {
    let m = machine(4);
    sgi(&m, 1, SgiRegister::Sgi1r, 7 << 24 | 0b1011);
    assert_eq!(m.drain_once(), [7, 7, NONE, 7]);
    sgi(&m, 1, SgiRegister::Sgi1r, 7 << 24 | 1 << 40);
    assert_eq!(m.drain_once(), [7, NONE, 7, 7]);
}

#[test]
fn sgis_to_unknown_affinities_are_ignored() {
    let m = machine(2);
    for affinity in [1 << 16, 1 << 32, 1 << 48, 1 << 44, 0] {
        let list = if affinity == 0 { 0b1100 } else { 0b11 };
        sgi(&m, 0, SgiRegister::Sgi1r, 7 << 24 | affinity | list);
        assert_eq!(m.drain_once(), [NONE, NONE]);
    }
}

#[test]
fn an_sgi_has_one_pending_bit() {
    let m = machine(3);
    sgi(&m, 1, SgiRegister::Sgi1r, 7 << 24 | 1);
    sgi(&m, 2, SgiRegister::Sgi1r, 7 << 24 | 1);
    assert_eq!(m.drain(0), [7]);
}

#[test]
fn group_0_requests_reach_group_0_only() {
    let m = machine(1);
    m.redist_write(0, SGI_FRAME + 0x080, 1 << 7);
    sgi(&m, 0, SgiRegister::Sgi0r, 7 << 24 | 1);
    sgi(&m, 0, SgiRegister::Asgi1r, 7 << 24 | 1);
    assert_eq!(m.ack(0), NONE);
    sgi(&m, 0, SgiRegister::Sgi0r, 8 << 24 | 1);
    sgi(&m, 0, SgiRegister::Sgi1r, 7 << 24 | 1);
    assert_eq!(m.drain(0), [7, 8]);
}

#[test]
fn sgi_pending_bits_are_writable_by_anyone() {
    let m = machine(2);
    m.redist_write(0, STRIDE + SGI_FRAME + 0x200, 1 << 9);
    assert_eq!(m.redist_read(0, STRIDE + SGI_FRAME + 0x200), 1 << 9);
    assert_eq!(m.drain_once(), [NONE, 9]);
}

#[test]
fn byte_access_to_priorities() {
    let m = machine(1);
    let at = SGI_FRAME + 0x41b;
    m.access_write(0, Frame::Redistributors, at, AccessSize::Byte, 0xa7);
    assert_eq!(m.redist_read(0, SGI_FRAME + 0x418), 0xa000_0000);
}

impl Machine {
    /// One acknowledge and end on every vCPU.
    fn drain_once(&self) -> std::vec::Vec<u32> {
        let take = |v| {
            let intid = self.ack(v);
            if intid != NONE {
                self.eoi_quietly(v, intid);
            }
            intid
        };
        (0..self.cores.len()).map(take).collect()
    }

    fn eoi_quietly(&self, vcpu: usize, intid: u32) {
        if intid >= 32 {
            self.spi(intid, false);
        }
        self.eoi(vcpu, intid);
    }
}
