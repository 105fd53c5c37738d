//! The CPUs: each sleeps until it is told to do something, and all count what
//! interrupts they take.

use core::sync::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Release},
};

use guests::{
    check,
    gic::Group,
    hook::Hook,
    irq::gic,
    machine, psci, smp,
    sysreg::{MAX_CPUS, cpu, irq_off, irq_on, wfi},
    timer,
    trap::{self, Frame},
};

/// INTIDs that are counted: private ones and the first of the free SPIs.
const COUNTED: usize = 33;
/// The free SPI of these tests, counted at index 32.
pub(crate) const SPI: u32 = 232;
/// The SGI that only wakes a CPU.
pub(crate) const KICK: u32 = 15;

/// How often each CPU took each interrupt.
static COUNTS: [[AtomicU32; COUNTED]; MAX_CPUS] =
    [const { [const { AtomicU32::new(0) }; COUNTED] }; MAX_CPUS];
/// Sources of SGIs that each CPU saw, a bit a CPU (GICv2).
static SOURCES: [AtomicU32; MAX_CPUS] = [const { AtomicU32::new(0) }; MAX_CPUS];
/// What each CPU is to do next.
static ORDERS: [Hook<usize>; MAX_CPUS] = [const { Hook::new() }; MAX_CPUS];
/// Whether it is still to be done.
static BUSY: [AtomicUsize; MAX_CPUS] = [const { AtomicUsize::new(0) }; MAX_CPUS];
/// Called by handlers with the INTID.
pub(crate) static ON_IRQ: Hook<u32> = Hook::new();
static ONLINE: AtomicUsize = AtomicUsize::new(1);

/// CPUs of the machine.
pub(crate) fn cpus() -> usize {
    machine::get().cpus.min(MAX_CPUS)
}

fn slot(intid: u32) -> usize {
    (intid as usize).min(COUNTED - 1)
}

/// How often `cpu` took `intid`.
pub(crate) fn count(cpu: usize, intid: u32) -> u32 {
    COUNTS[cpu][slot(intid)].load(Acquire)
}

/// How often all CPUs took it.
pub(crate) fn total(intid: u32) -> u32 {
    (0..cpus()).map(|c| count(c, intid)).sum()
}

/// Sources that `cpu` saw.
pub(crate) fn sources(cpu: usize) -> u32 {
    SOURCES[cpu].load(Acquire)
}

/// All counts zero.
pub(crate) fn clear() {
    for cpu in 0..cpus() {
        COUNTS[cpu].iter().for_each(|c| c.store(0, Release));
        SOURCES[cpu].store(0, Release);
    }
}

fn irq(_: &mut Frame) {
    let acked = gic().ack(Group::One);
    let intid = acked & 0x3ff;
    if intid >= 1020 {
        return;
    }
    if intid < 16 {
        SOURCES[cpu()].fetch_or(1 << (acked >> 10 & 7), AcqRel);
    }
    ON_IRQ.call(intid);
    gic().eoi(Group::One, acked);
    COUNTS[cpu()][slot(intid)].fetch_add(1, AcqRel);
}

/// The life of a secondary CPU.
fn member(me: usize) {
    ready();
    ONLINE.fetch_add(1, AcqRel);
    loop {
        irq_off();
        if BUSY[me].load(Acquire) == 0 {
            // Whatever comes between the test and here is pending and wakes us.
            wfi();
            irq_on();
            continue;
        }
        irq_on();
        ORDERS[me].call(me);
        BUSY[me].store(0, Release);
    }
}

/// Private interrupts on for this CPU.
fn ready() {
    gic().init_cpu();
    for sgi in 0..16 {
        gic().enable(sgi);
    }
    irq_on();
}

/// Starts all CPUs.
pub(crate) fn assemble() -> bool {
    trap::on_irq(irq);
    gic().init();
    ready();
    for cpu in 1..cpus() {
        check!(
            smp::start(cpu, member) == psci::SUCCESS,
            "CPU {} starts",
            cpu
        );
    }
    let all = timer::wait(|| ONLINE.load(Acquire) == cpus());
    check!(all, "all CPUs are there");
    all
}

/// Tells a CPU to do something; it may be this one.
pub(crate) fn order(cpu: usize, work: fn(usize)) {
    if cpu == guests::sysreg::cpu() {
        work(cpu);
        return;
    }
    ORDERS[cpu].set(work);
    BUSY[cpu].store(1, Release);
    gic().send(KICK, 1 << cpu);
}

/// Waits until a CPU has done it.
pub(crate) fn done(cpu: usize) -> bool {
    timer::wait(|| BUSY[cpu].load(Acquire) == 0)
}

/// Gives interrupts that should not come the time to come.
pub(crate) fn settle() {
    timer::pass(500);
}
