//! A number that survives a reset of the machine, to count boots.
//!
//! Nothing of the machine keeps its state over a reset, except the clock: the
//! PL031's counter runs on (only power-on resets it, Arm DDI 0224), on QEMU as
//! well, and a hypervisor's model must keep what the guest set until the VM
//! ends. So boot number n is a time of long ago.

use crate::{machine, mmio::Mmio};

/// PL031: time, and the register that sets it.
const DR: usize = 0x00;
const LR: usize = 0x08;
/// Times that mean a boot number: from 1978 on, twelve days apart.
const EPOCH: u32 = 0x1000_0000;
const APART: u32 = 0x10_0000;

fn rtc() -> Mmio {
    Mmio(machine::get().rtc.unwrap_or(0))
}

/// The clock's time.
#[must_use]
pub fn clock() -> u32 {
    rtc().r32(DR)
}

/// What was [`set`] last, up to `last`; 0 at power-on.
#[must_use]
pub fn number(last: u32) -> u32 {
    let number = clock().wrapping_sub(EPOCH) / APART;
    if number <= last { number } else { 0 }
}

/// Sets the number.
pub fn set(number: u32) {
    rtc().w32(LR, EPOCH + APART * number);
}
