// Entry of the image: arm64 Image header, drop to EL2, stack, first Rust.
//
// x0 = physical address of the flattened device tree (arm64 boot protocol).
// MMU off, caches may be either way, interrupts masked. An ELF loader may pass
// x0 = 0; `early` then looks where such boards leave their tree.

.section .head, "ax"
.global _start
_start:
    b       primary             // code0
    .long   0                   // code1
    .quad   0                   // text_offset: from a 2 MiB boundary
    .quad   __image_size        // image_size; the image tool adds the bundle
    .quad   0xa                 // flags: little-endian, 4 KiB, anywhere
    .quad   0
    .quad   0
    .quad   0
    .ascii  "ARM\x64"
    .long   0

primary:
    msr     daifset, #0xf
    mov     x19, x0
    mrs     x1, CurrentEL
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
1:  bl      drop_to_el2
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
// was started at EL1, which cannot host anything. Returns at EL2, clobbers
// x0-x3.
drop_to_el2:
    mrs     x0, CurrentEL
    lsr     x0, x0, #2
    cmp     x0, #2
    b.eq    2f
    cmp     x0, #3
    b.ne    park
    // SCR_EL3: NS, RES1[5:4], HCE, RW, APK, API, FGTEn, ECVEn, HXEn.
    movz    x1, #0x0531
    movk    x1, #0x1803, lsl #16
    movk    x1, #0x0040, lsl #32
    msr     scr_el3, x1
    mov     x1, #(1 << 8)       // CPTR_EL3.EZ: SVE is not trapped, nor is FP
    msr     cptr_el3, x1
    msr     mdcr_el3, xzr
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

park:
    wfe
    b       park
