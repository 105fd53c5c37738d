//! System registers, barriers and the interrupt masks.

use core::arch::asm;

/// The most CPUs a guest can have.
pub const MAX_CPUS: usize = 8;

/// Reads a system register by its assembler name.
#[macro_export]
macro_rules! mrs {
    ($reg:expr) => {{
        let value: u64;
        // SAFETY: reading a system register has no effect on Rust's memory.
        unsafe { core::arch::asm!(concat!("mrs {}, ", $reg), out(reg) value, options(nostack)) };
        value
    }};
}

/// Writes a system register by its assembler name and synchronises.
#[macro_export]
macro_rules! msr {
    ($reg:expr, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: the guests write no register that moves memory which Rust
        // knows about; the barrier makes the effect visible to what follows.
        unsafe { core::arch::asm!(concat!("msr ", $reg, ", {}"), "isb", in(reg) value, options(nostack)) };
    }};
}

/// The number of the calling CPU: affinity level 0.
#[must_use]
pub fn cpu() -> usize {
    (mrs!("mpidr_el1") & 0xff) as usize
}

/// Instruction synchronisation barrier.
pub fn isb() {
    // SAFETY: a barrier.
    unsafe { asm!("isb", options(nostack)) };
}

/// Full-system data synchronisation barrier.
pub fn dsb() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb sy", options(nostack)) };
}

/// Wait for interrupt.
pub fn wfi() {
    // SAFETY: stops the core until something is pending.
    unsafe { asm!("dsb sy", "wfi", options(nostack)) };
}

/// Wait for event.
pub fn wfe() {
    // SAFETY: stops the core until an event.
    unsafe { asm!("wfe", options(nostack)) };
}

/// Send event.
pub fn sev() {
    // SAFETY: wakes other cores.
    unsafe { asm!("dsb sy", "sev", options(nostack)) };
}

/// `PSTATE.I` and `PSTATE.F` off: interrupts are taken.
pub fn irq_on() {
    // SAFETY: handlers are installed for the whole life of the guest.
    unsafe { asm!("msr daifclr, #3", "isb", options(nostack)) };
}

/// `PSTATE.I` and `PSTATE.F` on: interrupts stay pending.
pub fn irq_off() {
    // SAFETY: masks interrupts only.
    unsafe { asm!("msr daifset, #3", "isb", options(nostack)) };
}

/// Clears `PSTATE.D`: debug exceptions of the same exception level are taken.
pub fn debug_on() {
    // SAFETY: handlers are installed for the whole life of the guest.
    unsafe { asm!("msr daifclr, #8", "isb", options(nostack)) };
}

/// Sets `PSTATE.D`.
pub fn debug_off() {
    // SAFETY: masks debug exceptions only.
    unsafe { asm!("msr daifset, #8", "isb", options(nostack)) };
}

/// A field of an ID register: four bits from `shift`.
#[must_use]
pub fn field(value: u64, shift: u32) -> u64 {
    value >> shift & 0xf
}
