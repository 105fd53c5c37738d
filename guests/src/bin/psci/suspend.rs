//! `CPU_SUSPEND` to a standby state: it returns at the next wake-up event.

use guests::{
    check_eq,
    irq::{HOOK, expect, fresh, gic},
    machine,
    psci::{self, SUCCESS},
    skip,
    sysreg::irq_on,
    timer::Timer,
};

pub(crate) fn run() {
    fresh();
    HOOK.set(|_| Timer::Virtual.stop());
    gic().enable(Timer::Virtual.intid());
    Timer::Virtual.arm(2000);
    let deadline = Timer::Virtual.cval();
    // Power state 0: standby, nothing lost. An implementation may refuse it or
    // return early, as any wake-up event may.
    let result = psci::call(psci::CPU_SUSPEND, [0, 0, 0]);
    check_eq!(result, SUCCESS, "CPU_SUSPEND to standby returns success");
    if machine::strict() || Timer::Virtual.count() >= deadline {
        guests::check!(
            Timer::Virtual.count() >= deadline,
            "and not before something woke the CPU"
        );
    } else {
        skip!("woken by the timer"; "QEMU came back at once");
    }
    irq_on();
    expect(
        "the interrupt that ended it is taken",
        &[Timer::Virtual.intid()],
    );
}
