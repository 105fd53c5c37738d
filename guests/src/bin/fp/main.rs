//! Floating-point, SIMD and SVE registers survive whatever makes a hypervisor
//! step in, and their traps go to EL1.

#![no_std]
#![no_main]

mod sve;

use guests::{
    check, check_eq,
    exits::{self, Exit, Kind},
    guest, irq, mrs, msr, probe,
    regs::{self, Vector},
    sysreg::field,
    trap::ec,
};

guest!("fp", main);

/// `CPACR_EL1.FPEN`: usable at EL1 and EL0.
const FPEN: u64 = 3 << 20;
/// `FPCR`: round to zero, flush to zero, default NaN.
const FPCR: u64 = 3 << 22 | 1 << 24 | 1 << 25;
/// `FPSR`: all cumulative flags.
const FPSR: u64 = 0x0800_009f;

fn main() {
    irq::fresh();
    for exit in exits::all() {
        survive(&exit);
    }
    many();
    trapped();
    arithmetic();
    sve::run();
}

fn pattern(seed: u128) -> Vector {
    let q = core::array::from_fn(|i| {
        0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978u128.rotate_left(i as u32 * 5) ^ seed
    });
    Vector {
        q,
        fpcr: FPCR,
        fpsr: FPSR,
    }
}

fn survive(exit: &Exit) {
    let before = pattern(1);
    exit.prepare();
    let after = regs::vector(&[exit.code], before, exit.x0, exit.x1);
    exit.finish();
    check!(before == after, "{}: q0 to q31, FPCR, FPSR survive", exit.name; "{after:x?}");
}

fn many() {
    let mut bad = 0;
    for round in 0..100 {
        for exit in exits::all().filter(|e| e.kind == Kind::Plain) {
            let before = pattern(round);
            bad += u32::from(before != regs::vector(&[exit.code], before, exit.x0, exit.x1));
        }
    }
    check_eq!(bad, 0, "a hundred rounds of all exits");
}

/// `CPACR_EL1` switches it off for EL1: the exception is EL1's.
fn trapped() {
    const FMOV: u32 = 0x9e67_0000;
    let on = mrs!("cpacr_el1");
    msr!("cpacr_el1", on & !FPEN);
    let got = probe::run(&[FMOV], [0; 4]);
    msr!("cpacr_el1", on | FPEN);
    check!(got.is_err_and(|s| s.ec() == ec::FP), "FPEN off: trapped to EL1"; "{got:x?}");
    let got = probe::run(&[FMOV], [0; 4]);
    check!(got.is_ok(), "FPEN on: works"; "{got:x?}");
}

/// 1.5 + 2.25 by the scalar unit, and bytes by the vector unit.
fn arithmetic() {
    // fmov d0, x0; fmov d1, x1; fadd d0, d0, d1; fmov x0, d0
    let add = [0x9e67_0000, 0x9e67_0021, 0x1e61_2800, 0x9e66_0000];
    let got = probe::run(&add, [1.5f64.to_bits(), 2.25f64.to_bits(), 0, 0]);
    check!(got.is_ok_and(|r| r[0] == 3.75f64.to_bits()), "1.5 + 2.25 = 3.75"; "{got:x?}");
    // fmov d0, x0; cnt v0.8b, v0.8b; addv b0, v0.8b; fmov w0, s0
    let count = [0x9e67_0000, 0x0e20_5800, 0x0e31_b800, 0x1e26_0000];
    let got = probe::run(&count, [0xff00_ff00_f0f0_0001, 0, 0, 0]);
    check!(got.is_ok_and(|r| r[0] == 25), "population count by SIMD"; "{got:x?}");
    check!(
        field(mrs!("id_aa64pfr0_el1"), 16) != 0xf,
        "ID_AA64PFR0 offers floating point"
    );
}
