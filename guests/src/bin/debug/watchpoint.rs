//! Watchpoints at EL1: loads, stores, bytes.

use guests::{
    check, check_eq, mrs, probe,
    trap::{self, Frame, Syndrome, ec},
};

use core::sync::atomic::Ordering::Relaxed;

use crate::{
    FAR, LOG, SPSR_D, disable, enable, last_far,
    registers::{watchpoints, wcr, wvr},
};

/// `DBGWCR`: enabled, EL1 only.
const AT_EL1: u64 = 1 | 1 << 1;
/// `DBGWCR.LSC`
const LOADS: u64 = 1 << 3;
const STORES: u64 = 2 << 3;
/// `ldr x0, [x1]`, `str x0, [x1]`, `ldrb w0, [x1]`
const LDR: u32 = 0xf940_0020;
const STR: u32 = 0xf900_0020;
const LDRB: u32 = 0x3940_0020;

static WATCHED: [u64; 4] = [0x11, 0x22, 0x33, 0x44];

/// Logs whether it was a write and lets the instruction run with debug masked.
fn hook(frame: &mut Frame, s: &Syndrome) -> bool {
    if s.ec() != ec::WATCHPOINT {
        return false;
    }
    LOG.push((s.iss() >> 6 & 1) as u32);
    FAR.store(mrs!("far_el1"), Relaxed);
    frame.spsr |= SPSR_D;
    true
}

/// One access with watchpoint `n` set to bytes of a doubleword; x0 after it.
fn access(n: u8, kinds: u64, bytes: u64, watched: u64, code: u32, at: u64) -> u64 {
    LOG.clear();
    let _ = wvr(n).write(watched);
    let _ = wcr(n).write(AT_EL1 | kinds | bytes << 5);
    let start = probe::prepare(&[code]);
    trap::on_sync(Some(hook));
    enable(0);
    let [x0, ..] = probe::call(start, [0x99, at, 0, 0]);
    disable();
    trap::on_sync(None);
    let _ = wcr(n).write(0);
    x0
}

pub(crate) fn run() {
    let mut room = WATCHED;
    let at = (&raw mut room) as u64;
    for n in [0, watchpoints() - 1] {
        let x0 = access(n, LOADS | STORES, 0xff, at, LDR, at);
        check!(LOG.is(&[0]) && x0 == 0x11, "watchpoint {}: a load fires, and is done afterwards", n; "{:?} {x0:#x}", LOG);
        check_eq!(last_far(), at, "watchpoint {}: FAR", n);
        access(n, LOADS | STORES, 0xff, at + 8, STR, at + 8);
        check!(LOG.is(&[1]), "watchpoint {}: a store fires", n; "{:?}", LOG);
        check_eq!(
            core::hint::black_box(&mut room)[1],
            0x99,
            "watchpoint {}: and is done",
            n
        );
    }
    access(0, LOADS, 0xff, at, STR, at);
    check!(LOG.is_empty(), "loads watched: a store does not fire");
    access(0, STORES, 0xff, at, LDR, at);
    check!(LOG.is_empty(), "stores watched: a load does not fire");
    access(0, LOADS | STORES, 0xff, at, LDR, at + 8);
    check!(LOG.is_empty(), "the next doubleword does not fire");
    access(0, LOADS | STORES, 0xf0, at, LDRB, at + 3);
    check!(LOG.is_empty(), "a byte that is not selected does not fire");
    access(0, LOADS | STORES, 0xf0, at, LDRB, at + 4);
    check!(LOG.is(&[0]), "a byte that is selected fires"; "{:?}", LOG);
    core::hint::black_box(&mut room);
}
