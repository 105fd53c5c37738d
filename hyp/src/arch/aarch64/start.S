// Entry of the image: arm64 Image header, drop to EL2, stack, first Rust.
//
// x0 = physical address of the flattened device tree (arm64 boot protocol).
// MMU off, caches may be either way, interrupts masked. An ELF loader may pass
// x0 = 0; `early` then looks where such boards leave their tree. EARLY_UART is
// a PL011 of the board, or 0.

.section .head, "ax"
.global _start
_start:
    b       primary             // code0
    .long   0                   // code1
    .quad   __text_offset       // from the 2 MiB boundary where RAM starts
    .quad   __image_size        // image_size; the image tool adds the bundle
    .quad   0x2                 // flags: little-endian, 4 KiB, near RAM's start
    .quad   0
    .quad   0
    .quad   0
    .ascii  "ARM\x64"
    .long   0

primary:
    msr     daifset, #0xf
    mov     x19, x0
    mrs     x1, CurrentEL
    cmp     x1, #(1 << 2)
    adr     x0, text_el1
    b.eq    refuse
    cmp     x1, #(3 << 2)
    b.ne    1f
    // At EL3 there is no firmware that would have kept the other cores back:
    // they all come here. Core 0 goes on.
    mrs     x1, mpidr_el1
    movz    x2, #0xffff
    movk    x2, #0x00ff, lsl #16
    and     x1, x1, x2
    cbnz    x1, pen
    adrp    x2, STARTED_AT_EL3
    add     x2, x2, :lo12:STARTED_AT_EL3
    mov     w3, #1
    strb    w3, [x2]
    // The image is not position-independent: better no start than a fault.
1:  adr     x1, _start
    ldr     x2, =_start
    cmp     x1, x2
    adr     x0, text_place
    b.ne    refuse
    bl      drop_to_el2
    adrp    x1, __boot_stack_top
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x19
    b       boot_primary        // Rust, never returns

// Where the other cores of a board without firmware wait, x1 = their affinity,
// until PEN_TICKET holds that; then their SecondaryEntry is in PEN_ENTRY
// (`secondary.rs`).
pen:
    adrp    x2, PEN_TICKET
    add     x2, x2, :lo12:PEN_TICKET
    adrp    x3, PEN_ENTRY
    add     x3, x3, :lo12:PEN_ENTRY
2:  wfe
    ldr     x4, [x2]
    cmp     x4, x1
    b.ne    2b
    dmb     sy
    ldr     x0, [x3]
    b       secondary_entry

// A secondary core, started by firmware with x0 = the physical address of its
// SecondaryEntry (see `secondary.rs` for the layout), MMU off.
.global secondary_entry
secondary_entry:
    msr     daifset, #0xf
    mov     x19, x0
    bl      drop_to_el2
    ldp     x1, x2, [x19]       // mair, tcr
    msr     mair_el2, x1
    msr     tcr_el2, x2
    ldp     x1, x2, [x19, #16]  // ttbr0, sctlr
    msr     ttbr0_el2, x1
    dsb     sy
    tlbi    alle2
    ic      iallu
    dsb     sy
    isb
    msr     sctlr_el2, x2
    isb
    ldp     x1, x0, [x19, #32]  // stack, core
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    b       boot_secondary      // Rust, never returns

// Leaves EL3 for Non-secure EL2 where a board starts there; parks a core that
// was started at EL1, which cannot host anything. Returns at EL2 without VHE,
// with HCR_EL2 known; clobbers x0-x3.
drop_to_el2:
    mrs     x3, CurrentEL
    cmp     x3, #(1 << 2)
    b.eq    park
    mrs     x1, S3_0_C0_C7_4    // ID_AA64MMFR4_EL1.E2H0 is negative where
    adr     x0, text_vhe        // HCR_EL2.E2H cannot be 0
    tbnz    x1, #27, refuse
    mov     x1, #(1 << 31)      // HCR_EL2: RW, no VHE, nothing trapped yet
    msr     hcr_el2, x1
    isb
    cmp     x3, #(2 << 2)
    b.eq    2f
    // SCR_EL3: NS, RES1[5:4], HCE, RW, APK, API, FGTEn, ECVEn, HXEn, FGTEn2.
    movz    x1, #0x0531
    movk    x1, #0x1803, lsl #16
    movk    x1, #0x0040, lsl #32
    movk    x1, #0x0800, lsl #48
    msr     scr_el3, x1
    mov     x1, #(1 << 8)       // CPTR_EL3.EZ: SVE is not trapped, nor is FP
    msr     cptr_el3, x1
    msr     mdcr_el3, xzr
    isb                         // before ZCR_EL3, which CPTR_EL3 can trap
    adrp    x1, monitor_vectors
    add     x1, x1, :lo12:monitor_vectors
    msr     vbar_el3, x1
    mrs     x1, id_aa64pfr0_el1
    ubfx    x2, x1, #24, #4     // GIC system registers present
    cbz     x2, 1f
    mov     x2, #0xf            // ICC_SRE_EL3: SRE, DFB, DIB, Enable
    msr     S3_6_C12_C12_5, x2
    isb
1:  ubfx    x2, x1, #32, #4     // SVE present: widest vectors for lower ELs
    cbz     x2, 1f
    mov     x2, #0xf
    msr     S3_6_C1_C2_0, x2    // ZCR_EL3
1:  mrs     x2, id_aa64pfr1_el1
    ubfx    x2, x2, #16, #4     // MPAM, minor version
    ubfx    x1, x1, #40, #4     // MPAM, major version
    orr     x2, x2, x1
    cbz     x2, 1f
    msr     S3_6_C10_C5_0, xzr  // MPAM3_EL3: off, not trapped
1:  movz    x1, #0x0830         // SCTLR_EL2 RES1 bits, MMU and caches off
    movk    x1, #0x30c5, lsl #16
    msr     sctlr_el2, x1
    mov     x1, #0x3c9          // SPSR: EL2h, DAIF masked
    msr     spsr_el3, x1
    adr     x1, 2f
    msr     elr_el3, x1
    isb
    eret
2:  msr     spsel, #1
    msr     tpidr_el2, xzr      // no core yet: see OWN_FAULT in vectors.S
    ret

// Says the text at x0 on the UART that the board should have, and parks.
refuse:
    ldr     x1, =EARLY_UART
    cbz     x1, park
1:  ldrb    w2, [x0], #1
    cbz     w2, park
2:  ldr     w3, [x1, #0x18]     // UARTFR
    tbnz    w3, #5, 2b          // TXFF
    str     w2, [x1]            // UARTDR
    b       1b

park:
    wfe
    b       park

.ltorg
text_el1:
    .asciz  "toroid: started at EL1; it has to be started at EL2 (QEMU: -machine virtualization=on)\r\n"
text_place:
    .asciz  "toroid: not loaded at the address for which it is linked\r\n"
text_vhe:
    .asciz  "toroid: this core has no EL2 without VHE\r\n"
.balign 4
