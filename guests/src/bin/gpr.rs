//! General and system registers survive whatever makes a hypervisor step in.

#![no_std]
#![no_main]

use guests::{
    check, check_eq,
    exits::{self, Exit, Kind},
    guest, irq,
    probe::Reg,
    regs::{self, General},
    trap,
};

guest!("gpr", main);

/// EL1 registers, by encoding, that no exit may change.
const SYSTEM: [(&str, Reg); 20] = [
    ("SCTLR_EL1", Reg(3, 0, 1, 0, 0)),
    ("CPACR_EL1", Reg(3, 0, 1, 0, 2)),
    ("TTBR0_EL1", Reg(3, 0, 2, 0, 0)),
    ("TTBR1_EL1", Reg(3, 0, 2, 0, 1)),
    ("TCR_EL1", Reg(3, 0, 2, 0, 2)),
    ("AFSR0_EL1", Reg(3, 0, 5, 1, 0)),
    ("AFSR1_EL1", Reg(3, 0, 5, 1, 1)),
    ("FAR_EL1", Reg(3, 0, 6, 0, 0)),
    ("ESR_EL1", Reg(3, 0, 5, 2, 0)),
    ("PAR_EL1", Reg(3, 0, 7, 4, 0)),
    ("MAIR_EL1", Reg(3, 0, 10, 2, 0)),
    ("AMAIR_EL1", Reg(3, 0, 10, 3, 0)),
    ("VBAR_EL1", Reg(3, 0, 12, 0, 0)),
    ("CONTEXTIDR_EL1", Reg(3, 0, 13, 0, 1)),
    ("TPIDR_EL1", Reg(3, 0, 13, 0, 4)),
    ("TPIDR_EL0", Reg(3, 3, 13, 0, 2)),
    ("TPIDRRO_EL0", Reg(3, 3, 13, 0, 3)),
    ("SP_EL0", Reg(3, 0, 4, 1, 0)),
    ("CNTKCTL_EL1", Reg(3, 0, 14, 1, 0)),
    ("MDSCR_EL1", Reg(2, 0, 0, 2, 2)),
];

/// Registers that can hold a pattern while the test runs.
const PATTERNED: [Reg; 8] = [
    Reg(3, 0, 2, 0, 1),
    Reg(3, 0, 6, 0, 0),
    Reg(3, 0, 13, 0, 1),
    Reg(3, 0, 13, 0, 4),
    Reg(3, 3, 13, 0, 2),
    Reg(3, 3, 13, 0, 3),
    Reg(3, 0, 4, 1, 0),
    Reg(3, 0, 14, 1, 0),
];

fn main() {
    irq::fresh();
    for (i, reg) in PATTERNED.iter().enumerate() {
        let _ = reg.write(0x0000_1357_2468_a000 + (i as u64) * 0x1000);
    }
    for exit in exits::all() {
        general(&exit);
        if exit.kind != Kind::Taken {
            system(&exit);
        }
    }
    many();
    abort();
}

/// A recognisable value for each register.
fn pattern(exit: &Exit) -> General {
    let mut x =
        core::array::from_fn(|i| 0x0101_0101_0101_0101u64.wrapping_mul(i as u64 + 7) ^ 0x5a00);
    x[0] = exit.x0;
    x[1] = exit.x1;
    General {
        x,
        nzcv: 0x6000_0000,
    }
}

/// How many registers differ that should not.
fn wrong(exit: &Exit, before: &General, after: &General) -> usize {
    let registers = (exit.changes..31)
        .filter(|&i| before.x.get(i) != after.x.get(i))
        .count();
    registers + usize::from(before.nzcv != after.nzcv)
}

fn general(exit: &Exit) {
    let before = pattern(exit);
    exit.prepare();
    let after = regs::general(&[exit.code], before);
    exit.finish();
    check!(wrong(exit, &before, &after) == 0, "{}: x0 to x30 and flags survive", exit.name; "{after:x?}");
}

fn system(exit: &Exit) {
    let read = || SYSTEM.map(|(_, reg)| reg.read().unwrap_or(0));
    let before = read();
    exit.prepare();
    let _ = regs::general(&[exit.code], pattern(exit));
    exit.finish();
    let after = read();
    for (i, (name, _)) in SYSTEM.iter().enumerate() {
        if before.get(i) != after.get(i) {
            check!(false, "{}: {} survives", exit.name, name; "{:x?} {:x?}", before.get(i), after.get(i));
        }
    }
    check_eq!(
        before,
        after,
        "{}: EL1's system registers survive",
        exit.name
    );
}

/// Each exit 200 times, mixed.
fn many() {
    let mut bad = 0;
    for _ in 0..200 {
        for exit in exits::all().filter(|e| e.kind == Kind::Plain) {
            let before = pattern(&exit);
            bad += wrong(&exit, &before, &regs::general(&[exit.code], before));
        }
    }
    check_eq!(bad, 0, "two hundred rounds of all exits");
}

/// A load from nowhere changes nothing but what the exception reports.
fn abort() {
    let exit = Exit {
        name: "abort",
        code: 0xf940_0020,
        x0: 5,
        x1: 0x0b00_0000,
        changes: 0,
        kind: Kind::Plain,
    };
    let before = pattern(&exit);
    let mut after = before;
    let result = trap::catch(|| after = regs::general(&[exit.code], before));
    check!(result.is_err() && wrong(&exit, &before, &after) == 0, "registers survive an abort"; "{after:x?}");
    let undefined = trap::catch(|| after = regs::general(&[Reg(3, 4, 1, 1, 0).mrs()], before));
    check!(undefined.is_err() && wrong(&exit, &before, &after) == 0, "and an undefined instruction"; "{after:x?}");
}
