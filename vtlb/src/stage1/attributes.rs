//! Memory types and shareability.

/// Memory attributes in the encoding of one byte of `MAIR_EL1`, which is also
/// that of `PAR_EL1.ATTR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attribute(u8);

/// What an [`Attribute`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Memory {
    /// A device, from the strictest kind to the most relaxed.
    Device(Device),
    /// Memory, with the cacheability in the two domains.
    Normal {
        /// Of the inner domain.
        inner: Cacheability,
        /// Of the outer domain.
        outer: Cacheability,
    },
}

/// What a device allows: gathering, reordering, early write acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// Nothing.
    NGnRnE,
    /// Early acknowledgement.
    NGnRE,
    /// Reordering and early acknowledgement.
    NGRE,
    /// All three.
    GRE,
}

/// How Normal memory may be cached; allocation hints aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cacheability {
    /// Not at all.
    NonCacheable,
    /// Write-through.
    WriteThrough,
    /// Write-back.
    WriteBack,
}

impl Attribute {
    /// Device-nGnRnE: data accesses with the MMU off.
    pub const DEVICE: Self = Self(0x00);
    /// Normal memory, inner and outer non-cacheable.
    pub const NON_CACHEABLE: Self = Self(0x44);
    /// Normal memory, inner and outer write-through read-allocate: fetches
    /// with the MMU off and the instruction cache on.
    pub const WRITE_THROUGH: Self = Self(0xaa);

    /// The attribute number `index`, 0 to 7, of a `MAIR_EL1` value.
    pub(super) const fn select(mair: u64, index: u64) -> Self {
        const ATTRIBUTES: u64 = 8;
        let [byte, ..] = (mair >> (index % ATTRIBUTES * u8::BITS as u64)).to_le_bytes();
        Self(byte)
    }

    /// The byte itself.
    #[must_use]
    pub const fn raw(self) -> u8 {
        self.0
    }

    /// What the byte means (Arm ARM DDI 0487, `MAIR_EL1`). Reserved values,
    /// which may act as any other, count as the strictest.
    #[must_use]
    pub const fn memory(self) -> Memory {
        /// Non-cacheable memory whose accesses TLBI nXS need not wait for.
        const NON_CACHEABLE_XS: u8 = 0x40;
        /// The same in write-through memory.
        const WRITE_THROUGH_XS: u8 = 0xa0;
        /// Write-back memory with allocation tags.
        const TAGGED: u8 = 0xf0;
        let (outer, inner) = (self.0 >> 4, self.0 & 0xf);
        match (self.0, outer, inner) {
            (_, 0, _) => Memory::Device(Device::decode(inner >> 2)),
            (NON_CACHEABLE_XS, ..) => Memory::same(Cacheability::NonCacheable),
            (WRITE_THROUGH_XS, ..) => Memory::same(Cacheability::WriteThrough),
            (TAGGED, ..) => Memory::same(Cacheability::WriteBack),
            (_, _, 0) => Memory::Device(Device::NGnRnE),
            _ => Memory::Normal {
                inner: Cacheability::decode(inner),
                outer: Cacheability::decode(outer),
            },
        }
    }

    /// What an access sees: instruction fetches never see a device, and
    /// nothing is cached while the cache for this kind of access is `off`.
    pub(super) const fn seen_by(self, fetch: bool, off: bool) -> Self {
        match self.memory() {
            Memory::Device(_) if fetch => Self::NON_CACHEABLE,
            Memory::Normal { .. } if off => Self::NON_CACHEABLE,
            _ => self,
        }
    }
}

impl Memory {
    const fn same(both: Cacheability) -> Self {
        Self::Normal {
            inner: both,
            outer: both,
        }
    }

    /// Whether the memory type itself makes all observers see the same,
    /// whatever shareability the tables give.
    const fn is_always_shared(self) -> bool {
        matches!(
            self,
            Self::Device(_)
                | Self::Normal {
                    inner: Cacheability::NonCacheable,
                    outer: Cacheability::NonCacheable,
                }
        )
    }
}

impl Device {
    const fn decode(bits: u8) -> Self {
        match bits {
            0 => Self::NGnRnE,
            1 => Self::NGnRE,
            2 => Self::NGRE,
            _ => Self::GRE,
        }
    }
}

impl Cacheability {
    const fn decode(bits: u8) -> Self {
        const WRITE_BACK: u8 = 0b0100;
        match bits {
            0b0100 => Self::NonCacheable,
            bits if bits & WRITE_BACK == 0 => Self::WriteThrough,
            _ => Self::WriteBack,
        }
    }
}

/// Which observers a location is coherent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shareability {
    /// This processor only.
    Non,
    /// The outer domain.
    Outer,
    /// The inner domain.
    Inner,
}

impl Shareability {
    /// Decodes a descriptor's SH field. The reserved value may act as any
    /// other; it counts as the widest.
    pub(super) const fn decode(sh: u64) -> Self {
        match sh {
            0b00 => Self::Non,
            0b11 => Self::Inner,
            _ => Self::Outer,
        }
    }

    /// The shareability that memory with this attribute really has.
    pub(super) const fn of(self, attribute: Attribute) -> Self {
        if attribute.memory().is_always_shared() {
            Self::Outer
        } else {
            self
        }
    }

    /// The two-bit encoding of descriptors and of `PAR_EL1.SH`.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Non => 0b00,
            Self::Outer => 0b10,
            Self::Inner => 0b11,
        }
    }
}
