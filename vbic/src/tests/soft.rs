//! The software CPU interface (Arm IHI 0048B §4.4).

use super::mock::Machine;
use crate::VcpuId;

const CTLR: u64 = 0x00;
const PMR: u64 = 0x04;
const BPR: u64 = 0x08;
const IAR: u64 = 0x0c;
const EOIR: u64 = 0x10;
const RPR: u64 = 0x14;
const HPPIR: u64 = 0x18;
const ABPR: u64 = 0x1c;
const AIAR: u64 = 0x20;
const AEOIR: u64 = 0x24;
const AHPPIR: u64 = 0x28;
const DIR: u64 = 0x1000;

/// SPIs 32 to 63 enabled and edge-triggered at priority 0xa0, Group 0.
fn machine(vcpus: usize) -> Machine {
    let m = Machine::software(vcpus);
    m.write(0, 0, 3);
    m.write(0, 0xc08, u32::MAX);
    (0..8).for_each(|i| m.write(0, 0x420 + 4 * i, 0xa0a0_a0a0));
    (0..8).for_each(|i| m.write(0, 0x820 + 4 * i, 0x0101_0101));
    m.write(0, 0x104, u32::MAX);
    for v in 0..vcpus {
        m.gicc_write(v, CTLR, 3);
        m.gicc_write(v, PMR, 0xff);
    }
    m
}

fn irq(m: &Machine) -> bool {
    m.gic.signal(VcpuId(0)).irq
}

fn raise(m: &Machine, intid: u32) {
    m.write(0, 0x204, 1 << (intid - 32));
}

#[test]
fn reset_values() {
    let m = Machine::software(1);
    let read = |at| m.gicc_read(0, at);
    assert_eq!([CTLR, PMR, BPR, ABPR].map(read), [0, 0, 2, 3]);
    assert_eq!(
        [IAR, RPR, HPPIR, AIAR, AHPPIR].map(read),
        [1023, 0xff, 1023, 1023, 1023]
    );
    assert_eq!(read(0xfc), 0x0002_043b);
    assert_eq!([0xd0, 0xd4, 0xe0].map(read), [0, 0, 0]);
}

#[test]
fn acknowledge_and_end() {
    let m = machine(1);
    raise(&m, 32);
    assert!(irq(&m));
    assert_eq!(m.gicc_read(0, HPPIR), 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    assert!(!irq(&m));
    assert_eq!((m.gicc_read(0, RPR), m.read(0, 0x304)), (0xa0, 1));
    m.gicc_write(0, EOIR, 32);
    assert_eq!((m.gicc_read(0, RPR), m.read(0, 0x304)), (0xff, 0));
    assert_eq!(m.gicc_read(0, IAR), 1023);
}

#[test]
fn the_mask_keeps_priorities_at_or_below_it() {
    let m = machine(1);
    raise(&m, 32);
    m.gicc_write(0, PMR, 0xa0);
    assert!(!irq(&m));
    assert_eq!(m.gicc_read(0, IAR), 1023);
    m.gicc_write(0, PMR, 0xaf);
    assert_eq!(m.gicc_read(0, PMR), 0xa8);
    assert_eq!(m.gicc_read(0, IAR), 32);
}

#[test]
fn preemption_needs_a_higher_group_priority() {
    let m = machine(1);
    m.write(0, 0x420, 0xa0_80_90_a0);
    m.gicc_write(0, BPR, 5);
    assert_eq!(m.gicc_read(0, BPR), 5);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    assert_eq!(m.gicc_read(0, RPR), 0x80, "group priority 2 bits wide");
    raise(&m, 34);
    assert!(!irq(&m), "same group priority");
    m.gicc_write(0, BPR, 0);
    assert_eq!(m.gicc_read(0, BPR), 2, "the smallest that five bits allow");
    m.gicc_write(0, EOIR, 32);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 34);
    raise(&m, 33);
    assert!(!irq(&m));
}

#[test]
fn nested_interrupts_end_in_reverse() {
    let m = machine(1);
    m.write_byte(0, 0x421, 0x40);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    raise(&m, 33);
    assert!(irq(&m));
    assert_eq!(m.gicc_read(0, IAR), 33);
    assert_eq!(
        (m.gicc_read(0, RPR), m.gicc_read(0, 0xd0)),
        (0x40, 1 << 8 | 1 << 20)
    );
    m.gicc_write(0, EOIR, 33);
    assert_eq!(m.gicc_read(0, RPR), 0xa0);
    m.gicc_write(0, EOIR, 32);
    assert_eq!(m.gicc_read(0, RPR), 0xff);
}

#[test]
fn group_1_needs_the_alias_or_ack_ctl() {
    let m = machine(1);
    m.write(0, 0x084, 1);
    raise(&m, 32);
    assert_eq!((m.gicc_read(0, HPPIR), m.gicc_read(0, IAR)), (1022, 1022));
    assert_eq!((m.gicc_read(0, AHPPIR), m.gicc_read(0, AIAR)), (32, 32));
    m.gicc_write(0, AEOIR, 32);
    m.gicc_write(0, CTLR, 7);
    raise(&m, 32);
    assert_eq!((m.gicc_read(0, HPPIR), m.gicc_read(0, IAR)), (32, 32));
    m.gicc_write(0, EOIR, 32);
    assert_eq!(m.read(0, 0x304), 0);
}

#[test]
fn group_0_is_invisible_through_the_alias() {
    let m = machine(1);
    raise(&m, 32);
    assert_eq!((m.gicc_read(0, AHPPIR), m.gicc_read(0, AIAR)), (1023, 1023));
    assert_eq!(m.gicc_read(0, IAR), 32);
    m.gicc_write(0, AEOIR, 32);
    assert_eq!(m.read(0, 0x304), 1);
}

#[test]
fn group_0_is_fiq_when_asked_for() {
    let m = machine(1);
    m.gicc_write(0, CTLR, 3 | 8);
    raise(&m, 32);
    let signal = m.gic.signal(VcpuId(0));
    assert!(signal.fiq && !signal.irq);
    m.write(0, 0x084, 1);
    let signal = m.gic.signal(VcpuId(0));
    assert!(!signal.fiq && signal.irq);
}

#[test]
fn a_disabled_group_is_not_signalled_and_hides_nothing() {
    let m = machine(1);
    m.write(0, 0x084, 2);
    m.gicc_write(0, CTLR, 2);
    raise(&m, 32);
    assert!(!irq(&m));
    raise(&m, 33);
    assert!(irq(&m));
    assert_eq!(m.gicc_read(0, AIAR), 33);
}

#[test]
fn group_1_has_its_own_binary_point_unless_common() {
    let m = machine(1);
    m.write(0, 0x084, u32::MAX);
    m.write(0, 0x420, 0x80_a0);
    m.gicc_write(0, ABPR, 6);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, AIAR), 32);
    assert_eq!((m.gicc_read(0, RPR), m.gicc_read(0, 0xe0)), (0x80, 1 << 16));
    raise(&m, 33);
    assert!(!irq(&m));
    m.gicc_write(0, AEOIR, 32);
    m.gicc_write(0, CTLR, 3 | 16);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, AIAR), 33);
    assert!(!irq(&m));
}

#[test]
fn split_end_of_interrupt() {
    let m = machine(1);
    m.gicc_write(0, DIR, 32);
    m.gicc_write(0, CTLR, 3 | 1 << 9);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    m.gicc_write(0, EOIR, 32);
    assert_eq!((m.gicc_read(0, RPR), m.read(0, 0x304)), (0xff, 1));
    raise(&m, 32);
    assert!(!irq(&m), "still active");
    m.gicc_write(0, DIR, 32);
    assert!(irq(&m));
}

#[test]
fn deactivation_needs_split_mode() {
    let m = machine(1);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    m.gicc_write(0, DIR, 32);
    assert_eq!(m.read(0, 0x304), 1);
}

#[test]
fn the_priority_drops_even_if_the_distributor_ended_it() {
    let m = machine(1);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    m.write(0, 0x384, 1);
    m.gicc_write(0, EOIR, 32);
    assert_eq!(m.gicc_read(0, RPR), 0xff);
}

#[test]
fn special_numbers_end_nothing() {
    let m = machine(1);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    for intid in [1020, 1022, 1023, 288] {
        m.gicc_write(0, EOIR, intid);
    }
    assert_eq!(m.gicc_read(0, RPR), 0xa0);
}

#[test]
fn level_interrupts_are_signalled_again() {
    let m = machine(1);
    m.write(0, 0xc08, 0);
    m.spi(32, true);
    assert_eq!(m.gicc_read(0, IAR), 32);
    assert!(!irq(&m));
    m.gicc_write(0, EOIR, 32);
    assert!(irq(&m));
    m.spi(32, false);
    assert!(!irq(&m));
}

#[test]
fn sgis_name_their_source() {
    let m = machine(3);
    m.write(1, 0xf00, 1 << 16 | 5);
    m.write(2, 0xf00, 1 << 16 | 5);
    assert_eq!(m.gicc_read(0, HPPIR), 5 | 1 << 10);
    assert_eq!(m.gicc_read(0, IAR), 5 | 1 << 10);
    m.gicc_write(0, EOIR, 5 | 1 << 10);
    assert_eq!(m.gicc_read(0, IAR), 5 | 2 << 10);
    m.gicc_write(0, EOIR, 5 | 2 << 10);
    assert_eq!(m.gicc_read(0, IAR), 1023);
}

#[test]
fn the_end_of_a_linked_interrupt_ends_the_physical_one() {
    let m = machine(1);
    m.write(0, 0x100, 1 << 27);
    m.line(0, 27, true);
    assert!(irq(&m));
    assert_eq!(m.gicc_read(0, IAR), 27);
    m.line(0, 27, false);
    m.gicc_write(0, EOIR, 27);
    assert!(!m.physically_active(0, 27) && !irq(&m));
    m.line(0, 27, true);
    assert_eq!(m.gicc_read(0, IAR), 27);
    m.gicc_write(0, EOIR, 27);
    assert!(irq(&m), "the line is still high");
}

#[test]
fn of_several_targets_the_lowest_with_an_enabled_interface_takes_it() {
    let m = machine(3);
    m.write_byte(0, 0x820, 0b111);
    m.gicc_write(0, CTLR, 0);
    raise(&m, 32);
    assert_eq!([0, 1, 2].map(|v| m.gicc_read(v, IAR)), [1023, 32, 1023]);
}

#[test]
fn other_vcpus_are_told() {
    let m = machine(2);
    m.write_byte(0, 0x820, 2);
    raise(&m, 32);
    assert!(m.gic.signal(VcpuId(1)).irq);
    assert!(m.gic.pending(&m.host(1), VcpuId(1)) && !m.gic.pending(&m.host(0), VcpuId(0)));
    m.write(0, 0x184, 1);
    assert!(!m.gic.signal(VcpuId(1)).irq);
}

#[test]
fn a_core_that_was_off_starts_with_a_reset_interface() {
    let m = machine(1);
    raise(&m, 32);
    assert_eq!(m.gicc_read(0, IAR), 32);
    m.gic.reset_interface(VcpuId(0));
    let read = |at| m.gicc_read(0, at);
    assert_eq!([CTLR, PMR, RPR].map(read), [0, 0, 0xff]);
    assert_eq!(m.read(0, 0x304), 1, "the distributor still has it active");
}
