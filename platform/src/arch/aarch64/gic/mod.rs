//! The interrupt controller as a whole: which version it is, and the parts of
//! GICv3 that are system registers.

use core::ptr::NonNull;

use heapless::Vec;
use tock_registers::interfaces::Writeable;

use super::{cpu, sysreg};
use crate::{
    gic::{
        Error, FIRST_SPI, Iar, LOWEST_PRIORITY_MASK,
        gicc::CpuInterfaceV2,
        gicd::{Distributor, SGIR_TARGETS_SHIFT},
        gich::VirtualInterfaceV2,
        gicr::Redistributor,
    },
    machine::{GicInfo, MAX_REDISTRIBUTOR_REGIONS, Range, Trigger},
};

mod icc;
mod virt;

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

/// A GICv2 as all cores share it.
#[derive(Clone, Debug)]
pub struct GicV2 {
    distributor: Distributor,
    interface: CpuInterfaceV2,
    virt: Option<VirtualInterfaceV2>,
}

/// A mapped redistributor region.
#[derive(Clone, Debug)]
struct Region {
    base: NonNull<u8>,
    size: u64,
}

// SAFETY: the pointer leads to device registers that are valid on every core
// for as long as the machine runs, and is only ever given to
// `Redistributor::find`.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

/// A GICv3 as all cores share it.
#[derive(Clone, Debug)]
pub struct GicV3 {
    distributor: Distributor,
    regions: Vec<Region, MAX_REDISTRIBUTOR_REGIONS>,
    stride: Option<u64>,
}

/// The interrupt controller as all cores share it.
#[derive(Clone, Debug)]
pub enum Gic {
    /// GICv2.
    V2(GicV2),
    /// GICv3 or GICv4.
    V3(GicV3),
}

impl Gic {
    /// The controller that `info` describes. `map` gives the address at which a
    /// physical range of registers is mapped, or `None` if it cannot be.
    ///
    /// Touches no register. Returns `None` if a range is not mapped.
    ///
    /// # Safety
    ///
    /// `info` is this board's, and `map` maps as Device memory for good.
    pub unsafe fn new(
        info: &GicInfo,
        mut map: impl FnMut(Range) -> Option<NonNull<u8>>,
    ) -> Option<Self> {
        match info {
            GicInfo::V2(info) => {
                let virt = match &info.virt {
                    Some(virt) => Some(map(virt.gich)?),
                    None => None,
                };
                let gicd = map(info.gicd)?;
                let gicc = map(info.gicc)?;
                // SAFETY: the caller vouches for the description and the mapping.
                Some(Self::V2(unsafe {
                    GicV2 {
                        distributor: Distributor::new(gicd),
                        interface: CpuInterfaceV2::new(gicc),
                        virt: virt.map(|gich| VirtualInterfaceV2::new(gich)),
                    }
                }))
            }
            GicInfo::V3(info) => {
                let gicd = map(info.gicd)?;
                let mut regions = Vec::new();
                for &range in &info.gicr {
                    let base = map(range)?;
                    let size = range.size;
                    regions.push(Region { base, size }).ok()?;
                }
                // SAFETY: the caller vouches for the description and the mapping.
                let distributor = unsafe { Distributor::new(gicd) };
                Some(Self::V3(GicV3 {
                    distributor,
                    regions,
                    stride: info.stride,
                }))
            }
        }
    }

    /// The distributor.
    #[inline]
    #[must_use]
    pub const fn distributor(&self) -> &Distributor {
        match self {
            Self::V2(gic) => &gic.distributor,
            Self::V3(gic) => &gic.distributor,
        }
    }

    /// First INTID after the SPIs that are implemented.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.distributor().lines()
    }

    /// Puts the distributor into a known state: SPIs disabled, inactive, at
    /// default priority; forwarding on. Once, on the core that boots, before
    /// any core's [`init_cpu`](Self::init_cpu).
    pub fn init_distributor(&self) {
        match self {
            Self::V2(gic) => gic.distributor.init_v2(),
            Self::V3(gic) => gic.distributor.init_v3(cpu::mpidr()),
        }
    }

    /// Readies the calling core: private interrupts in a known state (SGIs
    /// enabled, PPIs disabled, all at default priority), every priority passes
    /// the mask, end of interrupt is split, signalling on.
    ///
    /// Interrupts reach EL2 as IRQ once `HCR_EL2.IMO` is set and `PSTATE.I`
    /// clear.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of the part that cannot be used.
    pub fn init_cpu(&self) -> Result<CpuInterface, Error> {
        match self {
            Self::V2(gic) => gic.init_cpu().map(CpuInterface::V2),
            Self::V3(gic) => gic.init_cpu(cpu::mpidr()).map(CpuInterface::V3),
        }
    }

    /// Enables an SPI. One store.
    #[inline]
    pub fn enable(&self, spi: u32) {
        if spi >= FIRST_SPI {
            self.distributor().enable(spi);
        }
    }

    /// Disables an SPI. When this returns it is no longer forwarded.
    pub fn disable(&self, spi: u32) {
        if spi >= FIRST_SPI {
            self.distributor().disable(spi);
            if let Self::V3(gic) = self {
                gic.distributor.wait();
            }
        }
    }

    /// Sets an SPI's priority; 0 is the most urgent. One store.
    #[inline]
    pub fn set_priority(&self, spi: u32, priority: u8) {
        if spi >= FIRST_SPI {
            self.distributor().set_priority(spi, priority);
        }
    }

    /// Sets what makes an SPI pending. It must be disabled. Changes a register
    /// shared with 15 others: callers serialize.
    pub fn set_trigger(&self, spi: u32, trigger: Trigger) {
        if spi >= FIRST_SPI {
            self.distributor().set_trigger(spi, trigger);
        }
    }

    /// Sends an SPI to one core from now on. One store.
    #[inline]
    pub fn route_spi(&self, spi: u32, target: Target) {
        match self {
            // The field has eight bits, one for each possible core.
            Self::V2(gic) => gic.distributor.route_v2(spi, target.route as u8),
            Self::V3(gic) => gic.distributor.route_v3(spi, target.route),
        }
    }
}

impl GicV2 {
    /// See [`Gic::init_cpu`].
    fn init_cpu(&self) -> Result<CpuV2, Error> {
        let mask = self.distributor.init_banked_v2().ok_or(Error::NoTarget)?;
        self.interface.init();
        Ok(CpuV2 {
            interface: self.interface,
            distributor: self.distributor,
            virt: self.virt,
            mask,
        })
    }
}

impl GicV3 {
    /// See [`Gic::init_cpu`].
    fn init_cpu(&self, mpidr: u64) -> Result<CpuV3, Error> {
        let redistributor = self
            .regions
            .iter()
            .find_map(|region| {
                // SAFETY: `Gic::new` was promised that the region is mapped.
                unsafe { Redistributor::find(region.base, region.size, self.stride, mpidr) }
            })
            .ok_or(Error::NoRedistributor { mpidr })?;
        redistributor.init(mpidr)?;
        icc::init(LOWEST_PRIORITY_MASK)?;
        Ok(CpuV3 {
            redistributor,
            mpidr,
        })
    }
}

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
    /// interrupt stays active. One register access.
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
