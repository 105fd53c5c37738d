//! Virtual interface control registers of GICv2 (`GICH_*`), banked: each core
//! sees its own at the same address.

use core::ptr::NonNull;

use tock_registers::{
    interfaces::{Readable, Writeable},
    register_structs,
    registers::{ReadOnly, ReadWrite},
};

register_structs! {
    /// Virtual interface control register map.
    pub(crate) Registers {
        (0x0000 => pub(crate) hcr: ReadWrite<u32>),
        (0x0004 => pub(crate) vtr: ReadOnly<u32>),
        (0x0008 => pub(crate) vmcr: ReadWrite<u32>),
        (0x000c => _reserved0),
        (0x0010 => pub(crate) misr: ReadOnly<u32>),
        (0x0014 => _reserved1),
        (0x0020 => pub(crate) eisr: [ReadOnly<u32>; 2]),
        (0x0028 => _reserved2),
        (0x0030 => pub(crate) elrsr: [ReadOnly<u32>; 2]),
        (0x0038 => _reserved3),
        (0x00f0 => pub(crate) apr: ReadWrite<u32>),
        (0x00f4 => _reserved4),
        (0x0100 => pub(crate) lr: [ReadWrite<u32>; 64]),
        (0x0200 => @END),
    }
}

/// The calling core's virtual interface control registers.
#[derive(Clone, Copy, Debug)]
pub struct VirtualInterfaceV2 {
    registers: NonNull<Registers>,
}

// SAFETY: the pointer leads to device registers that are valid on every core
// for as long as the machine runs; each core reaches its own bank.
unsafe impl Send for VirtualInterfaceV2 {}
// SAFETY: as above.
unsafe impl Sync for VirtualInterfaceV2 {}

impl VirtualInterfaceV2 {
    /// The registers mapped at `registers`.
    ///
    /// # Safety
    ///
    /// The virtual interface control registers of a GICv2 are mapped there as
    /// Device memory for good.
    pub const unsafe fn new(registers: NonNull<u8>) -> Self {
        Self {
            registers: registers.cast(),
        }
    }

    /// The registers.
    #[inline(always)]
    #[must_use]
    pub(crate) fn registers(&self) -> &Registers {
        // SAFETY: `new` was promised that they are mapped; all fields are cells
        // of integers, for which every value is valid.
        unsafe { self.registers.as_ref() }
    }

    /// List register `index`; 0 for one that cannot exist. One load.
    #[inline]
    #[must_use]
    pub fn read_lr(&self, index: usize) -> u32 {
        self.registers().lr.get(index).map_or(0, Readable::get)
    }

    /// Writes list register `index`. One store.
    #[inline]
    pub fn write_lr(&self, index: usize, value: u32) {
        if let Some(register) = self.registers().lr.get(index) {
            register.set(value);
        }
    }
}
