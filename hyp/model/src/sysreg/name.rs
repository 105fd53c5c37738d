//! Names of the system registers that the hypervisor knows.
//!
//! Source of the encodings: Arm ARM (DDI 0487), chapter "AArch64 System
//! Register Encoding", and Arm IHI 0069 (GIC) for the `ICC_` registers.

use super::SysReg;

/// Defines a constant for each register, and the way back to its name.
macro_rules! registers {
    ($($name:ident = $op0:literal $op1:literal $crn:literal $crm:literal $op2:literal;)*) => {
        impl SysReg {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                pub const $name: Self = Self::new($op0, $op1, $crn, $crm, $op2);
            )*

            /// The architecture's name, if this is a register that the
            /// hypervisor has a use for.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

registers! {
    // Identification, AArch32.
    ID_PFR0_EL1 = 3 0 0 1 0;
    ID_PFR1_EL1 = 3 0 0 1 1;
    ID_DFR0_EL1 = 3 0 0 1 2;
    ID_AFR0_EL1 = 3 0 0 1 3;
    ID_MMFR0_EL1 = 3 0 0 1 4;
    ID_MMFR1_EL1 = 3 0 0 1 5;
    ID_MMFR2_EL1 = 3 0 0 1 6;
    ID_MMFR3_EL1 = 3 0 0 1 7;
    ID_ISAR0_EL1 = 3 0 0 2 0;
    ID_ISAR1_EL1 = 3 0 0 2 1;
    ID_ISAR2_EL1 = 3 0 0 2 2;
    ID_ISAR3_EL1 = 3 0 0 2 3;
    ID_ISAR4_EL1 = 3 0 0 2 4;
    ID_ISAR5_EL1 = 3 0 0 2 5;
    ID_MMFR4_EL1 = 3 0 0 2 6;
    ID_ISAR6_EL1 = 3 0 0 2 7;
    MVFR0_EL1 = 3 0 0 3 0;
    MVFR1_EL1 = 3 0 0 3 1;
    MVFR2_EL1 = 3 0 0 3 2;
    ID_PFR2_EL1 = 3 0 0 3 4;
    ID_DFR1_EL1 = 3 0 0 3 5;
    ID_MMFR5_EL1 = 3 0 0 3 6;
    // Identification, AArch64.
    ID_AA64PFR0_EL1 = 3 0 0 4 0;
    ID_AA64PFR1_EL1 = 3 0 0 4 1;
    ID_AA64PFR2_EL1 = 3 0 0 4 2;
    ID_AA64ZFR0_EL1 = 3 0 0 4 4;
    ID_AA64SMFR0_EL1 = 3 0 0 4 5;
    ID_AA64FPFR0_EL1 = 3 0 0 4 7;
    ID_AA64DFR0_EL1 = 3 0 0 5 0;
    ID_AA64DFR1_EL1 = 3 0 0 5 1;
    ID_AA64DFR2_EL1 = 3 0 0 5 2;
    ID_AA64AFR0_EL1 = 3 0 0 5 4;
    ID_AA64AFR1_EL1 = 3 0 0 5 5;
    ID_AA64ISAR0_EL1 = 3 0 0 6 0;
    ID_AA64ISAR1_EL1 = 3 0 0 6 1;
    ID_AA64ISAR2_EL1 = 3 0 0 6 2;
    ID_AA64ISAR3_EL1 = 3 0 0 6 3;
    ID_AA64MMFR0_EL1 = 3 0 0 7 0;
    ID_AA64MMFR1_EL1 = 3 0 0 7 1;
    ID_AA64MMFR2_EL1 = 3 0 0 7 2;
    ID_AA64MMFR3_EL1 = 3 0 0 7 3;
    ID_AA64MMFR4_EL1 = 3 0 0 7 4;
    // Identification of the core and its caches.
    MIDR_EL1 = 3 0 0 0 0;
    MPIDR_EL1 = 3 0 0 0 5;
    REVIDR_EL1 = 3 0 0 0 6;
    AIDR_EL1 = 3 1 0 0 7;
    CCSIDR_EL1 = 3 1 0 0 0;
    CLIDR_EL1 = 3 1 0 0 1;
    CCSIDR2_EL1 = 3 1 0 0 2;
    GMID_EL1 = 3 1 0 0 4;
    SMIDR_EL1 = 3 1 0 0 6;
    CSSELR_EL1 = 3 2 0 0 0;
    CTR_EL0 = 3 3 0 0 1;
    DCZID_EL0 = 3 3 0 0 7;
    // Control.
    SCTLR_EL1 = 3 0 1 0 0;
    ACTLR_EL1 = 3 0 1 0 1;
    CPACR_EL1 = 3 0 1 0 2;
    SCTLR2_EL1 = 3 0 1 0 3;
    ZCR_EL1 = 3 0 1 2 0;
    TTBR0_EL1 = 3 0 2 0 0;
    TTBR1_EL1 = 3 0 2 0 1;
    TCR_EL1 = 3 0 2 0 2;
    TCR2_EL1 = 3 0 2 0 3;
    AFSR0_EL1 = 3 0 5 1 0;
    AFSR1_EL1 = 3 0 5 1 1;
    ESR_EL1 = 3 0 5 2 0;
    FAR_EL1 = 3 0 6 0 0;
    MAIR_EL1 = 3 0 10 2 0;
    PIRE0_EL1 = 3 0 10 2 2;
    PIR_EL1 = 3 0 10 2 3;
    POR_EL1 = 3 0 10 2 4;
    AMAIR_EL1 = 3 0 10 3 0;
    VBAR_EL1 = 3 0 12 0 0;
    CONTEXTIDR_EL1 = 3 0 13 0 1;
    SCXTNUM_EL1 = 3 0 13 0 7;
    SCXTNUM_EL0 = 3 3 13 0 7;
    TPIDR2_EL0 = 3 3 13 0 5;
    // Pointer authentication keys.
    APIAKEYLO_EL1 = 3 0 2 1 0;
    APIAKEYHI_EL1 = 3 0 2 1 1;
    APIBKEYLO_EL1 = 3 0 2 1 2;
    APIBKEYHI_EL1 = 3 0 2 1 3;
    APDAKEYLO_EL1 = 3 0 2 2 0;
    APDAKEYHI_EL1 = 3 0 2 2 1;
    APDBKEYLO_EL1 = 3 0 2 2 2;
    APDBKEYHI_EL1 = 3 0 2 2 3;
    APGAKEYLO_EL1 = 3 0 2 3 0;
    APGAKEYHI_EL1 = 3 0 2 3 1;
    // Reliability (RAS).
    ERRIDR_EL1 = 3 0 5 3 0;
    ERRSELR_EL1 = 3 0 5 3 1;
    ERXFR_EL1 = 3 0 5 4 0;
    ERXCTLR_EL1 = 3 0 5 4 1;
    ERXSTATUS_EL1 = 3 0 5 4 2;
    ERXADDR_EL1 = 3 0 5 4 3;
    DISR_EL1 = 3 0 12 1 1;
    // Limited ordering regions.
    LORSA_EL1 = 3 0 10 4 0;
    LOREA_EL1 = 3 0 10 4 1;
    LORN_EL1 = 3 0 10 4 2;
    LORC_EL1 = 3 0 10 4 3;
    LORID_EL1 = 3 0 10 4 7;
    // GIC CPU interface.
    ICC_PMR_EL1 = 3 0 4 6 0;
    ICC_IAR0_EL1 = 3 0 12 8 0;
    ICC_EOIR0_EL1 = 3 0 12 8 1;
    ICC_HPPIR0_EL1 = 3 0 12 8 2;
    ICC_BPR0_EL1 = 3 0 12 8 3;
    ICC_AP0R0_EL1 = 3 0 12 8 4;
    ICC_AP1R0_EL1 = 3 0 12 9 0;
    ICC_DIR_EL1 = 3 0 12 11 1;
    ICC_RPR_EL1 = 3 0 12 11 3;
    ICC_SGI1R_EL1 = 3 0 12 11 5;
    ICC_ASGI1R_EL1 = 3 0 12 11 6;
    ICC_SGI0R_EL1 = 3 0 12 11 7;
    ICC_IAR1_EL1 = 3 0 12 12 0;
    ICC_EOIR1_EL1 = 3 0 12 12 1;
    ICC_HPPIR1_EL1 = 3 0 12 12 2;
    ICC_BPR1_EL1 = 3 0 12 12 3;
    ICC_CTLR_EL1 = 3 0 12 12 4;
    ICC_SRE_EL1 = 3 0 12 12 5;
    ICC_IGRPEN0_EL1 = 3 0 12 12 6;
    ICC_IGRPEN1_EL1 = 3 0 12 12 7;
    // Timers.
    CNTKCTL_EL1 = 3 0 14 1 0;
    CNTFRQ_EL0 = 3 3 14 0 0;
    CNTPCT_EL0 = 3 3 14 0 1;
    CNTVCT_EL0 = 3 3 14 0 2;
    CNTPCTSS_EL0 = 3 3 14 0 5;
    CNTVCTSS_EL0 = 3 3 14 0 6;
    CNTP_TVAL_EL0 = 3 3 14 2 0;
    CNTP_CTL_EL0 = 3 3 14 2 1;
    CNTP_CVAL_EL0 = 3 3 14 2 2;
    CNTV_TVAL_EL0 = 3 3 14 3 0;
    CNTV_CTL_EL0 = 3 3 14 3 1;
    CNTV_CVAL_EL0 = 3 3 14 3 2;
    // Performance monitors.
    PMINTENSET_EL1 = 3 0 9 14 1;
    PMINTENCLR_EL1 = 3 0 9 14 2;
    PMMIR_EL1 = 3 0 9 14 6;
    PMCR_EL0 = 3 3 9 12 0;
    PMCNTENSET_EL0 = 3 3 9 12 1;
    PMCNTENCLR_EL0 = 3 3 9 12 2;
    PMOVSCLR_EL0 = 3 3 9 12 3;
    PMSWINC_EL0 = 3 3 9 12 4;
    PMSELR_EL0 = 3 3 9 12 5;
    PMCEID0_EL0 = 3 3 9 12 6;
    PMCEID1_EL0 = 3 3 9 12 7;
    PMCCNTR_EL0 = 3 3 9 13 0;
    PMXEVTYPER_EL0 = 3 3 9 13 1;
    PMXEVCNTR_EL0 = 3 3 9 13 2;
    PMUSERENR_EL0 = 3 3 9 14 0;
    PMOVSSET_EL0 = 3 3 9 14 3;
    PMCCFILTR_EL0 = 3 3 14 15 7;
    // Debug.
    MDCCINT_EL1 = 2 0 0 2 0;
    MDSCR_EL1 = 2 0 0 2 2;
    OSECCR_EL1 = 2 0 0 6 2;
    MDRAR_EL1 = 2 0 1 0 0;
    OSLAR_EL1 = 2 0 1 0 4;
    OSLSR_EL1 = 2 0 1 1 4;
    OSDLR_EL1 = 2 0 1 3 4;
    DBGPRCR_EL1 = 2 0 1 4 4;
    DBGAUTHSTATUS_EL1 = 2 0 7 14 6;
    MDCCSR_EL0 = 2 3 0 1 0;
    DBGDTR_EL0 = 2 3 0 4 0;
    // Cache maintenance by set and way.
    DC_ISW = 1 0 7 6 2;
    DC_IGSW = 1 0 7 6 4;
    DC_IGDSW = 1 0 7 6 6;
    DC_CSW = 1 0 7 10 2;
    DC_CGSW = 1 0 7 10 4;
    DC_CGDSW = 1 0 7 10 6;
    DC_CISW = 1 0 7 14 2;
    DC_CIGSW = 1 0 7 14 4;
    DC_CIGDSW = 1 0 7 14 6;
}
