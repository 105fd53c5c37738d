//! Active states and the two ways to end an interrupt.

use guests::{
    check, check_eq,
    gic::{Group, ICACTIVER, ISACTIVER},
    sysreg::irq_on,
};

use crate::{HOOK, LOG, SPI, expect, fresh, gic, pend, prepare};

pub(crate) fn run() {
    active_pending();
    by_software();
    split();
    split_order();
}

fn active_pending() {
    fresh();
    prepare(SPI, 0x80);
    HOOK.set(|intid| {
        if LOG.len() == 1 {
            pend(intid);
            LOG.push(u32::from(gic().pending(intid)) << 1 | u32::from(gic().active(intid)));
        }
    });
    pend(SPI);
    irq_on();
    expect(
        "pended while active: taken a second time afterwards",
        &[SPI, 3, SPI],
    );
    check!(
        !gic().pending(SPI) && !gic().active(SPI),
        "and inactive then"
    );
}

fn by_software() {
    fresh();
    prepare(SPI, 0x80);
    irq_on();
    gic().poke(ISACTIVER, SPI);
    check!(gic().active(SPI), "ISACTIVER makes active");
    pend(SPI);
    expect("an active interrupt is not signalled", &[]);
    check!(
        gic().pending(SPI) && gic().active(SPI),
        "but is active and pending"
    );
    gic().poke(ICACTIVER, SPI);
    expect("ICACTIVER lets it through", &[SPI]);
    check_eq!(
        gic().rpr(),
        0xff,
        "a software-made active state has no running priority"
    );
}

/// `EOImode` 1: the end of interrupt drops the priority, `DIR` deactivates.
fn split() {
    fresh();
    gic().set_interface(true, false);
    prepare(SPI, 0x80);
    prepare(SPI + 1, 0xc0);
    irq_on();
    pend(SPI);
    expect("EOImode 1: taken", &[SPI]);
    check!(
        gic().active(SPI),
        "EOImode 1: still active after the end of interrupt"
    );
    check_eq!(gic().rpr(), 0xff, "EOImode 1: priority dropped");
    pend(SPI);
    expect("EOImode 1: not taken again while active", &[]);
    pend(SPI + 1);
    expect("EOImode 1: a less urgent one is", &[SPI + 1]);
    gic().deactivate(SPI);
    expect("EOImode 1: taken again after DIR", &[SPI]);
    gic().deactivate(SPI);
    check!(!gic().active(SPI), "DIR deactivates");
    check!(gic().active(SPI + 1), "DIR deactivates only the one named");
    gic().poke(ICACTIVER, SPI + 1);
    check!(!gic().active(SPI + 1), "ICACTIVER deactivates as well");
    gic().set_interface(false, false);
}

/// Several dropped but active interrupts, deactivated in another order.
fn split_order() {
    const COUNT: u32 = 10;
    fresh();
    gic().set_interface(true, false);
    for i in 0..COUNT {
        prepare(SPI + i, 0x80);
    }
    irq_on();
    for i in 0..COUNT {
        pend(SPI + i);
        guests::timer::wait(|| LOG.len() as u32 > i);
    }
    let active = |range: core::ops::Range<u32>| range.filter(|i| gic().active(SPI + i)).count();
    check_eq!(
        active(0..COUNT),
        COUNT as usize,
        "ten active interrupts at once"
    );
    for i in (0..COUNT).step_by(2) {
        gic().deactivate(SPI + i);
    }
    check_eq!(active(0..COUNT), 5, "every other one deactivated");
    LOG.clear();
    for i in 0..COUNT {
        pend(SPI + i);
    }
    guests::timer::wait(|| LOG.len() >= 5);
    guests::timer::pass(crate::SETTLE);
    check!(LOG.len() == 5 && LOG.iter().all(|i| (i - SPI).is_multiple_of(2)), "only those are taken again"; "{:?}", LOG);
    for i in (0..COUNT).rev() {
        gic().deactivate(SPI + i);
    }
    guests::timer::wait(|| LOG.len() >= 10);
    check!(LOG.len() == 10, "then the others"; "{:?}", LOG);
    for i in 0..COUNT {
        gic().deactivate(SPI + i);
    }
    check_eq!(active(0..COUNT), 0, "all inactive at the end");
    gic().set_interface(false, false);
    check_eq!(gic().ack(Group::One), 1023, "nothing pending at the end");
}
