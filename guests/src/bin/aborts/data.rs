//! Loads and stores to nowhere.

use guests::{check, check_eq, machine, mrs, probe, trap};

use crate::{EXTERNAL, HOLE_DEVICE, HOLE_NORMAL, WRITE, check_abort};

/// Loads through x1.
const LOADS: [(&str, u32); 14] = [
    ("ldrb", 0x3940_0020),
    ("ldrh", 0x7940_0020),
    ("ldr w", 0xb940_0020),
    ("ldr x", 0xf940_0020),
    ("ldrsb", 0x3980_0020),
    ("ldrsw", 0xb980_0020),
    ("ldp", 0xa940_0c22),
    ("ldp post-index", 0xa8c1_0c22),
    ("ldr post-index", 0xf840_8420),
    ("ldr pre-index", 0xf840_0c20),
    ("ldr q", 0x3dc0_0020),
    ("ldp q", 0xad40_0420),
    ("ldar", 0xc8df_fc20),
    ("ldxr", 0xc85f_7c20),
];

/// Stores through x1.
const STORES: [(&str, u32); 9] = [
    ("strb", 0x3900_0020),
    ("strh", 0x7900_0020),
    ("str w", 0xb900_0020),
    ("str x", 0xf900_0020),
    ("stp", 0xa900_0c22),
    ("stp pre-index", 0xa980_0c22),
    ("str post-index", 0xf800_8420),
    ("str q", 0x3d80_0020),
    ("stlr", 0xc89f_fc20),
];

pub(crate) fn run() {
    for hole in [HOLE_DEVICE, HOLE_NORMAL] {
        for (name, code) in LOADS {
            one(name, code, hole, false);
        }
        for (name, code) in STORES {
            one(name, code, hole, true);
        }
    }
    past_ram();
    other_ways();
    many();
}

fn one(name: &str, code: u32, hole: u64, write: bool) {
    let at = hole + 0x120;
    let got = probe::run(&[code], [1, at, 3, 4]).err();
    check_abort(name, got, trap::ec::DABT, EXTERNAL, at, probe::address());
    if let Some(s) = got {
        check_eq!(s.iss() & WRITE != 0, write, "{}: WnR", name);
    }
    // The base register of an access that failed keeps its value.
    let back = probe::run(&[code, 0xaa01_03e0], [1, at, 3, 4]);
    check!(
        back.is_err() && trap::count() == 1,
        "{}: one exception, then on",
        name
    );
    check_eq!(
        base_after(code, at),
        at,
        "{}: base register unchanged",
        name
    );
}

/// x1 after the access failed.
fn base_after(code: u32, at: u64) -> u64 {
    let start = probe::prepare(&[code]);
    let mut x1 = 0;
    let _ = trap::catch(|| x1 = probe::call(start, [1, at, 3, 4])[1]);
    x1
}

/// The first byte behind RAM, and an access across that border.
fn past_ram() {
    let (start, size) = machine::get().ram;
    let end = (start + size) as u64;
    if end > 1 << 32 {
        guests::skip!("behind RAM"; "not mapped");
        return;
    }
    let last = probe::run(&[0x3940_0020], [0, end - 1, 0, 0]);
    check!(last.is_ok(), "the last byte of RAM is there");
    let got = probe::run(&[0x3940_0020], [0, end, 0, 0]).err();
    check_abort(
        "the first byte behind RAM",
        got,
        trap::ec::DABT,
        EXTERNAL,
        end,
        probe::address(),
    );
    for (name, code) in [("load", 0xf940_0020), ("store", 0xf900_0020)] {
        let got = probe::run(&[code], [0, end - 4, 0, 0]).err();
        let inside = got.is_some_and(|s| {
            s.ec() == trap::ec::DABT && s.fsc() == EXTERNAL && (end - 4..end + 4).contains(&s.far)
        });
        check!(inside, "a {} across the end of RAM", name; "{got:x?}");
    }
}

/// What touches no data must not hurt.
fn other_ways() {
    const PRFM: u32 = 0xf980_0020;
    const DC_CIVAC: u32 = 0xd50b_7e21;
    const DC_CVAC: u32 = 0xd50b_7a21;
    let prefetch = probe::run(&[PRFM], [0, HOLE_NORMAL, 0, 0]);
    check!(prefetch.is_ok(), "prfm of nothing"; "{prefetch:x?}");
    for (name, code) in [("dc civac", DC_CIVAC), ("dc cvac", DC_CVAC)] {
        // Whether maintenance of an address without memory aborts is the
        // implementation's choice; if it does, as an external abort.
        let got = probe::run(&[code], [0, HOLE_NORMAL, 0, 0]);
        let ok = got.is_ok_and(|_| true)
            || got.is_err_and(|s| s.ec() == trap::ec::DABT && s.fsc() == EXTERNAL);
        check!(ok, "{} of nothing", name; "{got:x?}");
    }
    // Stage 1 translation of such an address succeeds.
    const AT_S1E1R: u32 = 0xd508_7801;
    let at = probe::run(&[AT_S1E1R], [0, HOLE_NORMAL + 0x1000, 0, 0]);
    guests::sysreg::isb();
    let par = mrs!("par_el1");
    check!(at.is_ok() && par & 1 == 0 && par & 0xff_ffff_f000 == HOLE_NORMAL + 0x1000,
        "at s1e1r of it gives its physical address"; "{at:x?} {par:#x}");
}

fn many() {
    let mut good = 0;
    for i in 0..300 {
        let at = HOLE_NORMAL + i * 0x1008;
        good += u32::from(
            probe::run(&[0xf940_0020], [0, at, 0, 0])
                .err()
                .is_some_and(|s| s.far == at),
        );
    }
    check_eq!(good, 300, "three hundred aborts in a row");
}
