//! The interrupt controller as a whole: which version it is, and the parts of
//! GICv3 that are system registers.

use tock_registers::interfaces::Writeable;

use super::sysreg;

mod icc;
mod interface;
mod shared;
mod virt;

pub use interface::{CpuInterface, CpuV2, CpuV3};
pub use shared::{Gic, GicV2, GicV3};
pub use virt::{ActivePriorities, MAX_LIST_REGISTERS, VirtualInterface};

/// A core as the addressee of interrupts, in the form the controller wants.
///
/// Made by [`CpuInterface::target`] on the core itself; any core may use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Value of the SGI register but for the INTID.
    sgi: u64,
    /// Value of an SPI's routing register or target field.
    route: u64,
}

/// Lets EL1 use the GICv3 system registers (as virtual ones, while
/// `HCR_EL2.IMO` and `FMO` are set), or makes its attempts trap to EL2.
///
/// Only on a core with GICv3. The caller enters EL1 by an exception return,
/// which synchronizes the change.
#[inline]
pub fn set_guest_system_registers(enabled: bool) {
    icc::set_guest_sre(enabled);
    // A guest that cannot use them reads SRE as zero, RAO/WI otherwise.
    sysreg::ICC_SRE_EL1.set(u64::from(enabled));
}
