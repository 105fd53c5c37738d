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
    gic::{Gic, Group, SPURIOUS},
    guest,
    hook::Hook,
    log::Log,
    machine,
    sysreg::irq_off,
    timer,
    trap::{self, Frame},
};

guest!("gic", main);

/// An SPI to which no device of the machine is wired; more follow it.
const SPI: u32 = 232;
/// How long a handler that should not run gets the chance to, in microseconds.
const SETTLE: u64 = 200;

/// INTIDs in the order of their acknowledges; [`END`] is added at the end of interrupt.
static LOG: Log = Log::new();
/// Called between acknowledge and end of interrupt with the INTID.
static HOOK: Hook<u32> = Hook::new();
/// Mark of an end of interrupt in the log of nested handlers.
const END: u32 = 1 << 16;
/// Mark of an FIQ in the log.
const FIQ: u32 = 1 << 17;

fn gic() -> &'static Gic {
    &machine::get().gic
}

fn irq(_: &mut Frame) {
    take(Group::One, 0);
}

fn fiq(_: &mut Frame) {
    take(Group::Zero, FIQ);
}

/// Acknowledges, calls the hook, ends the interrupt.
fn take(group: Group, mark: u32) {
    let acked = gic().ack(group);
    let intid = acked & 0x3ff;
    LOG.push(intid | mark);
    if intid < 1020 {
        HOOK.call(intid);
        gic().eoi(group, acked);
    }
}

/// A fresh controller, empty log, no hook, interrupts masked.
fn fresh() {
    irq_off();
    gic().init();
    HOOK.clear();
    LOG.clear();
}

/// Waits for as many log entries as wanted, a little longer, and compares.
fn expect(name: &str, want: &[u32]) {
    timer::wait(|| LOG.len() >= want.len());
    timer::pass(SETTLE);
    check!(LOG.is(want), "{}", name; "log {:?}, want {want:?}", LOG);
    LOG.clear();
}

/// Pends an SPI by software.
fn pend(intid: u32) {
    gic().poke(guests::gic::ISPENDR, intid);
}

/// Edge-triggered, enabled, with a priority.
fn prepare(intid: u32, priority: u8) {
    gic().set_edge(intid, true);
    gic().set_priority(intid, priority);
    gic().enable(intid);
}

fn main() {
    trap::on_irq(irq);
    trap::on_fiq(fiq);
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
