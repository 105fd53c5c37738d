//! Finding a guest-physical address among sorted regions.

use crate::{GuestPhys, Region};
use core::fmt;

/// The region that holds `gpa`, in logarithmic time.
///
/// `regions` must be sorted by base and free of overlaps.
#[must_use]
pub fn find(regions: &[Region], gpa: GuestPhys) -> Option<&Region> {
    let after = regions.partition_point(|r| r.base <= gpa);
    regions
        .get(after.checked_sub(1)?)
        .filter(|r| r.contains(gpa))
}

/// The regions around `gpa`, for a report on an access that hit none.
///
/// `regions` must be sorted by base and free of overlaps.
#[must_use]
pub fn nearest(regions: &[Region], gpa: GuestPhys) -> Nearest<'_> {
    let after = regions.partition_point(|r| r.base <= gpa);
    let below = after
        .checked_sub(1)
        .and_then(|i| regions.get(i))
        .map(|region| Neighbour {
            region,
            distance: gpa.checked_sub(region.last()).unwrap_or(0),
        });
    let above = regions.get(after).map(|region| Neighbour {
        region,
        distance: region.base.checked_sub(gpa).unwrap_or(0),
    });
    Nearest { below, above }
}

/// A region and how far an address is from its nearest byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour<'a> {
    /// The region.
    pub region: &'a Region,
    /// The distance in bytes; zero when the address is inside.
    pub distance: u64,
}

/// The regions next to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest<'a> {
    /// The last region that starts at or below the address.
    pub below: Option<Neighbour<'a>>,
    /// The first region that starts above the address.
    pub above: Option<Neighbour<'a>>,
}

impl<'a> Nearest<'a> {
    /// The closer of the two; the lower one when both are equally far.
    #[must_use]
    pub fn closest(&self) -> Option<Neighbour<'a>> {
        match (self.below, self.above) {
            (Some(below), Some(above)) if above.distance < below.distance => Some(above),
            (below, above) => below.or(above),
        }
    }
}

impl fmt::Display for Nearest<'_> {
    /// Writes where the address lies as seen from the closest region, such as
    /// `0x10 bytes above uart [0x9000000, 0x9000fff]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Neighbour { region, distance }) = self.closest() else {
            return f.write_str("no region is configured");
        };
        match (distance, self.below.is_some_and(|b| b.region == region)) {
            (0, _) => write!(f, "inside {region}"),
            (_, true) => write!(f, "{distance:#x} bytes above {region}"),
            (_, false) => write!(f, "{distance:#x} bytes below {region}"),
        }
    }
}
