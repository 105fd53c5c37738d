//! The same from EL0.

use guests::{
    check, el0, probe,
    trap::{Syndrome, ec},
};

use crate::{EXTERNAL, check_abort};

/// `svc #0`
const SVC: u32 = 0xd400_0001;
/// Fault status: permission fault, level 1.
const PERMISSION: u64 = 0x0d;

/// Runs instructions at EL0 with x0 set; where they are, and how they ended.
fn run_user(code: &[u32], x0: u64) -> (u64, Syndrome) {
    let start = probe::prepare(code);
    let (_, end) = el0::run(start as usize, x0 as usize);
    (start + el0::RAM_ALIAS as u64, end)
}

pub(crate) fn run() {
    let hole = el0::HOLE as u64 + 0x40;
    let (at, end) = run_user(&[SVC], 0);
    check!(end.ec() == ec::SVC && end.elr == at + 4, "EL0 runs"; "{end:x?}");
    for (name, code) in [
        ("load", 0xf940_0000),
        ("store", 0xf900_0000),
        ("ldp", 0xa940_0400),
    ] {
        let (at, end) = run_user(&[code, SVC], hole);
        check_abort(name, Some(end), ec::DABT_EL0, EXTERNAL, hole, at);
    }
    let (_, end) = el0::run_at(hole as usize, 0);
    check_abort(
        "fetch at EL0",
        Some(end),
        ec::IABT_EL0,
        EXTERNAL,
        hole,
        hole,
    );
    // An address of EL1.
    let (at, end) = run_user(&[0xf940_0000, SVC], 0x4008_0000);
    check_abort(
        "EL0 loads from EL1's memory",
        Some(end),
        ec::DABT_EL0,
        PERMISSION,
        0x4008_0000,
        at,
    );
    let (_, end) = el0::run_at(0x4008_0000, 0);
    check_abort(
        "EL0 runs EL1's code",
        Some(end),
        ec::IABT_EL0,
        PERMISSION,
        0x4008_0000,
        0x4008_0000,
    );
    for (name, code) in [
        ("udf", 0u32),
        ("hvc", 0xd400_0002),
        ("smc", 0xd400_0003),
        ("mrs hcr_el2", 0xd53c_1100),
    ] {
        let (at, end) = run_user(&[code, SVC], 0);
        check!(end.ec() == ec::UNKNOWN && end.elr == at, "undefined at EL0: {}", name; "{end:x?}");
    }
}
