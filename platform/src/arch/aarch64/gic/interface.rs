//! The part of the controller that belongs to one core.

use tock_registers::interfaces::Writeable;

use super::{Target, VirtualInterface, icc};
use crate::{
    aarch64::cpu,
    gic::{
        FIRST_SPI, Iar,
        gicc::CpuInterfaceV2,
        gicd::{Distributor, SGIR_TARGETS_SHIFT},
        gich::VirtualInterfaceV2,
        gicr::Redistributor,
    },
    machine::Trigger,
};

/// A core's part of a GICv2.
#[derive(Clone, Copy, Debug)]
pub struct CpuV2 {
    interface: CpuInterfaceV2,
    distributor: Distributor,
    virt: Option<VirtualInterfaceV2>,
    /// The core's bit in target masks.
    mask: u8,
}

/// A core's part of a GICv3.
#[derive(Clone, Copy, Debug)]
pub struct CpuV3 {
    redistributor: Redistributor,
    mpidr: u64,
}

impl CpuV2 {
    /// The parts of the core whose bit in target masks is `mask`.
    pub(super) const fn new(
        interface: CpuInterfaceV2,
        distributor: Distributor,
        virt: Option<VirtualInterfaceV2>,
        mask: u8,
    ) -> Self {
        Self {
            interface,
            distributor,
            virt,
            mask,
        }
    }
}

impl CpuV3 {
    /// The parts of the core with affinity `mpidr`.
    pub(super) const fn new(redistributor: Redistributor, mpidr: u64) -> Self {
        Self {
            redistributor,
            mpidr,
        }
    }
}

/// One core's part of the interrupt controller: to be used on that core only.
#[derive(Clone, Copy, Debug)]
pub enum CpuInterface {
    /// GICv2.
    V2(CpuV2),
    /// GICv3 or GICv4.
    V3(CpuV3),
}

/// Forwards a call about a private interrupt to where its registers are.
macro_rules! private {
    ($self:ident, $intid:ident, $function:ident $(, $argument:expr)*) => {
        match $self {
            Self::V2(cpu) => cpu.distributor.$function($intid $(, $argument)*),
            Self::V3(cpu) => cpu.redistributor.$function($intid $(, $argument)*),
        }
    };
}

impl CpuInterface {
    /// Takes the most urgent pending interrupt, which becomes active. One
    /// register access.
    #[inline(always)]
    #[must_use]
    pub fn acknowledge(&self) -> Iar {
        match self {
            Self::V2(cpu) => cpu.interface.acknowledge(),
            Self::V3(_) => icc::acknowledge(),
        }
    }

    /// Lets interrupts of the same and lower priority be signalled again; the
    /// interrupt stays active. One register access, which on GICv3 takes effect
    /// at the latest with the next exception return or `ISB`.
    #[inline(always)]
    pub fn drop_priority(&self, iar: Iar) {
        match self {
            Self::V2(cpu) => cpu.interface.drop_priority(iar),
            Self::V3(_) => icc::drop_priority(iar),
        }
    }

    /// Ends the active state of an interrupt, so that it can be taken again.
    /// One register access.
    #[inline(always)]
    pub fn deactivate(&self, iar: Iar) {
        match self {
            Self::V2(cpu) => cpu.interface.deactivate(iar),
            Self::V3(_) => icc::deactivate(iar),
        }
    }

    /// How other cores address this one.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::V2(cpu) => Target {
                sgi: u64::from(cpu.mask) << SGIR_TARGETS_SHIFT,
                route: u64::from(cpu.mask),
            },
            Self::V3(cpu) => Target {
                sgi: icc::sgi_target(cpu.mpidr),
                route: cpu.mpidr,
            },
        }
    }

    /// Sends software generated interrupt `id` (0 to 15) to one core. What this
    /// core has stored before is visible to the handler. A barrier and one
    /// register access.
    #[inline]
    pub fn send_sgi(&self, target: Target, id: u32) {
        cpu::dsb_ishst();
        match self {
            // The upper half of the value is zero on GICv2.
            Self::V2(cpu) => {
                let sgir = target.sgi as u32 | (id & icc::SGI_MASK);
                cpu.distributor.registers().sgir.set(sgir);
            }
            Self::V3(_) => icc::send_sgi(target.sgi, id),
        }
    }

    /// Enables an SGI or PPI of this core. One store.
    #[inline]
    pub fn enable(&self, intid: u32) {
        if intid < FIRST_SPI {
            private!(self, intid, enable);
        }
    }

    /// Disables an SGI or PPI of this core. When this returns it is no longer
    /// signalled.
    #[inline]
    pub fn disable(&self, intid: u32) {
        if intid < FIRST_SPI {
            private!(self, intid, disable);
            if let Self::V3(cpu) = self {
                cpu.redistributor.wait();
            }
        }
    }

    /// Sets the priority of an SGI or PPI of this core. One store.
    #[inline]
    pub fn set_priority(&self, intid: u32, priority: u8) {
        if intid < FIRST_SPI {
            private!(self, intid, set_priority, priority);
        }
    }

    /// Sets what makes a PPI of this core pending. It must be disabled.
    pub fn set_trigger(&self, intid: u32, trigger: Trigger) {
        if intid < FIRST_SPI {
            private!(self, intid, set_trigger, trigger);
        }
    }

    /// Whether an SGI or PPI of this core is active. One load.
    #[inline]
    #[must_use]
    pub fn is_active(&self, intid: u32) -> bool {
        intid < FIRST_SPI && private!(self, intid, is_active)
    }

    /// Makes an SGI or PPI of this core active, so that it is not signalled
    /// until deactivated. One store.
    #[inline]
    pub fn set_active(&self, intid: u32) {
        if intid < FIRST_SPI {
            private!(self, intid, set_active);
        }
    }

    /// Ends the active state of an SGI or PPI of this core, from whatever state
    /// it is in. One store; [`deactivate`](Self::deactivate) is as cheap.
    #[inline]
    pub fn clear_active(&self, intid: u32) {
        if intid < FIRST_SPI {
            private!(self, intid, clear_active);
        }
    }

    /// Whether an SGI or PPI of this core is pending. One load.
    #[inline]
    #[must_use]
    pub fn is_pending(&self, intid: u32) -> bool {
        intid < FIRST_SPI && private!(self, intid, is_pending)
    }

    /// Ends the pending state of an SGI or PPI of this core, unless its line
    /// holds it. One store.
    #[inline]
    pub fn clear_pending(&self, intid: u32) {
        if intid < FIRST_SPI {
            private!(self, intid, clear_pending);
        }
    }

    /// The registers through which this core's guest gets virtual interrupts,
    /// if the board has them.
    #[must_use]
    pub fn virtual_interface(&self) -> Option<VirtualInterface> {
        match self {
            Self::V2(cpu) => cpu.virt.map(VirtualInterface::v2),
            Self::V3(_) => Some(VirtualInterface::v3()),
        }
    }
}
