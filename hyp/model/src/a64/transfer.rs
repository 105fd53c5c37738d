//! What a load or store moves.

use super::data::{Data, Registers};
use super::{Address, Lane, Writeback};
use crate::access::{AccessSize, Extend};

/// Whether memory is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From memory to registers.
    Load,
    /// From registers to memory.
    Store,
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
    /// A SIMD register.
    V {
        /// 0 to 31.
        index: u8,
        /// Which part of it.
        lane: Lane,
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

/// A load or store of one to four registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which way the data goes.
    pub direction: Direction,
    /// Where it starts.
    pub address: Address,
    /// The change of the base register, after all accesses have succeeded.
    pub writeback: Option<Writeback>,
    registers: Registers,
    data: Data,
}

impl Transfer {
    /// A transfer that leaves its base register.
    pub(super) const fn new(
        direction: Direction,
        data: Data,
        registers: Registers,
        address: Address,
    ) -> Self {
        Self {
            direction,
            address,
            writeback: None,
            registers,
            data,
        }
    }

    /// The same with a change of the base register.
    pub(super) const fn with_writeback(mut self, writeback: Option<Writeback>) -> Self {
        self.writeback = writeback;
        self
    }

    /// The number of bytes moved, at most 64.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.registers.count() as u64 * self.data.bytes() as u64
    }

    /// The accesses, lowest address first: 1 to 64.
    ///
    /// With `big_endian` data (`SCTLR_EL1.EE`, `E0E`) a 128-bit register starts
    /// with its high half. The bytes of each access are the caller's.
    pub fn accesses(&self, big_endian: bool) -> impl Iterator<Item = Access> {
        let Self {
            registers, data, ..
        } = *self;
        let (count, elements) = (registers.count(), data.elements());
        let size = data.element();
        (0..count * elements).map_while(move |n| {
            let (register, element) = if data.interleaved() {
                (n % count, n / count)
            } else {
                (n / elements, n % elements)
            };
            Some(Access {
                offset: n << size.log2(),
                size,
                target: data.target(registers.get(register)?, element, big_endian),
            })
        })
    }
}
