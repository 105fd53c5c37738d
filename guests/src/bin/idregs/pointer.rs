//! Pointer authentication and branch target identification.

use guests::{
    check, check_eq, mrs, msr,
    probe::{self, Reg},
    skip, table,
    trap::{self, ec},
};

use crate::{ISAR1, ISAR2, PFR1, field};

/// `SCTLR_EL1.EnIA`
const ENIA: u64 = 1 << 31;
/// Low and high half of key A for instructions.
const KEY_LOW: Reg = Reg(3, 0, 2, 1, 0);
const KEY_HIGH: Reg = Reg(3, 0, 2, 1, 1);
/// `pacia x0, x1`, `autia x0, x1`, `xpaci x0`
const PACIA: u32 = 0xdac1_0020;
const AUTIA: u32 = 0xdac1_1020;
const XPACI: u32 = 0xdac1_43e0;
/// A free entry of the level 1 table.
const ENTRY: usize = 0x1a0;

pub(crate) fn run() {
    // APA, API in ISAR1, APA3 in ISAR2.
    let offered = field(ISAR1, 4) != 0 || field(ISAR1, 8) != 0 || field(ISAR2, 12) != 0;
    if offered {
        authenticate();
    } else {
        let got = KEY_LOW.read();
        check!(got.is_err_and(|s| s.ec() == ec::UNKNOWN), "pointer authentication not offered: no keys"; "{got:x?}");
    }
    if field(PFR1, 0) >= 1 {
        branch_targets();
    } else {
        skip!("branch targets"; "not offered");
    }
}

fn authenticate() {
    let (low, high) = (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);
    let keys = KEY_LOW.write(low).is_ok() && KEY_HIGH.write(high).is_ok();
    check!(
        keys && KEY_LOW.read() == Ok(low) && KEY_HIGH.read() == Ok(high),
        "the keys are kept"
    );
    msr!("sctlr_el1", mrs!("sctlr_el1") | ENIA);
    let one = |code, x0, x1| probe::run(&[code], [x0, x1, 0, 0]).map(|r| r[0]);
    let pointer = 0x4008_1234;
    let signed: [u64; 8] = core::array::from_fn(|i| one(PACIA, pointer, i as u64).unwrap_or(0));
    check!(signed.iter().any(|s| *s != pointer), "pacia signs"; "{signed:x?}");
    check!(signed.iter().any(|s| *s != signed[0]), "with the modifier"; "{signed:x?}");
    let good = signed
        .iter()
        .enumerate()
        .all(|(i, s)| one(AUTIA, *s, i as u64) == Ok(pointer));
    check!(good, "autia gives the pointer back");
    let wrong = signed.iter().enumerate().filter(|(i, s)| {
        // A wrong modifier: a bad pointer, or an exception with FEAT_FPAC.
        match one(AUTIA, **s, *i as u64 + 77) {
            Ok(got) => got != pointer,
            Err(e) => e.ec() == ec::FPAC,
        }
    });
    // A short code may match by accident once.
    check!(wrong.count() >= 6, "autia refuses another modifier");
    check!(
        signed.iter().all(|s| one(XPACI, *s, 0) == Ok(pointer)),
        "xpaci strips"
    );
    let _ = KEY_LOW.write(low ^ 0xffff);
    let other = one(PACIA, pointer, 1);
    let _ = KEY_LOW.write(low);
    check!(other != Ok(signed[1]), "another key, another signature"; "{other:x?}");
    check_eq!(
        one(PACIA, pointer, 1),
        Ok(signed[1]),
        "the first key, the first signature"
    );
    msr!("sctlr_el1", mrs!("sctlr_el1") & !ENIA);
}

/// A guarded mapping of this program: indirect calls need a landing pad.
fn branch_targets() {
    const BTI_C: u32 = 0xd503_245f;
    const NOP: u32 = 0xd503_201f;
    table::set(ENTRY, table::RAM | table::NORMAL | table::GUARDED);
    let guarded = |code: &[u32]| probe::prepare(code) - table::RAM + table::base(ENTRY);
    let start = guarded(&[BTI_C, NOP]);
    let good = trap::catch(|| probe::call(start, [0; 4]));
    check!(good.is_ok(), "a call to a landing pad"; "{good:x?}");
    let start = guarded(&[NOP, NOP]);
    let bad = trap::catch(|| probe::call(start, [0; 4])).err();
    check!(bad.is_some_and(|s| s.ec() == ec::BTI && s.elr == start), "a call elsewhere is refused"; "{bad:x?}");
    table::set(ENTRY, 0);
}
