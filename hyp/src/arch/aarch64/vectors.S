// Exception vectors of EL2.
//
// While a guest runs, SP_EL2 points at the Context of its vCPU and the EL2
// stack of the core is empty. An exit stores the guest's general registers
// there, takes the core's stack from the Context and calls Rust, which returns
// the Context to resume (the same one in all but a few cases) or null when the
// core has to find something else to do. Offsets are checked against the Rust
// struct at compile time (`context.rs`).

.equ CTX_STACK, 248             // Context::stack

.macro SAVE_GUEST
    stp     x0, x1, [sp, #0]
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
    mov     x0, sp
    ldr     x1, [x0, #CTX_STACK]
    str     x30, [x0, #240]
    mov     sp, x1
    mov     x29, xzr            // backtraces end here
.endm

.macro GUEST_EXIT handler
    .balign 128
    SAVE_GUEST
    bl      \handler
    b       resume_or_leave
.endm

// An exception out of EL2 itself is a defect of the hypervisor. It may be a
// stack overflow, so it is reported from the core's emergency stack. That and
// the number of such faults are the first fields of `Core`, which TPIDR_EL2
// points at; a core that does not know itself yet stays on its stack.
.macro OWN_FAULT kind
    .balign 128
    mrs     x17, tpidr_el2
    mov     x16, sp
    cbnz    x17, 1f
    adrp    x17, early_faults
    add     x17, x17, :lo12:early_faults
1:  ldp     x18, x19, [x17]
    cbz     x18, 2f
    mov     sp, x18
2:  add     x18, x19, #1
    str     x18, [x17, #8]
    cbnz    x19, faulted_again
    mov     x0, #\kind
    mov     x1, x16
    mov     x2, x29
    b       own_fault
.endm

.section .text.exits, "ax"
.balign 2048
.global vectors
vectors:
    OWN_FAULT 0                 // current EL, SP_EL0
    OWN_FAULT 1
    OWN_FAULT 2
    OWN_FAULT 3
    OWN_FAULT 4                 // current EL, SP_ELx
    OWN_FAULT 5
    OWN_FAULT 6
    OWN_FAULT 7
    GUEST_EXIT exit_sync        // lower EL, AArch64
    GUEST_EXIT exit_irq
    GUEST_EXIT exit_fiq
    GUEST_EXIT exit_serror
    GUEST_EXIT exit_sync        // lower EL, AArch32 (EL0 programs)
    GUEST_EXIT exit_irq
    GUEST_EXIT exit_fiq
    GUEST_EXIT exit_serror

// A fault while a fault is reported: the node goes off without another word, or
// if not even that works (x19 = faults before this one) the core stops.
faulted_again:
    cmp     x19, #1
    b.ne    .
    b       own_fault_again

resume_or_leave:
    cbz     x0, 1f
// Enters the guest whose Context is in x0. Nothing is kept on the EL2 stack.
.global resume
resume:
    mov     sp, x0
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
    ldp     x0, x1, [sp, #0]
    eret
    dsb     nsh                 // nothing is speculated past the return
    isb
1:  b       core_loop           // Rust, never returns; the stack is empty

.section .data.early_faults, "aw"
.balign 16
early_faults:
    .quad   0, 0                // no stack of its own, faults
