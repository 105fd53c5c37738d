//! Private interrupts are each CPU's own.

use core::sync::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Release},
};

use guests::{
    check, check_eq,
    irq::gic,
    sysreg::cpu,
    timer::{self, Timer},
};

use crate::team::{ON_IRQ, clear, count, cpus, done, order};

/// CPUs that saw what they should.
static GOOD: AtomicU32 = AtomicU32::new(0);

pub(crate) fn run() {
    registers();
    timers();
}

fn registers() {
    let intid = Timer::Virtual.intid();
    GOOD.store(0, Release);
    for c in 0..cpus() {
        order(c, |me| {
            gic().set_priority(Timer::Virtual.intid(), 0x40 + 0x10 * me as u8);
            gic().disable(Timer::Virtual.intid());
        });
        done(c);
    }
    gic().enable(intid);
    for c in 0..cpus() {
        order(c, |me| {
            let own = gic().priority(Timer::Virtual.intid()) == 0x40 + 0x10 * me as u8;
            let enabled = gic().bit(guests::gic::ISENABLER, Timer::Virtual.intid());
            GOOD.fetch_add(u32::from(own && enabled == (me == 0)), AcqRel);
        });
        done(c);
    }
    check_eq!(
        GOOD.load(Acquire) as usize,
        cpus(),
        "priority and enable of a PPI are each CPU's own"
    );
}

/// Each CPU's timer interrupts that CPU.
fn timers() {
    let intid = Timer::Virtual.intid();
    clear();
    ON_IRQ.set(|intid| {
        if intid == Timer::Virtual.intid() {
            Timer::Virtual.stop();
        }
    });
    for round in 1..=5 {
        for c in 0..cpus() {
            order(c, |_| {
                gic().enable(Timer::Virtual.intid());
                Timer::Virtual.arm(200 * (1 + cpu() as u64));
            });
        }
        for c in 0..cpus() {
            done(c);
        }
        let each = timer::wait(|| (0..cpus()).all(|c| count(c, intid) == round));
        check!(
            each,
            "round {}: each CPU's timer interrupts that CPU",
            round
        );
    }
    ON_IRQ.clear();
}
