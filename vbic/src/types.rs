//! The vocabulary of the public interface.

use crate::MAX_VCPUS;

/// Number of a vCPU within its virtual machine, from 0.
///
/// It is also the vCPU's affinity level 0 and its bit in GICv2 target masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VcpuId(pub u8);

impl VcpuId {
    /// The number as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Which architecture version the guest sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// GICv2 (Arm IHI 0048B), one Security state, interrupt grouping.
    V2,
    /// GICv3 (Arm IHI 0069), one Security state, affinity routing always on.
    V3,
}

/// Who implements the CPU interface that the guest acknowledges from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The hardware's virtual CPU interface, fed through list registers.
    Hardware,
    /// This crate: the guest's GICC accesses arrive as
    /// [`Frame::CpuInterface`], and [`Gic::signal`](crate::Gic::signal) says
    /// which virtual exceptions to raise.
    ///
    /// A memory-mapped interface only: with [`Version::V3`], whose interface
    /// is made of system registers, nothing would ever be acknowledged.
    Software,
}

/// How the end of a linked interrupt reaches the physical one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The list register has `HW` set: the guest's end of interrupt ends the
    /// physical one too, without an exit.
    Hardware,
    /// The list register asks for maintenance at the end, and
    /// [`Host::deactivate`](crate::Host::deactivate) ends the physical
    /// interrupt: for hardware whose `HW` bit cannot be relied on.
    Maintenance,
}

/// What a virtual interrupt controller looks like.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Architecture version that the guest sees.
    pub version: Version,
    /// Who implements the CPU interface.
    pub interface: Interface,
    /// Number of vCPUs; taken as 1 when 0, as [`MAX_VCPUS`] when more.
    pub vcpus: usize,
    /// Private interrupts (bits 16 to 31 = INTID 16 to 31) that are wired to a
    /// physical interrupt of the same number on the vCPU's core. Bits 0 to 15
    /// are ignored.
    pub linked: u32,
    /// How the ends of linked interrupts reach the physical ones; of no
    /// importance with [`Interface::Software`].
    pub link: Link,
}

impl Config {
    /// The same with out-of-range values brought into range.
    pub(crate) fn clamped(self) -> Self {
        Self {
            vcpus: self.vcpus.clamp(1, MAX_VCPUS),
            linked: self.linked & crate::intid::PPI_MASK,
            ..self
        }
    }
}

/// A register frame of the guest's interrupt controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The distributor, GICD.
    Distributor,
    /// All redistributors of a GICv3, 128 KiB a vCPU, in vCPU order.
    Redistributors,
    /// The GICv2 CPU interface, GICC; with [`Interface::Hardware`] only the
    /// register that is trapped: `GICC_DIR`, in the second 4 KiB.
    CpuInterface,
}

/// Width of a memory access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessSize {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Half,
    /// 32 bits.
    Word,
    /// 64 bits.
    Double,
}

impl AccessSize {
    /// The width in bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
            Self::Double => 8,
        }
    }
}

/// Virtual exceptions to raise for a vCPU with [`Interface::Software`]
/// (`HCR_EL2.VI` and `HCR_EL2.VF`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Signal {
    /// Virtual IRQ.
    pub irq: bool,
    /// Virtual FIQ.
    pub fiq: bool,
}
