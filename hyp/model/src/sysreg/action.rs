//! What to do with a trapped system register access.

use super::SysReg;
use crate::esr::Reason;

/// A register whose write generates software interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SgiRegister {
    /// `ICC_SGI0R_EL1`.
    Sgi0r,
    /// `ICC_SGI1R_EL1`.
    Sgi1r,
    /// `ICC_ASGI1R_EL1`.
    Asgi1r,
}

/// A register that controls stage 1 translation (`HCR_EL2.TVM`, `TRVM`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmRegister {
    /// `SCTLR_EL1`.
    Sctlr,
    /// `TTBR0_EL1`.
    Ttbr0,
    /// `TTBR1_EL1`.
    Ttbr1,
    /// `TCR_EL1`.
    Tcr,
    /// `ESR_EL1`.
    Esr,
    /// `FAR_EL1`.
    Far,
    /// `AFSR0_EL1`.
    Afsr0,
    /// `AFSR1_EL1`.
    Afsr1,
    /// `MAIR_EL1`.
    Mair,
    /// `AMAIR_EL1`.
    Amair,
    /// `CONTEXTIDR_EL1`.
    ContextIdr,
}

/// A register of the physical counter or timer (`CNTHCTL_EL2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerRegister {
    /// `CNTPCT_EL0` or `CNTPCTSS_EL0`, read only.
    Counter,
    /// `CNTP_CTL_EL0`.
    Control,
    /// `CNTP_CVAL_EL0`.
    CompareValue,
    /// `CNTP_TVAL_EL0`.
    TimerValue,
}

/// What to do with a trapped access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SysregAction {
    /// Give the guest's value of an identification register
    /// ([`IdRegisters::read`](super::IdRegisters::read)).
    ReadId,
    /// Generate software interrupts from the value written.
    Sgi(SgiRegister),
    /// `ICC_SRE_EL1`, which tells whether the interrupt controller has a
    /// system register interface. A guest with a GICv2 has no such register:
    /// then UNDEFINED.
    GicSre,
    /// Another register of the GIC CPU interface. It traps only when the
    /// interface is emulated or the guest has none; in the latter case
    /// UNDEFINED.
    GicCpuInterface,
    /// The physical counter or timer.
    PhysicalTimer(TimerRegister),
    /// Cache maintenance by set and way, which has no use for a guest whose
    /// memory other cores and other caches see: the whole of its memory is to
    /// be cleaned and invalidated instead, or stage 1 state watched.
    SetWay,
    /// A control register of stage 1 translation.
    VmControl(VmRegister),
    /// A read gives zero, a write is ignored.
    ReadZeroWriteIgnore,
    /// The guest gets an UNDEFINED exception.
    Undefined,
}

impl SysregAction {
    /// The reason under which such exits are counted.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::ReadId => Reason::SysregId,
            Self::Sgi(_) => Reason::SysregSgi,
            Self::GicSre | Self::GicCpuInterface => Reason::SysregGic,
            Self::PhysicalTimer(_) => Reason::SysregTimer,
            Self::SetWay => Reason::SetWay,
            Self::VmControl(_) => Reason::SysregVm,
            Self::ReadZeroWriteIgnore => Reason::SysregOther,
            Self::Undefined => Reason::Undefined,
        }
    }
}

/// Decides what to do with a trapped access to `reg`.
///
/// What is not known is UNDEFINED. That covers what is trapped because the
/// guest does not have it: RAS, limited ordering regions, SME, trace,
/// profiling, activity monitors, MPAM, performance monitors that are not
/// granted, hidden control registers, and implementation-defined registers.
#[must_use]
pub fn classify(reg: SysReg, write: bool) -> SysregAction {
    if reg.is_id() {
        // MSR to an identification register is UNDEFINED and does not trap.
        return if write {
            SysregAction::Undefined
        } else {
            SysregAction::ReadId
        };
    }
    vm_control(reg)
        .or_else(|| gic(reg, write))
        .or_else(|| timer(reg, write))
        .or_else(|| ignored(reg))
        .or_else(|| set_way(reg))
        .unwrap_or(SysregAction::Undefined)
}

/// The registers that `HCR_EL2.TVM` and `TRVM` trap, which are the same at
/// reads and writes.
fn vm_control(reg: SysReg) -> Option<SysregAction> {
    Some(SysregAction::VmControl(match reg {
        SysReg::SCTLR_EL1 => VmRegister::Sctlr,
        SysReg::TTBR0_EL1 => VmRegister::Ttbr0,
        SysReg::TTBR1_EL1 => VmRegister::Ttbr1,
        SysReg::TCR_EL1 => VmRegister::Tcr,
        SysReg::ESR_EL1 => VmRegister::Esr,
        SysReg::FAR_EL1 => VmRegister::Far,
        SysReg::AFSR0_EL1 => VmRegister::Afsr0,
        SysReg::AFSR1_EL1 => VmRegister::Afsr1,
        SysReg::MAIR_EL1 => VmRegister::Mair,
        SysReg::AMAIR_EL1 => VmRegister::Amair,
        SysReg::CONTEXTIDR_EL1 => VmRegister::ContextIdr,
        _ => return None,
    }))
}

/// The GIC CPU interface. `HCR_EL2.IMO` and `FMO` trap the SGI registers
/// (Arm IHI 0069, "Traps and enables").
fn gic(reg: SysReg, write: bool) -> Option<SysregAction> {
    match (reg, write) {
        (SysReg::ICC_SGI0R_EL1, true) => return Some(SysregAction::Sgi(SgiRegister::Sgi0r)),
        (SysReg::ICC_SGI1R_EL1, true) => return Some(SysregAction::Sgi(SgiRegister::Sgi1r)),
        (SysReg::ICC_ASGI1R_EL1, true) => return Some(SysregAction::Sgi(SgiRegister::Asgi1r)),
        // Write only.
        (SysReg::ICC_SGI0R_EL1 | SysReg::ICC_SGI1R_EL1 | SysReg::ICC_ASGI1R_EL1, false) => {
            return None;
        }
        (SysReg::ICC_SRE_EL1, _) => return Some(SysregAction::GicSre),
        (SysReg::ICC_PMR_EL1, _) => return Some(SysregAction::GicCpuInterface),
        _ => {}
    }
    // ICC_ registers of groups 0 and 1; the system register space of the GIC.
    matches!(reg.parts(), (3, 0, 12, 8..=12, _)).then_some(SysregAction::GicCpuInterface)
}

/// The physical counter and timer.
fn timer(reg: SysReg, write: bool) -> Option<SysregAction> {
    let register = match reg {
        SysReg::CNTPCT_EL0 | SysReg::CNTPCTSS_EL0 if !write => TimerRegister::Counter,
        SysReg::CNTP_CTL_EL0 => TimerRegister::Control,
        SysReg::CNTP_CVAL_EL0 => TimerRegister::CompareValue,
        SysReg::CNTP_TVAL_EL0 => TimerRegister::TimerValue,
        _ => return None,
    };
    Some(SysregAction::PhysicalTimer(register))
}

/// Registers that exist without doing anything: `ACTLR_EL1` (`HCR_EL2.TACR`;
/// its bits are the machine's), `REVIDR_EL1` and `AIDR_EL1` (`HCR_EL2.TID1`,
/// which is normally clear), and the debug registers when they are withheld
/// (`MDCR_EL2.TDA`, `TDOSA`, `TDRA`), which the architecture cannot deny.
fn ignored(reg: SysReg) -> Option<SysregAction> {
    let plain = matches!(
        reg,
        SysReg::ACTLR_EL1 | SysReg::REVIDR_EL1 | SysReg::AIDR_EL1
    );
    let debug = matches!(reg.parts(), (2, 0 | 3, 0 | 1 | 7, _, _));
    (plain || debug).then_some(SysregAction::ReadZeroWriteIgnore)
}

/// The instructions that `HCR_EL2.TSW` traps. Those that act on allocation
/// tags belong to MTE, which the guest lacks.
fn set_way(reg: SysReg) -> Option<SysregAction> {
    matches!(reg, SysReg::DC_ISW | SysReg::DC_CSW | SysReg::DC_CISW).then_some(SysregAction::SetWay)
}

#[cfg(test)]
mod tests;
