//! Split end of interrupt: what was dropped stays active until it is
//! deactivated, in any order, whether a list register holds it or not.

use super::mock::{LINKED, Machine, NONE};
use crate::{AccessSize, Frame, LrState, VcpuId, Version};
use std::vec::Vec;

const TIMER: u32 = 27;

/// SPIs 32 to 47 enabled and edge-triggered, for vCPU 0, which splits.
fn machine(vcpus: usize, lrs: usize) -> Machine {
    let m = Machine::enabled(Version::V2, vcpus, lrs);
    m.write(0, 0xc08, u32::MAX);
    (0..16).for_each(|i| m.write_byte(0, 0x820 + i, 1));
    m.write(0, 0x104, 0xffff);
    (0..vcpus).for_each(|v| m.set_split(v, true));
    m
}

fn active(m: &Machine) -> u32 {
    m.read(0, 0x304)
}

/// Takes everything that is signalled and drops its priority.
fn take(m: &Machine) -> Vec<u32> {
    let mut taken = Vec::new();
    loop {
        let intid = m.ack(0);
        if intid == NONE {
            return taken;
        }
        m.eoi(0, intid);
        taken.push(intid);
    }
}

#[test]
fn only_what_is_deactivated_comes_again() {
    for lrs in 1..=4 {
        let m = machine(1, lrs);
        m.write(0, 0x204, 0xff);
        assert_eq!(take(&m), (32..40).collect::<Vec<_>>());
        assert_eq!(active(&m), 0xff, "{lrs} list registers");
        m.write(0, 0x204, 0xff);
        assert_eq!(m.ack(0), NONE);
        [39, 32, 34].iter().for_each(|i| m.dir(0, *i));
        assert_eq!(take(&m), [32, 34, 39], "{lrs} list registers");
        (32..40).rev().for_each(|i| m.dir(0, i));
        assert_eq!(take(&m), [33, 35, 36, 37, 38]);
        (32..40).for_each(|i| m.dir(0, i));
        assert_eq!((active(&m), m.ack(0)), (0, NONE));
    }
}

#[test]
fn any_vcpu_deactivates_a_shared_interrupt() {
    for lrs in [1, 4] {
        let m = machine(2, lrs);
        m.write(0, 0x204, 0b11);
        assert_eq!(take(&m), [32, 33]);
        m.dir(1, 33);
        assert_eq!(active(&m), 0b01, "{lrs} list registers");
        m.dir(1, 32);
        assert_eq!(active(&m), 0);
        m.write(0, 0x204, 0b01);
        assert_eq!(m.ack(0), 32);
    }
}

#[test]
fn private_interrupts_are_ones_own() {
    let m = machine(2, 4);
    m.write(0, 0x100, 1 << 23);
    m.ppi(0, 23, true);
    assert_eq!(m.ack(0), 23);
    m.eoi(0, 23);
    m.dir(1, 23);
    assert_eq!(m.read(0, 0x300), 1 << 23);
    m.dir(0, 23);
    assert_eq!(m.read(0, 0x300), 0);
}

#[test]
fn without_split_a_deactivation_is_ignored() {
    let m = machine(1, 4);
    m.set_split(0, false);
    m.write(0, 0x204, 1);
    assert_eq!(m.ack(0), 32);
    m.dir(0, 32);
    assert_eq!(active(&m), 1);
}

#[test]
fn an_sgi_is_named_with_its_source() {
    let m = machine(4, 1);
    m.write(3, 0xf00, 1 << 16 | 5);
    m.write(2, 0xf00, 1 << 16 | 5);
    for source in [2, 3] {
        let sgi = 5 | source << 10;
        assert_eq!(m.ack(0), sgi);
        m.eoi(0, sgi);
        assert_eq!((m.ack(0), m.read(0, 0x300)), (NONE, 1 << 5));
        m.dir(0, sgi);
    }
    assert_eq!(m.read(0, 0x300), 0);
}

#[test]
fn a_linked_interrupt_ends_physically_when_deactivated() {
    for lrs in [1, 4] {
        let m = machine(1, lrs);
        m.write(0, 0x100, LINKED);
        m.line(0, TIMER, true);
        assert_eq!(m.ack(0), TIMER);
        m.eoi(0, TIMER);
        m.write(0, 0x204, 0b11);
        assert_eq!(take(&m), [32, 33], "while the line is high");
        m.dir(0, TIMER);
        assert_eq!(m.ack(0), TIMER, "the line is still high");
        m.eoi(0, TIMER);
        m.line(0, TIMER, false);
        m.dir(0, TIMER);
        assert!(!m.physically_active(0, TIMER));
        assert_eq!(m.ack(0), NONE);
    }
}

#[test]
fn the_second_page_of_the_interface_deactivates() {
    let m = machine(1, 4);
    m.write(0, 0x204, 0b11);
    assert_eq!(take(&m), [32, 33]);
    m.gicc_write(0, 0x10, 32);
    m.access_write(0, Frame::CpuInterface, 0x1000, AccessSize::Byte, 32);
    assert_eq!((active(&m), m.gicc_read(0, 0x1000)), (0b11, 0));
    m.gicc_write(0, 0x1000, 32);
    assert_eq!(active(&m), 0b10);
}

#[test]
fn intids_that_do_not_exist_are_ignored() {
    for version in [Version::V2, Version::V3] {
        let m = Machine::enabled(version, 1, 1);
        m.set_split(0, true);
        for intid in [288, 1019, 1023, 0x1020, u32::MAX] {
            m.dir(0, intid);
        }
        m.gic.deactivate(&m.host(0), VcpuId(9), 32);
        let lrs = m.cores[0].lrs.borrow();
        assert!(lrs.iter().all(|lr| lr.state == LrState::Invalid));
    }
}
