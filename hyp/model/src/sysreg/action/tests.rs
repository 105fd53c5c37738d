//! Trapped accesses and what becomes of them.

use super::*;
use SysregAction::{
    GicCpuInterface, GicSre, PhysicalTimer, ReadId, ReadZeroWriteIgnore, SetWay, Sgi, Undefined,
    VmControl,
};
use proptest::prelude::*;

/// The action for a read and for a write.
fn actions(reg: SysReg) -> [SysregAction; 2] {
    [classify(reg, false), classify(reg, true)]
}

#[test]
fn identification_registers_are_read_only() {
    for reg in [
        SysReg::ID_PFR0_EL1,
        SysReg::ID_AA64MMFR4_EL1,
        SysReg::new(3, 0, 0, 7, 7),
    ] {
        assert_eq!(actions(reg), [ReadId, Undefined], "{reg}");
    }
}

#[test]
fn software_generated_interrupts_are_write_only() {
    assert_eq!(
        actions(SysReg::ICC_SGI0R_EL1),
        [Undefined, Sgi(SgiRegister::Sgi0r)]
    );
    assert_eq!(
        actions(SysReg::ICC_SGI1R_EL1),
        [Undefined, Sgi(SgiRegister::Sgi1r)]
    );
    assert_eq!(
        actions(SysReg::ICC_ASGI1R_EL1),
        [Undefined, Sgi(SgiRegister::Asgi1r)]
    );
}

#[test]
fn the_interrupt_controller_interface() {
    assert_eq!(actions(SysReg::ICC_SRE_EL1), [GicSre; 2]);
    for reg in [
        SysReg::ICC_PMR_EL1,
        SysReg::ICC_IAR1_EL1,
        SysReg::ICC_AP1R0_EL1,
        SysReg::ICC_DIR_EL1,
    ] {
        assert_eq!(actions(reg), [GicCpuInterface; 2], "{reg}");
    }
}

#[test]
fn cache_maintenance_by_set_and_way() {
    for reg in [SysReg::DC_ISW, SysReg::DC_CSW, SysReg::DC_CISW] {
        assert_eq!(classify(reg, true), SetWay, "{reg}");
    }
    assert_eq!(
        classify(SysReg::DC_IGSW, true),
        Undefined,
        "allocation tags are MTE's"
    );
}

#[test]
fn translation_control() {
    let table = [
        (SysReg::SCTLR_EL1, VmRegister::Sctlr),
        (SysReg::TTBR0_EL1, VmRegister::Ttbr0),
        (SysReg::TTBR1_EL1, VmRegister::Ttbr1),
        (SysReg::TCR_EL1, VmRegister::Tcr),
        (SysReg::ESR_EL1, VmRegister::Esr),
        (SysReg::FAR_EL1, VmRegister::Far),
        (SysReg::AFSR0_EL1, VmRegister::Afsr0),
        (SysReg::AFSR1_EL1, VmRegister::Afsr1),
        (SysReg::MAIR_EL1, VmRegister::Mair),
        (SysReg::AMAIR_EL1, VmRegister::Amair),
        (SysReg::CONTEXTIDR_EL1, VmRegister::ContextIdr),
    ];
    for (reg, register) in table {
        assert_eq!(actions(reg), [VmControl(register); 2], "{reg}");
    }
}

#[test]
fn the_physical_timer() {
    assert_eq!(
        actions(SysReg::CNTPCT_EL0),
        [PhysicalTimer(TimerRegister::Counter), Undefined]
    );
    assert_eq!(
        actions(SysReg::CNTPCTSS_EL0),
        [PhysicalTimer(TimerRegister::Counter), Undefined]
    );
    assert_eq!(
        actions(SysReg::CNTP_CTL_EL0),
        [PhysicalTimer(TimerRegister::Control); 2]
    );
    assert_eq!(
        actions(SysReg::CNTP_CVAL_EL0),
        [PhysicalTimer(TimerRegister::CompareValue); 2]
    );
    assert_eq!(
        actions(SysReg::CNTP_TVAL_EL0),
        [PhysicalTimer(TimerRegister::TimerValue); 2]
    );
}

#[test]
fn registers_that_exist_without_effect() {
    for reg in [
        SysReg::ACTLR_EL1,
        SysReg::REVIDR_EL1,
        SysReg::OSLAR_EL1,
        SysReg::MDSCR_EL1,
        SysReg::MDCCSR_EL0,
    ] {
        assert_eq!(actions(reg), [ReadZeroWriteIgnore; 2], "{reg}");
    }
}

#[test]
fn hidden_features_are_undefined() {
    for (reg, feature) in [
        (SysReg::ERRIDR_EL1, "RAS"),
        (SysReg::LORC_EL1, "limited ordering regions"),
        (SysReg::SCXTNUM_EL0, "CSV2_2"),
        (SysReg::TPIDR2_EL0, "SME"),
        (SysReg::SMIDR_EL1, "SME"),
        (SysReg::GMID_EL1, "MTE"),
        (SysReg::TCR2_EL1, "TCRX"),
        (SysReg::SCTLR2_EL1, "SCTLRX"),
        (SysReg::PIR_EL1, "permission indirection"),
        (SysReg::PMCR_EL0, "performance monitors, when withheld"),
        (
            SysReg::APIAKEYLO_EL1,
            "pointer authentication, when withheld",
        ),
        (SysReg::new(3, 0, 10, 5, 0), "MPAM"),
        (SysReg::new(3, 3, 13, 2, 0), "activity monitors"),
        (SysReg::new(3, 0, 9, 9, 0), "statistical profiling"),
        (SysReg::new(2, 1, 0, 0, 2), "trace"),
        (SysReg::new(2, 1, 9, 0, 0), "branch records"),
        (SysReg::new(3, 1, 15, 2, 1), "implementation-defined"),
        (
            SysReg::new(1, 0, 11, 0, 0),
            "implementation-defined instruction",
        ),
    ] {
        assert_eq!(actions(reg), [Undefined; 2], "{feature}: {reg}");
    }
}

proptest! {
    #[test]
    fn every_encoding_has_an_action_and_a_reason(iss: u64, write: bool) {
        let reg = SysReg::from_iss(iss);
        let action = classify(reg, write);
        prop_assert_eq!(action == ReadId, reg.is_id() && !write);
        let _ = action.reason().name();
    }

    #[test]
    fn implementation_defined_space_is_undefined(op1 in 0u8..8, crn in prop::sample::select(vec![11u8, 15]), crm in 0u8..16, op2 in 0u8..8, write: bool) {
        prop_assert_eq!(classify(SysReg::new(3, op1, crn, crm, op2), write), Undefined);
        prop_assert_eq!(classify(SysReg::new(1, op1, crn, crm, op2), write), Undefined);
    }
}
