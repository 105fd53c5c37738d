//! The physical interrupt controller: GICv2 (Arm IHI 0048B) and GICv3/v4 (Arm
//! IHI 0069), as a hypervisor in Non-secure EL2 uses it.
//!
//! Both versions are driven through the same two types, and which one it is is
//! data:
//!
//! * `Gic` is shared by all cores: the distributor, and the list of
//!   redistributors. Its methods change state that all cores see; callers of
//!   the ones that configure an SPI serialize themselves per interrupt.
//! * `CpuInterface` belongs to one core, which gets it from `Gic::init_cpu` and
//!   keeps it. Its methods touch only that core's system registers, banked
//!   registers or redistributor, and so never need a lock.
//!
//! Interrupts are taken with the end of interrupt split in two (`EOImode` 1):
//! `drop_priority` right after `acknowledge`, `deactivate` when the source is
//! dealt with, or never if a list register with `HW` set does it for a guest.
//!
//! This module holds the memory-mapped registers, which are portable. What
//! combines them with GICv3's system registers is AArch64 code.

use core::fmt;

pub mod gicc;
pub mod gicd;
pub mod gich;
pub mod gicr;
mod private;

#[cfg(test)]
mod tests;

#[cfg(target_arch = "aarch64")]
pub use crate::aarch64::gic::{
    ActivePriorities, CpuInterface, CpuV2, CpuV3, Gic, GicV2, GicV3, MAX_LIST_REGISTERS, Target,
    VirtualInterface, set_guest_system_registers,
};

/// First INTID of the software generated interrupts (SGI).
pub const FIRST_SGI: u32 = 0;
/// First INTID of the private peripheral interrupts (PPI).
pub const FIRST_PPI: u32 = 16;
/// First INTID of the shared peripheral interrupts (SPI).
pub const FIRST_SPI: u32 = 32;
/// First INTID with a special meaning: nothing is pending that can be taken
/// (Arm IHI 0069, 2.2.1). All from here to 1023 need no end of interrupt.
pub const FIRST_SPECIAL: u32 = 1020;
/// Acknowledge found nothing of sufficient priority.
pub const SPURIOUS: u32 = 1023;
/// Priority given to every interrupt at start: the middle of what Non-secure
/// software can express.
pub const DEFAULT_PRIORITY: u8 = 0xa0;
/// Priority mask that lets every priority pass.
pub const LOWEST_PRIORITY_MASK: u8 = 0xff;

/// Bits of the virtual interface's control register that GICv2 (`GICH_HCR`) and
/// GICv3 (`ICH_HCR_EL2`) share, and the traps that only the latter has.
pub mod hcr {
    /// The virtual CPU interface works.
    pub const EN: u32 = 1 << 0;
    /// Underflow: maintenance when at most one list register is in use.
    pub const UIE: u32 = 1 << 1;
    /// Maintenance when the guest ended an interrupt that no list register holds.
    pub const LRENPIE: u32 = 1 << 2;
    /// Maintenance when no list register is pending.
    pub const NPIE: u32 = 1 << 3;
    /// Maintenance while the guest has Group 0 enabled.
    pub const VGRP0EIE: u32 = 1 << 4;
    /// Maintenance while the guest has Group 0 disabled.
    pub const VGRP0DIE: u32 = 1 << 5;
    /// Maintenance while the guest has Group 1 enabled.
    pub const VGRP1EIE: u32 = 1 << 6;
    /// Maintenance while the guest has Group 1 disabled.
    pub const VGRP1DIE: u32 = 1 << 7;
    /// GICv3: EL1 accesses to registers common to both groups trap.
    pub const TC: u32 = 1 << 10;
    /// GICv3: EL1 accesses to Group 0 registers trap.
    pub const TALL0: u32 = 1 << 11;
    /// GICv3: EL1 accesses to Group 1 registers trap.
    pub const TALL1: u32 = 1 << 12;
    /// GICv3: EL1 deactivations trap, where `VTR.TDS` is set.
    pub const TDIR: u32 = 1 << 14;
    /// Position of `EOIcount`: interrupts ended without a list register.
    pub const EOICOUNT_SHIFT: u32 = 27;
    /// Width of `EOIcount`.
    pub const EOICOUNT_MASK: u32 = 0x1f;
}

/// Reasons for the maintenance interrupt (`GICH_MISR`, `ICH_MISR_EL2`), those
/// about groups left out.
pub mod misr {
    /// A list register asks for it at the end of its interrupt.
    pub const EOI: u32 = 1 << 0;
    /// Underflow.
    pub const U: u32 = 1 << 1;
    /// The guest ended an interrupt that no list register holds.
    pub const LRENP: u32 = 1 << 2;
    /// No list register is pending.
    pub const NP: u32 = 1 << 3;
}

/// What acknowledging an interrupt returned, to be handed back unchanged: on
/// GICv2 it carries the sender of an SGI next to the INTID.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Iar(pub u32);

impl Iar {
    /// INTID on GICv2; GICv3 without LPIs uses no more bits either.
    const INTID_MASK: u32 = 0x3ff;

    /// Which interrupt it is.
    #[inline(always)]
    #[must_use]
    pub const fn intid(self) -> u32 {
        self.0 & Self::INTID_MASK
    }

    /// Whether there was no interrupt to take.
    #[inline(always)]
    #[must_use]
    pub const fn is_special(self) -> bool {
        self.intid() >= FIRST_SPECIAL
    }
}

impl fmt::Debug for Iar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iar({:#x})", self.0)
    }
}

/// Why the interrupt controller cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No redistributor frame has this core's affinity.
    NoRedistributor {
        /// The core's affinity.
        mpidr: u64,
    },
    /// The redistributor does not leave its sleep state.
    RedistributorAsleep {
        /// The core's affinity.
        mpidr: u64,
    },
    /// EL3 keeps EL2 from using the GICv3 system registers.
    NoSystemRegisters,
    /// This core has no bit in the GICv2 distributor's target fields.
    NoTarget,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRedistributor { mpidr } => {
                write!(
                    f,
                    "no GIC redistributor for the core with affinity {mpidr:#x}"
                )
            }
            Self::RedistributorAsleep { mpidr } => write!(
                f,
                "the GIC redistributor of the core with affinity {mpidr:#x} does not wake up"
            ),
            Self::NoSystemRegisters => {
                f.write_str("firmware keeps EL2 from using the GIC system registers")
            }
            Self::NoTarget => f.write_str("the GIC distributor has no target bit for this core"),
        }
    }
}

impl core::error::Error for Error {}

/// Polls `done` a bounded number of times; false if it never held.
fn poll(mut done: impl FnMut() -> bool) -> bool {
    /// More than any implementation takes, less than anyone would wait for.
    const ATTEMPTS: u32 = 1_000_000;
    (0..ATTEMPTS).any(|_| {
        let now = done();
        if !now {
            core::hint::spin_loop();
        }
        now
    })
}
