//! More interrupts than list registers.

use super::mock::{Machine, NONE};
use crate::Version;
use std::vec::Vec;

/// A uniprocessor with SPIs 32 to 63 enabled and edge-triggered, each at a
/// priority of its own: the lower the number, the lower the priority.
fn machine(lrs: usize) -> Machine {
    let m = Machine::enabled(Version::V2, 1, lrs);
    m.write(0, 0xc08, u32::MAX);
    m.write(0, 0xc0c, u32::MAX);
    (0..31).for_each(|i| m.write_byte(0, 0x420 + i, 0xf0 - (i as u8) * 8));
    m.write(0, 0x104, u32::MAX);
    m
}

#[test]
fn everything_is_delivered_by_priority() {
    for lrs in 1..=4 {
        let m = machine(lrs);
        m.write(0, 0x204, 0x7fff_ffff);
        let expected: Vec<u32> = (32..63).rev().collect();
        assert_eq!(m.drain(0), expected, "{lrs} list registers");
    }
}

#[test]
fn nested_deeper_than_list_registers() {
    for lrs in 1..=4 {
        let m = machine(lrs);
        for intid in 32..48 {
            m.write(0, 0x204, 1 << (intid - 32));
            assert_eq!(m.ack(0), intid, "{lrs} list registers");
        }
        assert_eq!(m.read(0, 0x304), 0xffff);
        for intid in (32..48).rev() {
            m.eoi(0, intid);
            assert_eq!(
                m.read(0, 0x304),
                (1 << (intid - 32)) - 1,
                "{lrs} list registers"
            );
        }
        assert_eq!(m.ack(0), NONE);
    }
}

#[test]
fn a_late_higher_priority_displaces_a_lower_one() {
    let m = machine(1);
    m.write(0, 0x204, 0b1);
    m.write(0, 0x204, 0b10);
    assert_eq!(m.drain(0), [33, 32]);
}

#[test]
fn a_level_interrupt_beyond_the_list_registers_comes_again() {
    let m = machine(1);
    m.write(0, 0xc08, 0);
    m.spi(32, true);
    m.spi(33, true);
    assert_eq!(m.ack(0), 33);
    m.spi(33, false);
    m.eoi(0, 33);
    for _ in 0..2 {
        assert_eq!(m.ack(0), 32);
        m.eoi(0, 32);
    }
}

#[test]
fn active_ones_outside_that_are_pending_again() {
    let m = machine(1);
    m.write(0, 0x204, 0b1);
    assert_eq!(m.ack(0), 32);
    m.write(0, 0x204, 0b11);
    assert_eq!(m.ack(0), 33);
    m.write(0, 0x204, 0b10);
    m.eoi(0, 33);
    assert_eq!(m.ack(0), 33);
    m.eoi(0, 33);
    m.eoi(0, 32);
    assert_eq!(m.drain(0), [32]);
}

#[test]
fn a_linked_interrupt_that_is_active_outside_ends_physically() {
    let m = machine(1);
    m.write_byte(0, 0x41b, 0xf8);
    m.write(0, 0x100, 1 << 27);
    m.line(0, 27, true);
    assert_eq!(m.ack(0), 27);
    m.line(0, 27, false);
    m.write(0, 0x204, 0b11);
    assert_eq!(m.ack(0), 33);
    m.eoi(0, 33);
    assert_eq!(m.ack(0), 32);
    m.eoi(0, 32);
    m.eoi(0, 27);
    assert_eq!(m.read(0, 0x300), 0);
    assert!(!m.physically_active(0, 27));
    m.line(0, 27, true);
    assert_eq!(m.ack(0), 27);
}

#[test]
fn sgis_from_all_sources_through_one_list_register() {
    let m = Machine::enabled(Version::V2, 8, 1);
    for sender in 0..8 {
        for sgi in 0..16 {
            m.write(sender, 0xf00, 1 << 16 | sgi);
        }
    }
    let taken = m.drain(0);
    let expected: Vec<u32> = (0..16)
        .flat_map(|sgi| (0..8).map(move |source| sgi | source << 10))
        .collect();
    assert_eq!(taken, expected);
}

#[test]
fn what_waits_outside_comes_before_what_is_pending_again() {
    let m = machine(2);
    m.write(0, 0xc08, 0);
    (0..8).for_each(|i| m.write(0, 0x420 + 4 * i, 0xa0a0_a0a0));
    m.spi(40, true);
    assert_eq!(m.ack(0), 40);
    m.write(0, 0x204, 0b110);
    m.eoi(0, 40);
    for intid in [33, 34, 40] {
        assert_eq!(m.ack(0), intid);
        m.eoi(0, intid);
    }
}
