//! Deadlines, repetition, end of interrupt, and waking up.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use guests::{
    check, check_eq,
    gic::{Group, ISPENDR},
    irq::{FIQ, HOOK, LOG, expect, fresh, gic},
    sysreg::{irq_off, irq_on, wfi},
    timer::{self, ENABLE, Timer},
};

use crate::line::stop;

/// The counts at which handlers ran minus their deadlines: the smallest.
static EARLIEST: AtomicU64 = AtomicU64::new(u64::MAX);

pub(crate) fn run(timer: Timer) {
    deadline(timer);
    still_high(timer);
    periodic(timer);
    extremes(timer);
    split(timer);
    as_fiq(timer);
    by_software(timer);
    wake(timer);
}

fn ready(timer: Timer) {
    fresh();
    timer.stop();
    HOOK.set(stop);
    gic().enable(timer.intid());
}

fn of(intid: u32) -> Timer {
    if intid == Timer::Virtual.intid() {
        Timer::Virtual
    } else {
        Timer::Physical
    }
}

fn deadline(timer: Timer) {
    ready(timer);
    EARLIEST.store(u64::MAX, Relaxed);
    HOOK.set(|intid| {
        let t = of(intid);
        EARLIEST.fetch_min(t.count().wrapping_sub(t.cval()), Relaxed);
        t.stop();
    });
    irq_on();
    for us in [0, 10, 100, 1000, 5000] {
        timer.arm(us);
        expect("fires once", &[timer.intid()]);
    }
    timer.set_tval(timer::micros(1000) as i32);
    timer.set_ctl(ENABLE);
    expect("fires once by TVAL", &[timer.intid()]);
    check!(
        EARLIEST.load(Relaxed) < u64::MAX / 2,
        "{:?} never fires early",
        timer
    );
}

/// A handler that leaves the line high is entered again.
fn still_high(timer: Timer) {
    ready(timer);
    HOOK.set(|intid| {
        if LOG.len() == 4 {
            stop(intid);
        }
    });
    irq_on();
    timer.arm(100);
    let i = timer.intid();
    expect("taken until the line is low", &[i, i, i, i]);
    check!(
        !gic().pending(i) && !gic().active(i),
        "{:?}: inactive then",
        timer
    );
}

fn periodic(timer: Timer) {
    ready(timer);
    HOOK.set(|intid| {
        let t = of(intid);
        if LOG.len() < 50 {
            t.set_cval(t.cval() + timer::micros(200));
        } else {
            t.stop();
        }
    });
    irq_on();
    let start = timer.count();
    timer.arm(200);
    timer::wait(|| LOG.len() >= 50);
    let took = timer.count() - start;
    timer::pass(guests::irq::SETTLE);
    check_eq!(
        LOG.len(),
        50,
        "{:?}: fifty periods, fifty interrupts",
        timer
    );
    check!(took >= timer::micros(50 * 200), "{:?}: not faster than asked", timer; "{took}");
}

fn extremes(timer: Timer) {
    ready(timer);
    irq_on();
    timer.set_cval(u64::MAX);
    timer.set_ctl(ENABLE);
    expect("a deadline at the end of time: not taken", &[]);
    timer.set_cval(0);
    expect("a deadline at 0: taken at once", &[timer.intid()]);
    timer.set_tval(-1);
    timer.set_ctl(ENABLE);
    expect("TVAL -1: taken at once", &[timer.intid()]);
    timer.set_cval(timer.count() + timer::micros(100));
    timer::pass(500);
    expect("off: nothing happens at the deadline", &[]);
    timer.set_ctl(ENABLE);
    expect("switched on after the deadline: taken", &[timer.intid()]);
}

/// `EOImode` 1: a high line is not taken again before `DIR`.
fn split(timer: Timer) {
    ready(timer);
    HOOK.clear();
    gic().set_interface(true, false);
    irq_on();
    timer.arm(100);
    let i = timer.intid();
    expect("EOImode 1: taken once while active", &[i]);
    check!(gic().active(i), "{:?}: EOImode 1: active", timer);
    gic().deactivate(i);
    expect("EOImode 1: again after DIR, the line being high", &[i]);
    timer.stop();
    gic().deactivate(i);
    expect("EOImode 1: not again once the line is low", &[]);
    check!(
        !gic().active(i),
        "{:?}: EOImode 1: inactive after DIR",
        timer
    );
    gic().set_interface(false, false);
}

fn as_fiq(timer: Timer) {
    ready(timer);
    gic().set_group(timer.intid(), Group::Zero);
    irq_on();
    timer.arm(100);
    expect("in group 0 it arrives as FIQ", &[timer.intid() | FIQ]);
}

/// Software can pend the PPI without its line.
fn by_software(timer: Timer) {
    ready(timer);
    irq_on();
    gic().poke(ISPENDR, timer.intid());
    expect("pended by software: taken once", &[timer.intid()]);
    timer.arm(100);
    expect("and the line works as before", &[timer.intid()]);
}

/// `wfi` ends when the timer fires, whether `PSTATE.I` masks it or not.
fn wake(timer: Timer) {
    ready(timer);
    for _ in 0..10 {
        irq_off();
        LOG.clear();
        timer.arm(500);
        while !gic().pending(timer.intid()) {
            wfi();
        }
        irq_on();
        timer::wait(|| !LOG.is_empty());
    }
    expect(
        "wfi with interrupts masked: woken, then taken",
        &[timer.intid()],
    );
    for _ in 0..10 {
        LOG.clear();
        timer.arm(500);
        while LOG.is_empty() {
            wfi();
            // Taken between the test and the wfi: nothing else would wake it.
            if LOG.is_empty() {
                timer.arm(500);
            }
        }
        timer.stop();
        timer::pass(guests::irq::SETTLE);
    }
    check!(LOG.iter().all(|i| i == timer.intid()), "{:?}: wfi with interrupts on: woken and taken", timer; "{:?}", LOG);
    LOG.clear();
    irq_off();
}

/// Both at the same moment.
pub(crate) fn together() {
    fresh();
    for timer in crate::BOTH {
        timer.stop();
        gic().enable(timer.intid());
    }
    HOOK.set(stop);
    gic().set_priority(Timer::Virtual.intid(), 0x80);
    gic().set_priority(Timer::Physical.intid(), 0x40);
    for timer in crate::BOTH {
        timer.arm(100);
    }
    timer::wait(|| crate::BOTH.iter().all(|t| gic().pending(t.intid())));
    irq_on();
    expect("both pending: the more urgent first", &[30, 27]);
    for timer in crate::BOTH {
        timer.arm(500);
    }
    timer::wait(|| LOG.len() >= 2);
    check!(LOG.len() == 2 && LOG.iter().any(|i| i == 27) && LOG.iter().any(|i| i == 30),
        "both run at once"; "{:?}", LOG);
    LOG.clear();
    irq_off();
}
