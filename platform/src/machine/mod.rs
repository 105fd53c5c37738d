//! What the board has, read from the flattened device tree that firmware hands
//! over (Devicetree Specification 0.4 and the Linux bindings of each device).
//!
//! [`discover`] checks the whole tree before it believes any of it and returns
//! plain data: no driver, no virtual machine, no constant of a board. A tree
//! that is damaged or describes something impossible gives one [`Error`].

use core::fmt;

use heapless::Vec;

mod blob;
mod cpus;
mod devices;
mod discover;
mod error;
mod interrupts;
mod memory;
mod tree;

#[cfg(test)]
mod tests;

pub use blob::{MAX_BLOB_SIZE, claimed_size};
pub use discover::discover;
pub use error::{Error, NodeName};

/// Most memory ranges a board may have.
pub const MAX_MEMORY: usize = 16;
/// Most reserved ranges a board may have.
pub const MAX_RESERVED: usize = 64;
/// Most cores that are recorded.
pub const MAX_CPUS: usize = 64;
/// Most redistributor regions of a GICv3.
pub const MAX_REDISTRIBUTOR_REGIONS: usize = 8;
/// Most performance monitor interrupts: one for all cores, or one each.
pub const MAX_PMU_INTERRUPTS: usize = MAX_CPUS;
/// Most `compatible` strings of the root that are recorded.
pub const MAX_COMPATIBLE: usize = 4;

/// A range of physical addresses. Never empty and never past the end of the
/// address space when [`discover`] made it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// First address.
    pub base: u64,
    /// Length in bytes.
    pub size: u64,
}

impl Range {
    /// First address after the range.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.base.saturating_add(self.size)
    }

    /// Whether `address` lies in the range.
    #[must_use]
    pub const fn contains(&self, address: u64) -> bool {
        address >= self.base && address - self.base < self.size
    }

    /// Whether the two ranges have an address in common.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.base < other.end() && other.base < self.end()
    }
}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}..{:#x}", self.base, self.end())
    }
}

/// What makes an interrupt pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The rising edge of the line.
    Edge,
    /// The line while it is high.
    Level,
}

/// An interrupt at the board's GIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// Interrupt identifier: 16 to 31 private to each core (PPI), from 32 shared (SPI).
    pub intid: u32,
    /// What makes it pending.
    pub trigger: Trigger,
}

/// How to start a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuEnable {
    /// PSCI `CPU_ON`.
    Psci,
    /// Write the entry address to the physical address `release_addr`, clean it
    /// to the Point of Coherency, then `SEV`.
    SpinTable {
        /// Where the core looks for its entry address, 8 bytes.
        release_addr: u64,
    },
    /// The tree names no way that is known: usable only as the core that boots.
    Unknown,
}

/// A core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Its affinity, as in `MPIDR_EL1` without flag bits.
    pub mpidr: u64,
    /// How to start it. A board with one core may leave this open even for the
    /// core that runs already.
    pub enable: CpuEnable,
}

/// Virtualization part of a GICv2 (Arm IHI 0048B, chapter 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GicV2Virtual {
    /// Virtual interface control registers.
    pub gich: Range,
    /// Virtual CPU interface, to be mapped for guests.
    pub gicv: Range,
    /// Maintenance interrupt.
    pub maintenance: Interrupt,
}

/// A GICv2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GicV2Info {
    /// Distributor.
    pub gicd: Range,
    /// CPU interface.
    pub gicc: Range,
    /// Virtualization part, where the board has one.
    pub virt: Option<GicV2Virtual>,
}

/// The memory-mapped CPU interfaces that a GICv3 may offer to old software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GicV3Legacy {
    /// CPU interface.
    pub gicc: Range,
    /// Virtual interface control registers.
    pub gich: Range,
    /// Virtual CPU interface.
    pub gicv: Range,
}

/// A GICv3 or GICv4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GicV3Info {
    /// Distributor.
    pub gicd: Range,
    /// Redistributor regions, each with one or more frames.
    pub gicr: Vec<Range, MAX_REDISTRIBUTOR_REGIONS>,
    /// Distance of redistributor frames in bytes, where the tree overrides what
    /// each frame's `GICR_TYPER` says.
    pub stride: Option<u64>,
    /// Compatibility with GICv2, where the board has it.
    pub legacy: Option<GicV3Legacy>,
    /// Maintenance interrupt, where the tree names one.
    pub maintenance: Option<Interrupt>,
}

/// The board's interrupt controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GicInfo {
    /// GICv2, such as GIC-400.
    V2(GicV2Info),
    /// GICv3 or GICv4.
    V3(GicV3Info),
}

impl GicInfo {
    /// The interrupt with which the virtual interface asks for service.
    #[must_use]
    pub fn maintenance(&self) -> Option<Interrupt> {
        match self {
            Self::V2(gic) => gic.virt.map(|virt| virt.maintenance),
            Self::V3(gic) => gic.maintenance,
        }
    }
}

/// Programming model of the console UART.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UartKind {
    /// Arm PrimeCell UART (PL011).
    Pl011,
}

/// The console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UartInfo {
    /// Programming model.
    pub kind: UartKind,
    /// Registers.
    pub registers: Range,
    /// Interrupt at the GIC, if there is one.
    pub interrupt: Option<Interrupt>,
    /// Input clock in Hz, where the tree has it as a fixed clock.
    pub clock: Option<u32>,
}

/// Interrupts of the generic timers (binding `arm,armv8-timer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerInterrupts {
    /// EL1 physical timer, Secure.
    pub secure_physical: Interrupt,
    /// EL1 physical timer (`CNTP`).
    pub physical: Interrupt,
    /// EL1 virtual timer (`CNTV`).
    pub virtual_: Interrupt,
    /// EL2 physical timer (`CNTHP`).
    pub hyp_physical: Interrupt,
}

/// Instruction that reaches the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduit {
    /// `SMC #0`.
    Smc,
    /// `HVC #0`.
    Hvc,
}

/// The board. Strings are borrowed from the device tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine<'a> {
    /// `model` of the root, empty if it has none.
    pub model: &'a str,
    /// `compatible` of the root, most specific first.
    pub compatible: Vec<&'a str, MAX_COMPATIBLE>,
    /// RAM, sorted by address, without overlap.
    pub memory: Vec<Range, MAX_MEMORY>,
    /// Parts of it that are taken: the memory reservation block and
    /// `/reserved-memory`. In no order; may overlap; neither the tree itself
    /// nor the initial RAM disk is among them unless firmware says so.
    pub reserved: Vec<Range, MAX_RESERVED>,
    /// Cores in the order of the tree, those beyond [`MAX_CPUS`] left out.
    pub cpus: Vec<Cpu, MAX_CPUS>,
    /// Cores that were left out.
    pub cpus_left_out: usize,
    /// Interrupt controller, if it is a GIC.
    pub gic: Option<GicInfo>,
    /// Console: the UART that `stdout-path` names, or else the first one of a
    /// kind that there is a driver for.
    pub uart: Option<UartInfo>,
    /// Registers of a PL031 real-time clock, if there is one.
    pub rtc: Option<Range>,
    /// Generic timer interrupts, if they go to the GIC.
    pub timers: Option<TimerInterrupts>,
    /// Performance monitor interrupts at the GIC: one PPI for all cores, or one
    /// SPI a core.
    pub pmu: Vec<Interrupt, MAX_PMU_INTERRUPTS>,
    /// How to call the firmware's PSCI (0.2 or later), if it has one.
    pub psci: Option<Conduit>,
    /// `/chosen/bootargs`.
    pub bootargs: Option<&'a str>,
    /// `/chosen/stdout-path`, before aliases are resolved.
    pub stdout_path: Option<&'a str>,
    /// `/chosen/linux,initrd-start` and `-end`.
    pub initrd: Option<Range>,
}
