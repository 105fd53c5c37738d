//! Exclusive, ordered and atomic accesses.

use super::data::{Data, Registers};
use super::single::{OPC, Operation, SIZE, general_operation, simd_operation};
use super::{
    Address, Direction, Instruction, RM, RT, Transfer, Writeback, bit, field, register, signed,
};
use crate::access::{AccessSize, Extend};

/// The access size of bits 31 to 30.
const fn size(word: u32) -> AccessSize {
    AccessSize::from_log2(field(word, SIZE, 2))
}

/// A whole register at its base address, as LDAR and STLR move it.
fn plain(word: u32, direction: Direction) -> Instruction {
    let data = Data::General(size(word), Extend::Zero);
    Operation::Move(direction, data).at(word, Address::offset(word, 0))
}

/// Load or store, by `L`.
const fn direction(word: u32) -> Direction {
    const L: u32 = 22;
    if bit(word, L) {
        Direction::Load
    } else {
        Direction::Store
    }
}

/// LDXR, STXR, LDXP, STXP and their ordered forms; CASP and CAS; LDAR, STLR,
/// LDLAR, STLLR.
pub(super) fn exclusive_or_ordered(word: u32) -> Option<Instruction> {
    const O2: u32 = 23;
    const O1: u32 = 21;
    const PAIR_SIZE: u32 = 31;
    let direction = direction(word);
    match (bit(word, O2), bit(word, O1)) {
        (true, false) => Some(plain(word, direction)),
        (false, true) if !bit(word, PAIR_SIZE) => compare_and_swap(word),
        (false, _) => Some(Instruction::Exclusive { direction }),
        (true, true) => compare_and_swap(word),
    }
}

/// CAS and CASP, whose `Rt2` field is all ones.
fn compare_and_swap(word: u32) -> Option<Instruction> {
    const ALL_ONES: u8 = 31;
    (register(word, super::RT2) == ALL_ONES).then_some(Instruction::Atomic)
}

/// The group of LDAPUR and STLUR, with 128-bit atomics, memory tags, memory
/// copies and ordered pairs, by bit 21 and bits 11 to 10.
pub(super) fn unscaled_group(word: u32) -> Option<Instruction> {
    const TAG_SIZE: u32 = 0b11;
    const COPY_SIZE: u32 = 0b00;
    const ATOMIC_SIZES: core::ops::RangeInclusive<u32> = 0b00..=0b01;
    let size = field(word, SIZE, 2);
    match (bit(word, 21), field(word, 10, 2)) {
        (false, 0b00) => unscaled(word, general_operation(size, field(word, OPC, 2))?),
        (false, 0b01) if size == COPY_SIZE => Some(Instruction::Unsupported("memory copy")),
        (false, 0b10) => ordered_pair(word),
        (true, _) if size == TAG_SIZE => Some(Instruction::Unsupported("memory tag")),
        // SWPP and its like, and read-check-write compare-and-swap.
        (true, 0b00 | 0b10 | 0b11) if ATOMIC_SIZES.contains(&size) => Some(Instruction::Atomic),
        _ => None,
    }
}

/// LDAPUR and STLUR of a SIMD register.
pub(super) fn simd_unscaled(word: u32) -> Option<Instruction> {
    match (bit(word, 21), field(word, 10, 2)) {
        (false, 0b10) => unscaled(
            word,
            simd_operation(field(word, SIZE, 2), field(word, OPC, 2))?,
        ),
        (false, 0b01) if field(word, SIZE, 2) == 0 => Some(Instruction::Unsupported("memory copy")),
        _ => None,
    }
}

/// A nine-bit signed offset. There is no prefetch of this form.
fn unscaled(word: u32, operation: Operation) -> Option<Instruction> {
    const IMM9: u32 = 12;
    match operation {
        Operation::Prefetch => None,
        operation => Some(operation.at(word, Address::offset(word, signed(word, IMM9, 9)))),
    }
}

/// LDIAPP and STILP (pairs), and LDAPR and STLR with writeback (single).
fn ordered_pair(word: u32) -> Option<Instruction> {
    const LARGE_SIZES: u32 = 31;
    const SINGLE: u32 = 23;
    const FORM: u32 = 12;
    const WRITEBACK: u32 = 0b0000;
    const NO_WRITEBACK: u32 = 0b0001;
    if !bit(word, LARGE_SIZES) {
        return None;
    }
    let (direction, second, form) = (direction(word), register(word, RM), field(word, FORM, 4));
    let data = Data::General(size(word), Extend::Zero);
    match (bit(word, SINGLE), form) {
        (true, WRITEBACK) if second == 0 => {
            let amount = size(word).bytes();
            Some(ordered_writeback(word, direction, amount, |at| {
                Transfer::new(direction, data, Registers::one(register(word, RT)), at)
            }))
        }
        (false, WRITEBACK) => {
            let amount = 2 * size(word).bytes();
            let registers = Registers::pair(register(word, RT), second);
            Some(ordered_writeback(word, direction, amount, |at| {
                Transfer::new(direction, data, registers, at)
            }))
        }
        (false, NO_WRITEBACK) => {
            let registers = Registers::pair(register(word, RT), second);
            Some(Instruction::Transfer(Transfer::new(
                direction,
                data,
                registers,
                Address::offset(word, 0),
            )))
        }
        _ => None,
    }
}

/// Ordered stores push (pre-index), ordered loads pop (post-index).
fn ordered_writeback(
    word: u32,
    direction: Direction,
    bytes: u64,
    transfer: impl FnOnce(Address) -> Transfer,
) -> Instruction {
    let bytes = bytes.cast_signed();
    let (before, amount) = match direction {
        Direction::Load => (0, bytes),
        Direction::Store => (-bytes, -bytes),
    };
    let transfer = transfer(Address::offset(word, before));
    Instruction::Transfer(transfer.with_writeback(Some(Writeback::of(word, amount))))
}

/// Atomic memory operations, LDAPR and 64-byte accesses.
pub(super) fn atomic(word: u32) -> Option<Instruction> {
    const SIMD: u32 = 26;
    const ACQUIRE_RELEASE: u32 = 22;
    const O3: u32 = 15;
    const OPCODE: u32 = 12;
    const SWAP: u32 = 0b000;
    const LDAPR: u32 = 0b100;
    const ACQUIRE: u32 = 0b10;
    const NO_SOURCE: u8 = 31;
    let opcode = field(word, OPCODE, 3);
    let ordering = field(word, ACQUIRE_RELEASE, 2);
    if bit(word, SIMD) {
        return Some(Instruction::Atomic);
    }
    match (bit(word, O3), opcode) {
        (false, _) | (true, SWAP) => Some(Instruction::Atomic),
        (true, LDAPR) if ordering == ACQUIRE && register(word, RM) == NO_SOURCE => {
            Some(plain(word, Direction::Load))
        }
        (true, 0b001..=0b011 | 0b101) if field(word, SIZE, 2) == 0b11 && ordering == 0 => {
            Some(Instruction::Unsupported("64-byte access"))
        }
        // Read-check-write atomics.
        (true, 0b001..=0b011) if field(word, SIZE, 2) <= 0b01 => Some(Instruction::Atomic),
        _ => None,
    }
}
