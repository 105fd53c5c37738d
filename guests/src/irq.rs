//! One interrupt handler for all tests: it logs, calls the test's hook, and
//! ends the interrupt.

use crate::{
    check,
    gic::{Gic, Group},
    hook::Hook,
    log::Log,
    machine,
    sysreg::irq_off,
    timer,
    trap::{self, Frame},
};

/// How long a handler that should not run gets the chance to, in microseconds.
pub const SETTLE: u64 = 200;
/// Mark of an FIQ in the log.
pub const FIQ: u32 = 1 << 17;
/// First of the special INTIDs, which are not ended.
const SPECIAL: u32 = 1020;

/// INTIDs in the order of their acknowledges, and what hooks add.
pub static LOG: Log = Log::new();
/// Called between acknowledge and end of interrupt with the INTID.
pub static HOOK: Hook<u32> = Hook::new();

/// The interrupt controller.
#[must_use]
pub fn gic() -> &'static Gic {
    &machine::get().gic
}

fn irq(_: &mut Frame) {
    take(Group::One, 0);
}

fn fiq(_: &mut Frame) {
    take(Group::Zero, FIQ);
}

fn take(group: Group, mark: u32) {
    let acked = gic().ack(group);
    let intid = acked & 0x3ff;
    LOG.push(intid | mark);
    if intid < SPECIAL {
        HOOK.call(intid);
        gic().eoi(group, acked);
    }
}

/// A fresh controller, the handlers installed, empty log, no hook, interrupts
/// masked.
pub fn fresh() {
    irq_off();
    trap::on_irq(irq);
    trap::on_fiq(fiq);
    gic().init();
    HOOK.clear();
    LOG.clear();
}

/// Waits for as many log entries as wanted, a little longer, and compares.
pub fn expect(name: &str, want: &[u32]) {
    timer::wait(|| LOG.len() >= want.len());
    timer::pass(SETTLE);
    check!(LOG.is(want), "{}", name; "log {:?}, want {want:?}", LOG);
    LOG.clear();
}
