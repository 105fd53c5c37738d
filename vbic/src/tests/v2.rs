//! The GICv2 distributor, register by register, as QEMU's `virt` board shows
//! it without the Security Extensions.

use super::mock::{Machine, NONE};
use crate::{AccessSize, Frame, Version};

fn machine(vcpus: usize) -> Machine {
    Machine::enabled(Version::V2, vcpus, 4)
}

#[test]
fn reset_values() {
    let m = Machine::new(Version::V2, 1, 4);
    assert_eq!(m.read(0, 0x000), 0, "CTLR");
    assert_eq!(
        m.read(0, 0x004),
        8,
        "TYPER: 288 INTIDs, one CPU, no Security Extensions"
    );
    assert_eq!(m.read(0, 0x008), 0x43b, "IIDR");
    assert_eq!(m.read(0, 0x080), 0, "IGROUPR: Group 0");
    assert_eq!(m.read(0, 0x100), 0xffff, "ISENABLER0: SGIs always enabled");
    assert_eq!(m.read(0, 0x104), 0);
    assert_eq!(m.read(0, 0x400), 0, "IPRIORITYR");
    assert_eq!(
        m.read(0, 0xc00),
        0xaaaa_aaaa,
        "ICFGR0: SGIs are edge-triggered"
    );
    assert_eq!(m.read(0, 0xc04), 0);
    let ids: std::vec::Vec<u32> = (0..12).map(|i| m.read(0, 0xfd0 + 4 * i)).collect();
    assert_eq!(
        ids,
        [4, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1]
    );
}

#[test]
fn typer_counts_cpus() {
    assert_eq!(machine(4).read(0, 0x004), 8 | 3 << 5);
}

#[test]
fn both_groups_are_enabled_separately() {
    let m = Machine::new(Version::V2, 1, 4);
    m.write(0, 0, u32::MAX);
    assert_eq!(m.read(0, 0), 3);
}

#[test]
fn enable_bits_set_and_clear() {
    let m = machine(1);
    m.write(0, 0x104, 0x8000_0001);
    m.write(0, 0x184, 1);
    assert_eq!(
        (m.read(0, 0x104), m.read(0, 0x184)),
        (0x8000_0000, 0x8000_0000)
    );
}

#[test]
fn sgi_enables_cannot_be_cleared() {
    let m = machine(1);
    m.write(0, 0x180, u32::MAX);
    assert_eq!(m.read(0, 0x100), 0xffff);
}

#[test]
fn unimplemented_interrupts_are_raz_wi() {
    let m = machine(2);
    for at in [0x80, 0x100, 0x200, 0x300] {
        m.write(0, at + 9 * 4, u32::MAX);
        assert_eq!(m.read(0, at + 9 * 4), 0);
    }
    m.write(0, 0x400 + 288, u32::MAX);
    m.write(0, 0x800 + 288, u32::MAX);
    m.write(0, 0xc00 + 288 / 4, u32::MAX);
    let rest = [0x400 + 288, 0x800 + 288, 0xc00 + 288 / 4].map(|at| m.read(0, at));
    assert_eq!(rest, [0, 0, 0]);
}

#[test]
fn five_priority_bits() {
    let m = machine(1);
    m.write(0, 0x420, 0xffff_07ff);
    assert_eq!(m.read(0, 0x420), 0xf8f8_00f8);
}

#[test]
fn priorities_and_targets_have_byte_access() {
    let m = machine(4);
    m.write_byte(0, 0x421, 0xa0);
    assert_eq!(m.read(0, 0x420), 0xa000);
    let byte = m.access_read(0, Frame::Distributor, 0x421, AccessSize::Byte);
    assert_eq!(byte, 0xa0);
    m.write_byte(0, 0x823, 0xff);
    assert_eq!(m.read(0, 0x820), 0x0f00_0000);
}

#[test]
fn other_widths_are_raz_wi() {
    let m = machine(1);
    m.access_write(0, Frame::Distributor, 0x104, AccessSize::Byte, 1);
    m.access_write(0, Frame::Distributor, 0x104, AccessSize::Half, 1);
    m.access_write(0, Frame::Distributor, 0x100, AccessSize::Double, u64::MAX);
    assert_eq!(m.read(0, 0x104), 0);
    assert_eq!(
        m.access_read(0, Frame::Distributor, 0x100, AccessSize::Byte),
        0
    );
}

#[test]
fn private_targets_read_as_the_reader() {
    let m = machine(4);
    assert_eq!(m.read(2, 0x800), 0x0404_0404);
    m.write(2, 0x81c, 0);
    assert_eq!(m.read(2, 0x81c), 0x0404_0404);
    assert_eq!(
        m.access_read(3, Frame::Distributor, 0x801, AccessSize::Byte),
        8
    );
}

#[test]
fn targets_are_raz_wi_on_a_uniprocessor() {
    let m = machine(1);
    m.write(0, 0x820, u32::MAX);
    assert_eq!((m.read(0, 0x800), m.read(0, 0x820)), (0, 0));
    m.write(0, 0x104, 1);
    m.spi(32, true);
    assert_eq!(m.ack(0), 32);
}

#[test]
fn spis_have_no_target_after_reset_of_a_multiprocessor() {
    let m = machine(2);
    m.write(0, 0x104, 1);
    m.spi(32, true);
    assert_eq!((m.ack(0), m.ack(1)), (NONE, NONE));
    m.write(0, 0x820, 2);
    assert_eq!((m.ack(0), m.ack(1)), (NONE, 32));
}

#[test]
fn of_several_targets_the_lowest_takes_it_once() {
    let m = machine(4);
    m.write(0, 0x104, 1);
    m.write(0, 0x820, 0x0c);
    m.spi(32, true);
    assert_eq!(
        (0..4).map(|v| m.ack(v)).collect::<std::vec::Vec<_>>(),
        [NONE, NONE, 32, NONE]
    );
}

#[test]
fn private_registers_are_banked() {
    let m = machine(2);
    m.write(0, 0x100, 1 << 20);
    m.write_byte(1, 0x414, 0x50);
    assert_eq!(
        (m.read(0, 0x100), m.read(1, 0x100)),
        (0xffff | 1 << 20, 0xffff)
    );
    assert_eq!((m.read(0, 0x414), m.read(1, 0x414)), (0, 0x50));
}

#[test]
fn sgi_triggers_are_read_only_and_others_are_not() {
    let m = machine(1);
    m.write(0, 0xc00, 0);
    m.write(0, 0xc04, u32::MAX);
    m.write(0, 0xc08, u32::MAX);
    let triggers = [0xc00, 0xc04, 0xc08].map(|at| m.read(0, at));
    assert_eq!(triggers, [0xaaaa_aaaa; 3]);
}

#[test]
fn sgi_pending_bits_are_read_only_in_the_common_registers() {
    let m = machine(1);
    m.write(0, 0x200, 1);
    assert_eq!(m.read(0, 0x200), 0);
    m.write(0, 0xf00, 2 << 24);
    assert_eq!(m.read(0, 0x200), 1);
    m.write(0, 0x280, 1);
    assert_eq!(m.read(0, 0x200), 1);
}

#[test]
fn sgi_filters() {
    let m = machine(3);
    m.write(0, 0xf00, 0b110 << 16 | 1);
    m.write(1, 0xf00, 1 << 24 | 2);
    m.write(2, 0xf00, 2 << 24 | 3);
    m.write(2, 0xf00, 3 << 24 | 0b111 << 16 | 4);
    let pending = |v| m.read(v, 0x200);
    assert_eq!((pending(0), pending(1), pending(2)), (0b100, 0b10, 0b1110));
}

#[test]
fn two_sources_are_two_deliveries() {
    let m = machine(3);
    m.write(1, 0xf00, 1 << 16 | 5);
    m.write(2, 0xf00, 1 << 16 | 5);
    m.write(2, 0xf00, 1 << 16 | 5);
    assert_eq!(m.read(0, 0xf14), 0b110 << 8);
    assert_eq!(m.drain(0), [5 | 1 << 10, 5 | 2 << 10]);
    assert_eq!(m.read(0, 0xf14), 0);
}

#[test]
fn a_source_may_send_again_while_its_sgi_is_active() {
    let m = machine(2);
    m.write(1, 0xf00, 1 << 16);
    assert_eq!(m.ack(0), 1 << 10);
    m.write(1, 0xf00, 1 << 16);
    m.eoi(0, 1 << 10);
    assert_eq!(m.drain(0), [1 << 10]);
}

#[test]
fn sgi_sources_can_be_set_and_cleared() {
    let m = machine(3);
    m.write(0, 0xf20, 0x0000_0605);
    assert_eq!(m.read(0, 0xf20), 0x0605);
    m.access_write(0, Frame::Distributor, 0xf11, AccessSize::Byte, 0x02);
    assert_eq!((m.read(0, 0xf10), m.read(0, 0x200)), (0x0405, 0b11));
    m.write(0, 0xf10, 0xff);
    assert_eq!(m.drain(0), [1 | 2 << 10]);
}

#[test]
fn sources_that_do_not_exist_cannot_be_pending() {
    let m = machine(2);
    m.write(0, 0xf20, 0xff);
    assert_eq!(m.read(0, 0xf20), 0b11);
}
