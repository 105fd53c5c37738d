//! Pending, enable, mask: when an interrupt is taken and when it is not.

use guests::{
    check, check_eq,
    gic::{Group, ICPENDR},
    machine,
    sysreg::{irq_off, irq_on},
    timer,
};

use crate::{HOOK, LOG, SETTLE, SPI, expect, fresh, gic, pend, prepare};

pub(crate) fn run() {
    basic();
    enable();
    level_latch();
    spurious();
    summary();
    // QEMU's GICv2 keeps the pending state at the target and so loses it here.
    if !gic().is_v2() || machine::get().cpus > 1 && machine::strict() {
        no_target();
    }
}

fn basic() {
    fresh();
    prepare(SPI, 0x80);
    check!(!gic().pending(SPI), "not pending at first");
    pend(SPI);
    check!(gic().pending(SPI), "pending after a write to ISPENDR");
    HOOK.set(|intid| {
        LOG.push(u32::from(gic().pending(intid)) << 1 | u32::from(gic().active(intid)));
        LOG.push(u32::from(gic().rpr()));
    });
    irq_on();
    expect(
        "taken once; in the handler active, not pending, at its priority",
        &[SPI, 1, 0x80],
    );
    check!(
        !gic().pending(SPI) && !gic().active(SPI),
        "inactive after the end of interrupt"
    );
    check_eq!(
        gic().rpr(),
        0xff,
        "idle priority after the end of interrupt"
    );
}

fn enable() {
    fresh();
    prepare(SPI, 0x80);
    gic().disable(SPI);
    irq_on();
    pend(SPI);
    expect("a disabled interrupt is not taken", &[]);
    check!(gic().pending(SPI), "but stays pending");
    gic().enable(SPI);
    expect("and is taken when enabled", &[SPI]);
    gic().disable(SPI);
    pend(SPI);
    gic().poke(ICPENDR, SPI);
    check!(!gic().pending(SPI), "ICPENDR removes the pending state");
    gic().enable(SPI);
    expect("what was cleared is not taken", &[]);
    irq_off();
    pend(SPI);
    timer::pass(SETTLE);
    check!(gic().pending(SPI), "pending while PSTATE.I masks it");
    gic().poke(ICPENDR, SPI);
    irq_on();
    expect("cleared in time: not taken", &[]);
    irq_off();
    pend(SPI);
    gic().disable(SPI);
    irq_on();
    expect("disabled in time: not taken", &[]);
}

/// A level-sensitive interrupt pended by software stays so until acknowledged.
fn level_latch() {
    fresh();
    prepare(SPI, 0x80);
    gic().set_edge(SPI, false);
    pend(SPI);
    check!(
        gic().pending(SPI),
        "level-sensitive: ISPENDR pends without a line"
    );
    irq_on();
    expect("and is taken once", &[SPI]);
    check!(!gic().pending(SPI), "and no longer pending");
    irq_off();
    pend(SPI);
    gic().poke(ICPENDR, SPI);
    check!(!gic().pending(SPI), "ICPENDR undoes ISPENDR");
}

fn spurious() {
    fresh();
    prepare(SPI, 0x80);
    pend(SPI);
    let acked = gic().ack(Group::One);
    check_eq!(acked, SPI, "acknowledged with PSTATE.I set");
    check_eq!(
        gic().ack(Group::One),
        1023,
        "the next acknowledge is spurious"
    );
    gic().eoi(Group::One, acked);
    check!(!gic().active(SPI), "end of interrupt by polling");
    irq_on();
    expect("nothing is left to take", &[]);
}

fn summary() {
    fresh();
    prepare(SPI, 0x80);
    prepare(SPI + 1, 0x40);
    pend(SPI);
    check_eq!(gic().hppir(Group::One), SPI, "HPPIR: the only one");
    pend(SPI + 1);
    check_eq!(
        gic().hppir(Group::One),
        SPI + 1,
        "HPPIR: the more urgent one"
    );
    gic().poke(ICPENDR, SPI + 1);
    check_eq!(gic().hppir(Group::One), SPI, "HPPIR: the one that is left");
    gic().poke(ICPENDR, SPI);
    check_eq!(gic().hppir(Group::One), 1023, "HPPIR: nothing pending");
}

fn no_target() {
    fresh();
    prepare(SPI, 0x80);
    irq_on();
    if gic().is_v2() {
        gic().dist.w8(guests::gic::ITARGETSR + SPI as usize, 0);
    } else {
        gic().set_target(SPI, 15);
    }
    pend(SPI);
    expect("routed to no CPU: not taken", &[]);
    check!(gic().pending(SPI), "but pending");
    gic().set_target(SPI, 0);
    expect("routed here: taken", &[SPI]);
}
