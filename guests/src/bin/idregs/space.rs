//! The whole ID space, on every CPU.

use core::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use guests::{
    check, check_eq, irq::gic, machine, probe::Reg, psci, smp, sysreg::MAX_CPUS, timer, trap::ec,
};

use crate::{DFR0, MMFR0, MMFR1, MMFR2, PFR0, field};

/// Reserved encodings: zero.
const RESERVED: [(u8, u8); 12] = [
    (4, 3),
    (4, 6),
    (5, 3),
    (5, 6),
    (6, 4),
    (6, 5),
    (6, 6),
    (6, 7),
    (7, 5),
    (7, 6),
    (7, 7),
    (3, 7),
];

/// A checksum of the ID space for each CPU, and how many have made theirs.
static SUMS: [AtomicU64; MAX_CPUS] = [const { AtomicU64::new(0) }; MAX_CPUS];
static DONE: AtomicUsize = AtomicUsize::new(0);

/// The AArch64 ID registers mixed into one number.
fn sum() -> u64 {
    (4..8)
        .flat_map(|crm| (0..8).map(move |op2| Reg(3, 0, 0, crm, op2)))
        .fold(0u64, |sum, reg| {
            sum.rotate_left(7) ^ reg.read().unwrap_or(0xdead)
        })
}

pub(crate) fn run() {
    let mut unreadable = 0;
    for crm in 1..8 {
        for op2 in 0..8 {
            unreadable += u32::from(Reg(3, 0, 0, crm, op2).read().is_err());
        }
    }
    check_eq!(unreadable, 0, "the whole ID space can be read");
    for (crm, op2) in RESERVED {
        check_eq!(
            Reg(3, 0, 0, crm, op2).read(),
            Ok(0),
            "reserved encoding CRm {} op2 {} is zero",
            crm,
            op2
        );
    }
    let mut writable = 0;
    for crm in 0..8 {
        for op2 in 0..8 {
            let write = Reg(3, 0, 0, crm, op2).write(0);
            writable += u32::from(!write.is_err_and(|s| s.ec() == ec::UNKNOWN));
        }
    }
    check_eq!(writable, 0, "none of it can be written");
    for (name, reg) in [
        ("MIDR", Reg(3, 0, 0, 0, 0)),
        ("MPIDR", Reg(3, 0, 0, 0, 5)),
        ("REVIDR", Reg(3, 0, 0, 0, 6)),
        ("AIDR", Reg(3, 1, 0, 0, 7)),
    ] {
        check!(reg.read().is_ok(), "{} can be read", name);
    }
    levels();
    sizes();
    same_everywhere();
}

/// Exception levels and the GIC.
fn levels() {
    check!(
        field(PFR0, 0) >= 1 && field(PFR0, 4) >= 1,
        "EL0 and EL1 are there"
    );
    check_eq!(
        [field(PFR0, 8), field(PFR0, 12)],
        [0, 0],
        "EL2 and EL3 are not"
    );
    check_eq!(
        field(PFR0, 24) != 0,
        !gic().is_v2(),
        "the GIC's system registers exactly with a GICv3"
    );
    // QEMU leaves these although the CPU has no EL2.
    if machine::strict() {
        check_eq!(
            field(MMFR1, 8),
            0,
            "without EL2 there are no virtualization host extensions"
        );
        check_eq!(field(MMFR2, 24), 0, "nor nested virtualization");
    }
    check!((6..=11).contains(&field(DFR0, 0)), "debug architecture v8");
}

fn sizes() {
    check!(field(MMFR0, 0) <= 7, "physical address size");
    check!(
        field(MMFR0, 28) <= 1,
        "the 4 KiB granule, which this guest uses, is offered"
    );
}

fn secondary(cpu: usize) {
    if let Some(slot) = SUMS.get(cpu) {
        slot.store(sum(), Relaxed);
    }
    DONE.fetch_add(1, AcqRel);
}

fn same_everywhere() {
    let mine = sum();
    for cpu in 1..machine::get().cpus.min(MAX_CPUS) {
        DONE.store(0, Release);
        let started =
            smp::start(cpu, secondary) == psci::SUCCESS && timer::wait(|| DONE.load(Acquire) == 1);
        let theirs = SUMS.get(cpu).map_or(0, |s| s.load(Relaxed));
        check!(
            started && theirs == mine,
            "CPU {} has the same ID registers",
            cpu
        );
    }
    check_eq!(sum(), mine, "and they do not change");
}
