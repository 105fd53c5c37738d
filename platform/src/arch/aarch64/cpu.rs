//! The core that runs this code: its identity, waiting, barriers.

use aarch64_cpu::{
    asm::{self, barrier},
    registers::{CurrentEL, MPIDR_EL1},
};
use tock_registers::interfaces::Readable;

/// The affinity fields of `MPIDR_EL1` (Aff3, Aff2, Aff1, Aff0).
pub const AFFINITY_MASK: u64 = 0xff_00ff_ffff;

/// This core's affinity: `MPIDR_EL1` without its flag bits, which is the form
/// that device trees, PSCI and `GICD_IROUTER` use.
#[inline]
#[must_use]
pub fn mpidr() -> u64 {
    MPIDR_EL1.get() & AFFINITY_MASK
}

/// The current Exception level, 0 to 3.
#[must_use]
pub fn exception_level() -> u8 {
    CurrentEL.read(CurrentEL::EL) as u8
}

/// Waits for an interrupt, after all earlier memory accesses have completed.
#[inline]
pub fn wait_for_interrupt() {
    dsb_sy();
    asm::wfi();
}

/// Waits for an event ([`send_event`] on any core, an interrupt, or the loss
/// of an exclusive monitor).
#[inline]
pub fn wait_for_event() {
    asm::wfe();
}

/// Makes earlier stores visible to every core and wakes those that
/// [`wait_for_event`].
#[inline]
pub fn send_event() {
    barrier::dsb(barrier::ISHST);
    asm::sev();
}

/// Instruction Synchronization Barrier.
#[inline(always)]
pub fn isb() {
    barrier::isb(barrier::SY);
}

/// Data Synchronization Barrier, full system, all accesses.
#[inline(always)]
pub fn dsb_sy() {
    barrier::dsb(barrier::SY);
}

/// Data Synchronization Barrier, Inner Shareable, all accesses: also completes
/// TLB and cache maintenance on every core.
#[inline(always)]
pub fn dsb_ish() {
    barrier::dsb(barrier::ISH);
}

/// Data Synchronization Barrier, Inner Shareable, stores.
#[inline(always)]
pub fn dsb_ishst() {
    barrier::dsb(barrier::ISHST);
}

/// Data Memory Barrier, Inner Shareable, all accesses.
#[inline(always)]
pub fn dmb_ish() {
    barrier::dmb(barrier::ISH);
}

/// Stops this core for good: waits for interrupts without taking any.
///
/// The caller has masked interrupts.
pub fn park() -> ! {
    loop {
        wait_for_interrupt();
    }
}
