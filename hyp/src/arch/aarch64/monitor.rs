//! Boards that start at EL3 without firmware: what only EL3 can do for us.

use core::arch::asm;

use platform::machine::GicInfo;

use super::secondary::started_at_el3;

core::arch::global_asm!(include_str!("monitor.S"));

unsafe extern "C" {
    static monitor_open_gicv2: u8;
    static monitor_open_gicv3: u8;
}

/// Gives the calling core's interrupts to Non-secure software. Firmware does
/// that where there is some.
pub(crate) fn open_interrupts(gic: &GicInfo) {
    if !started_at_el3() {
        return;
    }
    match gic {
        GicInfo::V2(gic) => {
            let routine = &raw const monitor_open_gicv2 as u64;
            // SAFETY: the routine takes these registers, which the board has.
            unsafe { at_el3(routine, gic.gicd.base, gic.gicc.base) };
        }
        GicInfo::V3(gic) => {
            let routine = &raw const monitor_open_gicv3 as u64;
            // SAFETY: as above.
            unsafe { at_el3(routine, gic.gicd.base, 0) };
        }
    }
}

/// Has a routine of `monitor.S` executed at EL3.
///
/// # Safety
/// EL3 must be ours, and the arguments what the routine wants.
unsafe fn at_el3(routine: u64, first: u64, second: u64) {
    // SAFETY: promised by the caller; the monitor clobbers x0 to x5 and x30.
    unsafe {
        asm!(
            "smc #0",
            inout("x0") routine => _,
            inout("x1") first => _,
            inout("x2") second => _,
            out("x3") _, out("x4") _, out("x5") _, out("x30") _,
        );
    }
}
