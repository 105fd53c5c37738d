//! More interrupts at once than list registers.

use guests::{check, sysreg::irq_on, timer};

use crate::{HOOK, LOG, SPI, expect, fresh, gic, pend, prepare};

/// Steps through 0 to 11 in a scrambled order.
const SCRAMBLE: u32 = 5;

pub(crate) fn run() {
    in_order();
    late_comer();
    flood();
    storm();
}

/// Twelve SPIs and three SGIs, pended in a scrambled order.
fn in_order() {
    fresh();
    for i in 0..12 {
        prepare(SPI + i, 0x10 * (i as u8 + 1));
    }
    let sgis = [(1, 0x00), (2, 0xd0), (3, 0xe0)];
    for (sgi, priority) in sgis {
        gic().set_priority(sgi, priority);
        gic().enable(sgi);
    }
    for i in 0..12 {
        pend(SPI + i * SCRAMBLE % 12);
    }
    for sgi in [2, 1, 3] {
        gic().send_self(sgi);
    }
    irq_on();
    let mut want = [0; 15];
    want[0] = 1;
    for i in 0..12 {
        want[i + 1] = SPI + i as u32;
    }
    (want[13], want[14]) = (2, 3);
    expect("fifteen at once, in the order of their priorities", &want);
}

/// Something urgent comes while many wait: it is next.
fn late_comer() {
    fresh();
    for i in 0..12 {
        prepare(SPI + i, 0x80);
    }
    prepare(SPI + 12, 0x10);
    HOOK.set(|_| {
        if LOG.len() == 3 {
            pend(SPI + 12);
        }
    });
    for i in 0..12 {
        pend(SPI + i);
    }
    irq_on();
    timer::wait(|| LOG.len() >= 13);
    timer::pass(crate::SETTLE);
    check!(LOG.len() == 13, "twelve and a late one, each once"; "{:?}", LOG);
    check!(LOG.at(3) == Some(SPI + 12), "the late but urgent one is next"; "{:?}", LOG);
}

/// 40 SPIs and all SGIs of one priority: each is taken exactly once.
fn flood() {
    fresh();
    let first = 232;
    for i in 0..40 {
        prepare(first + i, 0x80);
    }
    for sgi in 0..16 {
        gic().set_priority(sgi, 0x80);
        gic().enable(sgi);
    }
    for i in 0..40 {
        pend(first + i);
    }
    for sgi in 0..16 {
        gic().send_self(sgi);
    }
    irq_on();
    timer::wait(|| LOG.len() >= 56);
    timer::pass(crate::SETTLE);
    let once = |intid| LOG.iter().filter(|&e| e == intid).count() == 1;
    check!(LOG.len() == 56 && (0..16).chain(first..first + 40).all(once),
        "56 at once, each taken exactly once"; "{} {:?}", LOG.len(), LOG);
}

/// Each handler pends five more until 100 were taken; nothing is lost.
fn storm() {
    fresh();
    for i in 0..20 {
        prepare(SPI + i, 0x40 + 0x10 * (i as u8 % 8));
    }
    HOOK.set(|_| {
        if LOG.len() < 100 {
            for i in 0..5 {
                pend(SPI + (LOG.len() as u32 * 7 + i * 3) % 20);
            }
        }
    });
    pend(SPI);
    irq_on();
    timer::wait(|| LOG.len() >= 100);
    let quiet = timer::wait(|| {
        let before = LOG.len();
        timer::pass(crate::SETTLE);
        before == LOG.len()
    });
    check!(LOG.len() >= 100 && quiet, "a hundred nested requests"; "{}", LOG.len());
    check!(
        (0..20).all(|i| !gic().pending(SPI + i) && !gic().active(SPI + i)),
        "and nothing left over"
    );
}
