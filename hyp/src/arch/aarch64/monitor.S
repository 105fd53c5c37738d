// What stays at EL3 where a board starts there: a way for EL2 to have one of
// the routines below executed with EL3's rights. Guests cannot reach it: EL2
// traps their SMCs.
//
// SMC #0 from EL2: x0 = routine, x1, x2 = its arguments. x0-x5 are lost.

.section .text.monitor, "ax"
.balign 2048
.global monitor_vectors
monitor_vectors:
    .balign 128                 // current EL: nothing can be done
    b       .
    .balign 1024
    // lower EL, AArch64, synchronous
    blr     x0
    eret

// GICv2, x1 = GICD, x2 = GICC: every interrupt this core can see goes to
// Group 1, which Non-secure software may use; its priorities are all let
// through.
.balign 4
.global monitor_open_gicv2
monitor_open_gicv2:
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
    ret

// GICv3, x1 = GICD: one Security state for all (GICD_CTLR.DS).
.global monitor_open_gicv3
monitor_open_gicv3:
    ldr     w3, [x1]
    orr     w3, w3, #(1 << 6)
    str     w3, [x1]
    dsb     sy
    ret
