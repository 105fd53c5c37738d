//! Registers that belong to a feature: there exactly if it is offered.

use guests::{
    check, mrs, msr,
    probe::{self, Reg},
    trap::ec,
};

use crate::{DFR0, ISAR0, ISAR1, MMFR0, MMFR1, MMFR2, MMFR3, PFR0, PFR1, field};

/// A feature: name, ID register, field, least value, a register of it, and
/// whether a hypervisor can take the register away.
struct Feature(&'static str, Reg, u32, u64, Reg, Hiding);

#[derive(PartialEq, Eq)]
enum Hiding {
    /// There is a trap for it: not offered means undefined.
    Trapped,
    /// No trap: what the core has stays reachable.
    Untrapped,
}
use Hiding::{Trapped, Untrapped};

const FEATURES: [Feature; 26] = [
    Feature("PAN", MMFR1, 20, 1, Reg(3, 0, 4, 2, 3), Untrapped),
    Feature("UAO", MMFR2, 4, 1, Reg(3, 0, 4, 2, 4), Untrapped),
    Feature("DIT", PFR0, 48, 1, Reg(3, 3, 4, 2, 5), Untrapped),
    Feature("SSBS", PFR1, 4, 2, Reg(3, 3, 4, 2, 6), Untrapped),
    Feature("RNG", ISAR0, 60, 1, Reg(3, 3, 2, 4, 0), Untrapped),
    Feature("ECV", MMFR0, 60, 1, Reg(3, 3, 14, 0, 6), Untrapped),
    Feature("RAS", PFR0, 28, 1, Reg(3, 0, 5, 3, 0), Trapped),
    Feature("LOR", MMFR1, 16, 1, Reg(3, 0, 10, 4, 3), Trapped),
    Feature("SVE", PFR0, 32, 1, Reg(3, 0, 1, 2, 0), Trapped),
    Feature("SME", PFR1, 24, 1, Reg(3, 0, 1, 2, 6), Trapped),
    Feature("AMU", PFR0, 44, 1, Reg(3, 3, 13, 2, 0), Trapped),
    Feature("MPAM", PFR0, 40, 1, Reg(3, 0, 10, 5, 0), Trapped),
    Feature("MTE", PFR1, 8, 2, Reg(3, 0, 1, 0, 6), Trapped),
    Feature("PMU", DFR0, 8, 1, Reg(3, 3, 9, 12, 0), Trapped),
    Feature("SPE", DFR0, 32, 1, Reg(3, 0, 9, 9, 0), Trapped),
    Feature("TRF", DFR0, 40, 1, Reg(3, 0, 1, 2, 1), Trapped),
    Feature("TRBE", DFR0, 44, 1, Reg(3, 0, 9, 11, 0), Trapped),
    Feature("BRBE", DFR0, 52, 1, Reg(2, 1, 9, 0, 0), Trapped),
    Feature("trace", DFR0, 4, 1, Reg(2, 1, 7, 14, 6), Trapped),
    Feature("TCR2", MMFR3, 0, 1, Reg(3, 0, 2, 0, 3), Trapped),
    Feature("SCTLR2", MMFR3, 4, 1, Reg(3, 0, 1, 0, 3), Trapped),
    Feature("S1PIE", MMFR3, 8, 1, Reg(3, 0, 10, 2, 3), Trapped),
    Feature("GCS", PFR1, 44, 1, Reg(3, 0, 2, 5, 1), Trapped),
    // HCRX_EL2.TALLINT traps only writes of ALLINT.
    Feature("NMI", PFR1, 36, 1, Reg(3, 0, 4, 3, 0), Untrapped),
    Feature("THE", PFR1, 48, 1, Reg(3, 0, 13, 0, 6), Trapped),
    Feature("LS64_ACCDATA", ISAR1, 60, 3, Reg(3, 0, 13, 0, 5), Trapped),
];

/// Fields whose value 15 says "not there" or something of its own.
const NONE: u64 = 0xf;

pub(crate) fn run() {
    msr!("cpacr_el1", mrs!("cpacr_el1") | 0xf << 16 | 3 << 24);
    for Feature(name, id, shift, least, reg, hiding) in FEATURES {
        let value = field(id, shift);
        let offered = value >= least && !(value == NONE && name == "PMU");
        let got = reg.read();
        if offered {
            check!(got.is_ok(), "{} is offered and there", name; "{got:x?}");
        } else if hiding == Trapped {
            let undefined = got.is_err_and(|s| s.ec() == ec::UNKNOWN && s.elr == probe::address());
            check!(undefined, "{} is not offered and undefined", name; "{got:x?}");
        }
    }
    state_bits();
}

/// `PSTATE` bits that are offered can be set and cleared.
fn state_bits() {
    let bits = [
        ("PAN", MMFR1, 20, 1, Reg(3, 0, 4, 2, 3), 1u64 << 22),
        ("UAO", MMFR2, 4, 1, Reg(3, 0, 4, 2, 4), 1 << 23),
        ("DIT", PFR0, 48, 1, Reg(3, 3, 4, 2, 5), 1 << 24),
        ("SSBS", PFR1, 4, 2, Reg(3, 3, 4, 2, 6), 1 << 12),
    ];
    for (name, id, shift, least, reg, bit) in bits {
        if field(id, shift) < least {
            continue;
        }
        let set = reg.write(bit).is_ok() && reg.read() == Ok(bit);
        let clear = reg.write(0).is_ok() && reg.read() == Ok(0);
        check!(set && clear, "{} can be set and cleared", name);
    }
}
