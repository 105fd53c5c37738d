//! Translation granules and what follows from their size.

use super::fault::Level;
use super::features::{Capabilities, Feature};

/// The size of pages and tables (Arm ARM DDI 0487, D8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granule {
    /// 4 KiB.
    Kib4,
    /// 16 KiB.
    Kib16,
    /// 64 KiB.
    Kib64,
}

/// log2 of the bytes of a descriptor.
pub(super) const DESCRIPTOR_SHIFT: u32 = 3;

impl Granule {
    /// log2 of the bytes of a page.
    #[must_use]
    pub const fn shift(self) -> u32 {
        match self {
            Self::Kib4 => 12,
            Self::Kib16 => 14,
            Self::Kib64 => 16,
        }
    }

    /// Address bits that one level resolves.
    #[must_use]
    pub const fn stride(self) -> u32 {
        self.shift() - DESCRIPTOR_SHIFT
    }

    /// log2 of the bytes that a descriptor of this level spans.
    #[must_use]
    pub const fn span_shift(self, level: Level) -> u32 {
        self.shift() + self.stride() * level.levels_below()
    }

    /// The first level of a walk for addresses of `bits` bits (Arm ARM,
    /// D8.2.3 ff.); `bits` is more than the granule's own.
    pub(super) const fn start_level(self, bits: u32) -> Level {
        let above_page = bits.saturating_sub(self.shift() + 1);
        Level::above_last(above_page / self.stride())
    }

    /// Whether this level can hold blocks. `ds` is the effective `TCR.DS`,
    /// `lpa` whether FEAT_LPA is there.
    pub(super) const fn has_blocks(self, level: Level, ds: bool, lpa: bool) -> bool {
        match (self, level.number()) {
            (_, 2) | (Self::Kib4, 1) => true,
            (Self::Kib4, 0) | (Self::Kib16, 1) => ds,
            (Self::Kib64, 1) => lpa,
            _ => false,
        }
    }

    /// How many descriptors of this level form a contiguous set (Arm ARM,
    /// D8.7.1); one where the Contiguous bit means nothing.
    pub(super) const fn contiguous(self, level: Level) -> u64 {
        match (self, level.number()) {
            (Self::Kib4, 1..=3) => 16,
            (Self::Kib16, 2) | (Self::Kib64, 2..=3) => 32,
            (Self::Kib16, 3) => 128,
            _ => 1,
        }
    }

    /// The feature that this granule exists.
    const fn feature(self) -> Feature {
        match self {
            Self::Kib4 => Feature::GRANULE_4K,
            Self::Kib16 => Feature::GRANULE_16K,
            Self::Kib64 => Feature::GRANULE_64K,
        }
    }
}

/// The granule in use when `chosen` is encoded, which may be `None` for a
/// reserved encoding: one that does not exist acts as one that does, here as
/// the smallest (implementation defined, Arm ARM, `TCR_EL1.TG0`).
pub(super) fn effective(chosen: Option<Granule>, id: &Capabilities) -> Granule {
    const SMALLEST_FIRST: [Granule; 3] = [Granule::Kib4, Granule::Kib16, Granule::Kib64];
    let exists = |granule: &Granule| id.has(granule.feature());
    chosen
        .filter(exists)
        .or_else(|| SMALLEST_FIRST.into_iter().find(exists))
        .unwrap_or(Granule::Kib4)
}
