//! A region of a guest's physical address space.

use crate::{GuestPhys, HostPhys, Rights};
use core::fmt;

/// The number under which the hypervisor knows an emulated device of one VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub u16);

/// What answers an access to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKind {
    /// Memory of the guest, backed by host memory at `host`.
    Ram {
        /// Where the first byte of the region lies in the machine.
        host: HostPhys,
        /// What the guest may do there.
        rights: Rights,
    },
    /// A window in which each access leaves the guest and is emulated.
    Device(DeviceId),
    /// Device registers of the machine that the guest reaches without an exit.
    Mapped {
        /// Where the first byte of the region lies in the machine.
        host: HostPhys,
        /// What the guest may do there.
        rights: Rights,
    },
}

impl RegionKind {
    /// Where the region starts in the machine and what is allowed there;
    /// `None` for an emulated device.
    #[must_use]
    pub const fn backing(&self) -> Option<(HostPhys, Rights)> {
        match *self {
            Self::Ram { host, rights } | Self::Mapped { host, rights } => Some((host, rights)),
            Self::Device(_) => None,
        }
    }

    /// Whether this is guest memory.
    #[must_use]
    pub const fn is_ram(&self) -> bool {
        matches!(self, Self::Ram { .. })
    }
}

/// A piece of a guest's physical address space that one thing answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The first address.
    pub base: GuestPhys,
    /// The size in bytes; never zero in a map.
    pub size: u64,
    /// What answers.
    pub kind: RegionKind,
    /// A short name for logs, such as `"ram"` or `"uart"`.
    pub name: &'static str,
}

impl Region {
    /// The last address of the region. (The address after it may not exist.)
    #[must_use]
    pub const fn last(&self) -> GuestPhys {
        self.base.offset(self.size.saturating_sub(1))
    }

    /// Whether `gpa` lies in the region.
    #[must_use]
    pub fn contains(&self, gpa: GuestPhys) -> bool {
        self.offset_of(gpa).is_some()
    }

    /// The distance of `gpa` from the region's base in bytes, or `None` when it
    /// lies outside.
    #[must_use]
    pub fn offset_of(&self, gpa: GuestPhys) -> Option<u64> {
        gpa.checked_sub(self.base)
            .filter(|offset| *offset < self.size)
    }

    /// Whether the two regions share an address.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.base <= other.last() && other.base <= self.last()
    }

    /// Where the `len` bytes from `gpa` lie in the machine: `None` when they
    /// are not all in the region, or when it is an emulated device.
    #[must_use]
    pub fn translate(&self, gpa: GuestPhys, len: u64) -> Option<HostSpan> {
        let offset = self.offset_of(gpa)?;
        let (host, rights) = self.kind.backing()?;
        (len <= self.size - offset).then(|| HostSpan {
            base: host.offset(offset),
            size: len,
            rights,
        })
    }
}

impl fmt::Display for Region {
    /// Writes `name [first, last]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{:#x}, {:#x}]", self.name, self.base, self.last())
    }
}

/// A contiguous piece of the machine's physical address space that a guest
/// address range translates to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostSpan {
    /// The first address.
    pub base: HostPhys,
    /// The size in bytes, as asked for.
    pub size: u64,
    /// What the guest itself may do there.
    pub rights: Rights,
}
