//! What the interrupt-controller model needs from the hypervisor.

use crate::{Lr, VcpuId};
use bitflags::bitflags;

bitflags! {
    /// Maintenance conditions of the virtual CPU interface, in the bit
    /// positions of `GICH_HCR` (Arm IHI 0048B §5.3.1) and `ICH_HCR_EL2`
    /// (Arm IHI 0069 §12.4.5), where bit 0 is the interface's own enable.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct Maintenance: u32 {
        /// UIE: none or one of the list registers holds a valid interrupt.
        const UNDERFLOW = 1 << 1;
        /// LRENPIE: the guest ended an interrupt that no list register holds.
        const LIST_ENTRY_NOT_PRESENT = 1 << 2;
        /// NPIE: no list register is in the pending state.
        const NO_PENDING = 1 << 3;
    }
}

/// The calling core's side of the interrupt controller, and the way to other
/// cores.
///
/// The list-register methods concern the core that makes the call; with
/// [`Interface::Software`](crate::Interface::Software) they are never used.
/// List registers must be empty when a vCPU is first put on a core;
/// [`Gic::unload`](crate::Gic::unload) leaves them so.
pub trait Host {
    /// Number of list registers.
    fn lr_count(&self) -> usize;

    /// Reads list register `index`.
    fn lr_read(&self, index: usize) -> Lr;

    /// Writes list register `index`.
    fn lr_write(&self, index: usize, lr: Lr);

    /// Writes list register `index` with the value that it was last written
    /// with, which is `lr`: a chance to skip the encoding on the fast path.
    #[inline]
    fn lr_repeat(&self, index: usize, lr: &Lr) {
        self.lr_write(index, *lr);
    }

    /// Bitmap of the list registers that hold no valid interrupt (`ELRSR`).
    ///
    /// An entry whose end-of-interrupt maintenance is still to be handled may
    /// or may not be shown here.
    fn lr_empty(&self) -> u32;

    /// Replaces the set of maintenance conditions that raise an interrupt.
    fn set_maintenance(&self, conditions: Maintenance);

    /// Reads and clears `EOIcount`: how often the guest ended an interrupt that
    /// no list register holds.
    fn take_eoi_count(&self) -> u32;

    /// Whether the guest has split the end of interrupt (`EOImode` 1, which the
    /// hardware shows in bit 9 of `GICH_VMCR` and `ICH_VMCR_EL2`) and what it
    /// deactivates then arrives through
    /// [`Gic::deactivate`](crate::Gic::deactivate).
    ///
    /// Where the hardware cannot trap deactivations this is always false; then
    /// only `EOIcount` tells of those that no list register holds.
    fn splits_end(&self) -> bool;

    /// Makes the core of `target` call [`Gic::sync`](crate::Gic::sync) soon: an
    /// inter-processor interrupt, or waking a vCPU that waits.
    ///
    /// Never called for the calling vCPU, never with a lock held.
    fn kick(&self, target: VcpuId);

    /// Returns after the core of `target` has called
    /// [`Gic::sync`](crate::Gic::sync), or at once when it runs no guest.
    ///
    /// Never called for the calling vCPU, never with a lock held. Two cores may
    /// do this to each other at once: while it waits, the calling core has to
    /// answer such requests itself, by calling [`Gic::sync`](crate::Gic::sync)
    /// for its own vCPU.
    fn sync_remote(&self, target: VcpuId);

    /// Level of the physical line of linked interrupt `intid` of the calling
    /// vCPU.
    fn line(&self, intid: u32) -> bool;

    /// Ends the active state of the physical interrupt behind linked interrupt
    /// `intid` on the calling core.
    fn deactivate(&self, intid: u32);
}
