//! Interrupts wired to a physical line: the guest's end of interrupt ends the
//! physical one, and the line stays visible in the pending registers.

use super::mock::{Machine, NONE};
use crate::Version;

const TIMER: u32 = 27;
const BIT: u32 = 1 << TIMER;

fn machine() -> Machine {
    let m = Machine::enabled(Version::V2, 2, 4);
    m.write(0, 0x100, BIT);
    m
}

fn pending(m: &Machine) -> bool {
    m.read(0, 0x200) & BIT != 0
}

#[test]
fn the_guests_end_ends_the_physical_interrupt() {
    let m = machine();
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    assert!(m.physically_active(0, TIMER));
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    assert!(!m.physically_active(0, TIMER));
    assert_eq!(m.ack(0), NONE);
}

#[test]
fn a_line_that_stays_high_fires_again() {
    let m = machine();
    m.line(0, TIMER, true);
    for _ in 0..3 {
        assert_eq!(m.ack(0), TIMER);
        m.eoi(0, TIMER);
    }
}

#[test]
fn firing_again_is_one_list_register_write() {
    let m = machine();
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    let core = &m.cores[0];
    core.reads.set(0);
    core.writes.set(0);
    m.line(0, TIMER, true);
    assert_eq!((core.reads.get(), core.writes.get()), (0, 1));
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn the_first_firing_is_one_list_register_write_too() {
    let m = machine();
    m.line(0, TIMER, true);
    assert_eq!((m.cores[0].reads.get(), m.cores[0].writes.get()), (0, 1));
}

#[test]
fn the_line_shows_while_the_interrupt_is_disabled() {
    let m = machine();
    m.write(0, 0x180, BIT);
    assert!(!pending(&m));
    m.line(0, TIMER, true);
    assert!(pending(&m));
    assert_eq!(m.ack(0), NONE);
    m.line(0, TIMER, false);
    assert!(!pending(&m));
    assert!(!m.physically_active(0, TIMER), "free to fire again");
    m.line(0, TIMER, true);
    m.write(0, 0x100, BIT);
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn a_line_that_fell_while_disabled_is_not_delivered() {
    let m = machine();
    m.write(0, 0x180, BIT);
    m.line(0, TIMER, true);
    m.line(0, TIMER, false);
    m.write(0, 0x100, BIT);
    assert_eq!(m.ack(0), NONE);
    assert!(!m.physically_active(0, TIMER));
}

#[test]
fn the_group_enable_counts_as_well() {
    let m = machine();
    m.write(0, 0, 0);
    m.line(0, TIMER, true);
    assert_eq!((m.ack(0), pending(&m)), (NONE, true));
    m.write(0, 0, 1);
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn a_pending_interrupt_goes_when_its_line_falls() {
    let m = machine();
    m.line(0, TIMER, true);
    assert!(pending(&m));
    m.line(0, TIMER, false);
    assert!(!pending(&m));
    assert_eq!(m.ack(0), NONE);
    assert!(!m.physically_active(0, TIMER));
}

#[test]
fn active_and_pending_with_the_line_high() {
    let m = machine();
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    assert!(pending(&m));
    m.line(0, TIMER, false);
    assert!(!pending(&m));
    assert_eq!(m.read(0, 0x300), BIT);
}

#[test]
fn disabling_pulls_it_back_without_losing_it() {
    let m = machine();
    m.line(0, TIMER, true);
    m.write(0, 0x180, BIT);
    assert_eq!(m.ack(0), NONE);
    m.write(0, 0x100, BIT);
    assert_eq!(m.ack(0), TIMER);
    m.eoi(0, TIMER);
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn software_makes_it_pending_without_the_line() {
    let m = machine();
    m.write(0, 0x200, BIT);
    assert!(m.cores[0].lrs.borrow().iter().all(|lr| lr.hw.is_none()));
    assert_eq!(m.drain(0), [TIMER]);
    assert!(!pending(&m));
}

#[test]
fn the_line_rises_while_software_made_it_pending() {
    let m = machine();
    m.write(0, 0x200, BIT);
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    assert_eq!(m.ack(0), NONE);
    assert!(!m.physically_active(0, TIMER));
}

#[test]
fn the_line_rises_while_a_software_made_one_is_active() {
    let m = machine();
    m.write(0, 0x200, BIT);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, true);
    m.eoi(0, TIMER);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    assert!(!m.physically_active(0, TIMER));
}

#[test]
fn software_makes_an_active_one_pending() {
    let m = machine();
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.write(0, 0x200, BIT);
    m.eoi(0, TIMER);
    assert_eq!(m.drain(0), [TIMER]);
    assert!(!m.physically_active(0, TIMER));
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn software_ends_an_active_one() {
    let m = machine();
    m.line(0, TIMER, true);
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.write(0, 0x380, BIT);
    assert!(!m.physically_active(0, TIMER), "free to fire again");
    m.line(0, TIMER, true);
    m.eoi(0, TIMER);
    assert_eq!(m.ack(0), TIMER);
}

#[test]
fn leaving_the_core_frees_the_physical_interrupt() {
    let m = machine();
    m.line(0, TIMER, true);
    m.gic.unload(&m.host(0), crate::VcpuId(0));
    assert!(!m.physically_active(0, TIMER));
    m.settle();
    assert_eq!(m.ack(0), TIMER);
    m.gic.unload(&m.host(0), crate::VcpuId(0));
    m.settle();
    assert_eq!(m.read(0, 0x300), BIT, "still active for the guest");
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    assert!(!m.physically_active(0, TIMER));
}

#[test]
fn an_interrupt_that_is_not_linked_cannot_fire() {
    let m = machine();
    m.write(0, 0x100, u32::MAX);
    for intid in [0, 26, 31, 32, 1023, u32::MAX] {
        m.gic.linked_fired(&m.host(0), crate::VcpuId(0), intid);
    }
    assert_eq!(m.ack(0), NONE);
}

#[test]
fn its_trigger_is_writable_but_it_stays_a_level() {
    let m = machine();
    m.write(0, 0xc04, u32::MAX);
    assert_eq!(m.read(0, 0xc04), 0xaaaa_aaaa);
    m.line(0, TIMER, true);
    assert!(pending(&m));
    assert_eq!(m.ack(0), TIMER);
    m.line(0, TIMER, false);
    m.eoi(0, TIMER);
    assert_eq!(m.ack(0), NONE);
}

#[test]
fn another_vcpu_reads_the_line_through_its_core() {
    const STRIDE: u64 = 0x2_0000;
    let m = Machine::enabled(Version::V3, 2, 4);
    m.line(1, TIMER, true);
    assert_eq!(m.redist_read(0, STRIDE + 0x1_0200), BIT);
    m.line(1, TIMER, false);
    assert_eq!(m.redist_read(0, STRIDE + 0x1_0200), 0);
}
