//! Loads and stores of one register: literal, immediate and register offset.

use super::data::{Data, Registers};
use super::{
    Address, Direction, Instruction, RT, Transfer, Writeback, bit, field, register, signed,
};
use crate::access::{AccessSize, Extend};

/// What the size and operation fields select.
pub(super) enum Operation {
    /// A transfer of one register.
    Move(Direction, Data),
    /// PRFM.
    Prefetch,
}

/// `size`, bits 31 to 30.
pub(super) const SIZE: u32 = 30;
/// `opc`, bits 23 to 22.
pub(super) const OPC: u32 = 22;
/// `VR`: a SIMD register.
const SIMD: u32 = 26;
/// The nine-bit signed offset.
const IMM9: u32 = 12;

/// Decodes `size`, `VR` and `opc`; `None` where they are not allocated.
pub(super) fn operation(word: u32) -> Option<Operation> {
    let (size, opc) = (field(word, SIZE, 2), field(word, OPC, 2));
    if bit(word, SIMD) {
        simd_operation(size, opc)
    } else {
        general_operation(size, opc)
    }
}

/// General-purpose registers.
pub(super) fn general_operation(size: u32, opc: u32) -> Option<Operation> {
    const PREFETCH_SIZE: u32 = 3;
    let width = AccessSize::from_log2(size);
    let load = |extend| {
        Some(Operation::Move(
            Direction::Load,
            Data::General(width, extend),
        ))
    };
    match (opc, width) {
        (0b00, _) => Some(Operation::Move(
            Direction::Store,
            Data::General(width, Extend::Zero),
        )),
        (0b01, _) => load(Extend::Zero),
        (0b10, _) if size == PREFETCH_SIZE => Some(Operation::Prefetch),
        (0b10, _) => load(Extend::SignTo64),
        (_, AccessSize::Byte | AccessSize::Half) => load(Extend::SignTo32),
        _ => None,
    }
}

/// SIMD registers: the upper bit of `opc` and `size` give the scale.
pub(super) fn simd_operation(size: u32, opc: u32) -> Option<Operation> {
    let direction = if opc & 1 != 0 {
        Direction::Load
    } else {
        Direction::Store
    };
    let data = match (opc >> 1, size) {
        (0, _) => Data::Simd(AccessSize::from_log2(size)),
        (_, 0) => Data::Quad,
        _ => return None,
    };
    Some(Operation::Move(direction, data))
}

impl Operation {
    /// The base-two logarithm of the access size.
    const fn scale(&self) -> u32 {
        match self {
            Self::Move(_, data) => data.scale(),
            Self::Prefetch => AccessSize::Double.log2(),
        }
    }

    /// The instruction, once its address is known.
    pub(super) fn at(self, word: u32, address: Address) -> Instruction {
        match self {
            Self::Move(direction, data) => Instruction::Transfer(Transfer::new(
                direction,
                data,
                Registers::one(register(word, RT)),
                address,
            )),
            Self::Prefetch => Instruction::Prefetch,
        }
    }

    /// The same with a change of the base register, which PRFM lacks.
    fn with_writeback(self, word: u32, address: Address, amount: i64) -> Option<Instruction> {
        match self {
            Self::Move(direction, data) => {
                let registers = Registers::one(register(word, RT));
                let transfer = Transfer::new(direction, data, registers, address);
                let writeback = Some(Writeback::of(word, amount));
                Some(Instruction::Transfer(transfer.with_writeback(writeback)))
            }
            Self::Prefetch => None,
        }
    }
}

/// LDR (literal), LDRSW (literal), PRFM (literal).
pub(super) fn literal(word: u32) -> Option<Instruction> {
    const IMM19: u32 = 5;
    const INSTRUCTION_BYTES: i64 = 4;
    let data = match (field(word, SIZE, 2), bit(word, SIMD)) {
        (0b00, false) => Data::General(AccessSize::Word, Extend::Zero),
        (0b01, false) => Data::General(AccessSize::Double, Extend::Zero),
        (0b10, false) => Data::General(AccessSize::Word, Extend::SignTo64),
        (_, false) => return Some(Instruction::Prefetch),
        (0b00, true) => Data::Simd(AccessSize::Word),
        (0b01, true) => Data::Simd(AccessSize::Double),
        (0b10, true) => Data::Quad,
        (_, true) => return None,
    };
    let address = Address::Literal {
        offset: signed(word, IMM19, 19) * INSTRUCTION_BYTES,
    };
    Some(Operation::Move(Direction::Load, data).at(word, address))
}

/// The form with an unsigned offset, scaled by the access size.
pub(super) fn unsigned_offset(word: u32) -> Option<Instruction> {
    const IMM12: u32 = 10;
    let operation = operation(word)?;
    let offset = i64::from(field(word, IMM12, 12)) << operation.scale();
    Some(operation.at(word, Address::offset(word, offset)))
}

/// The forms with a signed offset or an index register, and what shares their
/// space: atomic operations and LDRAA.
pub(super) fn other_offset(word: u32) -> Option<Instruction> {
    const REGISTER_FORM: u32 = 21;
    let form = field(word, 10, 2);
    if !bit(word, REGISTER_FORM) {
        return signed_offset(word, form);
    }
    match form {
        0b00 => super::ordered::atomic(word),
        0b10 => {
            let operation = operation(word)?;
            let address = Address::indexed(word, operation.scale())?;
            Some(operation.at(word, address))
        }
        _ if field(word, SIZE, 2) == 0b11 && !bit(word, SIMD) => {
            Some(Instruction::Unsupported("authenticated load"))
        }
        _ => None,
    }
}

/// Unscaled, post-index, unprivileged and pre-index.
fn signed_offset(word: u32, form: u32) -> Option<Instruction> {
    const UNSCALED: u32 = 0b00;
    const POST_INDEX: u32 = 0b01;
    const UNPRIVILEGED: u32 = 0b10;
    let operation = operation(word)?;
    let offset = signed(word, IMM9, 9);
    match form {
        UNSCALED => Some(operation.at(word, Address::offset(word, offset))),
        UNPRIVILEGED if bit(word, SIMD) || matches!(operation, Operation::Prefetch) => None,
        // Stage 1 has already allowed the access as EL0's.
        UNPRIVILEGED => Some(operation.at(word, Address::offset(word, offset))),
        POST_INDEX => operation.with_writeback(word, Address::offset(word, 0), offset),
        _ => operation.with_writeback(word, Address::offset(word, offset), offset),
    }
}
