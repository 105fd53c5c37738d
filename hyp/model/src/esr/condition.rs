//! Conditions of trapped instructions.

use super::{bit, field};

/// The condition under which a trapped instruction was to execute.
///
/// Only AArch32 has conditional instructions of the kinds that trap. Whether
/// one traps although its condition fails is left to the implementation, so
/// such a trap must be ended without any effect but the step past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `ISS.COND` when `ISS.CV` says that it is valid.
    code: Option<u8>,
}

/// Bit 24 of the syndrome: the condition is valid.
const CV: u32 = 24;
/// The condition code, 4 bits.
const COND: u32 = 20;
/// The condition code of "always".
const ALWAYS: u8 = 0b1110;
/// `SPSR_EL2.M[4]`: the exception came from AArch32.
const SPSR_AARCH32: u32 = 4;
/// `SPSR_EL2.IT[7:2]` for AArch32; its upper four bits are the condition.
const SPSR_IT_HIGH: u32 = 10;
/// `SPSR_EL2.IT[1:0]` for AArch32.
const SPSR_IT_LOW: u32 = 25;

impl Condition {
    /// An instruction that is not conditional.
    pub const UNCONDITIONAL: Self = Self { code: Some(ALWAYS) };

    /// The condition in a syndrome that carries one.
    pub(super) const fn of(esr: u64) -> Self {
        Self {
            code: if bit(esr, CV) {
                Some(field(esr, COND, 4) as u8)
            } else {
                None
            },
        }
    }

    /// Whether the instruction was to execute, given `SPSR_EL2` (the guest's
    /// flags and, for T32, its IT state, which decides when the syndrome does
    /// not say).
    #[must_use]
    pub const fn holds(self, spsr: u64) -> bool {
        if !bit(spsr, SPSR_AARCH32) {
            return true;
        }
        match self.code {
            Some(code) => code_holds(code, spsr),
            None => code_holds(it_condition(spsr), spsr),
        }
    }
}

/// The condition of a T32 instruction, from the IT state (Arm ARM, pseudocode
/// function `CurrentCond`).
const fn it_condition(spsr: u64) -> u8 {
    let high = field(spsr, SPSR_IT_HIGH, 6);
    let low = field(spsr, SPSR_IT_LOW, 2);
    let mask = ((high & 0b11) << 2) | low;
    if mask == 0 { ALWAYS } else { (high >> 2) as u8 }
}

/// Evaluates a condition code (Arm ARM, `ConditionHolds`).
const fn code_holds(code: u8, spsr: u64) -> bool {
    let (n, z, c, v) = (bit(spsr, 31), bit(spsr, 30), bit(spsr, 29), bit(spsr, 28));
    let base = match code >> 1 {
        0b000 => z,
        0b001 => c,
        0b010 => n,
        0b011 => v,
        0b100 => c && !z,
        0b101 => n == v,
        0b110 => n == v && !z,
        _ => return true,
    };
    base != (code & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A32: u64 = 1 << SPSR_AARCH32;
    const Z: u64 = 1 << 30;

    const fn with_code(code: u64) -> Condition {
        Condition::of((1 << CV) | (code << COND))
    }

    #[test]
    fn aarch64_is_unconditional() {
        assert!(with_code(0).holds(0));
        assert!(Condition::of(0).holds(0));
    }

    #[test]
    fn flags_decide_in_aarch32() {
        let (eq, ne, al) = (with_code(0), with_code(1), with_code(0b1110));
        assert!(eq.holds(A32 | Z) && !eq.holds(A32));
        assert!(!ne.holds(A32 | Z) && ne.holds(A32));
        assert!(al.holds(A32) && al.holds(A32 | Z));
        let (ge, lt) = (with_code(0b1010), with_code(0b1011));
        let n_only = A32 | 1 << 31;
        assert!(!ge.holds(n_only) && lt.holds(n_only));
        assert!(ge.holds(n_only | 1 << 28));
    }

    #[test]
    fn the_it_state_decides_when_the_syndrome_does_not() {
        let unknown = Condition::of(0);
        assert!(unknown.holds(A32), "outside an IT block");
        // IT EQ: IT[7:0] = 0b0000_1000.
        let it_eq = A32 | 0b10 << SPSR_IT_HIGH;
        assert!(!unknown.holds(it_eq) && unknown.holds(it_eq | Z));
    }
}
