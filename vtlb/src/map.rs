//! The guest-physical map: what a virtual machine owns.

use crate::{GuestPhys, HostSpan, Nearest, Region, search};
use alloc::vec::Vec;
use core::fmt;

/// Why a region was not taken into a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertError {
    /// The region has no byte.
    Empty(Region),
    /// The region, or what backs it, ends beyond the 64-bit address space.
    Overflow(Region),
    /// The region shares an address with one that is already there.
    Overlap {
        /// The region that was to be inserted.
        new: Region,
        /// The region in its way.
        old: Region,
    },
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(r) => write!(f, "region {} at {:#x} has size 0", r.name, r.base),
            Self::Overflow(r) => write!(
                f,
                "region {} at {:#x} with {:#x} bytes ends beyond the address space",
                r.name, r.base, r.size
            ),
            Self::Overlap { new, old } => write!(f, "region {new} overlaps {old}"),
        }
    }
}

impl core::error::Error for InsertError {}

/// A VM's physical address space: sorted regions that do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestMap {
    regions: Vec<Region>,
}

impl GuestMap {
    /// A map without any region.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            regions: Vec::new(),
        }
    }

    /// Adds a region.
    ///
    /// # Errors
    /// When it is empty, leaves the address space, or overlaps another; the
    /// map is then unchanged.
    pub fn insert(&mut self, region: Region) -> Result<(), InsertError> {
        check_extent(&region)?;
        let place = self.regions.partition_point(|r| r.base < region.base);
        let neighbours = [
            place.checked_sub(1).and_then(|i| self.regions.get(i)),
            self.regions.get(place),
        ];
        if let Some(old) = neighbours
            .into_iter()
            .flatten()
            .find(|r| r.overlaps(&region))
        {
            return Err(InsertError::Overlap {
                new: region,
                old: *old,
            });
        }
        self.regions.insert(place, region);
        Ok(())
    }

    /// The region that holds `gpa`, in logarithmic time.
    #[must_use]
    pub fn lookup(&self, gpa: GuestPhys) -> Option<&Region> {
        search::find(&self.regions, gpa)
    }

    /// Where the `len` bytes from `gpa` lie in the machine, be it memory or
    /// mapped device registers.
    ///
    /// `None` unless one region holds all of them and something of the machine
    /// backs it. The answer does not depend on the region's rights: the caller
    /// compares [`HostSpan::rights`] with what it wants to do.
    #[must_use]
    pub fn translate(&self, gpa: GuestPhys, len: u64) -> Option<HostSpan> {
        self.lookup(gpa)?.translate(gpa, len)
    }

    /// As [`translate`](Self::translate), for guest memory only: what the
    /// hypervisor uses when it reads or writes on a guest's behalf.
    #[must_use]
    pub fn translate_ram(&self, gpa: GuestPhys, len: u64) -> Option<HostSpan> {
        self.lookup(gpa)
            .filter(|r| r.kind.is_ram())?
            .translate(gpa, len)
    }

    /// The regions around `gpa`, for reports.
    #[must_use]
    pub fn nearest(&self, gpa: GuestPhys) -> Nearest<'_> {
        search::nearest(&self.regions, gpa)
    }

    /// All regions, lowest address first.
    pub fn iter(&self) -> core::slice::Iter<'_, Region> {
        self.regions.iter()
    }

    /// The number of regions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.regions.len()
    }

    /// Whether there is no region.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }
}

impl<'a> IntoIterator for &'a GuestMap {
    type Item = &'a Region;
    type IntoIter = core::slice::Iter<'a, Region>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Checks that a region has bytes and that all of them, and what backs them,
/// have an address.
fn check_extent(region: &Region) -> Result<(), InsertError> {
    let span = region
        .size
        .checked_sub(1)
        .ok_or(InsertError::Empty(*region))?;
    let guest_fits = region.base.checked_add(span).is_some();
    let host_fits = region
        .kind
        .backing()
        .is_none_or(|(host, _)| host.checked_add(span).is_some());
    if guest_fits && host_fits {
        Ok(())
    } else {
        Err(InsertError::Overflow(*region))
    }
}

#[cfg(test)]
mod tests;
