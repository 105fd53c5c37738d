//! The performance monitors: counters, events, filters, overflow, EL0.

#![no_std]
#![no_main]

mod count;
mod overflow;
mod user;

use guests::{check, guest, mrs, msr, probe::Reg, skip, sysreg::field, trap::ec};

guest!("pmu", main);

/// `PMCR_EL0`: enable, reset event counters, reset the cycle counter, long cycle counter.
const E: u64 = 1;
const P: u64 = 1 << 1;
const C: u64 = 1 << 2;
const LC: u64 = 1 << 6;
/// The cycle counter's bit in the set and clear registers.
const CYCLES: u64 = 1 << 31;
/// Event numbers.
const SW_INCR: u64 = 0x00;
const INST_RETIRED: u64 = 0x08;
const CPU_CYCLES: u64 = 0x11;
/// Filter bits: not at EL1, not at EL0.
const NOT_EL1: u64 = 1 << 31;
const NOT_EL0: u64 = 1 << 30;

/// Counters that the PMU has.
fn counters() -> u64 {
    mrs!("pmcr_el0") >> 11 & 0x1f
}

/// Everything off and zero.
fn fresh() {
    msr!("pmcntenclr_el0", u64::from(u32::MAX));
    msr!("pmintenclr_el1", u64::from(u32::MAX));
    msr!("pmovsclr_el0", u64::from(u32::MAX));
    msr!("pmcr_el0", P | C | LC);
    msr!("pmccfiltr_el0", 0);
    msr!("pmuserenr_el0", 0);
}

/// Selects a counter and sets its event and filter.
fn event(counter: u64, kind: u64) {
    msr!("pmselr_el0", counter);
    msr!("pmxevtyper_el0", kind);
}

/// Reads a counter through the selector.
fn value(counter: u64) -> u64 {
    msr!("pmselr_el0", counter);
    mrs!("pmxevcntr_el0")
}

/// Writes a counter through the selector.
fn set_value(counter: u64, value: u64) {
    msr!("pmselr_el0", counter);
    msr!("pmxevcntr_el0", value);
}

/// Whether an event is implemented, as `PMCEID0_EL0` says.
fn has(event: u64) -> bool {
    mrs!("pmceid0_el0") >> event & 1 != 0
}

fn main() {
    let version = field(mrs!("id_aa64dfr0_el1"), 8);
    if version == 0 || version == 0xf {
        let got = Reg(3, 3, 9, 12, 0).read();
        check!(got.is_err_and(|s| s.ec() == ec::UNKNOWN), "not offered: PMCR_EL0 is undefined"; "{got:x?}");
        skip!("counters"; "no PMU offered");
        return;
    }
    count::run();
    overflow::run();
    user::run();
    fresh();
}
