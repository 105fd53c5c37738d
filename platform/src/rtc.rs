//! The board's real-time clock: Arm PrimeCell PL031 (Arm DDI 0224).

use core::ptr::NonNull;

use tock_registers::{interfaces::Readable, register_structs, registers::ReadOnly};

register_structs! {
    Registers {
        /// RTCDR: seconds, since 1970 by convention.
        (0x00 => data: ReadOnly<u32>),
        (0x04 => @END),
    }
}

/// The time in seconds since 1970.
///
/// # Safety
///
/// The registers of a PL031 are mapped at `registers` as Device memory.
#[must_use]
pub unsafe fn seconds(registers: NonNull<u8>) -> u64 {
    // SAFETY: promised by the caller; the register is a cell of an integer.
    u64::from(unsafe { registers.cast::<Registers>().as_ref() }.data.get())
}
