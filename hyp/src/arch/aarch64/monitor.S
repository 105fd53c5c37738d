// What stays at EL3 where a board starts there: a way for EL2 to have one of
// the routines below executed with EL3's rights. Guests cannot reach it: EL2
// traps their SMCs.
//
// SMC from EL2: x0 = routine (see `monitor.rs`), x1, x2 = its arguments. x0-x5
// are lost. Whatever else comes here stops the core.

.section .text.monitor, "ax"
.balign 2048
.global monitor_vectors
monitor_vectors:
.rept 8                         // current EL: nothing can be done
    .balign 128
    b       .
.endr
    .balign 128                 // lower EL, AArch64, synchronous
    mrs     x3, esr_el3
    ubfx    x3, x3, #26, #6     // EC
    cmp     x3, #0x17           // SMC from AArch64
    b.ne    .
    cbz     x0, open_gicv2
    cmp     x0, #1
    b.eq    open_gicv3
    b       .
.rept 7                         // its interrupts are not routed here; AArch32
    .balign 128
    b       .
.endr

// Routine 0, GICv2, x1 = GICD, x2 = GICC: every interrupt this core can see
// goes to Group 1, which Non-secure software may use; its priorities are all
// let through.
.balign 4
open_gicv2:
    ldr     w3, [x1, #4]        // GICD_TYPER
    and     w3, w3, #0x1f       // ITLinesNumber
    add     x4, x1, #0x80       // GICD_IGROUPR0
    mov     w5, #-1
1:  str     w5, [x4], #4
    subs    w3, w3, #1
    b.pl    1b
    mov     w5, #0xff
    str     w5, [x2, #4]        // GICC_PMR
    dsb     sy
    eret

// Routine 1, GICv3, x1 = GICD: one Security state for all (GICD_CTLR.DS), which
// may only be chosen while no group is enabled.
open_gicv3:
    ldr     w3, [x1]
    bic     w3, w3, #0x7        // EnableGrp0, EnableGrp1NS, EnableGrp1S
    str     w3, [x1]
2:  ldr     w3, [x1]
    tbnz    w3, #31, 2b         // RWP
    orr     w3, w3, #(1 << 6)
    str     w3, [x1]
3:  ldr     w3, [x1]
    tbnz    w3, #31, 3b
    dsb     sy
    eret
