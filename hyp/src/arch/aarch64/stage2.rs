//! Stage 2 translation of one VM: guest-physical to host-physical
//! (Arm ARM DDI 0487, D8.2 and VTCR_EL2).
//!
//! Every page is mapped when the VM is made, in the largest blocks that fit, so
//! that a first touch costs no exit.

use aarch64_cpu::registers::{VTCR_EL2, VTTBR_EL2};
use platform::features::physical_address_bits;
use tock_registers::interfaces::Writeable;
use vtlb::{GuestPhys, HostPhys};

use super::table::{MapError, Mapping, Tables};
use crate::memory::{OutOfMemory, frames};

/// MemAttr: Normal, inner and outer write-back; the guest's own stage 1 decides
/// what it wants less of.
const NORMAL: u64 = 0b1111 << 2;
/// MemAttr: Device-nGnRE.
const DEVICE: u64 = 0b0001 << 2;
/// S2AP: readable.
const READ: u64 = 0b01 << 6;
/// S2AP: writable.
const WRITE: u64 = 0b10 << 6;
/// SH = inner shareable.
const INNER_SHAREABLE: u64 = 0b11 << 8;
/// The access flag.
const ACCESSED: u64 = 1 << 10;
/// XN\[1\]: no instruction fetch.
const EXECUTE_NEVER: u64 = 0b10 << 53;

/// Guest-physical address bits that a guest gets at most. 40 bits is 1 TiB,
/// what every Armv8-A core of the supported boards can do, and lets the walk
/// start at level 1 with two concatenated tables.
const MAX_IPA_BITS: u8 = 40;
/// Address bits that one table at level 1 resolves.
const LEVEL1_BITS: u8 = 39;

/// The guest-physical address bits of VMs on this machine.
pub(crate) fn ipa_bits() -> u8 {
    physical_address_bits(super::mmu::pa_range_field() as u8).min(MAX_IPA_BITS)
}

/// What a guest may do with a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// RAM: read, write, execute, cacheable.
    Ram,
    /// A device's registers.
    Device,
}

impl Access {
    fn attributes(self) -> u64 {
        match self {
            Self::Ram => NORMAL | READ | WRITE | INNER_SHAREABLE | ACCESSED,
            Self::Device => DEVICE | READ | WRITE | ACCESSED | EXECUTE_NEVER,
        }
    }
}

/// A VM's stage 2 tables.
#[derive(Debug)]
pub(crate) struct Stage2 {
    tables: Tables,
    vmid: u8,
}

impl Stage2 {
    /// Empty tables under `vmid`, which no other VM uses.
    pub(crate) fn new(vmid: u8) -> Result<Self, OutOfMemory> {
        let roots = 1 << ipa_bits().saturating_sub(LEVEL1_BITS);
        Ok(Self {
            tables: Tables::new(&mut *frames(), 1, roots)?,
            vmid,
        })
    }

    /// Maps `size` bytes from `guest` to `host`.
    pub(crate) fn map(
        &mut self,
        guest: GuestPhys,
        host: HostPhys,
        size: u64,
        access: Access,
    ) -> Result<(), MapError> {
        let range = Mapping {
            input: guest.raw(),
            output: host.raw(),
            size,
            attributes: access.attributes(),
        };
        self.tables.map(&mut *frames(), range)
    }

    /// Makes the calling core translate with these tables.
    pub(crate) fn load(&self) {
        /// IRGN0, ORGN0 write-back, SH0 inner shareable, bit 31 RES1.
        const WALKS: u64 = 1 << 31 | 0b01 << 8 | 0b01 << 10 | 0b11 << 12;
        /// SL0: the walk starts at level 1.
        const START_LEVEL_1: u64 = 0b01 << 6;
        let size = 64 - u64::from(ipa_bits());
        let physical_size = super::mmu::pa_range_field() << 16;
        VTCR_EL2.set(WALKS | START_LEVEL_1 | physical_size | size);
        VTTBR_EL2.set(u64::from(self.vmid) << 48 | self.tables.root());
    }
}

impl Drop for Stage2 {
    /// Gives the tables back. No core has them loaded any more: a loaded vCPU
    /// keeps its VM alive.
    fn drop(&mut self) {
        self.tables.free(&mut *frames());
    }
}
