//! Boards that start at EL3 without firmware: what only EL3 can do for us.

use core::arch::asm;

use platform::machine::GicInfo;

use super::secondary::started_at_el3;

core::arch::global_asm!(include_str!("monitor.S"));

/// A routine of `monitor.S`, by its number there.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Routine {
    /// Gives a GICv2 and the calling core's interface to Non-secure software.
    OpenGicV2 = 0,
    /// Gives a GICv3 to Non-secure software.
    OpenGicV3 = 1,
}

/// Gives the interrupts that all cores share to Non-secure software. Firmware
/// does that where there is some. To be called before the distributor is set
/// up: until then it ignores what we write.
pub(crate) fn open_distributor(gic: &GicInfo) {
    match gic {
        GicInfo::V2(_) => open_core(gic),
        GicInfo::V3(gic) if started_at_el3() => {
            // SAFETY: the routine takes this register block, which the board has.
            unsafe { at_el3(Routine::OpenGicV3, gic.gicd.base, 0) };
        }
        GicInfo::V3(_) => {}
    }
}

/// Gives the calling core's own interrupts to Non-secure software. With a
/// GICv3 they follow the distributor.
pub(crate) fn open_core(gic: &GicInfo) {
    if let GicInfo::V2(gic) = gic
        && started_at_el3()
    {
        // SAFETY: the routine takes these register blocks, which the board has.
        unsafe { at_el3(Routine::OpenGicV2, gic.gicd.base, gic.gicc.base) };
    }
}

/// Has a routine of `monitor.S` executed at EL3.
///
/// # Safety
/// EL3 must be ours, and the arguments what the routine wants.
unsafe fn at_el3(routine: Routine, first: u64, second: u64) {
    // SAFETY: promised by the caller; the monitor clobbers x0 to x5.
    unsafe {
        asm!(
            "smc #0",
            inout("x0") routine as u64 => _,
            inout("x1") first => _,
            inout("x2") second => _,
            out("x3") _, out("x4") _, out("x5") _,
        );
    }
}
