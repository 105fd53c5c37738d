//! Waiting: `wfi` ends for whatever is pending, masked by `PSTATE` or not;
//! `wfe` ends for an event; the timed forms end by themselves.

#![no_std]
#![no_main]

use guests::{
    check, check_eq,
    gic::{ICPENDR, ISPENDR},
    guest,
    irq::{HOOK, LOG, expect, fresh, gic},
    mrs, probe, skip,
    sysreg::{field, irq_off, irq_on, wfi},
    timer::{self, Timer},
};

guest!("wfi", main);

/// An SPI without a device.
const SPI: u32 = 240;
/// Rounds of each kind.
const ROUNDS: u32 = 100;

fn main() {
    pending();
    timers();
    handler();
    events();
    timed();
}

/// Something is pending already: `wfi` returns at once.
fn pending() {
    fresh();
    gic().set_edge(SPI, true);
    gic().enable(SPI);
    gic().poke(ISPENDR, SPI);
    for _ in 0..ROUNDS {
        wfi();
    }
    check!(
        LOG.is_empty() && gic().pending(SPI),
        "wfi with a masked, pending interrupt returns; it stays pending"
    );
    irq_on();
    expect("and is taken when unmasked", &[SPI]);
    irq_off();
    gic().poke(ICPENDR, SPI);
}

/// The timer ends it, interrupts masked.
fn timers() {
    for timer in [Timer::Virtual, Timer::Physical] {
        fresh();
        gic().enable(timer.intid());
        let mut early = 0;
        for _ in 0..ROUNDS {
            timer.arm(200);
            let deadline = timer.cval();
            while !gic().pending(timer.intid()) {
                wfi();
            }
            early += u32::from(timer.count() < deadline);
            timer.stop();
        }
        check_eq!(
            early,
            0,
            "{:?}: a hundred waits with interrupts masked, none ended early",
            timer
        );
        check!(LOG.is_empty(), "{:?}: and none taken", timer);
    }
}

/// The timer's handler ends it, interrupts on.
fn handler() {
    fresh();
    gic().enable(Timer::Virtual.intid());
    HOOK.set(|_| Timer::Virtual.arm(200));
    Timer::Virtual.arm(200);
    irq_on();
    while (LOG.len() as u32) < ROUNDS {
        wfi();
    }
    irq_off();
    Timer::Virtual.stop();
    check!(
        LOG.iter().all(|i| i == Timer::Virtual.intid()),
        "a hundred waits ended by the timer's handler"
    );
    LOG.clear();
}

/// `sev; wfe` and `sevl; wfe` return.
fn events() {
    const SEV: u32 = 0xd503_209f;
    const SEVL: u32 = 0xd503_20bf;
    const WFE: u32 = 0xd503_205f;
    const YIELD: u32 = 0xd503_203f;
    for (name, code) in [
        ("sev; wfe", [SEV, WFE]),
        ("sevl; wfe", [SEVL, WFE]),
        ("yield twice", [YIELD, YIELD]),
    ] {
        let mut good = 0;
        for _ in 0..ROUNDS {
            good += u32::from(probe::run(&code, [0; 4]).is_ok());
        }
        check_eq!(good, ROUNDS, "{} returns", name);
    }
}

/// `wfit` and `wfet`, where the CPU offers them.
fn timed() {
    const WFET_X0: u32 = 0xd503_1000;
    const WFIT_X0: u32 = 0xd503_1020;
    // ID_AA64ISAR2_EL1
    let offered = probe::Reg(3, 0, 0, 6, 2).read().map_or(0, |v| field(v, 0));
    if offered == 0 {
        skip!("wfit, wfet"; "not offered");
        return;
    }
    fresh();
    for (name, code) in [("wfit", WFIT_X0), ("wfet", WFET_X0)] {
        let start = mrs!("cntvct_el0");
        let past = probe::run(&[code], [start, 0, 0, 0]);
        check!(past.is_ok(), "{} with a time that is over", name; "{past:x?}");
        // A wait may end early; it must end.
        let soon = timer::now() + timer::micros(500);
        while timer::now() < soon {
            let _ = probe::run(&[code], [soon, 0, 0, 0]);
        }
        check!(timer::now() >= soon, "{} ends when its time has come", name);
    }
}
