//! Going on after an instruction that the hypervisor carried out.

use super::{IL, field, pstate};

/// Where the guest goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// For `SPSR_EL2`.
    pub pstate: u64,
    /// For `ELR_EL2`.
    pub pc: u64,
}

/// Steps past the instruction that trapped with `esr`, as if it had executed:
/// a 16-bit one where the syndrome says so, with the end of its software step,
/// of its branch type and of its place in a T32 IT block.
///
/// Not for HVC, whose return address is already past it.
#[must_use]
pub const fn step_over(esr: u64, spsr: u64, pc: u64) -> Resume {
    const LONG: u64 = 4;
    const SHORT: u64 = 2;
    const SS: u64 = 1 << 21;
    const BTYPE: u64 = 0b11 << 10;
    let length = if esr & IL != 0 { LONG } else { SHORT };
    let state = if spsr & pstate::AARCH32 != 0 {
        advance_it(spsr)
    } else {
        spsr & !BTYPE
    };
    Resume {
        pstate: state & !SS,
        pc: pc.wrapping_add(length),
    }
}

/// Advances the IT state of an AArch32 `SPSR` (Arm ARM, `AArch32.ITAdvance`).
const fn advance_it(spsr: u64) -> u64 {
    const IT_7_2: u32 = 10;
    const IT_1_0: u32 = 25;
    const MASK: u64 = 0x3f << IT_7_2 | 0b11 << IT_1_0;
    let it = field(spsr, IT_7_2, 6) << 2 | field(spsr, IT_1_0, 2);
    let next = if it & 0b111 == 0 {
        0
    } else {
        (it & 0xe0) | (it << 1 & 0x1f)
    };
    spsr & !MASK | (next >> 2) << IT_7_2 | (next & 0b11) << IT_1_0
}
