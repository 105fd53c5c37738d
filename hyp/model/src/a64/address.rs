//! How an instruction forms its address.

use super::{RM, RN, field, register};
use vtlb::GuestVirt;

/// A general-purpose register as an address operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gpr {
    /// `X0` to `X30`, by number.
    X(u8),
    /// The current stack pointer.
    Sp,
    /// The zero register: reads as zero.
    Zero,
}

/// The register number that means the stack pointer or the zero register.
const R31: u8 = 31;

impl Gpr {
    /// A base register: 31 is the stack pointer.
    pub(super) const fn base(number: u8) -> Self {
        if number == R31 {
            Self::Sp
        } else {
            Self::X(number)
        }
    }

    /// An index register: 31 is the zero register.
    const fn index(number: u8) -> Self {
        if number == R31 {
            Self::Zero
        } else {
            Self::X(number)
        }
    }
}

/// How the index register of an address is extended before its shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexExtend {
    /// The low 32 bits, zero-extended.
    Uxtw,
    /// The low 32 bits, sign-extended.
    Sxtw,
    /// All 64 bits (LSL or SXTX).
    Full,
}

impl IndexExtend {
    /// Decodes `option`; `None` where it is not allocated.
    const fn of(option: u32) -> Option<Self> {
        match option {
            0b010 => Some(Self::Uxtw),
            0b110 => Some(Self::Sxtw),
            0b011 | 0b111 => Some(Self::Full),
            _ => None,
        }
    }

    /// The extended value.
    const fn apply(self, value: u64) -> u64 {
        match self {
            Self::Uxtw => value as u32 as u64,
            Self::Sxtw => (value as u32).cast_signed() as i64 as u64,
            Self::Full => value,
        }
    }
}

/// The address of the first byte of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// A base register plus a constant.
    Offset {
        /// The base.
        base: Gpr,
        /// The constant, in bytes; zero for post-index.
        offset: i64,
    },
    /// A base register plus an index register.
    Indexed {
        /// The base.
        base: Gpr,
        /// The index.
        index: Gpr,
        /// How the index is extended.
        extend: IndexExtend,
        /// How far the extended index is shifted left.
        shift: u8,
    },
    /// The program counter plus a constant.
    Literal {
        /// The constant, in bytes.
        offset: i64,
    },
}

impl Address {
    /// The base register of `word` plus a constant.
    pub(super) const fn offset(word: u32, offset: i64) -> Self {
        Self::Offset {
            base: Gpr::base(register(word, RN)),
            offset,
        }
    }

    /// The register offset form; `None` where `option` is not allocated.
    pub(super) fn indexed(word: u32, scale: u32) -> Option<Self> {
        const OPTION: u32 = 13;
        const S: u32 = 12;
        Some(Self::Indexed {
            base: Gpr::base(register(word, RN)),
            index: Gpr::index(register(word, RM)),
            extend: IndexExtend::of(field(word, OPTION, 3))?,
            shift: if super::bit(word, S) { scale as u8 } else { 0 },
        })
    }

    /// The address, given the program counter of the instruction and a way to
    /// read registers. The arithmetic is modulo 2^64.
    #[must_use]
    pub fn resolve(&self, pc: u64, read: impl Fn(Gpr) -> u64) -> GuestVirt {
        let raw = match *self {
            Self::Offset { base, offset } => read(base).wrapping_add_signed(offset),
            Self::Indexed {
                base,
                index,
                extend,
                shift,
            } => {
                let index = if index == Gpr::Zero { 0 } else { read(index) };
                read(base).wrapping_add(extend.apply(index).wrapping_shl(u32::from(shift)))
            }
            Self::Literal { offset } => pc.wrapping_add_signed(offset),
        };
        GuestVirt::new(raw)
    }
}

/// The change of a base register by pre- or post-index addressing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writeback {
    /// The base register.
    pub base: Gpr,
    /// What is added to it.
    pub amount: Amount,
}

/// What is added to a base register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A constant, in bytes.
    Constant(i64),
    /// A register.
    Register(Gpr),
}

impl Writeback {
    /// The change of the base register of `word`.
    pub(super) const fn of(word: u32, amount: i64) -> Self {
        Self {
            base: Gpr::base(register(word, RN)),
            amount: Amount::Constant(amount),
        }
    }

    /// The change of the base register of `word` by its index register.
    pub(super) const fn by_register(word: u32) -> Self {
        Self {
            base: Gpr::base(register(word, RN)),
            amount: Amount::Register(Gpr::index(register(word, RM))),
        }
    }

    /// The new value of the base register, given a way to read registers as
    /// they were before the instruction. The arithmetic is modulo 2^64.
    #[must_use]
    pub fn resolve(&self, read: impl Fn(Gpr) -> u64) -> u64 {
        let old = read(self.base);
        match self.amount {
            Amount::Constant(bytes) => old.wrapping_add_signed(bytes),
            Amount::Register(gpr) => old.wrapping_add(read(gpr)),
        }
    }
}
