//! All CPUs come up and share memory as the architecture says: atomics,
//! message passing, TLB and instruction cache maintenance reach all of them.

#![no_std]
#![no_main]

use core::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use guests::{
    check, check_eq, guest, machine, mrs, probe, psci, skip,
    smp::{self, Barrier},
    sysreg::{self, MAX_CPUS, cpu},
    table, timer,
};

guest!("smp", main);

/// Additions of each CPU.
const ADDS: u64 = 20_000;
/// Rounds of message passing, of code changes, of page changes.
const ROUNDS: u64 = 200;
/// A free entry of the level 1 table and the address it translates.
const ENTRY: usize = 0x190;
const WINDOW: u64 = table::base(ENTRY);

static BARRIER: Barrier = Barrier::new();
static UP: AtomicUsize = AtomicUsize::new(1);
static COUNTER: AtomicU64 = AtomicU64::new(0);
static LOCK: AtomicBool = AtomicBool::new(false);
static GUARDED: AtomicU64 = AtomicU64::new(0);
static MESSAGE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static WRONG: AtomicU32 = AtomicU32::new(0);
static MPIDRS: [AtomicU64; MAX_CPUS] = [const { AtomicU64::new(0) }; MAX_CPUS];
/// Where the code under change is.
static CODE: AtomicU64 = AtomicU64::new(0);

fn cpus() -> usize {
    machine::get().cpus.min(MAX_CPUS)
}

fn main() {
    for (c, mpidr) in MPIDRS.iter().enumerate().take(cpus()).skip(1) {
        check_eq!(smp::start(c, all), psci::SUCCESS, "CPU_ON of CPU {}", c);
        check!(
            timer::wait(|| mpidr.load(Acquire) != 0),
            "CPU {} comes up",
            c
        );
        check_eq!(
            mpidr.load(Acquire) & 0xff_00ff_ffff,
            c as u64,
            "CPU {} has its own MPIDR",
            c
        );
    }
    if cpus() == 1 {
        check!(true, "one CPU");
        skip!("sharing"; "one CPU");
    }
    if !timer::wait(|| UP.load(Acquire) == cpus()) {
        check!(false, "all CPUs are up");
        return;
    }
    all(0);
}

/// What each CPU does, in step.
fn all(me: usize) {
    if me != 0 {
        MPIDRS[me].store(mrs!("mpidr_el1") | 1 << 31, Release);
        UP.fetch_add(1, AcqRel);
        while UP.load(Acquire) < cpus() {
            core::hint::spin_loop();
        }
    }
    atomics(me);
    messages(me);
    code(me);
    pages(me);
    clocks(me);
}

fn verdict(me: usize, name: &str) {
    BARRIER.wait(cpus());
    if me == 0 {
        check_eq!(WRONG.swap(0, AcqRel), 0, "{}", name);
    }
    BARRIER.wait(cpus());
}

fn atomics(me: usize) {
    BARRIER.wait(cpus());
    for _ in 0..ADDS {
        COUNTER.fetch_add(1, Relaxed);
        while LOCK
            .compare_exchange_weak(false, true, Acquire, Relaxed)
            .is_err()
        {
            core::hint::spin_loop();
        }
        GUARDED.store(GUARDED.load(Relaxed) + 1, Relaxed);
        LOCK.store(false, Release);
    }
    BARRIER.wait(cpus());
    if me == 0 {
        let want = ADDS * cpus() as u64;
        check_eq!(COUNTER.load(Relaxed), want, "atomic additions of all CPUs");
        check_eq!(GUARDED.load(Relaxed), want, "additions under a spin lock");
    }
}

/// Data first, then the flag: who sees the flag sees the data.
fn messages(me: usize) {
    BARRIER.wait(cpus());
    for round in 1..=ROUNDS {
        if me == 0 {
            MESSAGE[0].store(round * 3, Relaxed);
            MESSAGE[1].store(round, Release);
        } else {
            while MESSAGE[1].load(Acquire) != round {
                core::hint::spin_loop();
            }
            WRONG.fetch_add(u32::from(MESSAGE[0].load(Relaxed) != round * 3), AcqRel);
        }
        BARRIER.wait(cpus());
    }
    verdict(me, "messages are seen in order");
}

/// CPU 0 rewrites a function; `ic ivau` makes all CPUs see it.
fn code(me: usize) {
    const MOVZ_X0: u32 = 0xd280_0000;
    for round in 0..ROUNDS {
        if me == 0 {
            CODE.store(probe::prepare(&[MOVZ_X0 | (round as u32) << 5]), Release);
        }
        BARRIER.wait(cpus());
        sysreg::isb();
        let got = probe::call(CODE.load(Acquire), [0; 4])[0];
        WRONG.fetch_add(u32::from(got != round), AcqRel);
        BARRIER.wait(cpus());
    }
    verdict(me, "new code is seen by all CPUs");
}

/// CPU 0 maps a window here and there; `tlbi …is` makes all CPUs see it.
fn pages(me: usize) {
    let text = (&raw const COUNTER) as u64 - table::RAM;
    let pl011 = machine::get().uart as u64 + 0xfe0;
    for round in 0..ROUNDS {
        if me == 0 {
            let block = if round % 2 == 0 {
                table::RAM | table::NORMAL
            } else {
                table::DEVICE
            };
            table::set(ENTRY, block | table::NEVER_EXECUTE);
        }
        BARRIER.wait(cpus());
        sysreg::isb();
        let (offset, want) = if round % 2 == 0 {
            (text, COUNTER.load(Relaxed) as u32)
        } else {
            (pl011, 0x11)
        };
        let got = guests::mmio::Mmio((WINDOW + offset) as usize).r32(0);
        WRONG.fetch_add(u32::from(got != want), AcqRel);
        BARRIER.wait(cpus());
    }
    verdict(me, "new translations are seen by all CPUs");
}

/// The virtual counts of all CPUs are one count.
fn clocks(me: usize) {
    for _ in 0..ROUNDS {
        for turn in 0..cpus() {
            BARRIER.wait(cpus());
            if turn == cpu() {
                let now = timer::now();
                WRONG.fetch_add(u32::from(now < MESSAGE[0].load(Acquire)), AcqRel);
                MESSAGE[0].store(now, Release);
            }
        }
    }
    verdict(me, "the count never runs backwards from CPU to CPU");
}
