//! Overflow: the flag, the interrupt as a level, and the chain to it.

use guests::{
    check, check_eq,
    irq::{HOOK, LOG, expect, fresh as fresh_gic, gic},
    mrs, msr,
    sysreg::{irq_off, irq_on},
    timer,
};

use crate::{CYCLES, E, LC, SW_INCR, counters, event, fresh, set_value, value};

/// The PMU's private interrupt on `virt`.
const INTID: u32 = 23;

pub(crate) fn run() {
    if counters() > 0 {
        flag();
        interrupt();
    }
    cycles();
}

/// A counter one increment before its overflow.
fn almost() {
    fresh();
    event(0, SW_INCR);
    set_value(0, 0xffff_ffff);
    msr!("pmcntenset_el0", 1);
    msr!("pmcr_el0", E | LC);
}

fn flag() {
    almost();
    check_eq!(mrs!("pmovsclr_el0"), 0, "no overflow yet");
    msr!("pmswinc_el0", 1);
    check_eq!(value(0) & 0xffff_ffff, 0, "the counter wraps");
    check_eq!(mrs!("pmovsclr_el0") & 1, 1, "PMOVSCLR shows the overflow");
    check_eq!(mrs!("pmovsset_el0") & 1, 1, "and so does PMOVSSET");
    msr!("pmovsclr_el0", 1);
    check_eq!(mrs!("pmovsset_el0") & 1, 0, "PMOVSCLR clears it");
}

fn interrupt() {
    fresh_gic();
    almost();
    check!(!gic().pending(INTID), "no overflow: not pending");
    msr!("pmswinc_el0", 1);
    timer::pass(200);
    check!(
        !gic().pending(INTID),
        "overflow, interrupt off: not pending"
    );
    msr!("pmintenset_el1", 1);
    check!(
        timer::wait(|| gic().pending(INTID)),
        "overflow, interrupt on: pending"
    );
    msr!("pmovsclr_el0", 1);
    check!(
        timer::wait(|| !gic().pending(INTID)),
        "flag cleared: not pending"
    );
    gic().enable(INTID);
    HOOK.set(|_| {
        LOG.push(mrs!("pmovsset_el0") as u32);
        msr!("pmovsclr_el0", u64::from(u32::MAX));
    });
    irq_on();
    for _ in 0..5 {
        set_value(0, 0xffff_fffe);
        msr!("pmswinc_el0", 1);
        msr!("pmswinc_el0", 1);
        expect("an overflow is taken once", &[INTID, 1]);
    }
    msr!("pmovsset_el0", 1);
    expect("PMOVSSET raises it as well", &[INTID, 1]);
    irq_off();
    fresh();
}

/// The 64-bit cycle counter overflows.
fn cycles() {
    fresh_gic();
    fresh();
    gic().enable(INTID);
    HOOK.set(|_| {
        LOG.push(mrs!("pmovsset_el0") as u32);
        msr!("pmovsclr_el0", u64::from(u32::MAX));
    });
    irq_on();
    msr!("pmccntr_el0", u64::MAX - 100_000);
    msr!("pmintenset_el1", CYCLES);
    msr!("pmcntenset_el0", CYCLES);
    msr!("pmcr_el0", E | LC);
    check!(
        timer::wait(|| mrs!("pmccntr_el0") < u64::MAX / 2),
        "the cycle counter wraps"
    );
    expect("and its overflow is taken", &[INTID, CYCLES as u32]);
    irq_off();
    fresh();
}
