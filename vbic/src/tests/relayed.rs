//! Linked interrupts whose end the hardware does not pass on: maintenance
//! tells of it, and then the physical interrupt is ended.

use super::mock::{Machine, NONE};
use crate::{Link, LrState, VcpuId, Version};

const TIMER: u32 = 27;
const BIT: u32 = 1 << TIMER;

fn machine(lrs: usize) -> Machine {
    let m = Machine::linked_by(Link::Maintenance, Version::V2, 2, lrs);
    m.write(0, 0, 3);
    m.write(0, 0x100, BIT);
    m
}

#[test]
fn the_end_is_asked_for_and_passed_on() {
    let m = machine(4);
    m.line(0, TIMER, true);
    let lr = m.cores[0].lrs.borrow()[0];
    assert_eq!((lr.hw, lr.eoi_maintenance), (None, true));
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    assert!(m.physically_active(0, TIMER), "until the guest is done");
    m.eoi(0, TIMER);
    assert!(!m.physically_active(0, TIMER));
    assert_eq!(m.ack(0), NONE);
}

#[test]
fn a_line_that_stays_high_is_taken_again() {
    for lrs in [1, 4] {
        let m = machine(lrs);
        m.line(0, TIMER, true);
        for _ in 0..3 {
            assert_eq!(m.ack(0), TIMER);
            m.eoi(0, TIMER);
        }
        m.line(0, TIMER, false);
        m.sync(0);
        m.settle();
        assert_eq!(m.ack(0), NONE);
        assert!(!m.physically_active(0, TIMER));
    }
}

#[test]
fn a_line_that_rises_while_it_is_handled_is_not_lost() {
    let m = machine(4);
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.line(0, TIMER, true);
    m.eoi(0, TIMER);
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn an_active_one_is_not_loaded_as_pending_for_its_line() {
    let m = machine(4);
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.sync(0);
    assert_eq!(m.cores[0].lrs.borrow()[0].state, LrState::Active);
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    assert_eq!(m.ack(0), NONE, "the line had fallen");
}

#[test]
fn with_split_end_the_deactivation_passes_on() {
    let m = machine(4);
    m.set_split(0, true);
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    assert!(m.physically_active(0, TIMER));
    m.dir(0, TIMER);
    assert!(!m.physically_active(0, TIMER));
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn what_software_makes_pending_meanwhile_comes_after() {
    let m = machine(4);
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.write(0, 0x200, BIT);
    m.eoi(0, TIMER);
    assert_eq!(m.drain(0), [TIMER]);
    assert!(!m.physically_active(0, TIMER));
}

#[test]
fn leaving_the_core_frees_the_physical_interrupt() {
    let m = machine(4);
    m.line(0, TIMER, true);
    m.gic.unload(&m.host(0), VcpuId(0));
    assert!(!m.physically_active(0, TIMER));
    m.settle();
    assert_eq!(m.ack(0), TIMER);
}
