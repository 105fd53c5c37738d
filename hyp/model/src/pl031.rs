//! The guest's real-time clock: Arm PrimeCell PL031 (Arm DDI 0224).
//!
//! The device has no clock of its own: every call says what time it is (`now`,
//! in seconds since 1970-01-01 00:00 UTC, never going back), and whatever
//! happened on the way there is worked out then. [`Pl031::next_alarm`] says
//! when to look again.
//!
//! As on QEMU's `virt`, the clock runs from reset (`RTCCR` reads 1 and cannot
//! be turned off, which the manual says of a clock once it is on), and it shows
//! the time of day without being set.

#[cfg(test)]
mod tests;

use crate::access::AccessSize;
use crate::primecell::{self, low_half};

/// `RTCDR`: the time.
const DR: u64 = 0x000;
/// `RTCMR`: the time of the alarm.
const MR: u64 = 0x004;
/// `RTCLR`: sets the time.
const LR: u64 = 0x008;
/// `RTCCR`: control.
const CR: u64 = 0x00c;
/// `RTCIMSC`: interrupt mask.
const IMSC: u64 = 0x010;
/// `RTCRIS`: raw interrupt.
const RIS: u64 = 0x014;
/// `RTCMIS`: masked interrupt.
const MIS: u64 = 0x018;
/// `RTCICR`: interrupt clear.
const ICR: u64 = 0x01c;
/// `RTCPeriphID0..3` and `RTCPCellID0..3` as QEMU shows them.
const IDENTIFICATION: [u8; 8] = [0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/// `RTCCR.RTCStart`.
const RUNNING: u32 = 1;
/// The only implemented bit of the interrupt registers.
const ALARM: u32 = 1;
/// One real-time clock.
#[derive(Clone, Debug)]
pub struct Pl031 {
    /// `RTCDR` minus the low 32 bits of `now`, modulo 2^32.
    offset: u32,
    matching: u32,
    load: u32,
    unmasked: bool,
    raised: bool,
    /// `now` up to which alarms have been worked out.
    seen: u64,
}

impl Pl031 {
    /// A clock after reset at time `now`.
    #[must_use]
    pub const fn new(now: u64) -> Self {
        Self {
            offset: 0,
            matching: 0,
            load: 0,
            unmasked: false,
            raised: false,
            seen: now,
        }
    }

    /// Back to the state after a reset of the machine: no alarm. The time that
    /// the guest has set stays, as in a clock with a battery (and as on QEMU's
    /// `virt`).
    pub fn reset(&mut self, now: u64) {
        *self = Self {
            offset: self.offset,
            ..Self::new(now)
        };
    }

    /// The level of the interrupt output (`RTCINTR`) at time `now`.
    #[must_use]
    pub fn interrupt_line(&mut self, now: u64) -> bool {
        self.advance(now);
        self.raised && self.unmasked
    }

    /// The time, in the units of `now`, at which the interrupt line will rise
    /// unless the guest changes something first; `None` when it is up already
    /// or masked.
    #[must_use]
    pub fn next_alarm(&mut self, now: u64) -> Option<u64> {
        self.advance(now);
        if !self.unmasked || self.raised {
            return None;
        }
        let wait = match self.matching.wrapping_sub(self.time(now)) {
            0 => u64::from(u32::MAX) + 1,
            seconds => u64::from(seconds),
        };
        now.checked_add(wait)
    }

    /// A read of `size` at `offset` from the clock's base at time `now`.
    ///
    /// Total: an offset without a register reads as zero; narrow reads give the
    /// addressed bytes of a register, a 64-bit one two registers.
    pub fn read(&mut self, offset: u64, size: AccessSize, now: u64) -> u64 {
        self.advance(now);
        primecell::read(offset, size, |register, _| self.register(register, now))
    }

    /// A write of the low `size` of `value` at `offset` at time `now`.
    ///
    /// Total: a write to no register, to a read-only one, or to one without its
    /// lowest byte does nothing. A narrow write is extended with zeros; a
    /// 64-bit one writes two registers.
    pub fn write(&mut self, offset: u64, size: AccessSize, value: u64, now: u64) {
        self.advance(now);
        primecell::write(offset, size, value, |register, value| {
            self.set_register(register, value, now);
        });
    }

    /// `RTCDR` at time `now`.
    fn time(&self, now: u64) -> u32 {
        low_half(now).wrapping_add(self.offset)
    }

    /// Raises the alarm if its time came after [`Self::seen`] and not after
    /// `now`.
    fn advance(&mut self, now: u64) {
        let passed = now.saturating_sub(self.seen);
        let wait = u64::from(self.matching.wrapping_sub(self.time(self.seen)));
        if passed > u64::from(u32::MAX) || (1..=passed).contains(&wait) {
            self.raised = true;
        }
        self.seen = self.seen.max(now);
    }

    /// Raises the alarm if the time just set, or the alarm just set, is now.
    fn compare(&mut self, now: u64) {
        if self.time(now) == self.matching {
            self.raised = true;
        }
    }

    /// The value of the register at `register`, a multiple of four.
    fn register(&self, register: u64, now: u64) -> u32 {
        match register {
            DR => self.time(now),
            MR => self.matching,
            LR => self.load,
            CR => RUNNING,
            IMSC => u32::from(self.unmasked),
            RIS => u32::from(self.raised),
            MIS => u32::from(self.raised && self.unmasked),
            _ => primecell::identification(&IDENTIFICATION, register),
        }
    }

    /// Writes the register at exactly `register`.
    fn set_register(&mut self, register: u64, value: u32, now: u64) {
        match register {
            MR => {
                self.matching = value;
                self.compare(now);
            }
            LR => {
                self.load = value;
                self.offset = value.wrapping_sub(low_half(now));
                self.compare(now);
            }
            IMSC => self.unmasked = value & ALARM != 0,
            ICR if value & ALARM != 0 => self.raised = false,
            _ => {}
        }
    }
}
