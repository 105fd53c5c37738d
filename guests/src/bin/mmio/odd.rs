//! Accesses that make little sense: they may fail as an abort or give
//! something, but the guest goes on and nothing else changes.

use core::arch::asm;

use guests::{check, check_eq, machine, probe, trap::ec};

pub(crate) fn run() {
    let uart = machine::get().uart as u64;
    let dist = machine::get().gic.dist.0 as u64;
    let odd = [
        ("ldr x of the UART", 0xf940_0020u32, uart + 0xfe0),
        ("ldr q of the UART", 0x3dc0_0020, uart + 0xfe0),
        ("ldrh across registers", 0x7940_0020, uart + 0xfe3),
        ("misaligned ldr", 0xb940_0020, uart + 0xfe1),
        ("misaligned ldp", 0x2940_0820, uart + 0xfe2),
        ("ldrh of the distributor", 0x7940_0020, dist + 4),
        ("ldr x of the distributor", 0xf940_0020, dist + 0x100),
        ("ldxr of the distributor", 0x885f_7c20, dist + 4),
        ("dc zva of nothing", 0xd50b_7421, 0x0b00_0000),
        ("ldr q across the window's end", 0x3dc0_0020, uart + 0xff8),
        ("cas of the distributor", 0x88a2_7c20, dist + 4),
        ("ldadd of the distributor", 0xb820_0020, dist + 4),
        ("dc ivac of the UART", 0xd508_7621, uart),
        ("ic ivau of the UART", 0xd50b_7521, uart),
    ];
    for (name, code, at) in odd {
        let got = probe::run(&[code], [0, at, 0, 0]);
        let ok = got.is_ok() || got.is_err_and(|s| matches!(s.ec(), ec::DABT | ec::UNKNOWN));
        check!(ok, "{}: something or an abort", name; "{got:x?}");
    }
    check_eq!(
        guests::console::uart().r32(0xfe0) & 0xff,
        0x11,
        "the UART is unchanged"
    );
    mmu_off();
}

/// With translation off, code and device are found at their physical address.
fn mmu_off() {
    let ids = machine::get().uart + 0xfe0;
    let (a, b): (u64, u64);
    // SAFETY: everything is mapped at its physical address, and no memory is
    // accessed while translation and caches are off.
    unsafe {
        asm!(
            "mrs {old}, sctlr_el1",
            "and {new}, {old}, #~1",
            "and {new}, {new}, #~4",
            "dsb sy",
            "msr sctlr_el1, {new}",
            "isb",
            "ldp {a:w}, {b:w}, [{at}], #8",
            "msr sctlr_el1, {old}",
            "isb",
            at = inout(reg) ids => _,
            a = out(reg) a,
            b = out(reg) b,
            old = out(reg) _,
            new = out(reg) _,
        );
    }
    check_eq!([a, b], [0x11, 0x10], "ldp post-index with translation off");
}
