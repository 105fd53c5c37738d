//! Delivery through list registers: the interrupt state machine (Arm
//! IHI 0048B §3.2.4), priorities, enables, level and edge.

use super::mock::{Machine, NONE};
use crate::{LrState, Version};

/// A uniprocessor with SPIs 32 to 63 enabled, at priority 0xa0.
fn machine() -> Machine {
    let m = Machine::enabled(Version::V2, 1, 4);
    (0..8).for_each(|i| m.write(0, 0x420 + 4 * i, 0xa0a0_a0a0));
    m.write(0, 0x104, u32::MAX);
    m
}

fn pending(m: &Machine) -> u32 {
    m.read(0, 0x204)
}

fn active(m: &Machine) -> u32 {
    m.read(0, 0x304)
}

fn make_edge(m: &Machine) {
    m.write(0, 0xc08, u32::MAX);
}

#[test]
fn a_level_interrupt_is_presented_again_while_its_line_is_high() {
    let m = machine();
    m.spi(32, true);
    for _ in 0..3 {
        assert_eq!(m.ack(0), 32);
        m.eoi(0, 32);
    }
    m.spi(32, false);
    assert_eq!(m.ack(0), NONE);
}

#[test]
fn a_level_interrupt_whose_line_fell_in_the_handler_is_over() {
    let m = machine();
    m.spi(32, true);
    assert_eq!(m.ack(0), 32);
    m.spi(32, false);
    assert!(
        !m.cores[0].lrs.borrow().iter().any(|lr| lr.eoi_maintenance),
        "no needless exit"
    );
    m.eoi(0, 32);
    assert_eq!((m.ack(0), pending(&m), active(&m)), (NONE, 0, 0));
}

#[test]
fn a_level_interrupt_whose_line_fell_before_the_acknowledge_is_gone() {
    let m = machine();
    m.spi(32, true);
    m.spi(32, false);
    assert_eq!(m.ack(0), NONE);
}

#[test]
fn clearing_a_level_interrupt_does_not_lower_its_line() {
    let m = machine();
    m.spi(32, true);
    m.write(0, 0x284, 1);
    assert_eq!(pending(&m), 1);
    assert_eq!(m.ack(0), 32);
}

#[test]
fn a_level_interrupt_made_pending_by_software_is_delivered_once() {
    let m = machine();
    m.write(0, 0x204, 1);
    assert_eq!(pending(&m), 1);
    assert_eq!(m.drain(0), [32]);
    m.write(0, 0x204, 1);
    m.write(0, 0x284, 1);
    assert_eq!(m.drain(0), []);
}

#[test]
fn an_edge_is_delivered_once() {
    let m = machine();
    make_edge(&m);
    m.spi(32, true);
    assert_eq!(m.drain(0), [32]);
    m.spi(32, true);
    assert_eq!(m.drain(0), []);
    m.spi(32, false);
    m.spi(32, true);
    assert_eq!(m.drain(0), [32]);
}

#[test]
fn an_edge_outlives_its_line() {
    let m = machine();
    make_edge(&m);
    m.spi(32, true);
    m.spi(32, false);
    assert_eq!(m.drain(0), [32]);
}

#[test]
fn an_edge_in_the_handler_is_delivered_after_it() {
    let m = machine();
    make_edge(&m);
    m.spi(32, true);
    assert_eq!(m.ack(0), 32);
    m.spi(32, false);
    m.spi(32, true);
    assert_eq!((pending(&m), active(&m)), (1, 1));
    assert_eq!(m.ack(0), NONE);
    m.eoi(0, 32);
    assert_eq!(m.drain(0), [32]);
}

#[test]
fn an_edge_can_be_cleared() {
    let m = machine();
    make_edge(&m);
    m.spi(32, true);
    m.write(0, 0x284, 1);
    assert_eq!((pending(&m), m.ack(0)), (0, NONE));
}

#[test]
fn a_changed_trigger_takes_effect() {
    let m = machine();
    m.spi(32, true);
    make_edge(&m);
    assert_eq!(pending(&m), 0, "a high line is no edge");
    m.write(0, 0xc08, 0);
    assert_eq!((pending(&m), m.ack(0)), (1, 32));
}

#[test]
fn disabled_interrupts_stay_pending() {
    let m = machine();
    m.write(0, 0x184, 1);
    m.spi(32, true);
    assert_eq!((pending(&m), m.ack(0)), (1, NONE));
    m.write(0, 0x104, 1);
    assert_eq!(m.ack(0), 32);
}

#[test]
fn disabling_pulls_a_pending_interrupt_back() {
    let m = machine();
    make_edge(&m);
    m.spi(32, true);
    m.write(0, 0x184, 1);
    assert_eq!((m.ack(0), pending(&m)), (NONE, 1));
    m.write(0, 0x104, 1);
    assert_eq!(m.drain(0), [32]);
}

#[test]
fn disabling_does_not_end_an_active_interrupt() {
    let m = machine();
    m.spi(32, true);
    assert_eq!(m.ack(0), 32);
    m.write(0, 0x184, 1);
    assert_eq!(active(&m), 1);
    m.eoi(0, 32);
    assert_eq!((active(&m), pending(&m), m.ack(0)), (0, 1, NONE));
}

#[test]
fn groups_are_forwarded_separately() {
    let m = machine();
    m.write(0, 0x084, 2);
    m.write(0, 0, 1);
    m.spi(32, true);
    m.spi(33, true);
    assert_eq!(m.ack(0), 32);
    m.spi(32, false);
    m.eoi(0, 32);
    assert_eq!(m.ack(0), NONE);
    m.write(0, 0, 2);
    assert_eq!(m.ack(0), 33);
}

#[test]
fn turning_the_distributor_off_pulls_everything_back() {
    let m = machine();
    m.spi(32, true);
    m.write(0, 0, 0);
    assert_eq!(m.ack(0), NONE);
    m.write(0, 0, 3);
    assert_eq!(m.ack(0), 32);
}

#[test]
fn higher_priority_first_then_lower_number() {
    let m = machine();
    m.write_byte(0, 0x400 + 50, 0x20);
    for intid in [40, 50, 33] {
        m.write(0, 0x204, 1 << (intid - 32));
    }
    assert_eq!(m.drain(0), [50, 33, 40]);
}

#[test]
fn a_changed_priority_takes_effect_on_a_pending_interrupt() {
    let m = machine();
    m.write(0, 0x204, 0b11);
    m.write_byte(0, 0x421, 0x10);
    assert_eq!(m.drain(0), [33, 32]);
}

#[test]
fn higher_priority_preempts_and_equal_priority_does_not() {
    let m = machine();
    m.write_byte(0, 0x421, 0x50);
    m.write(0, 0x204, 0b101);
    assert_eq!(m.ack(0), 32);
    assert_eq!(m.ack(0), NONE);
    m.write(0, 0x204, 0b10);
    assert_eq!(m.ack(0), 33);
    assert_eq!(active(&m), 0b11);
    m.eoi(0, 33);
    m.eoi(0, 32);
    assert_eq!(m.drain(0), [34]);
}

#[test]
fn split_end_of_interrupt() {
    let m = machine();
    m.set_split(0, true);
    m.write(0, 0x204, 0b11);
    assert_eq!(m.ack(0), 32);
    m.eoi(0, 32);
    assert_eq!(active(&m), 1);
    assert_eq!(m.ack(0), 33, "the priority dropped");
    m.eoi(0, 33);
    m.dir(0, 32);
    assert_eq!(active(&m), 0b10);
    m.dir(0, 33);
    assert_eq!(active(&m), 0);
}

#[test]
fn active_state_can_be_written() {
    let m = machine();
    m.write(0, 0x304, 1);
    m.spi(32, true);
    assert_eq!((active(&m), m.ack(0)), (1, NONE));
    m.write(0, 0x384, 1);
    assert_eq!((active(&m), m.ack(0)), (0, 32));
}

#[test]
fn software_activated_interrupts_end_like_others() {
    let m = machine();
    m.set_split(0, true);
    m.write(0, 0x304, 1);
    m.dir(0, 32);
    assert_eq!(active(&m), 0);
}

#[test]
fn emulated_private_interrupts() {
    let m = machine();
    m.write(0, 0x100, 1 << 23);
    m.ppi(0, 23, true);
    assert_eq!(m.read(0, 0x200), 1 << 23);
    assert_eq!(m.ack(0), 23);
    m.ppi(0, 23, false);
    m.eoi(0, 23);
    assert_eq!(m.ack(0), NONE);
}

#[test]
fn lines_of_other_kinds_are_ignored() {
    let m = machine();
    for intid in [0, 15, 288, 1023, u32::MAX] {
        m.spi(intid, true);
        m.ppi(0, intid, true);
    }
    m.spi(16, true);
    assert_eq!((m.read(0, 0x200), m.ack(0)), (0, NONE));
}

#[test]
fn waiting_ends_for_what_would_be_signalled() {
    let m = machine();
    let pending = || m.gic.pending(&m.host(0), crate::VcpuId(0));
    assert!(!pending());
    m.spi(32, true);
    assert!(pending());
    m.write(0, 0x184, 1);
    assert!(!pending());
}

#[test]
fn unloading_leaves_nothing_in_hardware_and_loses_nothing() {
    let m = machine();
    make_edge(&m);
    m.spi(32, true);
    m.spi(33, true);
    assert_eq!(m.ack(0), 32);
    m.gic.unload(&m.host(0), crate::VcpuId(0));
    assert!(
        m.cores[0]
            .lrs
            .borrow()
            .iter()
            .all(|lr| lr.state == LrState::Invalid)
    );
    m.sync(0);
    assert_eq!(active(&m), 1);
    m.eoi(0, 32);
    assert_eq!(m.drain(0), [33]);
}

#[test]
fn reset_forgets_all_but_the_lines() {
    let m = machine();
    m.spi(32, true);
    m.write(0, 0x204, 2);
    m.gic.unload(&m.host(0), crate::VcpuId(0));
    m.gic.reset();
    assert_eq!((m.read(0, 0), m.read(0, 0x104), pending(&m)), (0, 0, 1));
}

#[test]
fn an_sgi_to_itself_costs_one_list_register_write() {
    let m = machine();
    m.write(0, 0xf00, 2 << 24);
    assert_eq!(m.drain(0), [0]);
    let core = &m.cores[0];
    core.reads.set(0);
    core.writes.set(0);
    m.write(0, 0xf00, 2 << 24);
    assert_eq!((core.reads.get(), core.writes.get()), (0, 1));
    assert_eq!(m.drain(0), [0]);
}

#[test]
fn calls_for_a_vcpu_that_does_not_exist_do_nothing() {
    let m = machine();
    let (host, nobody) = (m.host(0), crate::VcpuId(7));
    m.gic.sync(&host, nobody);
    m.gic.unload(&host, nobody);
    m.gic.linked_fired(&host, nobody, 27);
    m.gic
        .write_sgi(&host, nobody, crate::SgiRegister::Sgi1r, u64::MAX);
    assert!(!m.gic.pending(&host, nobody));
}
