// FP/SIMD and SVE registers of a vCPU that starts: all zero, so that nothing of
// an earlier guest shows. EL2 itself never uses them.

.text
.arch_extension fp
.arch_extension simd
.global fp_clear
fp_clear:
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movi    v\n\().2d, #0       // the rest of an SVE register goes to zero too
.endr
.irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    movi    v\n\().2d, #0
.endr
    msr     fpcr, xzr
    msr     fpsr, xzr
    ret

.arch_extension sve
.global sve_clear
sve_clear:
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    pfalse  p\n\().b
.endr
    wrffr   p0.b
    ret
.arch_extension nosve
.arch_extension nosimd
.arch_extension nofp

// One 128-bit register, by number in x0 (below 32), from or to memory at x1.
.text
.arch_extension fp
.arch_extension simd
.global simd_store
simd_store:
    adr     x2, 1f
    add     x2, x2, x0, lsl #3
    br      x2
1:
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str     q\n, [x1]
    ret
.endr
.global simd_load
simd_load:
    adr     x2, 1f
    add     x2, x2, x0, lsl #3
    br      x2
1:
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr     q\n, [x1]
    ret
.endr
.arch_extension nosimd
.arch_extension nofp
