//! Software-generated interrupts from each CPU to each.

use core::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Release},
};

use guests::{
    check, check_eq,
    irq::gic,
    sysreg::{cpu, irq_off, irq_on},
    timer,
};

use crate::team::{clear, count, cpus, done, order, settle, sources, total};

const SGI: u32 = 4;
/// Whom the ordered CPU sends to.
static TARGET: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn run() {
    pairs();
    others();
    everybody();
    same_from_many();
    if !gic().is_v2() {
        foreign_redistributor();
    }
}

fn pairs() {
    for from in 0..cpus() {
        for to in 0..cpus() {
            clear();
            TARGET.store(to, Release);
            order(from, |_| gic().send(SGI, 1 << TARGET.load(Acquire)));
            let ok = done(from) && timer::wait(|| count(to, SGI) == 1);
            check!(ok, "SGI from CPU {} to CPU {}", from, to);
            if gic().is_v2() {
                check!(sources(to) & 1 << from != 0, "its source is CPU {}", from; "{:#x}", sources(to));
            }
            check_eq!(total(SGI), 1, "and nobody else's");
        }
    }
}

fn others() {
    for from in 0..cpus() {
        clear();
        order(from, |_| gic().send_others(SGI));
        let all = done(from) && timer::wait(|| total(SGI) as usize == cpus() - 1);
        settle();
        check!(all && count(from, SGI) == 0, "SGI from CPU {} to all others, once each", from;
            "{} in all, {} to itself", total(SGI), count(from, SGI));
    }
}

fn everybody() {
    clear();
    gic().send(SGI, ((1u32 << cpus()) - 1) as u8);
    timer::wait(|| total(SGI) as usize == cpus());
    settle();
    let each = (0..cpus()).all(|c| count(c, SGI) == 1);
    check!(each, "SGI to a list with everybody: once each"; "{}", total(SGI));
    clear();
    for sgi in 0..15 {
        gic().send_others(sgi);
    }
    let all = timer::wait(|| (1..cpus()).all(|c| (0..15).all(|sgi| count(c, sgi) == 1)));
    check!(all, "fifteen SGIs at once to all others");
}

/// One SGI from several CPUs while this one does not look.
fn same_from_many() {
    clear();
    irq_off();
    for from in 1..cpus() {
        order(from, |_| gic().send(SGI, 1));
        done(from);
    }
    check!(
        timer::wait(|| gic().pending(SGI)),
        "an SGI from others is pending here"
    );
    irq_on();
    let senders = cpus() as u32 - 1;
    // GICv2 keeps one pending state for each source, GICv3 one for all.
    let want = if gic().is_v2() { senders } else { 1 };
    timer::wait(|| count(0, SGI) >= want);
    settle();
    check_eq!(count(0, SGI), want, "one SGI from {} CPUs", senders);
    if gic().is_v2() {
        let all = (1 << cpus()) - 2;
        check_eq!(sources(0) & all, all, "each source is named");
    }
}

/// Another CPU's SGI can be pended in its redistributor.
fn foreign_redistributor() {
    for to in 1..cpus() {
        clear();
        gic().sgi_frame(to).w32(guests::gic::ISPENDR, 1 << SGI);
        let taken = timer::wait(|| count(to, SGI) == 1);
        check!(
            taken && count(cpu(), SGI) == 0,
            "pended in CPU {}'s redistributor",
            to
        );
    }
}
