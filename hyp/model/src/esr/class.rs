//! Exception classes.

/// The exception class, `ESR_ELx.EC` (bits 31 to 26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(u8);

impl Class {
    /// Unknown reason: among others, an UNDEFINED instruction.
    pub const UNKNOWN: Self = Self(0x00);
    /// Trapped WFI, WFE, WFIT or WFET.
    pub const WAIT: Self = Self(0x01);
    /// Trapped AArch32 MCR or MRC, coprocessor 15.
    pub const CP15_MCR: Self = Self(0x03);
    /// Trapped AArch32 MCRR or MRRC, coprocessor 15.
    pub const CP15_MCRR: Self = Self(0x04);
    /// Trapped AArch32 MCR or MRC, coprocessor 14.
    pub const CP14_MCR: Self = Self(0x05);
    /// Trapped AArch32 LDC or STC.
    pub const CP14_LDC: Self = Self(0x06);
    /// Trapped SVE, SIMD or floating-point use.
    pub const FP: Self = Self(0x07);
    /// Trapped AArch32 VMRS.
    pub const VMRS: Self = Self(0x08);
    /// Trapped use of pointer authentication.
    pub const PAUTH: Self = Self(0x09);
    /// Trapped use of an instruction for which no other class exists, such as
    /// LD64B.
    pub const OTHER_INSTRUCTION: Self = Self(0x0a);
    /// Trapped AArch32 MRRC, coprocessor 14.
    pub const CP14_MRRC: Self = Self(0x0c);
    /// Branch target exception.
    pub const BRANCH_TARGET: Self = Self(0x0d);
    /// Illegal execution state.
    pub const ILLEGAL_STATE: Self = Self(0x0e);
    /// SVC in AArch32.
    pub const SVC32: Self = Self(0x11);
    /// HVC in AArch32.
    pub const HVC32: Self = Self(0x12);
    /// Trapped SMC in AArch32.
    pub const SMC32: Self = Self(0x13);
    /// Trapped MSRR, MRRS or 128-bit system instruction.
    pub const SYSREG_128: Self = Self(0x14);
    /// SVC in AArch64.
    pub const SVC64: Self = Self(0x15);
    /// HVC in AArch64.
    pub const HVC64: Self = Self(0x16);
    /// Trapped SMC in AArch64.
    pub const SMC64: Self = Self(0x17);
    /// Trapped MSR, MRS or system instruction.
    pub const SYSREG: Self = Self(0x18);
    /// Trapped SVE use.
    pub const SVE: Self = Self(0x19);
    /// Trapped ERET, ERETAA or ERETAB.
    pub const ERET: Self = Self(0x1a);
    /// Trapped TSTART.
    pub const TSTART: Self = Self(0x1b);
    /// Pointer authentication failure.
    pub const PAUTH_FAILURE: Self = Self(0x1c);
    /// Trapped SME use.
    pub const SME: Self = Self(0x1d);
    /// Granule protection check.
    pub const GRANULE_PROTECTION: Self = Self(0x1e);
    /// Instruction abort from a lower exception level.
    pub const INSTRUCTION_ABORT_LOWER: Self = Self(0x20);
    /// Instruction abort without a change of exception level.
    pub const INSTRUCTION_ABORT_SAME: Self = Self(0x21);
    /// Misaligned program counter.
    pub const PC_ALIGNMENT: Self = Self(0x22);
    /// Data abort from a lower exception level.
    pub const DATA_ABORT_LOWER: Self = Self(0x24);
    /// Data abort without a change of exception level.
    pub const DATA_ABORT_SAME: Self = Self(0x25);
    /// Misaligned stack pointer.
    pub const SP_ALIGNMENT: Self = Self(0x26);
    /// Memory copy and memory set exception.
    pub const MEMORY_OPERATION: Self = Self(0x27);
    /// Trapped floating-point exception, AArch32.
    pub const FP_EXCEPTION32: Self = Self(0x28);
    /// Trapped floating-point exception, AArch64.
    pub const FP_EXCEPTION64: Self = Self(0x2c);
    /// Guarded control stack exception.
    pub const GCS: Self = Self(0x2d);
    /// SError interrupt.
    pub const SERROR: Self = Self(0x2f);
    /// Breakpoint from a lower exception level.
    pub const BREAKPOINT_LOWER: Self = Self(0x30);
    /// Software step from a lower exception level.
    pub const STEP_LOWER: Self = Self(0x32);
    /// Watchpoint from a lower exception level.
    pub const WATCHPOINT_LOWER: Self = Self(0x34);
    /// BKPT in AArch32.
    pub const BKPT32: Self = Self(0x38);
    /// Vector catch from AArch32.
    pub const VECTOR_CATCH32: Self = Self(0x3a);
    /// BRK in AArch64.
    pub const BRK64: Self = Self(0x3c);

    /// Where the class starts in the register.
    const SHIFT: u32 = 26;
    /// The width of the class in bits.
    const WIDTH: u32 = 6;

    /// The class in a value of `ESR_ELx`.
    #[must_use]
    pub const fn of(esr: u64) -> Self {
        Self(super::field(esr, Self::SHIFT, Self::WIDTH) as u8)
    }

    /// The six-bit number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The class in its place in `ESR_ELx`.
    #[must_use]
    pub(super) const fn bits(self) -> u64 {
        (self.0 as u64) << Self::SHIFT
    }
}
