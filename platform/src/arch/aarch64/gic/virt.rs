//! Virtual interface control: list registers and their state, raw, as `GICH_*`
//! (Arm IHI 0048B, 5.3) or `ICH_*_EL2` (Arm IHI 0069, 12.4) have them.
//!
//! The bits of `HCR`, `MISR`, `EISR` and `ELRSR` that both have are in the same
//! places; list registers and `VMCR` are not.

use tock_registers::interfaces::{Readable, Writeable};

use crate::{
    aarch64::sysreg::{
        ICH_EISR_EL2, ICH_ELRSR_EL2, ICH_HCR_EL2, ICH_MISR_EL2, ICH_VMCR_EL2, ICH_VTR_EL2,
    },
    gic::gich::VirtualInterfaceV2,
};

/// Most list registers that are used, and the most that a GICv3 can have.
pub const MAX_LIST_REGISTERS: usize = 16;
/// Active priorities registers of each group on GICv3, at most.
const MAX_APR: usize = 4;
/// `VTR.ListRegs`: number of list registers minus one.
const VTR_LISTREGS_MASK: u32 = 0x1f;
/// `VTR.PREbits`: preemption bits minus one.
const VTR_PREBITS_SHIFT: u32 = 26;
/// Width of `VTR.PREbits`.
const VTR_PREBITS_MASK: u32 = 0x7;
/// `VTR.TDS`: `HCR.TDIR` works.
const VTR_TDS: u32 = 1 << 19;
/// Preemption bits that one active priorities register covers.
const PREBITS_PER_APR: u32 = 5;

/// State of the priorities that are active at the virtual interface.
///
/// GICv2 has one register for both groups, in `group0[0]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActivePriorities {
    /// `GICH_APR`, or `ICH_AP0R<n>_EL2`.
    pub group0: [u32; MAX_APR],
    /// `ICH_AP1R<n>_EL2`.
    pub group1: [u32; MAX_APR],
}

/// Declares the numbered registers, whose numbers are part of the instruction,
/// and functions that take the number at run time.
macro_rules! numbered {
    ($read:ident, $write:ident: $($index:literal => $name:ident = $asm:literal),+ $(,)?) => {
        crate::system_register! {
            $(
                /// One of a series of registers.
                rw $name = $asm;
            )+
        }

        /// Reads the register of this number; 0 if there is none.
        #[inline(always)]
        fn $read(index: usize) -> u64 {
            match index {
                $($index => $name.get(),)+
                _ => 0,
            }
        }

        /// Writes the register of this number, if there is one.
        #[inline(always)]
        fn $write(index: usize, value: u64) {
            match index {
                $($index => $name.set(value),)+
                _ => {}
            }
        }
    };
}

/// `ICH_LR<n>_EL2`.
mod lr {
    use tock_registers::interfaces::{Readable, Writeable};
    numbered! { read_register, write_register:
        0 => ICH_LR0_EL2 = "S3_4_C12_C12_0",
        1 => ICH_LR1_EL2 = "S3_4_C12_C12_1",
        2 => ICH_LR2_EL2 = "S3_4_C12_C12_2",
        3 => ICH_LR3_EL2 = "S3_4_C12_C12_3",
        4 => ICH_LR4_EL2 = "S3_4_C12_C12_4",
        5 => ICH_LR5_EL2 = "S3_4_C12_C12_5",
        6 => ICH_LR6_EL2 = "S3_4_C12_C12_6",
        7 => ICH_LR7_EL2 = "S3_4_C12_C12_7",
        8 => ICH_LR8_EL2 = "S3_4_C12_C13_0",
        9 => ICH_LR9_EL2 = "S3_4_C12_C13_1",
        10 => ICH_LR10_EL2 = "S3_4_C12_C13_2",
        11 => ICH_LR11_EL2 = "S3_4_C12_C13_3",
        12 => ICH_LR12_EL2 = "S3_4_C12_C13_4",
        13 => ICH_LR13_EL2 = "S3_4_C12_C13_5",
        14 => ICH_LR14_EL2 = "S3_4_C12_C13_6",
        15 => ICH_LR15_EL2 = "S3_4_C12_C13_7",
    }

    /// Reads a list register.
    #[inline(always)]
    pub(super) fn read(index: usize) -> u64 {
        read_register(index)
    }

    /// Writes a list register.
    #[inline(always)]
    pub(super) fn write(index: usize, value: u64) {
        write_register(index, value);
    }
}

/// `ICH_AP0R<n>_EL2` and `ICH_AP1R<n>_EL2`, numbered through: 0 to 3 and 4 to 7.
mod apr {
    use tock_registers::interfaces::{Readable, Writeable};
    numbered! { read_register, write_register:
        0 => ICH_AP0R0_EL2 = "S3_4_C12_C8_0",
        1 => ICH_AP0R1_EL2 = "S3_4_C12_C8_1",
        2 => ICH_AP0R2_EL2 = "S3_4_C12_C8_2",
        3 => ICH_AP0R3_EL2 = "S3_4_C12_C8_3",
        4 => ICH_AP1R0_EL2 = "S3_4_C12_C9_0",
        5 => ICH_AP1R1_EL2 = "S3_4_C12_C9_1",
        6 => ICH_AP1R2_EL2 = "S3_4_C12_C9_2",
        7 => ICH_AP1R3_EL2 = "S3_4_C12_C9_3",
    }

    /// Reads an active priorities register. They have 32 bits.
    pub(super) fn read(index: usize) -> u32 {
        read_register(index) as u32
    }

    /// Writes an active priorities register.
    pub(super) fn write(index: usize, value: u32) {
        write_register(index, u64::from(value));
    }
}

/// Where the registers are.
#[derive(Clone, Copy, Debug)]
enum Registers {
    V2(VirtualInterfaceV2),
    V3,
}

/// One core's virtual interface control registers: to be used on that core
/// only. Every method but the ones for [`ActivePriorities`] is one register
/// access.
#[derive(Clone, Copy, Debug)]
pub struct VirtualInterface {
    registers: Registers,
    /// Number of list registers.
    list_registers: usize,
    /// Active priorities registers of each group.
    apr: usize,
    /// See [`VirtualInterface::traps_deactivation`].
    traps_deactivation: bool,
}

impl VirtualInterface {
    /// The memory-mapped registers of GICv2, whose priorities fit one register.
    pub(super) fn v2(gich: VirtualInterfaceV2) -> Self {
        Self {
            registers: Registers::V2(gich),
            list_registers: list_registers(gich.registers().vtr.get()),
            apr: 1,
            traps_deactivation: true,
        }
    }

    /// The system registers of GICv3.
    pub(super) fn v3() -> Self {
        let vtr = ICH_VTR_EL2.get() as u32;
        let prebits = ((vtr >> VTR_PREBITS_SHIFT) & VTR_PREBITS_MASK) + 1;
        Self {
            registers: Registers::V3,
            list_registers: list_registers(vtr),
            apr: (1 << prebits.saturating_sub(PREBITS_PER_APR)).min(MAX_APR),
            traps_deactivation: vtr & VTR_TDS != 0,
        }
    }

    /// Whether list registers have the layout of GICv3 (`ICH_LR<n>_EL2`, 64
    /// bits) rather than GICv2's (`GICH_LR<n>`, 32 bits).
    #[inline]
    #[must_use]
    pub const fn is_v3(&self) -> bool {
        matches!(self.registers, Registers::V3)
    }

    /// Whether the guest's deactivations (`DIR`) can be made to trap: on GICv2
    /// by not mapping the second 4 KiB of its interface, on GICv3 by
    /// `ICH_HCR_EL2.TDIR`.
    #[inline(always)]
    #[must_use]
    pub const fn traps_deactivation(&self) -> bool {
        self.traps_deactivation
    }

    /// Number of list registers, at most [`MAX_LIST_REGISTERS`].
    #[inline]
    #[must_use]
    pub const fn list_register_count(&self) -> usize {
        self.list_registers
    }

    /// List register `index`, which is below the count.
    #[inline(always)]
    #[must_use]
    pub fn read_lr(&self, index: usize) -> u64 {
        match self.registers {
            Registers::V2(gich) => u64::from(gich.read_lr(index)),
            Registers::V3 => lr::read(index),
        }
    }

    /// Writes list register `index`, which is below the count. GICv2 takes the
    /// lower half of `value`.
    #[inline(always)]
    pub fn write_lr(&self, index: usize, value: u64) {
        match self.registers {
            Registers::V2(gich) => gich.write_lr(index, value as u32),
            Registers::V3 => lr::write(index, value),
        }
    }

    /// `ELRSR`: list registers that are empty, a bit each.
    #[inline]
    #[must_use]
    pub fn elrsr(&self) -> u32 {
        match self.registers {
            Registers::V2(gich) => gich.registers().elrsr.first().map_or(0, Readable::get),
            Registers::V3 => ICH_ELRSR_EL2.get() as u32,
        }
    }

    /// `EISR`: list registers whose interrupt the guest has ended and which ask
    /// for maintenance, a bit each.
    #[inline]
    #[must_use]
    pub fn eisr(&self) -> u32 {
        match self.registers {
            Registers::V2(gich) => gich.registers().eisr.first().map_or(0, Readable::get),
            Registers::V3 => ICH_EISR_EL2.get() as u32,
        }
    }

    /// `MISR`: reasons for the maintenance interrupt.
    #[inline]
    #[must_use]
    pub fn misr(&self) -> u32 {
        match self.registers {
            Registers::V2(gich) => gich.registers().misr.get(),
            Registers::V3 => ICH_MISR_EL2.get() as u32,
        }
    }

    /// `VTR`: what the virtual interface can do.
    #[must_use]
    pub fn vtr(&self) -> u32 {
        match self.registers {
            Registers::V2(gich) => gich.registers().vtr.get(),
            Registers::V3 => ICH_VTR_EL2.get() as u32,
        }
    }

    /// `HCR`: enables, maintenance causes, `EOIcount`, and on GICv3 trap bits.
    #[inline]
    #[must_use]
    pub fn read_hcr(&self) -> u32 {
        match self.registers {
            Registers::V2(gich) => gich.registers().hcr.get(),
            Registers::V3 => ICH_HCR_EL2.get() as u32,
        }
    }

    /// Writes `HCR`.
    #[inline]
    pub fn write_hcr(&self, value: u32) {
        match self.registers {
            Registers::V2(gich) => gich.registers().hcr.set(value),
            Registers::V3 => ICH_HCR_EL2.set(u64::from(value)),
        }
    }

    /// `VMCR`: the guest's view of its CPU interface's control, in the layout
    /// of this version.
    #[inline]
    #[must_use]
    pub fn read_vmcr(&self) -> u32 {
        match self.registers {
            Registers::V2(gich) => gich.registers().vmcr.get(),
            Registers::V3 => ICH_VMCR_EL2.get() as u32,
        }
    }

    /// Writes `VMCR`.
    #[inline]
    pub fn write_vmcr(&self, value: u32) {
        match self.registers {
            Registers::V2(gich) => gich.registers().vmcr.set(value),
            Registers::V3 => ICH_VMCR_EL2.set(u64::from(value)),
        }
    }

    /// The guest's active priorities.
    #[must_use]
    pub fn read_active_priorities(&self) -> ActivePriorities {
        let mut state = ActivePriorities::default();
        match self.registers {
            Registers::V2(gich) => state.group0[0] = gich.registers().apr.get(),
            Registers::V3 => {
                for (index, value) in state.group0.iter_mut().take(self.apr).enumerate() {
                    *value = apr::read(index);
                }
                for (index, value) in state.group1.iter_mut().take(self.apr).enumerate() {
                    *value = apr::read(MAX_APR + index);
                }
            }
        }
        state
    }

    /// Replaces the guest's active priorities.
    pub fn write_active_priorities(&self, state: &ActivePriorities) {
        match self.registers {
            Registers::V2(gich) => gich.registers().apr.set(state.group0[0]),
            Registers::V3 => {
                for (index, &value) in state.group0.iter().take(self.apr).enumerate() {
                    apr::write(index, value);
                }
                for (index, &value) in state.group1.iter().take(self.apr).enumerate() {
                    apr::write(MAX_APR + index, value);
                }
            }
        }
    }
}

/// Number of list registers that `VTR` tells of, as far as they are used.
fn list_registers(vtr: u32) -> usize {
    ((vtr & VTR_LISTREGS_MASK) as usize + 1).min(MAX_LIST_REGISTERS)
}
