//! CPUs on, off, and on again.

use core::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use guests::{
    check, check_eq, machine, mrs,
    psci::{self, ALREADY_ON, INVALID_ADDRESS, INVALID_PARAMETERS, SUCCESS},
    skip, smp, sysreg, timer,
};

/// `AFFINITY_INFO`: on.
const ON: i64 = 0;
/// `AFFINITY_INFO`: off.
const OFF: i64 = 1;
/// Times that CPU 1 is started.
const ROUNDS: u32 = 20;

/// How often a secondary came up.
static STARTS: AtomicU32 = AtomicU32::new(0);
/// Set to let it go off.
static LEAVE: AtomicU32 = AtomicU32::new(0);
/// What it saw: MPIDR, SCTLR at entry is not visible here, DAIF, CurrentEL.
static SAW: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];
/// The result of a `CPU_OFF` that came back.
static CAME_BACK: AtomicU32 = AtomicU32::new(0);

fn affinity_info(cpu: usize) -> i64 {
    psci::call(psci::AFFINITY_INFO, [cpu as u64, 0, 0])
}

/// What a secondary does: look around, wait, switch itself off.
fn secondary(_: usize) {
    SAW[0].store(mrs!("mpidr_el1"), Relaxed);
    SAW[1].store(mrs!("daif"), Relaxed);
    SAW[2].store(mrs!("currentel"), Relaxed);
    STARTS.fetch_add(1, Release);
    while LEAVE.load(Acquire) == 0 {
        core::hint::spin_loop();
    }
    psci::call(psci::CPU_OFF, [0; 3]);
    CAME_BACK.fetch_add(1, Release);
}

pub(crate) fn run() {
    refusals();
    let cpus = machine::get().cpus;
    if cpus == 1 {
        skip!("CPU_ON of another CPU"; "one CPU");
        return;
    }
    for cpu in 1..cpus {
        one(cpu);
    }
    rounds();
    all(cpus);
}

fn refusals() {
    let on = |cpu: u64| psci::call(psci::CPU_ON, [cpu, smp::entry(), 0]);
    check_eq!(on(0), ALREADY_ON, "CPU_ON of itself");
    check_eq!(
        on(machine::get().cpus as u64),
        INVALID_PARAMETERS,
        "CPU_ON of a CPU that is not there"
    );
    check_eq!(on(0x100), INVALID_PARAMETERS, "CPU_ON of another cluster");
    check_eq!(
        on(1 << 32),
        INVALID_PARAMETERS,
        "CPU_ON of another affinity 3"
    );
    check_eq!(affinity_info(0), ON, "AFFINITY_INFO of itself");
    let absent = affinity_info(machine::get().cpus);
    check_eq!(
        absent,
        INVALID_PARAMETERS,
        "AFFINITY_INFO of a CPU that is not there"
    );
    let level3 = psci::call(psci::AFFINITY_INFO, [0, 4, 0]);
    // Level 3 exists on every machine, level 4 on none; QEMU says that higher
    // levels are on.
    check!(level3 == INVALID_PARAMETERS || !machine::strict(), "AFFINITY_INFO of level 4"; "{level3}");
}

fn one(cpu: usize) {
    LEAVE.store(0, Release);
    STARTS.store(0, Release);
    check_eq!(affinity_info(cpu), OFF, "CPU {} is off at first", cpu);
    if machine::strict() {
        // An implementation may check the entry; QEMU does not.
        let hole = psci::call(psci::CPU_ON, [cpu as u64, 0x70_0000_0000, 0]);
        check_eq!(hole, INVALID_ADDRESS, "CPU_ON of CPU {} at no memory", cpu);
    }
    const CONTEXT: u64 = 0x1234_5678_9abc_de00;
    let result = smp::start_with(cpu, secondary, CONTEXT + cpu as u64);
    check_eq!(result, SUCCESS, "CPU_ON of CPU {}", cpu);
    check!(
        timer::wait(|| STARTS.load(Acquire) == 1),
        "CPU {} comes up",
        cpu
    );
    check_eq!(
        smp::context(cpu),
        Some(CONTEXT + cpu as u64),
        "CPU {}: context id in x0",
        cpu
    );
    let saw = [0, 1, 2].map(|i: usize| SAW[i].load(Relaxed));
    check_eq!(saw[0] & 0xff_00ff_ffff, cpu as u64, "CPU {}: MPIDR", cpu);
    check_eq!(saw[1], 0x3c0, "CPU {}: interrupts masked", cpu);
    check_eq!(saw[2], 4, "CPU {}: at EL1", cpu);
    check_eq!(affinity_info(cpu), ON, "CPU {} is on", cpu);
    let again = psci::call(psci::CPU_ON, [cpu as u64, smp::entry(), 0]);
    check_eq!(again, ALREADY_ON, "CPU_ON of CPU {}, which is on", cpu);
    LEAVE.store(1, Release);
    check!(
        timer::wait(|| affinity_info(cpu) == OFF),
        "CPU {} goes off",
        cpu
    );
}

/// Off and on, again and again.
fn rounds() {
    STARTS.store(0, Release);
    let mut good = 0;
    for round in 1..=ROUNDS {
        if timer::wait(|| smp::start(1, secondary) == SUCCESS)
            && timer::wait(|| STARTS.load(Acquire) == round)
            && timer::wait(|| affinity_info(1) == OFF)
        {
            good += 1;
        }
    }
    check_eq!(good, ROUNDS, "CPU 1 on and off twenty times");
    check_eq!(CAME_BACK.load(Acquire), 0, "CPU_OFF does not return");
}

/// All at once.
fn all(cpus: usize) {
    LEAVE.store(0, Release);
    STARTS.store(0, Release);
    for cpu in 1..cpus {
        check_eq!(
            smp::start(cpu, secondary),
            SUCCESS,
            "CPU_ON of CPU {} with the others",
            cpu
        );
    }
    let up = timer::wait(|| STARTS.load(Acquire) as usize == cpus - 1);
    check!(up, "all CPUs are up together");
    LEAVE.store(1, Release);
    sysreg::sev();
    let off = timer::wait(|| (1..cpus).all(|cpu| affinity_info(cpu) == OFF));
    check!(off, "and off again");
}
