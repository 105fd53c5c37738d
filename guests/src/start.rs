//! The first instructions: stage 1 translation on, stack, `.bss`, Rust.
//!
//! The translation table is part of the image, so that nothing has to be
//! written before the caches are on.

use core::arch::global_asm;

use crate::{console, exit, machine, report, sysreg::MAX_CPUS};

/// Bytes of stack for each CPU.
const STACK_SIZE: usize = 64 * 1024;

/// `MAIR_EL1`: 0 = Device-nGnRE, 1 = Normal write-back, 2 = Normal non-cacheable.
const MAIR: u64 = 0x44_ff_04;
/// `TCR_EL1`: 39-bit VA by TTBR0 only, 4 KiB granule, 40-bit PA, walks inner
/// shareable and write-back.
const TCR: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32;
/// `SCTLR_EL1`: the RES1 bits of Armv8.0, stack alignment check, I, C, M.
const SCTLR: u64 = 0x30d0_0800 | 1 << 12 | 1 << 3 | 1 << 2 | 1;

/// Block, access flag, Device, never executable.
const DEVICE: u64 = 1 << 54 | 1 << 53 | 1 << 10 | 1;
/// Block, access flag, inner shareable, Normal, executable at EL1 only.
const NORMAL: u64 = 1 << 54 | 1 << 10 | 3 << 8 | 1 << 2 | 1;
/// Readable, writable (and so never executable at EL1) by EL0.
const EL0: u64 = 1 << 53 | 1 << 6;
/// Never executable by EL0.
const UXN: u64 = 1 << 54;

global_asm!(
    r#"
    .section .text.start, "ax"
    .global _start
_start:
    mov     x19, x0
    mrs     x20, mpidr_el1
    and     x20, x20, #0xff
    bl      mmu_on
    adrp    x0, __bss_start
    add     x0, x0, :lo12:__bss_start
    adrp    x1, __bss_end
    add     x1, x1, :lo12:__bss_end
1:  cmp     x0, x1
    b.hs    2f
    stp     xzr, xzr, [x0], #16
    b       1b
2:  bl      set_stack
    mov     x0, x19
    bl      {boot}

    .global secondary_start
secondary_start:
    mov     x19, x0
    mrs     x20, mpidr_el1
    and     x20, x20, #0xff
    bl      mmu_on
    bl      set_stack
    mov     x0, x20
    mov     x1, x19
    bl      {secondary}

set_stack:                          // x20 = CPU
    adrp    x0, stacks
    add     x0, x0, :lo12:stacks
    add     x1, x20, #1
    mov     x2, #{stack}
    madd    x0, x1, x2, x0
    mov     sp, x0
    mov     x29, xzr
    ret

mmu_on:
    adrp    x0, level1
    msr     ttbr0_el1, x0
    ldr     x0, ={mair}
    msr     mair_el1, x0
    ldr     x0, ={tcr}
    msr     tcr_el1, x0
    mov     x0, #(3 << 20)          // floating point and SIMD usable
    msr     cpacr_el1, x0
    adrp    x0, vectors
    add     x0, x0, :lo12:vectors
    msr     vbar_el1, x0
    tlbi    vmalle1
    ic      iallu
    dsb     nsh
    isb
    ldr     x0, ={sctlr}
    msr     sctlr_el1, x0
    isb
    msr     spsel, #1
    ret
    .ltorg

    .section .data.tables, "aw"
    .balign 4096
    .global level1
level1:
    .quad   {device}                                // 0: devices
    .quad   {normal} + 0x40000000                   // 1 to 3: RAM
    .quad   {normal} + 0x80000000
    .quad   {normal} + 0xc0000000
    .fill   0x100 - 4, 8, 0
    .quad   {user} + 0x40000000                     // 256 GiB: RAM for EL0
    .quad   {device} + {el0}                        // 257 GiB: devices for EL0
    .fill   0x1c0 - 0x102, 8, 0
    .quad   {normal} + 0x7000000000                 // 448 GiB: nothing behind
    .quad   {user} + 0x7040000000                   // 449 GiB: the same for EL0
    .fill   0x200 - 0x1c2, 8, 0

    .section .bss.stacks, "aw", @nobits
    .balign 4096
stacks:
    .space  {stack} * {cpus}
    .text
    "#,
    boot = sym boot,
    secondary = sym crate::smp::secondary,
    stack = const STACK_SIZE,
    cpus = const MAX_CPUS,
    mair = const MAIR,
    tcr = const TCR,
    sctlr = const SCTLR,
    device = const DEVICE,
    normal = const NORMAL,
    user = const (NORMAL | EL0) & !UXN,
    el0 = const 1u64 << 6,
);

unsafe extern "Rust" {
    safe fn guest_main();
}

/// Rust's entry on the boot CPU.
extern "C" fn boot(tree: usize) -> ! {
    machine::discover(tree);
    console::init();
    guest_main();
    exit::exit(report::verdict())
}
