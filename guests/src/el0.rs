//! Short excursions to EL0.

use core::arch::global_asm;

use crate::trap::{Frame, Syndrome, last};

/// Where EL0 sees RAM: the address at EL1 plus this.
pub const RAM_ALIAS: usize = 0x40_0000_0000 - 0x4000_0000;
/// Where EL0 sees the devices.
pub const DEVICE_ALIAS: usize = 0x40_4000_0000;
/// Where EL0 sees nothing: physical 449 GiB.
pub const HOLE: usize = 0x70_4000_0000;

/// `SPSR_EL1` for EL0 with AArch64, all unmasked.
const EL0T: u64 = 0;
/// `SPSR_EL1` for EL1 on its own stack, all masked.
const EL1H_MASKED: u64 = 0x3c5;

global_asm!(
    r#"
    .text
    .global el0_enter
el0_enter:                          // x0 = PC, x1 = SP, x2 = argument, x3 = SPSR
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    msr     daifset, #15
    msr     elr_el1, x0
    msr     spsr_el1, x3
    msr     sp_el0, x1
    mov     x0, x2
    eret
    .global el0_leave
el0_leave:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret
    "#
);

unsafe extern "C" {
    fn el0_enter(pc: usize, sp: usize, arg: usize, spsr: u64) -> u64;
    fn el0_leave();
}

/// Runs position-independent code, given by its EL1 address, at EL0 until its
/// first exception (an `svc` in the good case); returns x0 and that exception.
/// Interrupts are masked at EL1 when it returns.
pub fn run(code: usize, arg: usize) -> (u64, Syndrome) {
    run_at(code + RAM_ALIAS, arg)
}

/// Like [`run`] with the address as EL0 sees it.
pub fn run_at(pc: usize, arg: usize) -> (u64, Syndrome) {
    // SAFETY: EL0 code can write only what the test gives it by `arg`.
    let x0 = unsafe { el0_enter(pc, 0, arg, EL0T) };
    (x0, last())
}

/// Like [`run`] with `PSTATE.SS` set: software step is active from the first
/// instruction if `MDSCR_EL1.SS` is set.
pub fn run_stepping(code: usize, arg: usize) -> (u64, Syndrome) {
    const STEPPING: u64 = 1 << 21;
    // SAFETY: as in `run_at`.
    let x0 = unsafe { el0_enter(code + RAM_ALIAS, 0, arg, EL0T | STEPPING) };
    (x0, last())
}

/// The exception handler's part: resume behind `el0_enter`.
pub(crate) fn leave(frame: &mut Frame) {
    frame.elr = el0_leave as *const () as u64;
    frame.spsr = EL1H_MASKED;
}
