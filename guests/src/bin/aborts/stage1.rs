//! The guest's own translation: faults in it are its own, and its tables may
//! lie where nothing is.

use guests::{
    check, probe, table,
    trap::{self, ec},
};

use crate::{EXTERNAL, EXTERNAL_WALK, HOLE_DEVICE, HOLE_NORMAL, check_abort};

/// Fault status: translation fault, level 1.
const TRANSLATION: u64 = 0x05;
/// Fault status: alignment.
const ALIGNMENT: u64 = 0x21;
/// A free entry of the level 1 table.
const ENTRY: usize = 0x180;
/// The address it translates.
const BASE: u64 = table::base(ENTRY);
/// `ldr x0, [x1]`
const LDR: u32 = 0xf940_0020;

pub(crate) fn run() {
    let got = probe::run(&[LDR], [0, BASE, 0, 0]).err();
    check_abort(
        "unmapped address",
        got,
        ec::DABT,
        TRANSLATION,
        BASE,
        probe::address(),
    );
    let got = trap::catch(|| probe::call(BASE, [0; 4])).err();
    check_abort(
        "fetch from an unmapped address",
        got,
        ec::IABT,
        TRANSLATION,
        BASE,
        BASE,
    );
    let top = 1 << 40;
    let got = probe::run(&[LDR], [0, top, 0, 0]).err();
    check!(got.is_some_and(|s| s.ec() == ec::DABT && s.fsc() & 0x3c == 4 && s.far == top),
        "an address outside the translated range"; "{got:x?}");
    // The alignment fault comes first; QEMU checks alignment of Device memory
    // only where there is something.
    let at = HOLE_DEVICE + 3;
    let got = probe::run(&[LDR], [0, at, 0, 0]).err();
    check!(got.is_some_and(|s| s.ec() == ec::DABT && [ALIGNMENT, EXTERNAL].contains(&s.fsc()) && s.far == at),
        "misaligned Device access"; "{got:x?}");
    walk();
}

/// A table at an address without memory.
fn walk() {
    table::set(ENTRY, HOLE_NORMAL | table::TABLE);
    let at = BASE + 0x1000;
    let got = probe::run(&[LDR], [0, at, 0, 0]).err();
    check_abort(
        "table walk to nowhere, load",
        got,
        ec::DABT,
        EXTERNAL_WALK,
        at,
        probe::address(),
    );
    let got = probe::run(&[0xf900_0020], [0, at, 0, 0]).err();
    check_abort(
        "table walk to nowhere, store",
        got,
        ec::DABT,
        EXTERNAL_WALK,
        at,
        probe::address(),
    );
    let got = trap::catch(|| probe::call(at, [0; 4])).err();
    check_abort(
        "table walk to nowhere, fetch",
        got,
        ec::IABT,
        EXTERNAL_WALK,
        at,
        at,
    );
    table::set(ENTRY, 0);
    let got = probe::run(&[LDR], [0, at, 0, 0]).err();
    check_abort(
        "unmapped again",
        got,
        ec::DABT,
        TRANSLATION,
        at,
        probe::address(),
    );
}
