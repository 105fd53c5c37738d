//! Guest-virtual to guest-physical: the AArch64 stage 1 table walk in software
//! (VMSAv8-64, Arm ARM DDI 0487, chapter D8).
//!
//! [`walk`] is a pure function of registers, an address, an access and a way
//! to read memory, so that one and the same walk finds the guest's mistakes,
//! fills shadow tables and runs in tests on any machine.
//!
//! ```
//! use vtlb::stage1::{Access, Capabilities, Feature, Regime, Sctlr, Tcr, Ttbr, walk};
//! use vtlb::{GuestPhys, GuestVirt, Rights};
//!
//! // 4 KiB granule, T0SZ = 25: 39-bit addresses, a walk from level 1.
//! let regime = Regime {
//!     sctlr: Sctlr::new(1),
//!     tcr: Tcr::new(25),
//!     ttbr0: Ttbr::new(0x4000_0000),
//!     ttbr1: Ttbr::new(0),
//!     mair: 0xff,
//!     id: Capabilities { features: Feature::GRANULE_4K, pa_bits: 40 },
//! };
//! // One block of 1 GiB with its access flag set.
//! let read = |at: GuestPhys| (at.raw() == 0x4000_0008).then_some(0x8000_0401);
//! let va = GuestVirt::new(0x4012_3456);
//! let found = walk(&regime, va, Access::el1(Rights::READ), read).unwrap();
//! assert_eq!(found.ipa, GuestPhys::new(0x8012_3456));
//! ```

mod attributes;
mod descriptor;
mod fault;
mod features;
mod granule;
mod range;
mod regime;
mod registers;
mod rights;
mod translation;
mod walk;

#[cfg(test)]
mod tests;

pub use attributes::{Attribute, Cacheability, Device, Memory, Shareability};
pub use fault::{Fault, FaultKind, Level};
pub use features::{Capabilities, Feature, IdRegisters};
pub use granule::Granule;
pub use regime::{Access, Regime};
pub use registers::{Sctlr, Tcr, Ttbr};
pub use rights::StageRights;
pub use translation::{Entry, Translation, Updates};
pub use walk::{walk, walk_fault_level};
