//! Self-hosted debug: breakpoints, watchpoints, single step, BRK, the OS lock.

#![no_std]
#![no_main]

mod breakpoint;
mod registers;
mod step;
mod watchpoint;

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use guests::{
    guest,
    log::Log,
    mrs, msr,
    sysreg::{debug_off, debug_on},
};

guest!("debug", main);

/// `MDSCR_EL1`: software step, kernel debug, monitor debug.
const SS: u64 = 1;
const KDE: u64 = 1 << 13;
const MDE: u64 = 1 << 15;
/// `PSTATE`, as in `SPSR_EL1`: software step, debug masked.
const SPSR_SS: u64 = 1 << 21;
const SPSR_D: u64 = 1 << 9;

/// Exception class and instruction (offset from the probe) or address, in turn.
static LOG: Log = Log::new();
/// `FAR_EL1` of the last one.
static FAR: AtomicU64 = AtomicU64::new(0);

/// Debug exceptions on; the OS lock open.
fn enable(bits: u64) {
    msr!("oslar_el1", 0);
    msr!("mdscr_el1", mrs!("mdscr_el1") | MDE | KDE | bits);
    debug_on();
}

/// And off again.
fn disable() {
    debug_off();
    msr!("mdscr_el1", mrs!("mdscr_el1") & !(SS | MDE | KDE));
}

fn last_far() -> u64 {
    FAR.load(Relaxed)
}

fn main() {
    registers::run();
    breakpoint::run();
    watchpoint::run();
    step::run();
}
