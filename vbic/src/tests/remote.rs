//! Interrupts in the list registers of another vCPU, and moving them.

use super::mock::{Machine, NONE};
use crate::{AccessSize, Frame, VcpuId, Version};

/// Two vCPUs; SPIs 32 to 63 edge-triggered, enabled and sent to vCPU 1.
fn machine() -> Machine {
    let m = Machine::enabled(Version::V2, 2, 4);
    m.write(0, 0xc08, u32::MAX);
    (0..8).for_each(|i| m.write(0, 0x820 + 4 * i, 0x0202_0202));
    m.write(0, 0x104, u32::MAX);
    m
}

#[test]
fn pending_state_of_another_vcpu_is_exact() {
    let m = machine();
    m.spi(32, true);
    m.prompt.set(false);
    assert_eq!(m.read(0, 0x204), 1);
    assert_eq!(m.ack(1), 32);
    assert_eq!((m.read(0, 0x204), m.read(0, 0x304)), (0, 1));
    m.eoi(1, 32);
    assert_eq!(m.read(0, 0x304), 0);
}

#[test]
fn clearing_and_setting_there_take_effect_at_its_next_pass() {
    let m = machine();
    m.spi(32, true);
    m.write(0, 0x284, 1);
    assert_eq!(m.ack(1), NONE);
    m.write(0, 0x204, 2);
    assert_eq!(m.ack(1), 33);
    m.write(0, 0x204, 2);
    assert_eq!((m.read(0, 0x204), m.read(0, 0x304)), (2, 2));
    m.write(0, 0x384, 2);
    assert_eq!((m.read(0, 0x204), m.read(0, 0x304)), (2, 0));
    m.eoi(1, 33);
    assert_eq!(m.ack(1), 33);
}

#[test]
fn a_late_clear_does_not_undo_an_acknowledge() {
    let m = machine();
    m.spi(32, true);
    m.prompt.set(false);
    m.write(0, 0x284, 1);
    assert_eq!(m.ack(1), 32);
    m.prompt.set(true);
    m.settle();
    assert_eq!((m.read(0, 0x204), m.read(0, 0x304)), (0, 1));
}

#[test]
fn an_edge_is_not_lost_while_the_old_one_is_held_elsewhere() {
    let m = machine();
    m.spi(32, true);
    m.prompt.set(false);
    assert_eq!(m.ack(1), 32);
    m.spi(32, false);
    m.spi(32, true);
    m.prompt.set(true);
    m.settle();
    m.eoi(1, 32);
    assert_eq!(m.drain(1), [32]);
}

#[test]
fn a_level_that_falls_is_pulled_back_from_another_vcpu() {
    let m = machine();
    m.write(0, 0xc08, 0);
    m.spi(32, true);
    m.spi(32, false);
    assert_eq!(m.ack(1), NONE);
}

#[test]
fn a_pending_interrupt_follows_its_new_target() {
    let m = machine();
    m.spi(32, true);
    m.write_byte(0, 0x820, 1);
    assert_eq!((m.ack(1), m.ack(0)), (NONE, 32));
}

#[test]
fn a_pending_interrupt_follows_its_new_route() {
    let m = Machine::enabled(Version::V3, 3, 4);
    m.write(0, 0x104, 1);
    m.spi(32, true);
    m.access_write(2, Frame::Distributor, 0x6100, AccessSize::Double, 1);
    assert_eq!((m.ack(0), m.ack(1)), (NONE, 32));
    m.eoi(1, 32);
    m.access_write(2, Frame::Distributor, 0x6100, AccessSize::Double, 2);
    assert_eq!((m.ack(1), m.ack(2)), (NONE, 32));
}

#[test]
fn an_active_interrupt_stays_until_it_ends() {
    let m = machine();
    m.spi(32, true);
    assert_eq!(m.ack(1), 32);
    m.write_byte(0, 0x820, 1);
    m.write(0, 0x204, 1);
    assert_eq!(m.ack(0), NONE);
    m.eoi(1, 32);
    assert_eq!((m.ack(1), m.ack(0)), (NONE, 32));
}

#[test]
fn disabling_pulls_it_back_from_another_vcpu() {
    let m = machine();
    m.spi(32, true);
    m.write(0, 0x184, 1);
    assert_eq!((m.ack(1), m.read(0, 0x204)), (NONE, 1));
}

#[test]
fn devices_without_a_vcpu_reach_everyone() {
    let m = machine();
    m.kicks.set(0);
    m.gic.set_spi(&m.host(0), None, 32, true);
    assert_eq!(m.kicks.get(), 1);
    m.settle();
    assert_eq!(m.ack(1), 32);
}

#[test]
fn nobody_is_kicked_for_nothing() {
    let m = machine();
    m.write(0, 0x184, 1);
    m.kicks.set(0);
    m.spi(32, true);
    m.write_byte(0, 0x420, 0x80);
    m.write(0, 0x284, 1);
    assert_eq!(m.kicks.get(), 0, "disabled");
    m.write(0, 0x104, 1);
    m.spi(32, false);
    m.spi(32, true);
    m.spi(32, true);
    assert_eq!(m.kicks.get(), 1, "pending, once");
}

#[test]
fn a_vcpu_that_left_its_core_finds_everything_when_it_returns() {
    let m = machine();
    m.prompt.set(false);
    m.gic.unload(&m.host(1), VcpuId(1));
    m.spi(32, true);
    m.write(0, 0xf00, 2 << 16 | 3);
    m.sync(1);
    assert_eq!(m.drain(1), [3, 32]);
}

#[test]
fn sgis_arrive_while_the_same_one_is_handled() {
    for version in [Version::V2, Version::V3] {
        let m = Machine::enabled(version, 2, 4);
        let send = || match version {
            Version::V2 => m.write(0, 0xf00, 2 << 16 | 3),
            Version::V3 => {
                let sgi = crate::SgiRegister::Sgi1r;
                m.gic.write_sgi(&m.host(0), VcpuId(0), sgi, 3 << 24 | 2);
                m.settle();
            }
        };
        if version == Version::V3 {
            m.redist_write(1, 0x3_0100, 0xffff);
        }
        send();
        m.prompt.set(false);
        assert_eq!(m.ack(1), 3);
        send();
        m.eoi(1, 3);
        m.prompt.set(true);
        m.settle();
        assert_eq!(m.drain(1), [3], "{version:?}");
    }
}
