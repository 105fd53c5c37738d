//! The part of the controller that all cores share.

use core::ptr::NonNull;

use heapless::Vec;

use super::{
    Target, icc,
    interface::{CpuInterface, CpuV2, CpuV3},
};
use crate::{
    aarch64::cpu,
    gic::{
        Error, FIRST_SPI, LOWEST_PRIORITY_MASK,
        gicc::{self, CpuInterfaceV2},
        gicd::Distributor,
        gich::VirtualInterfaceV2,
        gicr::Redistributor,
    },
    machine::{GicInfo, GicV2Info, GicV3Info, MAX_REDISTRIBUTOR_REGIONS, Range, Trigger},
};

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
            // SAFETY: the caller vouches for the description and the mapping.
            GicInfo::V2(info) => unsafe { GicV2::new(info, &mut map) }.map(Self::V2),
            // SAFETY: as above.
            GicInfo::V3(info) => unsafe { GicV3::new(info, &mut map) }.map(Self::V3),
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

    /// Whether the end of a guest's interrupt, which deactivates the physical
    /// interrupt behind a list register with `HW` set, goes unnoticed by the
    /// logic that signals physical interrupts: one whose line is still high, or
    /// high again, is then not signalled before something else happens.
    ///
    /// So it is with QEMU's model of GICv2 (as of version 10). The register that
    /// identifies the CPU interface tells it from Arm's GIC-400, which has a
    /// product number and does it right. QEMU's GICv3 does it right, too.
    #[must_use]
    pub fn ends_linked_silently(&self) -> bool {
        match self {
            Self::V2(gic) => gic.interface.iidr() == gicc::IIDR_QEMU,
            Self::V3(_) => false,
        }
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

    /// Whether an SPI is active. One load.
    #[inline]
    #[must_use]
    pub fn is_active(&self, spi: u32) -> bool {
        spi >= FIRST_SPI && self.distributor().is_active(spi)
    }

    /// Makes an SPI active, so that it is not signalled until deactivated. One
    /// store.
    #[inline]
    pub fn set_active(&self, spi: u32) {
        if spi >= FIRST_SPI {
            self.distributor().set_active(spi);
        }
    }

    /// Ends the active state of an SPI, from any core. One store.
    #[inline]
    pub fn clear_active(&self, spi: u32) {
        if spi >= FIRST_SPI {
            self.distributor().clear_active(spi);
        }
    }

    /// Whether an SPI is pending. One load.
    #[inline]
    #[must_use]
    pub fn is_pending(&self, spi: u32) -> bool {
        spi >= FIRST_SPI && self.distributor().is_pending(spi)
    }

    /// Ends the pending state of an SPI, unless its line holds it. One store.
    #[inline]
    pub fn clear_pending(&self, spi: u32) {
        if spi >= FIRST_SPI {
            self.distributor().clear_pending(spi);
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

/// Gives the address at which a physical range of registers is mapped.
type Map<'a> = &'a mut dyn FnMut(Range) -> Option<NonNull<u8>>;

impl GicV2 {
    /// See [`Gic::new`].
    unsafe fn new(info: &GicV2Info, map: Map<'_>) -> Option<Self> {
        let gich = match &info.virt {
            Some(virt) => Some(map(virt.gich)?),
            None => None,
        };
        let (gicd, gicc) = (map(info.gicd)?, map(info.gicc)?);
        // SAFETY: the caller vouches for the description and the mapping.
        unsafe {
            Some(Self {
                distributor: Distributor::new(gicd),
                interface: CpuInterfaceV2::new(gicc),
                virt: gich.map(|gich| VirtualInterfaceV2::new(gich)),
            })
        }
    }

    /// See [`Gic::init_cpu`].
    fn init_cpu(&self) -> Result<CpuV2, Error> {
        let mask = self.distributor.init_banked_v2().ok_or(Error::NoTarget)?;
        self.interface.init();
        Ok(CpuV2::new(
            self.interface,
            self.distributor,
            self.virt,
            mask,
        ))
    }
}

impl GicV3 {
    /// See [`Gic::new`].
    unsafe fn new(info: &GicV3Info, map: Map<'_>) -> Option<Self> {
        let gicd = map(info.gicd)?;
        let mut regions = Vec::new();
        for &range in &info.gicr {
            let base = map(range)?;
            let size = range.size;
            regions.push(Region { base, size }).ok()?;
        }
        Some(Self {
            // SAFETY: the caller vouches for the description and the mapping.
            distributor: unsafe { Distributor::new(gicd) },
            regions,
            stride: info.stride,
        })
    }

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
        Ok(CpuV3::new(redistributor, mpidr))
    }
}
