//! One instruction run with every register set, to see which ones survive.

use core::{arch::global_asm, ptr::addr_of_mut};

use crate::probe::publish;

/// `nop`
const NOP: u32 = 0xd503_201f;

/// x0 to x30, then NZCV.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct General {
    /// x0 to x30.
    pub x: [u64; 31],
    /// Flags, as in the NZCV register.
    pub nzcv: u64,
}

/// q0 to q31, FPCR, FPSR.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vector {
    /// q0 to q31.
    pub q: [u128; 32],
    /// Control.
    pub fpcr: u64,
    /// Status.
    pub fpsr: u64,
}

global_asm!(
    r#"
    .arch_extension fp
    .arch_extension simd
    .text
    .global regs_general
    .global regs_general_slot
regs_general:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    sub     sp, sp, #272
    str     x0, [sp, #256]
    mov     x2, #32
    mov     x1, sp
1:  ldr     x3, [x0], #8
    str     x3, [x1], #8
    subs    x2, x2, #1
    b.ne    1b
    msr     nzcv, x3
    ldp     x0, x1, [sp]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldr     x30, [sp, #240]
regs_general_slot:
    nop
    nop
    stp     x0, x1, [sp]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x0, nzcv
    stp     x30, x0, [sp, #240]
    ldr     x0, [sp, #256]
    mov     x1, sp
    mov     x2, #32
2:  ldr     x3, [x1], #8
    str     x3, [x0], #8
    subs    x2, x2, #1
    b.ne    2b
    add     sp, sp, #272
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret

    .global regs_vector
    .global regs_vector_slot
regs_vector:                        // x0 = registers, x1 to x3 for the instruction
    stp     x29, x30, [sp, #-32]!
    str     x19, [sp, #16]
    mov     x19, x0
    .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldr     q\n, [x0, #(\n * 16)]
    .endr
    .irp    n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
    ldr     q\n, [x0, #(\n * 16)]
    .endr
    ldr     x4, [x0, #512]
    msr     fpcr, x4
    ldr     x4, [x0, #520]
    msr     fpsr, x4
    mov     x0, x1
    mov     x1, x2
regs_vector_slot:
    nop
    nop
    mrs     x4, fpcr
    mrs     x5, fpsr
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    str     q\n, [x19, #(\n * 16)]
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    str     q\n, [x19, #(\n * 16)]
    .endr
    str     x4, [x19, #512]
    str     x5, [x19, #520]
    msr     fpcr, xzr
    ldr     x19, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret
    "#
);

unsafe extern "C" {
    fn regs_general(registers: *mut General);
    fn regs_vector(registers: *mut Vector, x0: u64, x1: u64);
    static mut regs_general_slot: [u32; 2];
    static mut regs_vector_slot: [u32; 2];
}

/// Puts one or two instructions into a slot.
///
/// # Safety
/// The slot is code with room for two instructions that only the caller runs.
pub unsafe fn patch(slot: *mut [u32; 2], code: &[u32]) {
    let words = [
        code.first().copied().unwrap_or(NOP),
        code.get(1).copied().unwrap_or(NOP),
    ];
    // SAFETY: the slot is writable code that no other CPU runs.
    unsafe { slot.write_volatile(words) };
    publish(slot as u64, size_of_val(&words));
}

/// Runs at most two instructions with all general registers set; returns them
/// afterwards. The boot CPU only.
#[must_use]
pub fn general(code: &[u32], mut registers: General) -> General {
    // SAFETY: the slot keeps the stack pointer; the routine restores the rest.
    unsafe {
        patch(addr_of_mut!(regs_general_slot), code);
        regs_general(&raw mut registers);
    }
    registers
}

/// Runs at most two instructions with all vector registers set and x0, x1 as
/// given; returns them afterwards. The instructions may change x0 to x17 (but
/// not x4 to x17 if they are to be kept) and memory that x0 and x1 name.
#[must_use]
pub fn vector(code: &[u32], mut registers: Vector, x0: u64, x1: u64) -> Vector {
    // SAFETY: as above; Rust itself uses no vector register.
    unsafe {
        patch(addr_of_mut!(regs_vector_slot), code);
        regs_vector(&raw mut registers, x0, x1);
    }
    registers
}
