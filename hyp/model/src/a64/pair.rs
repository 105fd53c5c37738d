//! Loads and stores of two registers.

use super::data::{Data, Registers};
use super::{
    Address, Direction, Instruction, RT, RT2, Transfer, Writeback, bit, field, register, signed,
};
use crate::access::{AccessSize, Extend};

/// `VR`: SIMD registers.
const SIMD: u32 = 26;
/// Load, not store.
const LOAD: u32 = 22;

/// LDP, STP, LDPSW, LDNP, STNP.
pub(super) fn decode(word: u32) -> Option<Instruction> {
    const OPC: u32 = 30;
    let (opc, load) = (field(word, OPC, 2), bit(word, LOAD));
    let data = match (bit(word, SIMD), opc) {
        (false, 0b00) => Data::General(AccessSize::Word, Extend::Zero),
        (false, 0b01) => return signed_word_pair(word, load),
        (false, 0b10) => Data::General(AccessSize::Double, Extend::Zero),
        (true, 0b00) => Data::Simd(AccessSize::Word),
        (true, 0b01) => Data::Simd(AccessSize::Double),
        (true, 0b10) => Data::Quad,
        _ => return Some(Instruction::Unsupported("unprivileged pair")),
    };
    Some(transfer(word, data))
}

/// LDPSW, and STGP in its place among stores. Neither has a non-temporal form.
fn signed_word_pair(word: u32, load: bool) -> Option<Instruction> {
    if field(word, MODE, 2) == NON_TEMPORAL {
        return None;
    }
    if !load {
        return Some(Instruction::Unsupported("memory tag"));
    }
    Some(transfer(
        word,
        Data::General(AccessSize::Word, Extend::SignTo64),
    ))
}

/// The addressing mode, bits 24 to 23.
const MODE: u32 = 23;
const NON_TEMPORAL: u32 = 0b00;
const POST_INDEX: u32 = 0b01;
const PRE_INDEX: u32 = 0b11;

/// The transfer with the address of its mode.
fn transfer(word: u32, data: Data) -> Instruction {
    const IMM7: u32 = 15;
    let direction = if bit(word, LOAD) {
        Direction::Load
    } else {
        Direction::Store
    };
    let offset = signed(word, IMM7, 7) << data.scale();
    let (before, writeback) = match field(word, MODE, 2) {
        POST_INDEX => (0, Some(Writeback::of(word, offset))),
        PRE_INDEX => (offset, Some(Writeback::of(word, offset))),
        _ => (offset, None),
    };
    let registers = Registers::pair(register(word, RT), register(word, RT2));
    let transfer = Transfer::new(direction, data, registers, Address::offset(word, before));
    Instruction::Transfer(transfer.with_writeback(writeback))
}
