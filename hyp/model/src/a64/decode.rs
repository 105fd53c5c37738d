//! From a word to what it does to memory.

use super::{Direction, Transfer, bit, field, ordered, pair, register, single, structure};

/// What an instruction does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// A load or store that can be carried out.
    Transfer(Transfer),
    /// A prefetch: no access, nothing to do.
    Prefetch,
    /// A load or store exclusive. A device may refuse it with an
    /// unsupported-exclusive abort ([`ExternalFault::Exclusive`]).
    ///
    /// [`ExternalFault::Exclusive`]: crate::esr::ExternalFault::Exclusive
    Exclusive {
        /// Load or store.
        direction: Direction,
    },
    /// An atomic read-modify-write, such as LDADD, SWP or CAS. Refused likewise.
    Atomic,
    /// DC ZVA: zeroes a block. On device memory it is an alignment fault.
    ZeroBlock {
        /// The register that holds the address, 0 to 31 (31: zero).
        rt: u8,
    },
    /// Another cache maintenance or address translation instruction by
    /// address: nothing to do for a device.
    CacheMaintenance,
    /// An access of a form that no device needs, with its name for the log.
    Unsupported(&'static str),
    /// Not an access to memory, or not allocated.
    NotMemory,
}

/// Decodes an A64 instruction. Total, without panics.
///
/// Whether an allocated instruction exists on a given core is not asked: the
/// caller has one that has just faulted.
#[must_use]
pub fn decode(word: u32) -> Instruction {
    /// Bits 28 to 25 of the load and store group are x1x0.
    const GROUP_MASK: u32 = 0x0a00_0000;
    const GROUP: u32 = 0x0800_0000;
    if word & GROUP_MASK == GROUP {
        return load_store(word).unwrap_or(Instruction::NotMemory);
    }
    system(word)
        .or_else(|| scalable(word))
        .unwrap_or(Instruction::NotMemory)
}

/// The load and store group by bits 29 to 27 and 25 to 24; `None` where it is
/// not allocated.
fn load_store(word: u32) -> Option<Instruction> {
    const SIMD: u32 = 26;
    match (field(word, 27, 3), field(word, 24, 2), bit(word, SIMD)) {
        (0b001, 0b00, false) => ordered::exclusive_or_ordered(word),
        (0b001, 0b01, false) => Some(Instruction::Unsupported("unprivileged atomic")),
        (0b001, 0b00 | 0b01, true) if !bit(word, 31) => structure::decode(word),
        (0b011, 0b00, _) => single::literal(word),
        (0b011, 0b01, false) => ordered::unscaled_group(word),
        (0b011, 0b01, true) => ordered::simd_unscaled(word),
        (0b101, 0b00 | 0b01, _) => pair::decode(word),
        (0b111, 0b01, _) => single::unsigned_offset(word),
        (0b111, 0b00, _) => single::other_offset(word),
        _ => None,
    }
}

/// DC, IC and AT instructions: `SYS` with `CRn` 7 and an address.
fn system(word: u32) -> Option<Instruction> {
    const SYS_MASK: u32 = 0xfff8_0000;
    const SYS: u32 = 0xd508_0000;
    const ZVA: (u32, u32, u32) = (3, 4, 1);
    const GVA: (u32, u32, u32) = (3, 4, 3);
    const GZVA: (u32, u32, u32) = (3, 4, 4);
    if word & SYS_MASK != SYS || field(word, 12, 4) != 7 {
        return None;
    }
    let operation = (field(word, 16, 3), field(word, 8, 4), field(word, 5, 3));
    Some(match operation {
        ZVA => Instruction::ZeroBlock {
            rt: register(word, 0),
        },
        GVA | GZVA => Instruction::Unsupported("memory tag"),
        _ => Instruction::CacheMaintenance,
    })
}

/// Memory accesses of SVE (bits 28 to 25 are 0010) and SME (0000): the upper
/// half of their space.
fn scalable(word: u32) -> Option<Instruction> {
    const SVE: u32 = 0b0010;
    const SME: u32 = 0b0000;
    match (field(word, 25, 4), field(word, 29, 3)) {
        (SVE, 0b100..=0b111) => Some(Instruction::Unsupported("sve")),
        (SME, 0b111) => Some(Instruction::Unsupported("sme")),
        _ => None,
    }
}
