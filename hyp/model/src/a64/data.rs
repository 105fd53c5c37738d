//! The registers of a load or store, and how they lie in memory.

use super::{Lane, Rest, Target};
use crate::access::{AccessSize, Extend};

/// The registers of one instruction, in the order of the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registers {
    numbers: [u8; Self::MOST],
    count: u8,
}

impl Registers {
    /// LD4 and ST4.
    const MOST: usize = 4;

    /// One register.
    pub(super) const fn one(number: u8) -> Self {
        Self {
            numbers: [number, 0, 0, 0],
            count: 1,
        }
    }

    /// Two registers.
    pub(super) const fn pair(first: u8, second: u8) -> Self {
        Self {
            numbers: [first, second, 0, 0],
            count: 2,
        }
    }

    /// `count` (at most four) consecutive registers: after 31 comes 0.
    pub(super) const fn run(first: u8, count: u8) -> Self {
        const NUMBERS: u8 = 32;
        let [second, third, fourth] = [first + 1, first + 2, first + 3];
        Self {
            numbers: [first, second % NUMBERS, third % NUMBERS, fourth % NUMBERS],
            count,
        }
    }

    /// How many registers.
    pub(super) const fn count(&self) -> u8 {
        self.count
    }

    /// The `n`th register.
    pub(super) fn get(&self, n: u8) -> Option<u8> {
        self.numbers.get(usize::from(n)).copied()
    }
}

/// How the registers of one instruction lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// General-purpose registers.
    General(AccessSize, Extend),
    /// SIMD registers of at most 64 bits.
    Simd(AccessSize),
    /// SIMD registers of 128 bits, each one number.
    Quad,
    /// All elements of vectors.
    Vector {
        /// The size of an element.
        element: AccessSize,
        /// The size of a vector, 8 or 16.
        bytes: u8,
        /// The first elements of all vectors come first, not the first vector.
        interleaved: bool,
    },
    /// One element of each vector.
    Lane {
        /// The size of the element.
        element: AccessSize,
        /// The number of the element.
        number: u8,
    },
    /// One element for all elements of each vector.
    Replicate {
        /// The size of the element.
        element: AccessSize,
        /// The size of a vector, 8 or 16.
        bytes: u8,
    },
}

impl Data {
    /// The size of one access.
    pub(super) const fn element(self) -> AccessSize {
        match self {
            Self::General(size, _) | Self::Simd(size) => size,
            Self::Quad => AccessSize::Double,
            Self::Vector { element, .. }
            | Self::Lane { element, .. }
            | Self::Replicate { element, .. } => element,
        }
    }

    /// The accesses of each register.
    pub(super) const fn elements(self) -> u8 {
        match self {
            Self::Quad => 2,
            Self::Vector { element, bytes, .. } => bytes >> element.log2(),
            Self::General(..) | Self::Simd(_) | Self::Lane { .. } | Self::Replicate { .. } => 1,
        }
    }

    /// The size of one register in memory, at most 16.
    pub(super) const fn bytes(self) -> u8 {
        self.elements() << self.element().log2()
    }

    /// The base-two logarithm of that.
    pub(super) const fn scale(self) -> u32 {
        self.bytes().trailing_zeros()
    }

    /// Whether registers take turns in memory.
    pub(super) const fn interleaved(self) -> bool {
        matches!(
            self,
            Self::Vector {
                interleaved: true,
                ..
            }
        )
    }

    /// Where the `n`th access of register `index` goes. A load's first access
    /// clears what the instruction does not write.
    pub(super) const fn target(self, index: u8, n: u8, big_endian: bool) -> Target {
        let first_clears = if n == 0 { Rest::Zero } else { Rest::Keep };
        let (number, rest) = match self {
            Self::General(_, extend) => return Target::X { index, extend },
            Self::Quad if big_endian => (n ^ 1, first_clears),
            Self::Simd(_) | Self::Quad | Self::Vector { .. } => (n, first_clears),
            Self::Lane { number, .. } => (number, Rest::Keep),
            Self::Replicate { bytes, .. } => (0, Rest::Copies { bytes }),
        };
        let lane = Lane { number, rest };
        Target::V { index, lane }
    }
}
