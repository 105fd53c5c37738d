//! A device's line: level and edge. The UART's transmit interrupt is the device.

use core::sync::atomic::{AtomicBool, Ordering};

use guests::{
    check, console,
    gic::ICPENDR,
    sysreg::{irq_off, irq_on},
    timer,
};

use crate::{HOOK, LOG, expect, fresh, gic};

/// The UART's SPI on `virt`.
const UART: u32 = 33;
/// `UARTIMSC`
const IMSC: usize = 0x38;
/// `UARTRIS`
const RIS: usize = 0x3c;
/// `UARTICR`
const ICR: usize = 0x44;
/// Transmit interrupt.
const TX: u32 = 1 << 5;

/// Whether the handler lets the line go down.
static DROP: AtomicBool = AtomicBool::new(false);

/// Raises the line: a byte sent sets the transmit interrupt.
fn raise() {
    console::put(b'\n');
    timer::wait(|| console::uart().r32(RIS) & TX != 0);
    console::uart().w32(IMSC, TX);
}

/// Lets it go down.
fn lower() {
    console::uart().w32(IMSC, 0);
    console::uart().w32(ICR, TX);
}

pub(crate) fn run() {
    level();
    again();
    edge();
    lower();
}

fn level() {
    fresh();
    lower();
    gic().set_edge(UART, false);
    check!(!gic().pending(UART), "line low: not pending");
    raise();
    check!(
        timer::wait(|| gic().pending(UART)),
        "line high: pending, though disabled"
    );
    gic().poke(ICPENDR, UART);
    check!(gic().pending(UART), "line high: ICPENDR has no effect");
    lower();
    check!(
        timer::wait(|| !gic().pending(UART)),
        "line low again: not pending"
    );
    gic().enable(UART);
    irq_on();
    expect("and not taken when enabled", &[]);
}

/// Taken again and again while the line is high; not once it is low.
fn again() {
    fresh();
    lower();
    gic().set_edge(UART, false);
    gic().enable(UART);
    DROP.store(false, Ordering::Relaxed);
    HOOK.set(|_| {
        if LOG.len() == 3 {
            lower();
        }
    });
    irq_on();
    raise();
    expect("level: taken until the line goes down", &[UART, UART, UART]);
    check!(
        !gic().pending(UART) && !gic().active(UART),
        "level: inactive at the end"
    );
    HOOK.set(|_| {
        let both = gic().pending(UART) && gic().active(UART);
        lower();
        let only = !gic().pending(UART) && gic().active(UART);
        LOG.push(u32::from(both) << 1 | u32::from(only));
    });
    raise();
    expect(
        "level: active and pending while the line is high, then active",
        &[UART, 3],
    );
}

/// The line's rising edge is remembered, its level is not.
fn edge() {
    fresh();
    lower();
    gic().set_edge(UART, true);
    raise();
    check!(
        timer::wait(|| gic().pending(UART)),
        "edge: pending after the rise"
    );
    lower();
    check!(gic().pending(UART), "edge: still pending after the fall");
    gic().enable(UART);
    irq_on();
    expect("edge: taken once", &[UART]);
    raise();
    expect(
        "edge: once for one rise, though the line stays high",
        &[UART],
    );
    lower();
    expect("edge: not for a fall", &[]);
    irq_off();
    raise();
    timer::wait(|| gic().pending(UART));
    gic().poke(ICPENDR, UART);
    check!(
        !gic().pending(UART),
        "edge: ICPENDR clears it, line high or not"
    );
    lower();
    gic().set_edge(UART, false);
}
