//! Loads and stores of structures in SIMD registers: LD1 to LD4, LD1R to LD4R,
//! ST1 to ST4, and the ordered LDAP1 and STL1.

use super::data::{Data, Registers};
use super::{Address, Direction, Instruction, RM, RT, Transfer, Writeback, bit, field, register};
use crate::access::AccessSize;

/// `Q`: vectors of 128 bits, not 64.
const Q: u32 = 30;
/// One element of each register, not all.
const SINGLE: u32 = 24;
/// `L`: load, not store.
const LOAD: u32 = 22;
/// `R` of the single forms: one register more.
const R: u32 = 21;
/// `size`; in the single forms `S` is the bit above.
const SIZE: u32 = 10;

/// Decodes the group.
pub(super) fn decode(word: u32) -> Option<Instruction> {
    let (data, count) = if bit(word, SINGLE) {
        single(word)?
    } else {
        multiple(word)?
    };
    let direction = if bit(word, LOAD) {
        Direction::Load
    } else {
        Direction::Store
    };
    let registers = Registers::run(register(word, RT), count);
    let transfer = Transfer::new(direction, data, registers, Address::offset(word, 0));
    let writeback = writeback(word, transfer.bytes())?;
    Some(Instruction::Transfer(transfer.with_writeback(writeback)))
}

/// The size of the vectors.
const fn vector_bytes(word: u32) -> u8 {
    const DOUBLE: u8 = 8;
    DOUBLE << field(word, Q, 1)
}

/// All elements of one to four registers.
fn multiple(word: u32) -> Option<(Data, u8)> {
    const OPCODE: u32 = 12;
    if bit(word, R) {
        return None;
    }
    let (count, interleaved) = match field(word, OPCODE, 4) {
        0b0000 => (4, true),
        0b0100 => (3, true),
        0b1000 => (2, true),
        0b0010 => (4, false),
        0b0110 => (3, false),
        0b1010 => (2, false),
        0b0111 => (1, false),
        _ => return None,
    };
    let element = AccessSize::from_log2(field(word, SIZE, 2));
    let bytes = vector_bytes(word);
    // Only LD1 and ST1 have vectors of one element.
    if interleaved && u64::from(bytes) == element.bytes() {
        return None;
    }
    let data = Data::Vector {
        element,
        bytes,
        interleaved,
    };
    Some((data, count))
}

/// One element of each of one to four registers.
fn single(word: u32) -> Option<(Data, u8)> {
    const COUNT: u32 = 13;
    const SCALE: u32 = 14;
    const LANE_WIDTH: u32 = 3;
    let count = (field(word, COUNT, 1) << 1 | field(word, R, 1)) + 1;
    // The number of the element is Q:S:size without the bits that then have to
    // tell its size.
    let low = field(word, SIZE, LANE_WIDTH);
    let number = (field(word, Q, 1) << LANE_WIDTH | low) as u8;
    let lane = |element, number| Data::Lane { element, number };
    let data = match (field(word, SCALE, 2), low) {
        (0b00, _) => lane(AccessSize::Byte, number),
        (0b01, 0b000 | 0b010 | 0b100 | 0b110) => lane(AccessSize::Half, number >> 1),
        (0b10, 0b000 | 0b100) => lane(AccessSize::Word, number >> 2),
        (0b10, 0b001) => lane(AccessSize::Double, number >> 3),
        (0b11, 0b000..=0b011) if bit(word, LOAD) => Data::Replicate {
            element: AccessSize::from_log2(low),
            bytes: vector_bytes(word),
        },
        _ => return None,
    };
    Some((data, count as u8))
}

/// The change of the base register: by `bytes` or by a register where it is
/// post-index. `None` where the form is not allocated.
fn writeback(word: u32, bytes: u64) -> Option<Option<Writeback>> {
    const POST_INDEX: u32 = 23;
    const NO_REGISTER: u8 = 0;
    const ORDERED: u8 = 1;
    const IMMEDIATE: u8 = 31;
    match (bit(word, POST_INDEX), register(word, RM)) {
        (false, NO_REGISTER) => Some(None),
        (false, ORDERED) if has_ordered_form(word) => Some(None),
        (false, _) => None,
        (true, IMMEDIATE) => Some(Some(Writeback::of(word, bytes.cast_signed()))),
        (true, _) => Some(Some(Writeback::by_register(word))),
    }
}

/// LD1 and ST1 of one 64-bit element, which also exist as LDAP1 and STL1.
const fn has_ordered_form(word: u32) -> bool {
    /// Bit 24, `R`, `opcode`, `S` and `size`.
    const MASK: u32 = 0x0120_fc00;
    const ONE_DOUBLE: u32 = 0x0100_8400;
    word & MASK == ONE_DOUBLE
}
