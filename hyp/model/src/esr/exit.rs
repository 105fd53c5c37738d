//! The exit enum and its decoder.

use super::{Class, Condition, DataAbort, ISS_MASK, InstructionAbort, bit, field, register};
use crate::sysreg::SysReg;
use vtlb::GuestVirt;

/// Which wait instruction trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitKind {
    /// WFI: wait for interrupt.
    Wfi,
    /// WFE: wait for event.
    Wfe,
    /// WFIT: wait for interrupt until the virtual counter reaches the value in
    /// the general-purpose register, where the hardware tells which.
    Wfit(Option<u8>),
    /// WFET: wait for event until the virtual counter reaches the value in the
    /// general-purpose register, where the hardware tells which.
    Wfet(Option<u8>),
}

/// A trapped MSR, MRS or system instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SysRegAccess {
    /// The register or instruction.
    pub reg: SysReg,
    /// The general-purpose register, 0 to 31; 31 is the zero register.
    pub rt: u8,
    /// Whether the guest writes the system register (MSR, or SYS).
    pub write: bool,
}

/// Which AArch32 coprocessor instruction trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoprocessorForm {
    /// MCR or MRC, coprocessor 15.
    Cp15,
    /// MCRR or MRRC, coprocessor 15.
    Cp15Pair,
    /// MCR or MRC, coprocessor 14.
    Cp14,
    /// MRRC, coprocessor 14.
    Cp14Pair,
    /// LDC or STC, coprocessor 14.
    Cp14Memory,
    /// VMRS, coprocessor 10.
    Vmrs,
}

/// Why a guest left for EL2 by a synchronous exception or an SError.
///
/// Variants that only an AArch32 program at EL0 can cause say so; `EL1` is
/// always AArch64 here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// No class fits; among others, an UNDEFINED HVC.
    Unknown,
    /// A wait instruction (`HCR_EL2.TWI`, `TWE`).
    Wait {
        /// Which.
        kind: WaitKind,
        /// Its condition (AArch32).
        condition: Condition,
    },
    /// An AArch32 coprocessor access.
    Coprocessor {
        /// The instruction.
        form: CoprocessorForm,
        /// Its condition.
        condition: Condition,
        /// The syndrome, whose layout depends on the form.
        iss: u32,
    },
    /// SIMD or floating-point use (`CPTR_EL2.TFP`).
    Fp,
    /// Use of a pointer authentication instruction (`HCR_EL2.API`).
    PointerAuth,
    /// A failed pointer authentication.
    PointerAuthFailure,
    /// An instruction with no class of its own, such as LD64B, with its
    /// syndrome.
    OtherInstruction {
        /// The syndrome.
        iss: u32,
    },
    /// A branch to something that is not a branch target.
    BranchTarget,
    /// An instruction under `PSTATE.IL`.
    IllegalState,
    /// SVC.
    Svc {
        /// The immediate.
        imm: u16,
    },
    /// HVC.
    Hvc {
        /// The immediate.
        imm: u16,
    },
    /// SMC (`HCR_EL2.TSC`). The return address is the SMC itself.
    Smc {
        /// The immediate; 0 from AArch32, where the syndrome lacks it.
        imm: u16,
    },
    /// A system register access or system instruction.
    SysReg(SysRegAccess),
    /// A 128-bit system register access or system instruction; `rt` is the
    /// first of two registers.
    SysRegPair(SysRegAccess),
    /// SVE use (`CPTR_EL2.TZ`).
    Sve,
    /// SME use (`CPTR_EL2.TSM`).
    Sme,
    /// ERET and its authenticating forms (`HCR_EL2.NV`).
    Eret,
    /// TSTART.
    TransactionStart,
    /// A granule protection check.
    GranuleProtection,
    /// An instruction abort.
    InstructionAbort(InstructionAbort),
    /// A data abort.
    DataAbort(DataAbort),
    /// A misaligned program counter.
    PcAlignment {
        /// The program counter.
        far: GuestVirt,
    },
    /// A misaligned stack pointer.
    SpAlignment,
    /// A memory copy or memory set instruction that this core cannot continue.
    MemoryOperation,
    /// A floating-point exception.
    FpException,
    /// A guarded control stack exception.
    ControlStack,
    /// An SError interrupt, with its syndrome.
    SError {
        /// The syndrome; its meaning is implementation-defined when bit 24 is
        /// set.
        iss: u32,
    },
    /// A hardware breakpoint (`MDCR_EL2.TDE`).
    Breakpoint,
    /// A software step (`MDCR_EL2.TDE`).
    Step,
    /// A watchpoint (`MDCR_EL2.TDE`).
    Watchpoint {
        /// The address accessed.
        far: GuestVirt,
    },
    /// A breakpoint instruction (`MDCR_EL2.TDE`).
    Brk {
        /// The immediate.
        imm: u16,
    },
    /// An AArch32 vector catch (`MDCR_EL2.TDE`).
    VectorCatch,
    /// A class that cannot come from a lower exception level, or one that this
    /// decoder does not know.
    Unexpected {
        /// The class.
        class: Class,
        /// The syndrome.
        iss: u32,
    },
}

/// Decodes an exception taken to EL2 from a guest, from the values of
/// `ESR_EL2`, `FAR_EL2` and `HPFAR_EL2`.
///
/// Total: every value has a meaning.
#[must_use]
pub fn decode(esr: u64, far: u64, hpfar: u64) -> Exit {
    let class = Class::of(esr);
    let iss = (esr & ISS_MASK) as u32;
    match class {
        Class::DATA_ABORT_LOWER => Exit::DataAbort(DataAbort::of(esr, far, hpfar)),
        Class::INSTRUCTION_ABORT_LOWER => {
            Exit::InstructionAbort(InstructionAbort::of(esr, far, hpfar))
        }
        Class::WAIT => Exit::Wait {
            kind: wait_kind(esr),
            condition: Condition::of(esr),
        },
        Class::SYSREG => Exit::SysReg(sysreg_access(esr)),
        Class::SYSREG_128 => Exit::SysRegPair(sysreg_access(esr)),
        Class::SERROR => Exit::SError { iss },
        Class::PC_ALIGNMENT => Exit::PcAlignment {
            far: GuestVirt::new(far),
        },
        Class::WATCHPOINT_LOWER => Exit::Watchpoint {
            far: GuestVirt::new(far),
        },
        _ => call(class, esr)
            .or_else(|| coprocessor(class, esr))
            .or_else(|| trapped_feature(class, esr))
            .or_else(|| program_error(class))
            .unwrap_or(Exit::Unexpected { class, iss }),
    }
}

/// Classes that call or stop for software.
fn call(class: Class, esr: u64) -> Option<Exit> {
    let imm = field(esr, 0, 16) as u16;
    Some(match class {
        Class::HVC64 | Class::HVC32 => Exit::Hvc { imm },
        Class::SMC64 => Exit::Smc { imm },
        Class::SMC32 => Exit::Smc { imm: 0 },
        Class::SVC64 | Class::SVC32 => Exit::Svc { imm },
        Class::BRK64 | Class::BKPT32 => Exit::Brk { imm },
        Class::BREAKPOINT_LOWER => Exit::Breakpoint,
        Class::STEP_LOWER => Exit::Step,
        Class::VECTOR_CATCH32 => Exit::VectorCatch,
        _ => return None,
    })
}

/// AArch32 coprocessor classes.
fn coprocessor(class: Class, esr: u64) -> Option<Exit> {
    let form = match class {
        Class::CP15_MCR => CoprocessorForm::Cp15,
        Class::CP15_MCRR => CoprocessorForm::Cp15Pair,
        Class::CP14_MCR => CoprocessorForm::Cp14,
        Class::CP14_MRRC => CoprocessorForm::Cp14Pair,
        Class::CP14_LDC => CoprocessorForm::Cp14Memory,
        Class::VMRS => CoprocessorForm::Vmrs,
        _ => return None,
    };
    Some(Exit::Coprocessor {
        form,
        condition: Condition::of(esr),
        iss: (esr & ISS_MASK) as u32,
    })
}

/// Classes of instructions whose feature is trapped.
fn trapped_feature(class: Class, esr: u64) -> Option<Exit> {
    Some(match class {
        Class::FP => Exit::Fp,
        Class::SVE => Exit::Sve,
        Class::SME => Exit::Sme,
        Class::PAUTH => Exit::PointerAuth,
        Class::ERET => Exit::Eret,
        Class::TSTART => Exit::TransactionStart,
        Class::OTHER_INSTRUCTION => Exit::OtherInstruction {
            iss: (esr & ISS_MASK) as u32,
        },
        _ => return None,
    })
}

/// Classes of faults that are the program's own.
fn program_error(class: Class) -> Option<Exit> {
    Some(match class {
        Class::UNKNOWN => Exit::Unknown,
        Class::BRANCH_TARGET => Exit::BranchTarget,
        Class::ILLEGAL_STATE => Exit::IllegalState,
        Class::PAUTH_FAILURE => Exit::PointerAuthFailure,
        Class::GRANULE_PROTECTION => Exit::GranuleProtection,
        Class::SP_ALIGNMENT => Exit::SpAlignment,
        Class::MEMORY_OPERATION => Exit::MemoryOperation,
        Class::FP_EXCEPTION32 | Class::FP_EXCEPTION64 => Exit::FpException,
        Class::GCS => Exit::ControlStack,
        _ => return None,
    })
}

/// Decodes `ISS.TI`, and `ISS.RN` where `ISS.RV` says that it is valid.
fn wait_kind(esr: u64) -> WaitKind {
    const TI: u32 = 0;
    const RV: u32 = 2;
    const RN: u32 = 5;
    let rn = bit(esr, RV).then(|| register(esr, RN));
    match field(esr, TI, 2) {
        0b00 => WaitKind::Wfi,
        0b01 => WaitKind::Wfe,
        0b10 => WaitKind::Wfit(rn),
        _ => WaitKind::Wfet(rn),
    }
}

/// Decodes a system register syndrome.
fn sysreg_access(esr: u64) -> SysRegAccess {
    const READ: u32 = 0;
    const RT: u32 = 5;
    SysRegAccess {
        reg: SysReg::from_iss(esr),
        rt: register(esr, RT),
        write: !bit(esr, READ),
    }
}
