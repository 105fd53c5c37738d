//! Leaves private interrupt lines high and goes: each CPU but the first by
//! `CPU_OFF`, then the machine by `SYSTEM_OFF`. Whoever owns the cores
//! afterwards must not notice. `pmu` and `timers` on the command line choose
//! the lines.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicUsize, Ordering};

use guests::{
    guest, irq, machine, msr, println, psci, smp, sysreg, timer,
    timer::{ENABLE, Timer},
};

guest!("lines-left", main);

/// The PMU's private interrupt on `virt`.
const PMU_INTID: u32 = 23;
/// `PMCR_EL0.E` and `.LC`: count, cycles in 64 bits.
const PMCR: u64 = 1 | 1 << 6;
/// The cycle counter's bit in the PMU's overflow and interrupt registers.
const CYCLES: u64 = 1 << 31;

static UP: AtomicUsize = AtomicUsize::new(0);

fn main() {
    irq::fresh();
    let cpus = machine::get().cpus;
    for cpu in 1..cpus {
        smp::start(cpu, |_| {
            irq::gic().init_cpu();
            raise();
            UP.fetch_add(1, Ordering::AcqRel);
            let _ = psci::call(psci::CPU_OFF, [0; 3]);
        });
    }
    timer::wait(|| UP.load(Ordering::Acquire) + 1 == cpus);
    raise();
    println!("PASS lines-left: lines are high, switching off");
    let result = psci::call(psci::SYSTEM_OFF, [0; 3]);
    println!("not ok - SYSTEM_OFF returned {result}");
}

/// Raises lines of the calling CPU, which takes no interrupt.
fn raise() {
    sysreg::irq_off();
    if machine::flag("pmu") {
        irq::gic().enable(PMU_INTID);
        msr!("pmcr_el0", PMCR);
        msr!("pmovsset_el0", CYCLES);
        msr!("pmintenset_el1", CYCLES);
        seen(PMU_INTID);
    }
    if machine::flag("timers") {
        for t in [Timer::Virtual, Timer::Physical] {
            irq::gic().enable(t.intid());
            t.set_cval(0);
            t.set_ctl(ENABLE);
            seen(t.intid());
        }
    }
}

fn seen(intid: u32) {
    if !timer::wait(|| irq::gic().pending(intid)) {
        println!("not ok - the line of interrupt {intid} is not high");
    }
}
