//! PSCI under load: every CPU keeps turning the others on while they turn
//! themselves off, so that calls for the same CPU meet in every order. Each
//! boot ends in the middle of it, by calls of several CPUs at once.
//!
//! Prints its `PASS` line before the calls that end it. Boots 0 to `RESETS`-1
//! end by `SYSTEM_RESET`, the next by `SYSTEM_OFF` against `SYSTEM_RESET`
//! (either may win), the last by `SYSTEM_OFF` alone.

#![no_std]
#![no_main]

use core::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{AcqRel, Acquire, Release},
};

use guests::{
    boots, check, check_eq, exit, guest, machine, psci,
    psci::{ALREADY_ON, ON_PENDING, SUCCESS},
    report, smp, sysreg, timer,
};

guest!("psci-storm", main);

/// Boots that end by resets alone.
const RESETS: u32 = 3;
/// CPUs that each boot turns on, by default; fewer on QEMU alone, which takes
/// every call while a CPU is on its way and then has to do them all.
const STARTS: u32 = 1000;
const STARTS_ALONE: u32 = 100;
/// `AFFINITY_INFO` of a CPU that is off.
const OFF: i64 = 1;
/// How often a CPU turns the others on before it goes off.
const ROUNDS: u32 = 3;
/// How long CPUs come and go while the end is prepared, in microseconds.
const MOMENT: u64 = 2000;

/// `CPU_ON` calls that succeeded, CPUs that came up, other results.
static SUCCEEDED: AtomicU32 = AtomicU32::new(0);
static CAME: AtomicU32 = AtomicU32::new(0);
static REFUSED: AtomicU32 = AtomicU32::new(0);
/// Not yet, or no more: CPUs that are on turn on no other and go off.
static STOP: AtomicBool = AtomicBool::new(true);
/// The function with which a CPU other than the first ends this boot.
static LAST_CALL: AtomicU32 = AtomicU32::new(0);
/// CPUs other than the first that are about to end the boot.
static ENDING: AtomicU32 = AtomicU32::new(0);

fn main() {
    let cpus = machine::get().cpus;
    if machine::get().rtc.is_none() || cpus < 2 {
        check!(false, "there are a PL031 and a second CPU");
        return;
    }
    let boot = boots::number(RESETS + 1);
    // Registers the work of each, before another one can turn it on; later
    // calls need only the entry point.
    for cpu in 1..cpus {
        count(smp::start(cpu, secondary));
    }
    STOP.store(false, Release);
    let usual = if machine::strict() {
        STARTS
    } else {
        STARTS_ALONE
    };
    let wanted = machine::number("starts=").unwrap_or(usual);
    timer::wait(|| {
        turn_on();
        CAME.load(Acquire) >= wanted
    });
    calm(boot, wanted);
    if report::failures() > 0 {
        exit::exit(report::verdict());
    }
    end(boot);
}

/// On CPUs other than the first.
fn secondary(_: usize) {
    CAME.fetch_add(1, AcqRel);
    let last = LAST_CALL.load(Acquire);
    if last != 0 {
        ENDING.fetch_add(1, AcqRel);
        let _ = psci::call(last, [0; 3]);
    }
    for _ in 0..ROUNDS {
        if !STOP.load(Acquire) {
            turn_on();
        }
    }
    let _ = psci::call(psci::CPU_OFF, [0; 3]);
}

/// Tries to turn on every CPU but the first, the caller included.
fn turn_on() {
    for cpu in 1..machine::get().cpus {
        count(psci::call(psci::CPU_ON, [cpu as u64, smp::entry(), 0]));
    }
}

fn count(result: i64) {
    match result {
        SUCCESS => SUCCEEDED.fetch_add(1, AcqRel),
        ALREADY_ON | ON_PENDING => 0,
        _ => REFUSED.fetch_add(1, AcqRel),
    };
}

/// Lets all of them go off, and checks that no call was lost or done twice.
fn calm(boot: u32, wanted: u32) {
    STOP.store(true, Release);
    for cpu in 1..machine::get().cpus {
        let off = || psci::call(psci::AFFINITY_INFO, [cpu as u64, 0, 0]) == OFF;
        check!(timer::wait(off), "boot {}: CPU {} goes off", boot, cpu);
    }
    let (came, succeeded) = (CAME.load(Acquire), SUCCEEDED.load(Acquire));
    check!(came >= wanted, "boot {}: {} CPUs turned on", boot, wanted; "{came}");
    // QEMU's own says SUCCESS again while a CPU is on its way.
    if machine::strict() {
        check_eq!(came, succeeded, "boot {}: one start for each success", boot);
    }
    check_eq!(REFUSED.load(Acquire), 0, "boot {}: no other result", boot);
}

/// Storms on for a moment; then this CPU and others end the boot at once.
fn end(boot: u32) {
    let (mine, other) = match boot {
        ..RESETS => (psci::SYSTEM_RESET, psci::SYSTEM_RESET),
        RESETS => (psci::SYSTEM_OFF, psci::SYSTEM_RESET),
        _ => (psci::SYSTEM_OFF, psci::SYSTEM_OFF),
    };
    if boot == RESETS {
        let _ = report::verdict();
    }
    boots::set(boot + 1);
    STOP.store(false, Release);
    turn_on();
    timer::pass(MOMENT);
    LAST_CALL.store(other, Release);
    while ENDING.load(Acquire) == 0 {
        turn_on();
    }
    let _ = psci::call(mine, [0; 3]);
    loop {
        sysreg::wfi();
    }
}
