//! The memory-mapped CPU interface of GICv2 (`GICC_*`), banked: each core sees
//! its own at the same address.

use core::ptr::NonNull;

use tock_registers::{
    interfaces::{Readable, Writeable},
    register_bitfields, register_structs,
    registers::{ReadOnly, ReadWrite, WriteOnly},
};

use super::{Iar, LOWEST_PRIORITY_MASK};

/// `GICC_IIDR` of QEMU's GICv2 model: Arm (0x43b) as implementer, version 2 of
/// the architecture, and neither product nor revision (Arm IHI 0048B §4.4.12).
#[cfg_attr(
    not(target_arch = "aarch64"),
    expect(dead_code, reason = "AArch64 asks")
)]
pub(crate) const IIDR_QEMU: u32 = 0x0002_043b;

register_bitfields! {u32,
    /// CPU Interface Control Register, as Non-secure software or a GIC without
    /// Security Extensions presents it.
    pub(crate) GICC_CTLR [
        /// Signals the interrupts that this software owns: Group 1 for
        /// Non-secure accesses, Group 0 without Security Extensions.
        Enable OFFSET(0) NUMBITS(1) [],
        /// End of interrupt only drops the priority (`EOImode`, `EOImodeNS`).
        EOImode OFFSET(9) NUMBITS(1) [],
    ],
}

register_structs! {
    /// CPU interface register map.
    pub(crate) Registers {
        (0x0000 => pub(crate) ctlr: ReadWrite<u32, GICC_CTLR::Register>),
        (0x0004 => pub(crate) pmr: ReadWrite<u32>),
        (0x0008 => pub(crate) bpr: ReadWrite<u32>),
        (0x000c => pub(crate) iar: ReadOnly<u32>),
        (0x0010 => pub(crate) eoir: WriteOnly<u32>),
        (0x0014 => pub(crate) rpr: ReadOnly<u32>),
        (0x0018 => pub(crate) hppir: ReadOnly<u32>),
        (0x001c => _reserved0),
        (0x00d0 => pub(crate) apr: [ReadWrite<u32>; 4]),
        (0x00e0 => pub(crate) nsapr: [ReadWrite<u32>; 4]),
        (0x00f0 => _reserved1),
        (0x00fc => pub(crate) iidr: ReadOnly<u32>),
        (0x0100 => _reserved2),
        (0x1000 => pub(crate) dir: WriteOnly<u32>),
        (0x1004 => @END),
    }
}

/// The calling core's CPU interface.
#[derive(Clone, Copy, Debug)]
pub struct CpuInterfaceV2 {
    registers: NonNull<Registers>,
}

// SAFETY: the pointer leads to device registers that are valid on every core
// for as long as the machine runs; each core reaches its own bank.
unsafe impl Send for CpuInterfaceV2 {}
// SAFETY: as above.
unsafe impl Sync for CpuInterfaceV2 {}

impl CpuInterfaceV2 {
    /// The CPU interface whose registers are mapped at `registers`.
    ///
    /// # Safety
    ///
    /// A GICv2 CPU interface is mapped there as Device memory for good.
    pub const unsafe fn new(registers: NonNull<u8>) -> Self {
        Self {
            registers: registers.cast(),
        }
    }

    /// The registers.
    #[inline(always)]
    fn registers(&self) -> &Registers {
        // SAFETY: `new` was promised that they are mapped; all fields are cells
        // of integers, for which every value is valid.
        unsafe { self.registers.as_ref() }
    }

    /// `GICC_IIDR`: who made the interface. One load.
    #[must_use]
    pub fn iidr(&self) -> u32 {
        self.registers().iidr.get()
    }

    /// Signals interrupts of every priority, with split end of interrupt.
    pub fn init(&self) {
        let registers = self.registers();
        registers.pmr.set(u32::from(LOWEST_PRIORITY_MASK));
        registers.bpr.set(0);
        for register in &registers.apr {
            register.set(0);
        }
        registers
            .ctlr
            .write(GICC_CTLR::Enable::SET + GICC_CTLR::EOImode::SET);
    }

    /// Takes the most urgent pending interrupt. One load.
    #[inline(always)]
    #[must_use]
    pub fn acknowledge(&self) -> Iar {
        Iar(self.registers().iar.get())
    }

    /// Ends the priority of the interrupt taken last. One store.
    #[inline(always)]
    pub fn drop_priority(&self, iar: Iar) {
        self.registers().eoir.set(iar.0);
    }

    /// Ends the active state of an interrupt. One store.
    #[inline(always)]
    pub fn deactivate(&self, iar: Iar) {
        self.registers().dir.set(iar.0);
    }
}
