//! How a core enters an exception at EL1: what the hypervisor does in the
//! core's place when it gives a guest an exception.
//!
//! Source: Arm ARM (DDI 0487), pseudocode function `AArch64.TakeException`.

use super::field;

/// Bits of `SPSR_ELx` and of the state that they hold.
pub mod pstate {
    /// FIQ mask.
    pub const F: u64 = 1 << 6;
    /// IRQ mask.
    pub const I: u64 = 1 << 7;
    /// SError mask.
    pub const A: u64 = 1 << 8;
    /// Debug exception mask.
    pub const D: u64 = 1 << 9;
    /// Speculative store bypass safe (AArch64).
    pub const SSBS: u64 = 1 << 12;
    /// All interrupts masked (AArch64).
    pub const ALLINT: u64 = 1 << 13;
    /// Privileged access never.
    pub const PAN: u64 = 1 << 22;
    /// Data-independent timing.
    pub const DIT: u64 = 1 << 24;
    /// Tag check override (AArch64).
    pub const TCO: u64 = 1 << 25;
    /// Condition flags.
    pub const NZCV: u64 = 0xf << 28;
    /// AArch32 execution state.
    pub const AARCH32: u64 = 1 << 4;
    /// Mode field: EL1 with its own stack pointer.
    pub const EL1H: u64 = 0b0101;
    /// Mode field: EL1 with the stack pointer of EL0.
    pub const EL1T: u64 = 0b0100;
    /// Mode field: EL0 in AArch64.
    pub const EL0T: u64 = 0b0000;
    /// All four exception masks.
    pub const DAIF: u64 = D | A | I | F;
    /// How the arm64 boot protocol and PSCI start a core: EL1, own stack
    /// pointer, everything masked.
    pub const RESET: u64 = EL1H | DAIF;

    /// Whether a saved state is EL0's, in either execution state.
    #[must_use]
    pub const fn is_el0(spsr: u64) -> bool {
        spsr & AARCH32 != 0 || super::field(spsr, 2, 2) == 0
    }
}

/// The kinds of exception, each with its place in the vector table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// Synchronous.
    Synchronous,
    /// IRQ.
    Irq,
    /// FIQ.
    Fiq,
    /// SError.
    SError,
}

/// Features of the core that change an exception entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EntryFeatures {
    /// `PSTATE.PAN` exists (FEAT_PAN).
    pub pan: bool,
    /// `PSTATE.SSBS` exists (FEAT_SSBS).
    pub ssbs: bool,
    /// `PSTATE.TCO` exists (FEAT_MTE).
    pub mte: bool,
    /// `PSTATE.ALLINT` exists (FEAT_NMI).
    pub nmi: bool,
}

impl EntryFeatures {
    /// Reads the features from the *hardware's* `ID_AA64PFR1_EL1` and
    /// `ID_AA64MMFR1_EL1`: the new state is loaded into the hardware, whatever
    /// the guest is told.
    #[must_use]
    pub const fn of_hardware(pfr1: u64, mmfr1: u64) -> Self {
        Self {
            pan: field(mmfr1, 20, 4) != 0,
            ssbs: field(pfr1, 4, 4) != 0,
            mte: field(pfr1, 8, 4) != 0,
            nmi: field(pfr1, 36, 4) != 0,
        }
    }
}

/// The guest state that an entry starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestContext {
    /// The saved process state, `SPSR_EL2`.
    pub pstate: u64,
    /// The program counter, `ELR_EL2`: of the faulting instruction, or the one
    /// to return to.
    pub pc: u64,
    /// `VBAR_EL1`.
    pub vbar_el1: u64,
    /// `SCTLR_EL1`.
    pub sctlr_el1: u64,
}

/// The guest state after an entry. (`ESR_EL1` and `FAR_EL1` are the caller's.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionEntry {
    /// The new process state, for `SPSR_EL2`.
    pub pstate: u64,
    /// The new program counter, for `ELR_EL2`.
    pub pc: u64,
    /// For `SPSR_EL1`.
    pub spsr_el1: u64,
    /// For `ELR_EL1`.
    pub elr_el1: u64,
}

/// Enters an exception at EL1.
#[must_use]
pub const fn enter_el1(
    exception: Exception,
    from: &GuestContext,
    features: EntryFeatures,
) -> ExceptionEntry {
    /// The low bits of `VBAR_EL1` are reserved: a table has 2 KiB.
    const TABLE_MASK: u64 = 0x7ff;
    let vector = source_offset(from.pstate) + exception_offset(exception);
    ExceptionEntry {
        pstate: new_pstate(from, features),
        pc: (from.vbar_el1 & !TABLE_MASK) | vector,
        spsr_el1: from.pstate,
        elr_el1: from.pc,
    }
}

/// The offset of the quarter of the table for where the exception comes from.
const fn source_offset(spsr: u64) -> u64 {
    const SAME_SP0: u64 = 0x000;
    const SAME_SPX: u64 = 0x200;
    const LOWER_AARCH64: u64 = 0x400;
    const LOWER_AARCH32: u64 = 0x600;
    const SELECTS_OWN_SP: u64 = 1;
    if spsr & pstate::AARCH32 != 0 {
        LOWER_AARCH32
    } else if pstate::is_el0(spsr) {
        LOWER_AARCH64
    } else if spsr & SELECTS_OWN_SP != 0 {
        SAME_SPX
    } else {
        SAME_SP0
    }
}

/// The offset of the kind of exception within a quarter.
const fn exception_offset(exception: Exception) -> u64 {
    match exception {
        Exception::Synchronous => 0x000,
        Exception::Irq => 0x080,
        Exception::Fiq => 0x100,
        Exception::SError => 0x180,
    }
}

/// The process state at the start of the handler. The flags and DIT stay, as
/// does PAN unless set; SS, IL, UAO, BTYPE and the AArch32 fields become zero.
const fn new_pstate(from: &GuestContext, features: EntryFeatures) -> u64 {
    const SCTLR_SPAN: u64 = 1 << 23;
    const SCTLR_DSSBS: u64 = 1 << 44;
    const SCTLR_SPINTMASK: u64 = 1 << 62;
    const KEPT: u64 = pstate::NZCV | pstate::DIT | pstate::PAN;
    let mut new = (from.pstate & KEPT) | pstate::EL1H | pstate::DAIF;
    if features.pan && from.sctlr_el1 & SCTLR_SPAN == 0 {
        new |= pstate::PAN;
    }
    if features.ssbs && from.sctlr_el1 & SCTLR_DSSBS != 0 {
        new |= pstate::SSBS;
    }
    if features.mte {
        new |= pstate::TCO;
    }
    if features.nmi && from.sctlr_el1 & SCTLR_SPINTMASK == 0 {
        new |= pstate::ALLINT;
    }
    new
}
