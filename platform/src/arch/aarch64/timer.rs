//! The generic timer as EL2 uses it (Arm ARM DDI 0487, D12): the counter and
//! the EL2 physical timer, whose interrupt the hypervisor keeps for itself.

use aarch64_cpu::registers::{CNTFRQ_EL0, CNTHP_CTL_EL2, CNTPCT_EL0};
use tock_registers::interfaces::{Readable, Writeable};

use super::{cpu, sysreg::CNTHP_CVAL_EL2};

/// Counter ticks per second, as firmware declared it in `CNTFRQ_EL0`.
///
/// Zero where firmware has not programmed the register.
#[must_use]
pub fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}

/// The physical count now, in ticks.
///
/// The read is not performed before earlier instructions have completed.
#[inline]
#[must_use]
pub fn counter() -> u64 {
    cpu::isb();
    CNTPCT_EL0.get()
}

/// Makes the EL2 physical timer's interrupt pending once the count reaches
/// `deadline` (in ticks; at once if it has passed), and until [`disarm`].
#[inline]
pub fn arm(deadline: u64) {
    CNTHP_CVAL_EL2.set(deadline);
    CNTHP_CTL_EL2.write(CNTHP_CTL_EL2::ENABLE::SET + CNTHP_CTL_EL2::IMASK::CLEAR);
    cpu::isb();
}

/// Turns the EL2 physical timer off and withdraws its interrupt.
#[inline]
pub fn disarm() {
    CNTHP_CTL_EL2.write(CNTHP_CTL_EL2::ENABLE::CLEAR);
    cpu::isb();
}

/// Whether the armed EL2 physical timer has reached its deadline.
#[inline]
#[must_use]
pub fn expired() -> bool {
    CNTHP_CTL_EL2.is_set(CNTHP_CTL_EL2::ENABLE) && CNTHP_CTL_EL2.is_set(CNTHP_CTL_EL2::ISTATUS)
}
