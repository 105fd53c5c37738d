//! The AArch64 identification registers, field by field.
//!
//! Source of fields and values: Arm ARM (DDI 0487), chapter "AArch64 System
//! Register Descriptions". A maximum is the highest value whose features work
//! at EL1 and EL0 without anything from EL2, or with what EL2 is known to do;
//! fields that are absent are hidden, with the reason where it is not plain.

use super::filter::Field;
use super::{GuestFeatures, SysReg};

const fn sve(features: &GuestFeatures) -> bool {
    features.sve
}

const fn pauth(features: &GuestFeatures) -> bool {
    features.pauth
}

const fn pmu(features: &GuestFeatures) -> bool {
    features.pmu
}

const fn debug(features: &GuestFeatures) -> bool {
    features.debug
}

const fn no_debug(features: &GuestFeatures) -> bool {
    !features.debug
}

const fn aarch32(features: &GuestFeatures) -> bool {
    features.aarch32_el0
}

const fn aarch64_only(features: &GuestFeatures) -> bool {
    !features.aarch32_el0
}

const fn gic_v3(features: &GuestFeatures) -> bool {
    features.gic_v3_sysregs
}

const fn mops(features: &GuestFeatures) -> bool {
    features.mops
}

/// Hidden: EL2, EL3, SEL2 and RME (the guest is EL1 and EL0 of a machine
/// without more), RAS (its registers would show the machine's errors), AMU and
/// MPAM (shared by all VMs).
const PFR0: &[Field] = &[
    Field::at_most(0, 2).if_given(aarch32), // EL0: AArch64 and AArch32
    Field::fixed(0, 1).if_given(aarch64_only), // EL0: AArch64
    Field::fixed(4, 1),                     // EL1: AArch64
    Field::signed_at_most(16, 1),           // FP, half precision
    Field::signed_at_most(20, 1),           // AdvSIMD, half precision
    Field::at_most(24, 1).if_given(gic_v3), // GIC: version 3 system registers
    Field::at_most(32, 1).if_given(sve),    // SVE
    Field::at_most(48, 1),                  // DIT
    // CSV2: 2 and up promise SCXTNUM_ELx, which HCR_EL2.EnSCXT keeps disabled.
    Field::at_most(56, 1),
    Field::at_most(60, 1), // CSV3
];

/// Hidden: MTE (stage 2 memory attributes, HCR_EL2.ATA), SME (its own state),
/// NMI (HCRX_EL2, the virtual GIC), RNDR_trap (EL3), GCS, THE and PFAR (HCRX_EL2,
/// fine-grained traps), DF2 (RAS).
const PFR1: &[Field] = &[
    Field::at_most(0, 1), // BT
    Field::at_most(4, 2), // SSBS with MSR and MRS
    // CSV2_frac: 2 promises SCXTNUM_ELx, see PFR0.CSV2.
    Field::at_most(32, 1),
];

/// Z registers hold all of it, so whoever may use SVE may use these.
const ZFR0: &[Field] = &[
    Field::at_most(0, 2).if_given(sve),  // SVEver: SVE2p1
    Field::at_most(4, 2).if_given(sve),  // AES with PMULL
    Field::at_most(16, 1).if_given(sve), // BitPerm
    Field::at_most(20, 2).if_given(sve), // BF16, EBF16
    Field::at_most(24, 1).if_given(sve), // B16B16
    Field::at_most(32, 1).if_given(sve), // SHA3
    Field::at_most(40, 1).if_given(sve), // SM4
    Field::at_most(44, 1).if_given(sve), // I8MM
    Field::at_most(52, 1).if_given(sve), // F32MM
    Field::at_most(56, 1).if_given(sve), // F64MM
];

/// Hidden: trace, SPE, TRBE and BRBE (they need buffers or filters that EL2
/// owns), PMSS and SEBEP (EL2, HCRX_EL2), MTPMU and HPMN0 (EL2's and EL3's).
const DFR0: &[Field] = &[
    // DebugVer: up to Debugv8p8. Debugv8p9 adds MDSELR_EL1, which MDCR_EL2.EBWE
    // keeps disabled. There is no "not implemented".
    Field::at_most(0, 10).if_given(debug),
    Field::fixed(0, 6).if_given(no_debug),
    // PMUVer: up to PMUv3p8. PMUv3p9 adds registers under HDFGRTR2_EL2.
    Field::pmu_version(8, 8).if_given(pmu),
    Field::same(12).if_given(debug),        // BRPs, minus one
    Field::fixed(12, 1).if_given(no_debug), // two, the architecture's least
    Field::same(20).if_given(debug),        // WRPs, minus one
    Field::fixed(20, 1).if_given(no_debug),
    Field::same(28).if_given(debug), // CTX_CMPs, minus one
    // DoubleLock: OSDLR_EL1 stops debug of this core only, which is the guest's.
    Field::signed_at_most(36, 0),
];

/// Hidden: TME.
const ISAR0: &[Field] = &[
    Field::at_most(4, 2),  // AES with PMULL
    Field::at_most(8, 1),  // SHA1
    Field::at_most(12, 2), // SHA256, SHA512
    Field::at_most(16, 1), // CRC32
    Field::at_most(20, 3), // Atomic: LSE, LSE128
    Field::at_most(28, 1), // RDM
    Field::at_most(32, 1), // SHA3
    Field::at_most(36, 1), // SM3
    Field::at_most(40, 1), // SM4
    Field::at_most(44, 1), // DP
    Field::at_most(48, 1), // FHM
    Field::at_most(52, 2), // TS: FLAGM, FLAGM2
    // TLB: outer shareable and range forms. They act on the current VMID only.
    Field::at_most(56, 2),
    Field::at_most(60, 1), // RNDR: trapped by EL3 alone
];

/// Hidden: LS64 (HCRX_EL2 keeps it disabled: a 64-byte store to an emulated
/// device has no syndrome).
const ISAR1: &[Field] = &[
    Field::at_most(0, 2),                  // DPB: DC CVAP, CVADP
    Field::at_most(4, 5).if_given(pauth),  // APA, up to FPACCOMBINE
    Field::at_most(8, 5).if_given(pauth),  // API, likewise
    Field::at_most(12, 1),                 // JSCVT
    Field::at_most(16, 1),                 // FCMA
    Field::at_most(20, 3),                 // LRCPC, LRCPC2, LRCPC3
    Field::at_most(24, 1).if_given(pauth), // GPA
    Field::at_most(28, 1).if_given(pauth), // GPI
    Field::at_most(32, 1),                 // FRINTTS
    Field::at_most(36, 1),                 // SB
    Field::at_most(40, 2),                 // SPECRES
    Field::at_most(44, 2),                 // BF16, EBF16
    Field::at_most(48, 1),                 // DGH
    Field::at_most(52, 1),                 // I8MM
    // XS: HCRX_EL2.FnXS clear leaves the nXS forms as they are.
    Field::at_most(56, 1),
];

/// Hidden: SYSREG_128 and SYSINSTR_128 (HCRX_EL2), ATS1A (fine-grained traps).
const ISAR2: &[Field] = &[
    Field::at_most(0, 2),                  // WFxT: traps as WFI and WFE do
    Field::at_most(4, 1),                  // RPRES: a bit of FPCR
    Field::at_most(8, 1).if_given(pauth),  // GPA3
    Field::at_most(12, 5).if_given(pauth), // APA3, up to FPACCOMBINE
    Field::at_most(16, 1).if_given(mops),  // MOPS
    Field::at_most(20, 1),                 // BC
    Field::at_most(24, 1).if_given(pauth), // PAC_frac
    Field::at_most(28, 1),                 // CLRBHB: a hint
    Field::at_most(48, 1),                 // RPRFM: a hint
    Field::at_most(52, 1),                 // CSSC
];

/// Only instructions that work on SIMD and floating-point registers. Hidden:
/// CPA (SCTLR2_EL1), PACM (HCRX_EL2), TLBIW (HCRX_EL2), LSUI and OCCMO until
/// they are understood.
const ISAR3: &[Field] = &[
    Field::at_most(4, 1),  // FAMINMAX
    Field::at_most(16, 1), // LSFE
    Field::at_most(28, 1), // FPRCVT
];

/// Hidden: SNSMEM (no Secure state), FGT (EL2's).
const MMFR0: &[Field] = &[
    Field::physical_range(0),
    Field::at_most(4, 2),         // ASIDBits
    Field::at_most(8, 1),         // BigEnd
    Field::at_most(16, 1),        // BigEndEL0
    Field::at_most(20, 2),        // TGran16, with 52 bits
    Field::signed_at_most(24, 0), // TGran64
    Field::signed_at_most(28, 1), // TGran4, with 52 bits
    Field::fixed(32, 1),          // TGran16_2: not at stage 2, which the guest lacks
    Field::fixed(36, 1),          // TGran64_2
    Field::fixed(40, 1),          // TGran4_2
    Field::at_most(44, 1),        // ExS: two bits of SCTLR_EL1
    // ECV: the self-synchronising counters, which obey the controls of the
    // plain ones. 2 is CNTPOFF_EL2.
    Field::at_most(60, 1),
];

/// Hidden: VMIDBits, VH, XNX, HCX (EL2's), LO (HCR_EL2.TLOR).
const MMFR1: &[Field] = &[
    Field::at_most(0, 2), // HAFDBS: access flag, dirty state. 3, HAFT, needs TCR2_EL1
    Field::at_most(12, 2), // HPDS, HPDS2
    Field::at_most(20, 3), // PAN, PAN2, EPAN
    Field::at_most(24, 1), // SpecSEI: a warning, not an offer
    Field::at_most(32, 1), // TWED: of SCTLR_EL1
    Field::at_most(36, 3), // ETS, ETS2, ETS3: promises of the core
    Field::at_most(44, 1), // AFP: bits of FPCR
    Field::at_most(48, 1), // nTLBPA: a promise of the core
    Field::at_most(52, 1), // TIDCP1: EL0's accesses go to EL1 before EL2 sees them
    Field::at_most(56, 1), // CMOW: of SCTLR_EL1
    Field::at_most(60, 1), // ECBHB: a promise of the core
];

/// Hidden: IESB (with RAS), NV, FWB and EVT (EL2's).
const MMFR2: &[Field] = &[
    Field::at_most(0, 1),  // CnP
    Field::at_most(4, 1),  // UAO
    Field::at_most(8, 1),  // LSM
    Field::at_most(16, 1), // VARange: 52 bits. 56 need 128-bit descriptors
    Field::at_most(20, 1), // CCIDX: the layout of CCSIDR_EL1, which does not trap
    Field::at_most(28, 1), // ST
    Field::at_most(32, 1), // AT
    Field::at_most(36, 1), // IDS: EL0's identification reads tell EL1 their class
    Field::at_most(48, 1), // TTL
    Field::at_most(52, 2), // BBM
    Field::at_most(60, 1), // E0PD
];

/// The visible fields of an AArch64 identification register.
///
/// Wholly hidden: PFR2 and FPFR0 (FPMR, HCRX_EL2.EnFPM), SMFR0 (SME), DFR1 and
/// DFR2, AFR0 and AFR1 (implementation-defined), MMFR3 (TCR2_EL1, SCTLR2_EL1,
/// permission indirection and overlays, 128-bit descriptors, all under
/// HCRX_EL2; and details of RAS), MMFR4 (EL2's).
pub(super) const fn fields(reg: SysReg) -> Option<&'static [Field]> {
    Some(match reg {
        SysReg::ID_AA64PFR0_EL1 => PFR0,
        SysReg::ID_AA64PFR1_EL1 => PFR1,
        SysReg::ID_AA64ZFR0_EL1 => ZFR0,
        SysReg::ID_AA64DFR0_EL1 => DFR0,
        SysReg::ID_AA64ISAR0_EL1 => ISAR0,
        SysReg::ID_AA64ISAR1_EL1 => ISAR1,
        SysReg::ID_AA64ISAR2_EL1 => ISAR2,
        SysReg::ID_AA64ISAR3_EL1 => ISAR3,
        SysReg::ID_AA64MMFR0_EL1 => MMFR0,
        SysReg::ID_AA64MMFR1_EL1 => MMFR1,
        SysReg::ID_AA64MMFR2_EL1 => MMFR2,
        _ => return None,
    })
}
