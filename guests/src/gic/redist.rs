//! GICv3 redistributors.

use super::Gic;
use crate::mmio::Mmio;

/// `GICR_TYPER`
const TYPER: usize = 0x08;
/// `GICR_WAKER`
const WAKER: usize = 0x14;
/// `GICR_WAKER.ProcessorSleep`
const PROCESSOR_SLEEP: u32 = 1 << 1;
/// `GICR_WAKER.ChildrenAsleep`
const CHILDREN_ASLEEP: u32 = 1 << 2;
/// `GICR_TYPER.Last`
const LAST: u64 = 1 << 4;
/// Two frames of 64 KiB.
const STRIDE: usize = 0x2_0000;
/// The second frame.
const SGI_FRAME: usize = 0x1_0000;

impl Gic {
    /// The redistributor whose `GICR_TYPER` names a CPU; the last one if none does.
    #[must_use]
    pub fn redistributor(&self, cpu: usize) -> Mmio {
        let mut frame = self.second;
        loop {
            let typer = frame.r64(TYPER);
            if (typer >> 32) as usize == cpu || typer & LAST != 0 {
                return frame;
            }
            frame = frame.at(STRIDE);
        }
    }

    /// The frame with a CPU's private interrupts.
    #[must_use]
    pub fn sgi_frame(&self, cpu: usize) -> Mmio {
        self.redistributor(cpu).at(SGI_FRAME)
    }

    /// Marks this CPU as awake.
    pub(super) fn wake_redistributor(&self) {
        let frame = self.redistributor(crate::sysreg::cpu());
        frame.w32(WAKER, frame.r32(WAKER) & !PROCESSOR_SLEEP);
        while frame.r32(WAKER) & CHILDREN_ASLEEP != 0 {}
    }
}
