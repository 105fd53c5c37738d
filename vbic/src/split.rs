//! Split end of interrupt (`EOImode` 1) in front of list registers.
//!
//! The hardware's virtual CPU interface deactivates what is in a list register
//! and merely counts the rest, in whatever order the guest chooses. So
//! deactivations trap, and are carried out here like a write to `ICACTIVER`.

use crate::bank::StateOp;
use crate::intid;
use crate::{Gic, Host, Interface, VcpuId};

/// INTID field of `GICC_DIR`. The source of an SGI, above it, says nothing: one
/// source's SGI is active at a time.
const INTID_FIELD: u32 = 0x3ff;

impl Gic {
    /// Handles the guest's write of `value` to `ICC_DIR_EL1` or `GICC_DIR`:
    /// ends the active state of an interrupt, which may be a shared one that is
    /// active on another vCPU.
    ///
    /// Ignored unless [`Host::splits_end`], which is one of the choices that
    /// the architecture leaves (Arm IHI 0048B §4.4.18, Arm IHI 0069 §12.2.11).
    /// With [`Interface::Software`], the write comes by
    /// [`Frame::CpuInterface`](crate::Frame::CpuInterface) instead.
    pub fn deactivate(&self, host: &impl Host, vcpu: VcpuId, value: u32) {
        let Some(me) = self.index(vcpu) else { return };
        if self.interface() == Interface::Hardware {
            self.deactivate_at(host, me, value);
        }
    }

    pub(crate) fn deactivate_at(&self, host: &impl Host, me: usize, value: u32) {
        if !host.splits_end() {
            return;
        }
        let intid = match self.version() {
            crate::Version::V2 => value & INTID_FIELD,
            crate::Version::V3 => value,
        };
        if let Some((bank, bit)) = intid::spi(intid) {
            self.edit_shared(host, Some(me), bank, |shared, loaded| {
                shared.change(bank, StateOp::ClearActive, bit, loaded);
                bit
            });
        } else if let Some(bit) = intid::private(intid) {
            self.edit_private(host, me, me, |own, resident| {
                own.bank.change(StateOp::ClearActive, bit, resident);
                bit
            });
        }
    }
}
