//! The generic timer as a clock, and its two EL1 timers.

use crate::{mrs, msr};

/// Private interrupt of the virtual timer.
pub const VIRTUAL_INTID: u32 = 27;
/// Private interrupt of the physical timer.
pub const PHYSICAL_INTID: u32 = 30;
/// `CTL.ENABLE`
pub const ENABLE: u64 = 1;
/// `CTL.IMASK`
pub const IMASK: u64 = 2;
/// `CTL.ISTATUS`
pub const ISTATUS: u64 = 4;
/// How long to wait for what must happen, in seconds: hosts may be loaded.
const PATIENCE: u64 = 10;

/// Virtual count.
#[must_use]
pub fn now() -> u64 {
    crate::sysreg::isb();
    mrs!("cntvct_el0")
}

/// Counts a second.
#[must_use]
pub fn frequency() -> u64 {
    mrs!("cntfrq_el0")
}

/// Counts in so many microseconds.
#[must_use]
pub fn micros(us: u64) -> u64 {
    (frequency() * us).div_ceil(1_000_000)
}

/// Waits until `done`, for a generous time; whether it came true.
pub fn wait(mut done: impl FnMut() -> bool) -> bool {
    let start = now();
    while !done() {
        if now().wrapping_sub(start) > PATIENCE * frequency() {
            return done();
        }
    }
    true
}

/// Lets virtual time go by; only to see that something does *not* happen.
pub fn pass(us: u64) {
    let (start, span) = (now(), micros(us));
    while now().wrapping_sub(start) < span {}
}

/// One of the two timers that EL1 owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// CNTV
    Virtual,
    /// CNTP
    Physical,
}

impl Timer {
    /// Its private interrupt.
    #[must_use]
    pub fn intid(self) -> u32 {
        match self {
            Self::Virtual => VIRTUAL_INTID,
            Self::Physical => PHYSICAL_INTID,
        }
    }

    /// Its counter.
    #[must_use]
    pub fn count(self) -> u64 {
        crate::sysreg::isb();
        match self {
            Self::Virtual => mrs!("cntvct_el0"),
            Self::Physical => mrs!("cntpct_el0"),
        }
    }

    /// Control register.
    #[must_use]
    pub fn ctl(self) -> u64 {
        match self {
            Self::Virtual => mrs!("cntv_ctl_el0"),
            Self::Physical => mrs!("cntp_ctl_el0"),
        }
    }

    /// Writes the control register.
    pub fn set_ctl(self, value: u64) {
        match self {
            Self::Virtual => msr!("cntv_ctl_el0", value),
            Self::Physical => msr!("cntp_ctl_el0", value),
        }
    }

    /// Compare value.
    #[must_use]
    pub fn cval(self) -> u64 {
        match self {
            Self::Virtual => mrs!("cntv_cval_el0"),
            Self::Physical => mrs!("cntp_cval_el0"),
        }
    }

    /// Writes the compare value.
    pub fn set_cval(self, value: u64) {
        match self {
            Self::Virtual => msr!("cntv_cval_el0", value),
            Self::Physical => msr!("cntp_cval_el0", value),
        }
    }

    /// Counts left until it fires.
    #[must_use]
    pub fn tval(self) -> i32 {
        match self {
            Self::Virtual => mrs!("cntv_tval_el0") as i32,
            Self::Physical => mrs!("cntp_tval_el0") as i32,
        }
    }

    /// Fires after so many counts.
    pub fn set_tval(self, counts: i32) {
        match self {
            Self::Virtual => msr!("cntv_tval_el0", u64::from(counts as u32)),
            Self::Physical => msr!("cntp_tval_el0", u64::from(counts as u32)),
        }
    }

    /// Arms it to fire after `us` microseconds.
    pub fn arm(self, us: u64) {
        self.set_cval(self.count() + micros(us));
        self.set_ctl(ENABLE);
    }

    /// Switches it off: its line goes down.
    pub fn stop(self) {
        self.set_ctl(0);
    }
}
