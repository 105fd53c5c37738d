//! The timer's line as the interrupt controller shows it: a level.

use guests::{
    check,
    gic::ICPENDR,
    irq::{LOG, expect, fresh, gic},
    sysreg::{irq_off, irq_on},
    timer::{self, ENABLE, IMASK, ISTATUS, Timer},
};

pub(crate) fn run(timer: Timer) {
    disabled(timer);
    masked_in_timer(timer);
    masked_in_cpu(timer);
}

/// The PPI is disabled: the line still shows.
fn disabled(timer: Timer) {
    let intid = timer.intid();
    fresh();
    timer.stop();
    check!(!gic().pending(intid), "{:?}: not pending when off", timer);
    timer.arm(1000);
    check!(
        timer::wait(|| gic().pending(intid)),
        "{:?}: pending after the deadline, though disabled",
        timer
    );
    check!(
        timer.ctl() & ISTATUS != 0,
        "{:?}: and ISTATUS says so",
        timer
    );
    gic().poke(ICPENDR, intid);
    check!(
        gic().pending(intid),
        "{:?}: ICPENDR cannot clear a high line",
        timer
    );
    timer.set_cval(u64::MAX);
    check!(
        timer::wait(|| !gic().pending(intid)),
        "{:?}: a later deadline lowers the line",
        timer
    );
    timer.set_cval(0);
    check!(
        timer::wait(|| gic().pending(intid)),
        "{:?}: an earlier one raises it",
        timer
    );
    timer.stop();
    check!(
        timer::wait(|| !gic().pending(intid)),
        "{:?}: switching off lowers it",
        timer
    );
    timer.arm(0);
    timer::wait(|| gic().pending(intid));
    irq_on();
    timer::pass(guests::irq::SETTLE);
    check!(
        LOG.is_empty() && gic().pending(intid),
        "{:?}: disabled, it is not taken and stays pending",
        timer
    );
    guests::irq::HOOK.set(stop);
    gic().enable(intid);
    expect("enabled, it is taken", &[intid]);
    timer.stop();
}

/// `IMASK`: the condition is met, the line stays low.
fn masked_in_timer(timer: Timer) {
    let intid = timer.intid();
    fresh();
    guests::irq::HOOK.set(stop);
    gic().enable(intid);
    timer.set_cval(timer.count() + timer::micros(100));
    timer.set_ctl(ENABLE | IMASK);
    irq_on();
    check!(
        timer::wait(|| timer.ctl() & ISTATUS != 0),
        "{:?}: IMASK: ISTATUS is set",
        timer
    );
    check!(!gic().pending(intid), "{:?}: IMASK: not pending", timer);
    expect("IMASK: not taken", &[]);
    timer.set_ctl(ENABLE);
    expect("IMASK cleared: taken", &[intid]);
}

/// `PSTATE.I`: pending, and gone without a trace when the line goes down.
fn masked_in_cpu(timer: Timer) {
    let intid = timer.intid();
    fresh();
    guests::irq::HOOK.set(stop);
    gic().enable(intid);
    irq_off();
    timer.arm(100);
    check!(
        timer::wait(|| gic().pending(intid)),
        "{:?}: PSTATE.I: pending",
        timer
    );
    timer.stop();
    check!(
        timer::wait(|| !gic().pending(intid)),
        "{:?}: PSTATE.I: no longer once it is off",
        timer
    );
    irq_on();
    expect("PSTATE.I: a lowered line is not taken", &[]);
    irq_off();
    timer.arm(100);
    timer::wait(|| gic().pending(intid));
    irq_on();
    expect("PSTATE.I: a high line is taken when unmasked", &[intid]);
}

/// Switches off the timer of an INTID.
pub(crate) fn stop(intid: u32) {
    for timer in crate::BOTH {
        if timer.intid() == intid {
            timer.stop();
        }
    }
}
