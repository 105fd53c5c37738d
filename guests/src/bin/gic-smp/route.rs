//! Shared interrupts go where they are routed.

use core::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};

use guests::{
    check, check_eq,
    gic::{IROUTER, ISPENDR, ITARGETSR},
    irq::gic,
    machine, timer,
};

use crate::team::{ON_IRQ, SPI, clear, count, cpus, settle, total};

/// Lets the handler that holds the interrupt active go on.
static GO_ON: AtomicBool = AtomicBool::new(false);
/// A handler is holding it.
static HOLDS: AtomicBool = AtomicBool::new(false);

pub(crate) fn run() {
    gic().set_edge(SPI, true);
    gic().enable(SPI);
    each();
    // QEMU's GICv2 keeps the state of an SPI at the CPUs that were its targets
    // when it became pending, and gives it to all of them: the architecture's
    // 1-N model has one state and one taker.
    if !gic().is_v2() || machine::strict() {
        one_of_many();
        moved();
        held();
    }
    gic().disable(SPI);
}

fn each() {
    for round in 0..3 {
        for to in 0..cpus() {
            clear();
            gic().set_target(SPI, to);
            gic().poke(ISPENDR, SPI);
            let there = timer::wait(|| count(to, SPI) == 1);
            settle();
            check!(there && total(SPI) == 1, "round {}: an SPI routed to CPU {}", round, to; "{}", total(SPI));
        }
    }
}

/// Several targets, or any: exactly one takes it.
fn one_of_many() {
    if gic().is_v2() {
        gic()
            .dist
            .w8(ITARGETSR + SPI as usize, ((1u32 << cpus()) - 1) as u8);
    } else {
        const ANY: u64 = 1 << 31;
        gic().dist.w64(IROUTER + SPI as usize * 8, ANY);
    }
    clear();
    for round in 1..=20 {
        gic().poke(ISPENDR, SPI);
        timer::wait(|| total(SPI) >= round);
    }
    settle();
    check_eq!(total(SPI), 20, "routed to any: taken once each time");
    gic().set_target(SPI, 0);
}

/// Pending and disabled here, then routed elsewhere.
fn moved() {
    let to = cpus() - 1;
    clear();
    gic().disable(SPI);
    gic().set_target(SPI, 0);
    gic().poke(ISPENDR, SPI);
    gic().set_target(SPI, to);
    check!(
        gic().pending(SPI),
        "routed elsewhere while pending: still pending"
    );
    gic().enable(SPI);
    let there = timer::wait(|| count(to, SPI) == 1);
    check!(there && count(0, SPI) == 0, "and taken there");
}

/// Active on one CPU, pended and routed to another: not taken before its end.
fn held() {
    let holder = cpus() - 1;
    clear();
    GO_ON.store(false, Release);
    HOLDS.store(false, Release);
    ON_IRQ.set(|intid| {
        if intid == SPI && !HOLDS.swap(true, Release) {
            timer::wait(|| GO_ON.load(Acquire));
        }
    });
    gic().set_target(SPI, holder);
    gic().poke(ISPENDR, SPI);
    check!(
        timer::wait(|| HOLDS.load(Acquire)),
        "taken by CPU {}",
        holder
    );
    check!(gic().active(SPI), "its active state is seen from CPU 0");
    gic().set_target(SPI, 0);
    gic().poke(ISPENDR, SPI);
    settle();
    check_eq!(count(0, SPI), 0, "active elsewhere: not taken here");
    GO_ON.store(true, Release);
    check!(
        timer::wait(|| count(0, SPI) == 1),
        "taken here after the end there"
    );
    check!(
        timer::wait(|| !gic().active(SPI)) && count(holder, SPI) == 1,
        "and inactive then"
    );
    ON_IRQ.clear();
}
