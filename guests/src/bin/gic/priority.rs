//! Priority: mask, preemption, binary point.

use guests::{
    check, check_eq,
    gic::{Group, ICPENDR},
    sysreg::{irq_off, irq_on},
};

use crate::{END, HOOK, LOG, SPI, expect, fresh, gic, pend, prepare};

pub(crate) fn run() {
    mask();
    preempt();
    ladder();
    binary_point();
}

fn mask() {
    fresh();
    prepare(SPI, 0x80);
    irq_on();
    gic().set_pmr(0xff);
    check_eq!(gic().pmr() & 0xf0, 0xf0, "PMR keeps its high bits");
    gic().set_pmr(0x80);
    check_eq!(gic().pmr(), 0x80, "PMR keeps 0x80");
    pend(SPI);
    expect("priority equal to the mask: not taken", &[]);
    gic().set_pmr(0x40);
    expect("less urgent than the mask: not taken", &[]);
    gic().set_pmr(0x90);
    expect("more urgent than the mask: taken", &[SPI]);
    gic().set_pmr(0);
    pend(SPI);
    check_eq!(
        gic().ack(Group::One),
        1023,
        "masked: acknowledge is spurious"
    );
    gic().set_priority(SPI, 0);
    expect("a mask of 0 masks priority 0", &[]);
    gic().poke(ICPENDR, SPI);
    gic().set_pmr(0xff);
}

/// The handler pends another interrupt and lets interrupts in.
fn nest(_: u32) {
    if LOG.len() == 1 {
        pend(SPI + 1);
        irq_on();
        guests::timer::pass(crate::SETTLE);
        irq_off();
    }
    LOG.push(END);
}

fn preempt() {
    let cases = [
        (
            "a more urgent interrupt preempts",
            0x40,
            [SPI, SPI + 1, END, END],
        ),
        (
            "an equally urgent one does not",
            0x80,
            [SPI, END, SPI + 1, END],
        ),
        ("a less urgent one does not", 0xc0, [SPI, END, SPI + 1, END]),
    ];
    for (name, other, want) in cases {
        fresh();
        HOOK.set(nest);
        prepare(SPI, 0x80);
        prepare(SPI + 1, other);
        pend(SPI);
        irq_on();
        expect(name, &want);
    }
}

/// Ten handlers on top of each other: more active than list registers.
fn ladder() {
    const STEPS: u32 = 10;
    fresh();
    HOOK.set(|intid| {
        LOG.push(u32::from(gic().rpr()));
        let next = intid + 1;
        if next < SPI + STEPS {
            pend(next);
            irq_on();
            guests::timer::wait(|| LOG.iter().any(|e| e == END | next));
            irq_off();
        }
        LOG.push(END | intid);
    });
    for i in 0..STEPS {
        prepare(SPI + i, 0xc0 - 0x10 * i as u8);
    }
    pend(SPI);
    irq_on();
    guests::timer::wait(|| LOG.len() as u32 >= 3 * STEPS);
    let up = (0..STEPS).all(|i| {
        LOG.at(2 * i as usize) == Some(SPI + i)
            && LOG.at(2 * i as usize + 1) == Some(0xc0 - 0x10 * i)
    });
    let down =
        (0..STEPS).all(|i| LOG.at((2 * STEPS + i) as usize) == Some(END | (SPI + STEPS - 1 - i)));
    check!(up, "ten nested handlers, each at its running priority"; "{:?}", LOG);
    check!(down, "that end in reverse order"; "{:?}", LOG);
    check_eq!(gic().rpr(), 0xff, "idle priority after ten nested handlers");
    LOG.clear();
    expect("nothing more is taken", &[]);
}

fn binary_point() {
    fresh();
    let least = (gic().bpr(Group::Zero), gic().bpr(Group::One));
    check!(least.0 <= 3 && least.1 <= 4, "smallest binary points"; "{least:?}");
    gic().set_bpr(Group::One, 7);
    check_eq!(gic().bpr(Group::One), 7, "the binary point is kept");
    HOOK.set(nest);
    prepare(SPI, 0x60);
    prepare(SPI + 1, 0x20);
    irq_on();
    pend(SPI);
    expect(
        "same group priority: no preemption",
        &[SPI, END, SPI + 1, END],
    );
    gic().set_priority(SPI, 0xa0);
    pend(SPI);
    expect(
        "other group priority: preemption",
        &[SPI, SPI + 1, END, END],
    );
    irq_off();
    HOOK.clear();
    gic().set_priority(SPI, 0x60);
    pend(SPI);
    pend(SPI + 1);
    irq_on();
    expect(
        "the subpriority still decides who is first",
        &[SPI + 1, SPI],
    );
    irq_off();
    // CBPR: group 1 uses group 0's binary point.
    gic().set_interface(false, true);
    gic().set_bpr(Group::Zero, 6);
    HOOK.set(nest);
    irq_on();
    pend(SPI);
    expect(
        "common binary point: no preemption",
        &[SPI, END, SPI + 1, END],
    );
    gic().set_bpr(Group::Zero, 3);
    pend(SPI);
    expect("common binary point: preemption", &[SPI, SPI + 1, END, END]);
    gic().set_interface(false, false);
    gic().set_bpr(Group::Zero, 0);
    gic().set_bpr(Group::One, 0);
}
