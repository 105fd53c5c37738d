//! Register arithmetic shared by distributor and redistributor: both have the
//! same arrays of one bit, two bits and one byte an interrupt.

use tock_registers::{
    interfaces::{Readable, Writeable},
    registers::ReadWrite,
};

use crate::machine::Trigger;

/// Bits in a word: interrupts in a register with one bit each.
const PER_WORD: u32 = 32;
/// Interrupts in a configuration register with two bits each.
const PER_CONFIG: u32 = 16;
/// `ICFGR`: the upper of an interrupt's two bits says edge-triggered.
const CONFIG_EDGE: u32 = 0b10;

/// Writes the bit of `intid` to a register array in which zeros do nothing
/// (`ISENABLER`, `ICACTIVER` and their like).
#[inline]
pub(super) fn write_bit(array: &[ReadWrite<u32>], intid: u32) {
    if let Some(register) = array.get((intid / PER_WORD) as usize) {
        register.set(1 << (intid % PER_WORD));
    }
}

/// The bit of `intid` in a register array.
#[inline]
pub(super) fn read_bit(array: &[ReadWrite<u32>], intid: u32) -> bool {
    array
        .get((intid / PER_WORD) as usize)
        .is_some_and(|register| register.get() & (1 << (intid % PER_WORD)) != 0)
}

/// Sets the byte of `intid` in a register array.
#[inline]
pub(super) fn write_byte(array: &[ReadWrite<u8>], intid: u32, value: u8) {
    if let Some(register) = array.get(intid as usize) {
        register.set(value);
    }
}

/// Sets the trigger of `intid` in the configuration registers. Reads, then
/// writes: callers serialize.
pub(super) fn write_trigger(array: &[ReadWrite<u32>], intid: u32, trigger: Trigger) {
    if let Some(register) = array.get((intid / PER_CONFIG) as usize) {
        let edge = CONFIG_EDGE << (2 * (intid % PER_CONFIG));
        let others = register.get() & !edge;
        register.set(match trigger {
            Trigger::Edge => others | edge,
            Trigger::Level => others,
        });
    }
}
