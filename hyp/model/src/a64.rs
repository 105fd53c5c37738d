//! A64 loads and stores, decoded from the instruction.
//!
//! An access to an emulated device whose syndrome is not valid (pairs,
//! writeback, SIMD registers, ...) has to be understood from the instruction
//! itself. [`decode`] is total: each of the 2^32 words is a plan that the
//! hypervisor can carry out, or a kind for which the architecture lets a
//! device refuse, or not an access to memory.
//!
//! Source: Arm ARM (DDI 0487), "A64 instruction set encoding", group "Loads
//! and Stores".

mod address;
mod data;
mod decode;
mod lane;
mod ordered;
mod pair;
mod single;
mod structure;
mod transfer;

pub use address::{Address, Amount, Gpr, IndexExtend, Writeback};
pub use decode::{Instruction, decode};
pub use lane::{Lane, Rest};
pub use transfer::{Access, Direction, Target, Transfer};

/// The `width` bits of `word` from bit `low` up.
const fn field(word: u32, low: u32, width: u32) -> u32 {
    (word >> low) & ((1 << width) - 1)
}

/// Whether bit `index` is set.
const fn bit(word: u32, index: u32) -> bool {
    field(word, index, 1) != 0
}

/// The five-bit register number from bit `low` up.
const fn register(word: u32, low: u32) -> u8 {
    field(word, low, 5) as u8
}

/// The signed field of `width` bits from bit `low` up.
const fn signed(word: u32, low: u32, width: u32) -> i64 {
    let unused = u32::BITS - width;
    ((field(word, low, width) << unused).cast_signed() >> unused) as i64
}

/// Where `Rt`, `Rn`, `Rt2` (of pairs and ordered accesses) and `Rm` start.
const RT: u32 = 0;
const RN: u32 = 5;
const RT2: u32 = 10;
const RM: u32 = 16;

#[cfg(test)]
mod tests;
