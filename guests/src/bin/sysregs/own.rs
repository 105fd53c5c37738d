//! EL1's own registers keep what is written and identify the CPU.

use guests::{check, check_eq, machine, mrs, probe::Reg, smp, sysreg::cpu, timer};

/// Registers that keep any value without an effect here.
const KEEP: [(&str, Reg, u64); 11] = [
    ("TPIDR_EL0", Reg(3, 3, 13, 0, 2), u64::MAX),
    ("TPIDRRO_EL0", Reg(3, 3, 13, 0, 3), u64::MAX),
    ("TPIDR_EL1", Reg(3, 0, 13, 0, 4), u64::MAX),
    ("CONTEXTIDR_EL1", Reg(3, 0, 13, 0, 1), 0xffff_ffff),
    ("SP_EL0", Reg(3, 0, 4, 1, 0), u64::MAX),
    ("ELR_EL1", Reg(3, 0, 4, 0, 1), u64::MAX),
    ("FAR_EL1", Reg(3, 0, 6, 0, 0), u64::MAX),
    ("TTBR1_EL1", Reg(3, 0, 2, 0, 1), 0x0000_7fff_ffff_f000),
    ("ESR_EL1", Reg(3, 0, 5, 2, 0), 0xffff_ffff),
    ("CNTKCTL_EL1", Reg(3, 0, 14, 1, 0), 0x3),
    ("CSSELR_EL1", Reg(3, 2, 0, 0, 0), 0x2),
];

pub(crate) fn run() {
    for (name, reg, mask) in KEEP {
        let before = reg.read();
        let value = 0x5a5a_c3c3_9696_f00f & mask;
        let write = reg.write(value);
        let after = reg.read();
        check!(write.is_ok() && after == Ok(value), "{} keeps its value", name; "{after:x?}");
        if let Ok(old) = before {
            let _ = reg.write(old);
        }
    }
    for (name, reg) in [
        ("ACTLR_EL1", Reg(3, 0, 1, 0, 1)),
        ("AFSR0_EL1", Reg(3, 0, 5, 1, 0)),
        ("AFSR1_EL1", Reg(3, 0, 5, 1, 1)),
        ("AMAIR_EL1", Reg(3, 0, 10, 3, 0)),
    ] {
        let ok = reg.read().and_then(|value| reg.write(value));
        check!(ok.is_ok(), "{} is accessible", name; "{ok:x?}");
    }
    identity();
    from_el0();
}

fn identity() {
    let mpidr = mrs!("mpidr_el1");
    check!(mpidr & 1 << 31 != 0, "MPIDR bit 31 is one");
    check_eq!(
        mpidr & 0xff_00ff_ffff,
        cpu() as u64,
        "MPIDR has this CPU's affinity"
    );
    check_eq!(mrs!("currentel"), 4, "CurrentEL");
    check_eq!(mrs!("isr_el1"), 0, "ISR: nothing pending");
    let listed = machine::tree()
        .cpus()
        .all(|c| c.ids().first() < machine::get().cpus.max(1));
    check!(listed, "the device tree's CPU numbers are affinities");
    let _ = smp::entry();
    check!(timer::frequency() >= 1_000_000, "CNTFRQ is at least 1 MHz");
}

/// EL0 reads what EL1 allows, no more.
fn from_el0() {
    use guests::{el0, probe, trap::ec};
    const SVC: u32 = 0xd400_0001;
    let read = |reg: Reg| {
        let start = probe::prepare(&[reg.mrs(), SVC]);
        el0::run(start as usize, 0)
    };
    guests::msr!("cntkctl_el1", 3);
    let (value, end) = read(Reg(3, 3, 14, 0, 2));
    check!(end.ec() == ec::SVC && value > 0, "EL0 reads CNTVCT when EL1 allows it"; "{end:x?}");
    guests::msr!("cntkctl_el1", 0);
    let (_, end) = read(Reg(3, 3, 14, 0, 2));
    check_eq!(end.ec(), ec::SYSREG, "and is trapped to EL1 when not");
    let (_, end) = read(Reg(3, 3, 14, 3, 1));
    check_eq!(
        end.ec(),
        ec::SYSREG,
        "EL0's access to CNTV_CTL is trapped to EL1"
    );
    for (name, reg) in [
        ("SCTLR_EL1", Reg(3, 0, 1, 0, 0)),
        ("VBAR_EL1", Reg(3, 0, 12, 0, 0)),
        ("HCR_EL2", Reg(3, 4, 1, 1, 0)),
    ] {
        let (_, end) = read(reg);
        check_eq!(end.ec(), ec::UNKNOWN, "EL0 cannot read {}", name);
    }
}
