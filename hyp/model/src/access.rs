//! Sizes of memory accesses and what a load does to its register.

/// The size of one access to memory or to a device register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// The size whose base-two logarithm in bytes is the low two bits of
    /// `log2`, as instructions and syndromes encode it.
    #[must_use]
    pub const fn from_log2(log2: u32) -> Self {
        match log2 & 0b11 {
            0 => Self::Byte,
            1 => Self::Half,
            2 => Self::Word,
            _ => Self::Double,
        }
    }

    /// The base-two logarithm of the size in bytes.
    #[must_use]
    pub const fn log2(self) -> u32 {
        match self {
            Self::Byte => 0,
            Self::Half => 1,
            Self::Word => 2,
            Self::Double => 3,
        }
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << self.log2()
    }

    /// The size in bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        8 << self.log2()
    }

    /// The mask of the bits that an access of this size carries.
    #[must_use]
    pub const fn mask(self) -> u64 {
        u64::MAX >> (u64::BITS - self.bits())
    }
}

/// How a loaded value becomes the value of a general-purpose register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extend {
    /// The remaining bits of the 64-bit register become zero.
    Zero,
    /// Sign extension to 32 bits; the upper half of the register becomes zero.
    SignTo32,
    /// Sign extension to 64 bits.
    SignTo64,
}

impl Extend {
    /// The register value after a load of `size` that read `data`; bits of
    /// `data` beyond `size` are ignored.
    #[must_use]
    pub const fn apply(self, data: u64, size: AccessSize) -> u64 {
        let unused = u64::BITS - size.bits();
        let data = data & size.mask();
        let signed = ((data << unused).cast_signed() >> unused).cast_unsigned();
        match self {
            Self::Zero => data,
            Self::SignTo32 => signed & AccessSize::Word.mask(),
            Self::SignTo64 => signed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_agree_with_each_other() {
        for log2 in 0..4 {
            let size = AccessSize::from_log2(log2);
            assert_eq!(size.log2(), log2);
            assert_eq!(u64::from(size.bits()), size.bytes() * 8);
            assert_eq!(size.mask().count_ones(), size.bits());
        }
    }

    #[test]
    fn extension_follows_the_load_instructions() {
        use AccessSize::{Byte, Double, Half, Word};
        assert_eq!(Extend::Zero.apply(0xffff_ff80, Byte), 0x80);
        assert_eq!(Extend::SignTo32.apply(0x80, Byte), 0xffff_ff80);
        assert_eq!(Extend::SignTo64.apply(0x80, Byte), 0xffff_ffff_ffff_ff80);
        assert_eq!(Extend::SignTo64.apply(0x7fff, Half), 0x7fff);
        assert_eq!(
            Extend::SignTo64.apply(0x8000_0000, Word),
            0xffff_ffff_8000_0000
        );
        assert_eq!(Extend::Zero.apply(u64::MAX, Double), u64::MAX);
    }
}
