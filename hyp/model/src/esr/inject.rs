//! Syndromes of the exceptions that the hypervisor gives to a guest's EL1.

use super::{Class, IL};

/// Where an external abort happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalFault {
    /// On the access itself.
    Access,
    /// On a translation table walk, at this level (-1 to 3).
    Walk(i8),
    /// On an exclusive or atomic access to memory that does not support it.
    Exclusive,
}

impl ExternalFault {
    /// The fault status code.
    const fn status(self) -> u64 {
        const EXTERNAL: u64 = 0b01_0000;
        const EXTERNAL_ON_WALK: u64 = 0b01_0100;
        const EXTERNAL_ON_WALK_M1: u64 = 0b01_0011;
        const UNSUPPORTED_EXCLUSIVE: u64 = 0b11_0101;
        match self {
            Self::Access => EXTERNAL,
            Self::Walk(-1) => EXTERNAL_ON_WALK_M1,
            Self::Walk(level) => EXTERNAL_ON_WALK | (level & 0b11).cast_unsigned() as u64,
            Self::Exclusive => UNSUPPORTED_EXCLUSIVE,
        }
    }
}

/// A value for `ESR_EL1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syndrome(u64);

impl Syndrome {
    /// An UNDEFINED instruction.
    #[must_use]
    pub const fn undefined() -> Self {
        Self(Class::UNKNOWN.bits() | IL)
    }

    /// A synchronous external abort of a load or store.
    ///
    /// `pstate` is the guest's state at the access (`SPSR_EL2`): it decides
    /// between the classes for the same and a lower exception level. The
    /// address goes to `FAR_EL1`.
    #[must_use]
    pub const fn data_abort(pstate: u64, fault: ExternalFault, write: bool) -> Self {
        const WNR: u64 = 1 << 6;
        let class = if super::pstate::is_el0(pstate) {
            Class::DATA_ABORT_LOWER
        } else {
            Class::DATA_ABORT_SAME
        };
        Self(class.bits() | IL | fault.status() | if write { WNR } else { 0 })
    }

    /// A synchronous external abort of an instruction fetch; as
    /// [`data_abort`](Self::data_abort).
    #[must_use]
    pub const fn instruction_abort(pstate: u64, fault: ExternalFault) -> Self {
        let class = if super::pstate::is_el0(pstate) {
            Class::INSTRUCTION_ABORT_LOWER
        } else {
            Class::INSTRUCTION_ABORT_SAME
        };
        Self(class.bits() | IL | fault.status())
    }

    /// A trapped SVE instruction.
    #[must_use]
    pub const fn sve() -> Self {
        Self(Class::SVE.bits() | IL)
    }

    /// A trapped SIMD or floating-point instruction of AArch64.
    #[must_use]
    pub const fn fp() -> Self {
        /// The condition is valid, and is "always".
        const UNCONDITIONAL: u64 = 1 << 24 | 0b1110 << 20;
        Self(Class::FP.bits() | IL | UNCONDITIONAL)
    }

    /// Execution under `PSTATE.IL`.
    #[must_use]
    pub const fn illegal_state() -> Self {
        Self(Class::ILLEGAL_STATE.bits() | IL)
    }

    /// An SError about which nothing is known: an all-zero syndrome, as a core
    /// without RAS reports it.
    #[must_use]
    pub const fn serror() -> Self {
        Self(Class::SERROR.bits() | IL)
    }

    /// The value for `ESR_EL1`.
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.0
    }
}
