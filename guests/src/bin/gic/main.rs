//! The interrupt controller as one CPU sees it: registers, delivery, priority,
//! preemption, active states, end of interrupt, SGIs, and more interrupts at
//! once than any hardware has list registers.

#![no_std]
#![no_main]

mod active;
mod deliver;
mod group;
mod line;
mod many;
mod priority;
mod registers;
mod sgi;

use guests::{
    check,
    gic::{Group, ISPENDR, SPURIOUS},
    guest,
    irq::{FIQ, HOOK, LOG, SETTLE, expect, fresh, gic},
};

guest!("gic", main);

/// An SPI to which no device of the machine is wired; more follow it.
const SPI: u32 = 232;
/// Mark of an end of interrupt in the log of nested handlers.
const END: u32 = 1 << 16;

/// Pends an SPI by software.
fn pend(intid: u32) {
    gic().poke(ISPENDR, intid);
}

/// Edge-triggered, enabled, with a priority.
fn prepare(intid: u32, priority: u8) {
    gic().set_edge(intid, true);
    gic().set_priority(intid, priority);
    gic().enable(intid);
}

fn main() {
    fresh();
    check!(
        gic().ack(Group::One) & 0x3ff == SPURIOUS,
        "nothing pending: acknowledge gives 1023"
    );
    registers::run();
    deliver::run();
    line::run();
    active::run();
    priority::run();
    many::run();
    group::run();
    sgi::run();
}
