//! SVE, where it is offered.

use core::{arch::global_asm, ptr::addr_of_mut};

use guests::{
    check, check_eq,
    exits::{self, Kind},
    mrs, msr, probe,
    regs::patch,
    skip,
    sysreg::field,
    trap::ec,
};

/// Longest vector of the architecture in bytes.
const LONGEST: usize = 256;
/// 32 vectors, 16 predicates and FFR of the longest length.
const SIZE: usize = 32 * LONGEST + 17 * LONGEST / 8;
/// `CPACR_EL1.ZEN`
const ZEN: u64 = 3 << 16;
/// `rdvl x0, #1`
const RDVL: u32 = 0x04bf_5020;

global_asm!(
    r#"
    .arch_extension sve
    .text
    .global regs_sve
    .global regs_sve_slot
regs_sve:                           // x0 = vectors, x1 = predicates, x2, x3 = operands
    stp     x19, x20, [sp, #-16]!
    mov     x19, x0
    mov     x20, x1
    ldr     p0, [x20, #16, mul vl]
    wrffr   p0.b
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    ldr     p\n, [x20, #\n, mul vl]
    ldr     z\n, [x19, #\n, mul vl]
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ldr     z\n, [x19, #\n, mul vl]
    .endr
    mov     x0, x2
    mov     x1, x3
regs_sve_slot:
    nop
    nop
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    str     p\n, [x20, #\n, mul vl]
    str     z\n, [x19, #\n, mul vl]
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    str     z\n, [x19, #\n, mul vl]
    .endr
    rdffr   p0.b
    str     p0, [x20, #16, mul vl]
    ldp     x19, x20, [sp], #16
    ret
    .arch_extension nosve
    "#
);

unsafe extern "C" {
    fn regs_sve(vectors: *mut u8, predicates: *mut u8, x0: u64, x1: u64);
    static mut regs_sve_slot: [u32; 2];
}

#[repr(align(16))]
#[derive(Clone, PartialEq, Eq)]
struct State([u8; SIZE]);

impl State {
    fn new(seed: usize) -> Self {
        let mut state = Self(core::array::from_fn(|i| (i * 37 + seed) as u8));
        // FFR holds only what is a prefix of ones.
        state
            .0
            .iter_mut()
            .skip(32 * LONGEST)
            .for_each(|b| *b = 0xff);
        for (i, byte) in state
            .0
            .iter_mut()
            .skip(32 * LONGEST)
            .take(16 * LONGEST / 16)
            .enumerate()
        {
            *byte = (i * 59 + seed) as u8;
        }
        state
    }

    fn through(&mut self, code: u32, x0: u64, x1: u64) {
        let start = self.0.as_mut_ptr();
        // SAFETY: the buffer has room for the longest vectors; Rust itself uses
        // no vector register.
        unsafe {
            patch(addr_of_mut!(regs_sve_slot), &[code]);
            regs_sve(start, start.add(32 * LONGEST), x0, x1);
        }
    }
}

pub(crate) fn run() {
    if field(mrs!("id_aa64pfr0_el1"), 32) == 0 {
        absent();
        return;
    }
    msr!("cpacr_el1", mrs!("cpacr_el1") & !ZEN);
    let got = probe::run(&[RDVL], [0; 4]);
    check!(got.is_err_and(|s| s.ec() == 0x19), "SVE: ZEN off: trapped to EL1"; "{got:x?}");
    msr!("cpacr_el1", mrs!("cpacr_el1") | ZEN);
    lengths();
    survive();
}

fn absent() {
    msr!("cpacr_el1", mrs!("cpacr_el1") | ZEN);
    let got = probe::run(&[RDVL], [0; 4]);
    check!(got.is_err_and(|s| s.ec() == ec::UNKNOWN), "SVE not offered: undefined"; "{got:x?}");
    let zcr = probe::Reg(3, 0, 1, 2, 0).read();
    check!(zcr.is_err_and(|s| s.ec() == ec::UNKNOWN), "and so is ZCR_EL1"; "{zcr:x?}");
    skip!("SVE registers"; "not offered");
}

/// The vector length follows `ZCR_EL1.LEN` downwards.
fn lengths() {
    let zcr = probe::Reg(3, 0, 1, 2, 0);
    let mut last = 0;
    for len in 0..16 {
        let _ = zcr.write(len);
        let Ok([bytes, ..]) = probe::run(&[RDVL], [0; 4]) else {
            check!(false, "SVE: rdvl works");
            return;
        };
        let good = bytes % 16 == 0 && bytes >= last && bytes <= 16 * (len + 1);
        check!(good, "SVE: vector length with LEN {}", len; "{bytes}");
        last = bytes;
    }
    let _ = zcr.write(0);
    let shortest = probe::run(&[RDVL], [0; 4]).map_or(0, |r| r[0]);
    check_eq!(shortest, 16, "SVE: the shortest vector has 128 bits");
    let _ = zcr.write(15);
    guests::println!("   longest vector: {} bits", last * 8);
}

fn survive() {
    let mut bad = 0;
    for round in 0..10 {
        for exit in exits::all() {
            let mut before = State::new(round);
            // What a load and a store make of it without an exit.
            before.through(0xd503_201f, 0, 0);
            let mut after = before.clone();
            exit.prepare();
            after.through(exit.code, exit.x0, exit.x1);
            exit.finish();
            if round == 0 {
                check!(before == after, "SVE: {}: z, p and FFR survive", exit.name);
            }
            bad += u32::from(before != after && exit.kind == Kind::Plain);
        }
    }
    check_eq!(bad, 0, "SVE: ten rounds of all exits");
}
