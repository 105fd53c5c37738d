//! Virtual interrupt controller: one interrupt-state core and the register
//! faces through which guests see it.
//!
//! The core ([`Gic`]) keeps enable, pending, line, active, group and trigger
//! state as one bit an interrupt in 32-bit words, so that a register access
//! touches one word. On top of it sit a GICv2 face (distributor, and a fully
//! emulated CPU interface for boards without virtualisation support in their
//! interrupt controller) and a GICv3 face (distributor and redistributors).
//! Where the hardware has list registers, the guest talks to the hardware's
//! virtual CPU interface and the core only fills and reads those registers
//! through [`Host`].
//!
//! # Locks
//!
//! * one mutex a vCPU for its private interrupts (SGIs, PPIs) and the
//!   bookkeeping of its list registers;
//! * one mutex for the shared interrupts (SPIs).
//!
//! Order: a vCPU's mutex before the shared one; never two vCPUs' at once.
//! [`Host::kick`] and [`Host::sync_remote`] are called with no lock held.
//! Private interrupts never take the shared mutex: an atomic word a vCPU says
//! in which groups of 32 SPIs something concerns it.
//!
//! # Implementation-defined choices
//!
//! * five priority bits, as list registers have;
//! * GICv2: SGIs are always enabled (their enable bits are RAO/WI); GICv3: SGI
//!   enables are programmable and reset to 0;
//! * PPI triggers are programmable; a linked interrupt keeps level behaviour
//!   whatever its trigger bit says, because its physical line is a level;
//! * the group of every interrupt resets to 0, as on QEMU's `virt` board
//!   without the Security Extensions;
//! * an SPI with several possible targets goes to the lowest-numbered one that
//!   is awake, or to the lowest-numbered one when none is;
//! * a redistributor that sleeps (`GICR_WAKER`) still receives what is routed
//!   to it: sleep only steers the choice above.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod access;
mod bank;
mod bits;
mod face_dist;
mod face_gicc;
mod face_redist;
mod face_v2;
mod face_v3;
mod gic;
mod host;
mod intid;
mod lists;
mod lr;
mod pass;
mod plan;
mod private;
mod refill;
mod regs;
mod sgi;
mod shared;
mod soft;
mod split;
mod types;

pub use gic::Gic;
pub use host::{Host, Maintenance};
pub use lr::{Group, Lr, LrState};
pub use sgi::SgiRegister;
pub use types::{AccessSize, Config, Frame, Interface, Link, Signal, VcpuId, Version};

#[cfg(test)]
mod tests;

/// Most vCPUs that one virtual interrupt controller serves (GICv2's limit,
/// Arm IHI 0048B §1.1).
pub const MAX_VCPUS: usize = 8;

/// Most list registers that the architectures define a CPU interface to use
/// (`ICH_VTR_EL2.ListRegs`, Arm IHI 0069 §12.4.9).
pub const MAX_LIST_REGISTERS: usize = 16;

/// Number of interrupt identifiers: 16 SGIs, 16 PPIs and 256 SPIs.
pub const INTIDS: u32 = 288;

/// Offset of `GICC_DIR` in [`Frame::CpuInterface`], and size of what comes
/// before: with [`Interface::Hardware`] the latter alone is mapped to the guest
/// (Arm IHI 0048B §4.4.18).
pub const GICC_DIR: u64 = 0x1000;

/// Bytes that one vCPU's redistributor frames (RD and SGI) take in
/// [`Frame::Redistributors`].
pub const REDISTRIBUTOR_STRIDE: u64 = face_redist::STRIDE;
