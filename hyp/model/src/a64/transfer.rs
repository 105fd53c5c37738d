//! What a load or store moves.

use super::{Address, Writeback};
use crate::access::{AccessSize, Extend};
use heapless::Vec;

/// Whether memory is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From memory to registers.
    Load,
    /// From registers to memory.
    Store,
}

/// Which 64 bits of a 128-bit SIMD register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Bits 63 to 0.
    Low,
    /// Bits 127 to 64.
    High,
}

/// The register of one access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A general-purpose register.
    X {
        /// 0 to 31; 31 is the zero register.
        index: u8,
        /// What a load makes of the value. (A store takes the low bits.)
        extend: Extend,
    },
    /// A SIMD register. A load of the low half makes the rest of the register
    /// zero; a load of the high half, which always follows, leaves the low
    /// half.
    V {
        /// 0 to 31.
        index: u8,
        /// Which half.
        half: Half,
    },
}

/// One access of at most eight bytes, as devices are accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Where it starts, in bytes from the address of the transfer.
    pub offset: u8,
    /// How much it moves.
    pub size: AccessSize,
    /// The register.
    pub target: Target,
}

/// The most accesses that an instruction makes: a pair of 128-bit registers.
const MAX_ACCESSES: usize = 4;

/// A load or store of one or two registers.
///
/// The halves of a 128-bit register are given in the order of a little-endian
/// access; big-endian data (`SCTLR_EL1.EE`, `E0E`) exchanges the registers'
/// halves besides the bytes of each access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which way the data goes.
    pub direction: Direction,
    /// Where it starts.
    pub address: Address,
    /// The accesses, lowest address first.
    pub accesses: Vec<Access, MAX_ACCESSES>,
    /// The change of the base register, after all accesses have succeeded.
    pub writeback: Option<Writeback>,
}

/// Registers of one instruction, before the address is known.
#[derive(Clone, Copy)]
pub(super) enum Data {
    /// General-purpose registers.
    General(AccessSize, Extend),
    /// SIMD registers of at most 64 bits.
    Simd(AccessSize),
    /// SIMD registers of 128 bits.
    Quad,
}

impl Data {
    /// The base-two logarithm of the size of one register in memory.
    pub(super) const fn scale(self) -> u32 {
        const QUAD: u32 = 4;
        match self {
            Self::General(size, _) | Self::Simd(size) => size.log2(),
            Self::Quad => QUAD,
        }
    }

    /// The accesses of one register that starts at `offset`.
    fn push(self, accesses: &mut Vec<Access, MAX_ACCESSES>, index: u8, offset: u8) {
        const HALF_BYTES: u8 = 8;
        let low = Target::V {
            index,
            half: Half::Low,
        };
        let (size, target) = match self {
            Self::General(size, extend) => (size, Target::X { index, extend }),
            Self::Simd(size) => (size, low),
            Self::Quad => (AccessSize::Double, low),
        };
        // The capacity is that of the longest instruction, so nothing is lost.
        let _ = accesses.push(Access {
            offset,
            size,
            target,
        });
        if matches!(self, Self::Quad) {
            let target = Target::V {
                index,
                half: Half::High,
            };
            let offset = offset + HALF_BYTES;
            let _ = accesses.push(Access {
                offset,
                size,
                target,
            });
        }
    }
}

impl Transfer {
    /// A transfer of one register.
    pub(super) fn single(direction: Direction, data: Data, rt: u8, address: Address) -> Self {
        let mut accesses = Vec::new();
        data.push(&mut accesses, rt, 0);
        Self {
            direction,
            address,
            accesses,
            writeback: None,
        }
    }

    /// A transfer of two registers.
    pub(super) fn pair(
        direction: Direction,
        data: Data,
        registers: (u8, u8),
        address: Address,
    ) -> Self {
        let mut transfer = Self::single(direction, data, registers.0, address);
        data.push(&mut transfer.accesses, registers.1, 1 << data.scale());
        transfer
    }

    /// The same with a change of the base register.
    pub(super) fn with_writeback(mut self, writeback: Option<Writeback>) -> Self {
        self.writeback = writeback;
        self
    }

    /// The number of bytes moved.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.accesses.iter().map(|access| access.size.bytes()).sum()
    }
}
