//! Hardware breakpoints at EL1, and BRK.

use guests::{
    check, check_eq, msr, probe,
    trap::{self, Frame, Syndrome, ec},
};

use crate::{
    LOG, SPSR_D, disable, enable,
    registers::{bcr, breakpoints, bvr},
};

/// `DBGBCR`: enabled, EL1 only, all bytes of the instruction.
const AT_EL1: u64 = 1 | 1 << 1 | 0xf << 5;
/// `DBGBCR`: enabled, EL0 only, all bytes of the instruction.
const AT_EL0: u64 = 1 | 2 << 1 | 0xf << 5;
/// `add x0, x0, #1`
const ADD: u32 = 0x9100_0400;
const NOP: u32 = 0xd503_201f;

/// Logs where it stopped and lets the instruction run with debug masked.
fn hook(frame: &mut Frame, s: &Syndrome) -> bool {
    if s.ec() != ec::BREAKPOINT {
        return false;
    }
    LOG.push((s.elr - probe::address()) as u32 / 4);
    frame.spsr |= SPSR_D;
    true
}

/// Runs six additions with breakpoints at some of them.
fn run_with(stops: &[u8]) -> u64 {
    LOG.clear();
    let start = probe::prepare(&[ADD, ADD, ADD, ADD, ADD, ADD, NOP]);
    arm(stops, start);
    // Arming used the same buffer.
    let start = probe::prepare(&[ADD, ADD, ADD, ADD, ADD, ADD, NOP]);
    trap::on_sync(Some(hook));
    enable(0);
    let [x0, ..] = probe::call(start, [0; 4]);
    disable();
    trap::on_sync(None);
    for n in 0..breakpoints() {
        let _ = bcr(n).write(0);
    }
    x0
}

fn arm(stops: &[u8], start: u64) {
    for (n, stop) in (0..).zip(stops) {
        let _ = bvr(n).write(start + 4 * u64::from(*stop));
        let _ = bcr(n).write(AT_EL1);
    }
}

pub(crate) fn run() {
    for stop in 0..6 {
        let x0 = run_with(&[stop]);
        check!(x0 == 6 && LOG.is(&[stop.into()]), "a breakpoint at instruction {} fires before it", stop; "{x0} {:?}", LOG);
    }
    // The first one masks debug exceptions for the rest of the sequence.
    run_with(&[4, 2]);
    check!(LOG.is(&[2]), "of two breakpoints the first one reached fires"; "{:?}", LOG);
    run_with(&[]);
    check!(LOG.is_empty(), "none armed, none fires");
    masked();
    last_one();
    user();
    brk();
}

/// `PSTATE.D` or `MDSCR_EL1` off: nothing fires.
fn masked() {
    LOG.clear();
    let _ = bvr(0).write(probe::address());
    let _ = bcr(0).write(AT_EL1);
    let start = probe::prepare(&[ADD]);
    trap::on_sync(Some(hook));
    enable(0);
    guests::sysreg::debug_off();
    probe::call(start, [0; 4]);
    check!(LOG.is_empty(), "PSTATE.D set: a breakpoint does not fire");
    disable();
    msr!("mdscr_el1", 0);
    guests::sysreg::debug_on();
    probe::call(start, [0; 4]);
    check!(LOG.is_empty(), "MDSCR off: a breakpoint does not fire");
    guests::sysreg::debug_off();
    trap::on_sync(None);
    let _ = bcr(0).write(0);
}

/// The highest-numbered breakpoint works like the first.
fn last_one() {
    LOG.clear();
    let n = breakpoints() - 1;
    let _ = bvr(n).write(probe::address() + 4);
    let _ = bcr(n).write(AT_EL1);
    let start = probe::prepare(&[NOP, ADD]);
    trap::on_sync(Some(hook));
    enable(0);
    probe::call(start, [0; 4]);
    disable();
    trap::on_sync(None);
    check!(LOG.is(&[1]), "breakpoint {} fires", n; "{:?}", LOG);
    let _ = bcr(n).write(0);
}

/// A breakpoint at EL0.
fn user() {
    use guests::el0;
    const SVC: u32 = 0xd400_0001;
    const BREAKPOINT_EL0: u64 = 0x30;
    let target = probe::address() + el0::RAM_ALIAS as u64 + 4;
    let _ = bvr(0).write(target);
    let _ = bcr(0).write(AT_EL0);
    let start = probe::prepare(&[NOP, ADD, SVC]);
    enable(0);
    let (x0, end) = el0::run(start as usize, 7);
    disable();
    check_eq!(
        [end.ec(), end.elr, x0],
        [BREAKPOINT_EL0, target, 7],
        "a breakpoint at EL0"
    );
    let _ = bcr(0).write(0);
}

fn brk() {
    let got = probe::run(&[0xd420_0000 | 0xf00 << 5], [0; 4]).err();
    check!(got.is_some_and(|s| s.ec() == ec::BRK && s.iss() == 0xf00 && s.elr == probe::address()), "brk"; "{got:x?}");
}
