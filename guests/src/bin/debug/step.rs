//! Software step at EL1 and EL0.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use guests::{
    check, check_eq, el0, mrs, msr, probe,
    trap::{self, Frame, Syndrome, ec},
};

use crate::{LOG, SPSR_SS, SS, disable, enable};

const ADD: u32 = 0x9100_0400;
const SVC: u32 = 0xd400_0001;

/// Steps still to do.
static LEFT: AtomicU64 = AtomicU64::new(0);

/// Logs each instruction of the probe and steps on.
fn hook(frame: &mut Frame, s: &Syndrome) -> bool {
    if s.ec() != ec::STEP {
        return false;
    }
    let offset = s.elr.wrapping_sub(probe::address());
    if offset < 64 {
        LOG.push(offset as u32 / 4);
    }
    if LEFT.fetch_sub(1, Relaxed) > 1 {
        frame.spsr |= SPSR_SS;
    } else {
        msr!("mdscr_el1", mrs!("mdscr_el1") & !SS);
        frame.spsr &= !SPSR_SS;
    }
    true
}

pub(crate) fn run() {
    LOG.clear();
    let start = probe::prepare(&[ADD; 6]);
    LEFT.store(60, Relaxed);
    trap::on_sync(Some(hook));
    // Stepping begins with the next instruction and goes on through the call.
    enable(SS);
    let [x0, ..] = probe::call(start, [0; 4]);
    disable();
    trap::on_sync(None);
    check_eq!(x0, 6, "stepped code computes the same");
    check!(LOG.iter().take(7).eq(0..7), "each instruction once, in order"; "{:?}", LOG);
    user();
}

/// One instruction at EL0.
fn user() {
    const STEP_EL0: u64 = 0x32;
    let start = probe::prepare(&[ADD, ADD, SVC]);
    enable(0);
    guests::sysreg::debug_off();
    msr!("mdscr_el1", mrs!("mdscr_el1") | SS);
    let (x0, end) = el0::run_stepping(start as usize, 10);
    msr!("mdscr_el1", mrs!("mdscr_el1") & !SS);
    disable();
    let at = start + el0::RAM_ALIAS as u64;
    check_eq!(
        [end.ec(), end.elr, x0],
        [STEP_EL0, at + 4, 11],
        "one step at EL0"
    );
}
