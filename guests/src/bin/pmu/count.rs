//! Registers and counting.

use guests::{check, check_eq, mrs, msr, skip, timer};

use crate::{
    C, CPU_CYCLES, CYCLES, E, INST_RETIRED, LC, NOT_EL1, P, SW_INCR, counters, event, fresh, has,
    set_value, value,
};

pub(crate) fn run() {
    registers();
    cycles();
    software_events();
    if counters() > 0 {
        cycle_events();
        instructions();
    }
}

fn registers() {
    fresh();
    check!(counters() <= 31, "PMCR.N"; "{}", counters());
    guests::println!("   {} event counters", counters());
    check_eq!(
        mrs!("pmcr_el0") & (E | P | C),
        0,
        "PMCR: off, resets read as zero"
    );
    let all = CYCLES | ((1 << counters()) - 1);
    msr!("pmcntenset_el0", u64::from(u32::MAX));
    check_eq!(
        mrs!("pmcntenset_el0"),
        all,
        "PMCNTENSET: the counters that there are"
    );
    msr!("pmcntenclr_el0", CYCLES);
    check_eq!(
        mrs!("pmcntenclr_el0"),
        all & !CYCLES,
        "PMCNTENCLR clears one"
    );
    msr!("pmintenset_el1", u64::from(u32::MAX));
    check_eq!(mrs!("pmintenset_el1"), all, "PMINTENSET");
    msr!("pmintenclr_el1", u64::from(u32::MAX));
    check_eq!(mrs!("pmintenset_el1"), 0, "PMINTENCLR");
    fresh();
    for counter in 0..counters() {
        event(counter, CPU_CYCLES | NOT_EL1);
        set_value(counter, 0x1234_0000 + counter);
    }
    let kept = (0..counters()).all(|c| {
        let same = value(c) & 0xffff_ffff == 0x1234_0000 + c;
        same && mrs!("pmxevtyper_el0") & (NOT_EL1 | 0x3ff) == CPU_CYCLES | NOT_EL1
    });
    check!(kept, "each counter keeps its value and type");
    msr!("pmcr_el0", P | LC);
    check!(
        (0..counters()).all(|c| value(c) == 0),
        "PMCR.P resets the event counters"
    );
    msr!("pmccntr_el0", 0x1_2345_6789);
    check_eq!(mrs!("pmccntr_el0"), 0x1_2345_6789, "PMCCNTR has 64 bits");
    msr!("pmcr_el0", C | LC);
    check_eq!(mrs!("pmccntr_el0"), 0, "PMCR.C resets the cycle counter");
    check!(
        has(CPU_CYCLES) && has(SW_INCR) || counters() == 0,
        "PMCEID0 lists the common events"
    );
}

fn cycles() {
    fresh();
    timer::pass(200);
    check_eq!(mrs!("pmccntr_el0"), 0, "cycles: off");
    msr!("pmcntenset_el0", CYCLES);
    timer::pass(200);
    check_eq!(mrs!("pmccntr_el0"), 0, "cycles: PMCR.E is off");
    msr!("pmcr_el0", E | LC);
    let first = mrs!("pmccntr_el0");
    check!(
        timer::wait(|| mrs!("pmccntr_el0") > first),
        "cycles: counting"
    );
    let mut last = 0;
    let steady = (0..1000).all(|_| {
        let now = mrs!("pmccntr_el0");
        let ok = now >= last;
        last = now;
        ok
    });
    check!(steady, "cycles: never backwards");
    msr!("pmccfiltr_el0", NOT_EL1);
    let before = mrs!("pmccntr_el0");
    timer::pass(200);
    check_eq!(mrs!("pmccntr_el0"), before, "cycles: not at EL1");
    msr!("pmccfiltr_el0", 0);
    check!(
        timer::wait(|| mrs!("pmccntr_el0") > before),
        "cycles: at EL1 again"
    );
    msr!("pmcntenclr_el0", CYCLES);
    let stopped = mrs!("pmccntr_el0");
    timer::pass(200);
    check_eq!(mrs!("pmccntr_el0"), stopped, "cycles: stopped");
}

fn software_events() {
    for counter in 0..counters() {
        fresh();
        event(counter, SW_INCR);
        msr!("pmcntenset_el0", 1 << counter);
        msr!("pmcr_el0", E | LC);
        for _ in 0..10 {
            msr!("pmswinc_el0", 1 << counter);
        }
        msr!("pmswinc_el0", !(1u64 << counter) & 0x7fff_ffff);
        check_eq!(
            value(counter),
            10,
            "counter {}: ten software increments",
            counter
        );
    }
}

fn cycle_events() {
    fresh();
    event(0, CPU_CYCLES);
    msr!("pmcntenset_el0", 1);
    msr!("pmcr_el0", E | LC);
    let first = value(0);
    check!(
        timer::wait(|| value(0) > first),
        "an event counter counts cycles"
    );
    event(0, CPU_CYCLES | NOT_EL1);
    let before = value(0);
    timer::pass(200);
    check_eq!(value(0), before, "and not with EL1 filtered out");
}

/// Exactly a thousand instructions more in a loop of five hundred turns more.
fn instructions() {
    if !has(INST_RETIRED) {
        // QEMU counts instructions only under -icount.
        skip!("instructions"; "INST_RETIRED is not offered");
        return;
    }
    fresh();
    event(0, INST_RETIRED);
    msr!("pmcntenset_el0", 1);
    msr!("pmcr_el0", E | LC);
    let loops = |turns: u64| {
        let before = value(0);
        // subs x0, x0, #1; b.ne -4
        let _ = guests::probe::run(&[0xf100_0400, 0x54ff_ffe1], [turns, 0, 0, 0]);
        value(0) - before
    };
    let (few, many) = (loops(500), loops(1000));
    check_eq!(many - few, 1000, "five hundred turns of two instructions");
}
