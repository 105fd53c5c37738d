//! Instruction fetches that fail, and instructions that do not exist.

use guests::{
    check, check_eq, probe,
    trap::{self, ec},
};

use crate::{EXTERNAL, HOLE_NORMAL, check_abort};

pub(crate) fn run() {
    for offset in [0, 0x10, 0x1000, 0x20_0ffc] {
        let at = HOLE_NORMAL + offset;
        let got = trap::catch(|| probe::call(at, [0; 4])).err();
        check_abort("fetch from nowhere", got, ec::IABT, EXTERNAL, at, at);
        check_eq!(trap::count(), 1, "one exception, then on");
    }
    misaligned();
    undefined();
    calls();
}

fn misaligned() {
    let at = probe::prepare(&[]) + 2;
    let got = trap::catch(|| probe::call(at, [0; 4])).err();
    check!(got.is_some_and(|s| s.ec() == ec::PC_ALIGN && s.far == at && s.elr == at),
        "misaligned PC"; "{got:x?}");
}

fn undefined() {
    let codes = [
        ("udf", 0x0000_0000u32),
        ("udf 0xffff", 0x0000_ffff),
        ("reserved, op0 = 0", 0x0123_4567),
        ("unallocated branch", 0xd6ff_0000),
        ("unallocated load", 0x1f00_0000 | 0xc000_0000),
        ("hlt without semihosting's number", 0xd440_0020),
        ("dcps1 outside debug state", 0xd4a0_0001),
        ("dcps2", 0xd4a0_0002),
        ("drps", 0xd6bf_03e0),
    ];
    for (name, code) in codes {
        let got = probe::run(&[code], [0; 4]).err();
        let ok = got.is_some_and(|s| {
            s.ec() == ec::UNKNOWN && s.iss() == 0 && s.il() && s.elr == probe::address()
        });
        check!(ok, "undefined: {}", name; "{got:x?}");
    }
}

fn calls() {
    let got = probe::run(&[0xd420_2460], [0; 4]).err();
    check!(got.is_some_and(|s| s.ec() == ec::BRK && s.iss() == 0x123 && s.elr == probe::address()),
        "brk #0x123"; "{got:x?}");
    let got = probe::run(&[0xd400_8ac1], [0; 4]).err();
    check!(got.is_some_and(|s| s.ec() == ec::SVC && s.iss() == 0x456 && s.elr == probe::address() + 4),
        "svc #0x456"; "{got:x?}");
}
