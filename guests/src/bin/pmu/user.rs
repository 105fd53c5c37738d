//! EL0: access as `PMUSERENR_EL0` allows, and counting at EL0 only.

use guests::{
    check, check_eq, el0, mrs, msr,
    probe::{self, Reg},
    trap::ec,
};

use crate::{CYCLES, E, LC, NOT_EL0, NOT_EL1, fresh};

/// `svc #0`
const SVC: u32 = 0xd400_0001;
/// `PMUSERENR_EL0`: all, software increments, cycle counter.
const ALL: u64 = 1;
const CYCLES_READ: u64 = 1 << 2;
const PMCCNTR: Reg = Reg(3, 3, 9, 13, 0);
const PMCR: Reg = Reg(3, 3, 9, 12, 0);

/// Reads a register at EL0: the exception class that ended it.
fn read(reg: Reg) -> u64 {
    let start = probe::prepare(&[reg.mrs(), SVC]);
    el0::run(start as usize, 0).1.ec()
}

pub(crate) fn run() {
    fresh();
    check_eq!(
        read(PMCCNTR),
        ec::SYSREG,
        "EL0, nothing allowed: PMCCNTR traps to EL1"
    );
    check_eq!(
        read(PMCR),
        ec::SYSREG,
        "EL0, nothing allowed: PMCR traps to EL1"
    );
    msr!("pmuserenr_el0", CYCLES_READ);
    check_eq!(read(PMCCNTR), ec::SVC, "EL0, cycles allowed: PMCCNTR");
    check_eq!(
        read(PMCR),
        ec::SYSREG,
        "EL0, cycles allowed: PMCR still traps"
    );
    msr!("pmuserenr_el0", ALL);
    check_eq!(read(PMCR), ec::SVC, "EL0, all allowed: PMCR");
    msr!("pmuserenr_el0", 0);
    filter();
}

/// Cycles spent in a loop at EL0.
fn spin(filter: u64) -> u64 {
    fresh();
    msr!("pmccfiltr_el0", filter);
    msr!("pmcntenset_el0", CYCLES);
    // subs x0, x0, #1; b.ne -4; svc
    let start = probe::prepare(&[0xf100_0400, 0x54ff_ffe1, SVC]);
    msr!("pmcr_el0", E | LC);
    el0::run(start as usize, 300_000);
    msr!("pmcr_el0", LC);
    mrs!("pmccntr_el0")
}

fn filter() {
    let (both, user, kernel, none) = (
        spin(0),
        spin(NOT_EL1),
        spin(NOT_EL0),
        spin(NOT_EL0 | NOT_EL1),
    );
    check!(user > 0 && both > 0, "cycles at EL0 are counted"; "{both} {user}");
    check!(kernel > 0 && kernel < user, "those at EL1 are the fewer ones"; "{kernel} {user}");
    check_eq!(none, 0, "with both filtered out none are");
}
