//! The AArch32 identification registers, field by field.
//!
//! They matter only to a guest whose EL0 can run AArch32 programs: EL1 is
//! always AArch64, so what describes AArch32 at EL1 reads as "no". Source: Arm
//! ARM (DDI 0487), chapter "AArch64 System Register Descriptions".

use super::filter::Field;
use super::{GuestFeatures, SysReg};

const fn pmu(features: &GuestFeatures) -> bool {
    features.pmu
}

/// Hidden: ThumbEE, AMU and RAS.
const PFR0: &[Field] = &[
    Field::at_most(0, 1),  // State0: A32
    Field::at_most(4, 3),  // State1: T32
    Field::at_most(8, 1),  // State2: Jazelle, trivial
    Field::at_most(16, 1), // CSV2
    Field::at_most(24, 1), // DIT
];

/// Hidden: ProgMod, Security, MProgMod, Virtualization and their fractions
/// (AArch32 at EL1 and above), GIC (no AArch32 register interface at EL0).
const PFR1: &[Field] = &[Field::at_most(16, 1)]; // GenTimer

const PFR2: &[Field] = &[
    Field::at_most(0, 1), // CSV3
    Field::at_most(4, 1), // SSBS
];

/// Hidden: trace.
const DFR0: &[Field] = &[
    Field::at_most(0, 10),                   // CopDbg: up to Debugv8p8
    Field::pmu_version(24, 8).if_given(pmu), // PerfMon: up to PMUv3p8
];

/// Old registers without a free value: they describe and offer nothing.
const ALL_SAME: &[Field] = &[
    Field::same(0),
    Field::same(4),
    Field::same(8),
    Field::same(12),
    Field::same(16),
    Field::same(20),
    Field::same(24),
    Field::same(28),
];

/// Hidden: AC2 (ACTLR2), XNX and EVT (EL2's).
const MMFR4: &[Field] = &[
    Field::at_most(0, 1),  // SpecSEI
    Field::at_most(12, 1), // CnP
    Field::at_most(16, 2), // HPDS
    Field::at_most(20, 1), // LSM
    Field::at_most(24, 1), // CCIDX
];

const MMFR5: &[Field] = &[
    Field::at_most(0, 3), // ETS
    Field::at_most(4, 1), // nTLBPA
];

/// Hidden: SMC (EL1's).
const ISAR4: &[Field] = &[
    Field::same(0),
    Field::same(4),
    Field::same(8),
    Field::same(16),
    Field::same(20),
    Field::same(24),
    Field::same(28),
];

const ISAR5: &[Field] = &[
    Field::at_most(0, 1),  // SEVL
    Field::at_most(4, 2),  // AES with VMULL
    Field::at_most(8, 1),  // SHA1
    Field::at_most(12, 1), // SHA2
    Field::at_most(16, 1), // CRC32
    Field::at_most(24, 1), // RDM
    Field::at_most(28, 1), // VCMA
];

const ISAR6: &[Field] = &[
    Field::at_most(0, 1),  // JSCVT
    Field::at_most(4, 1),  // DP
    Field::at_most(8, 1),  // FHM
    Field::at_most(12, 1), // SB
    Field::at_most(16, 2), // SPECRES
    Field::at_most(20, 1), // BF16
    Field::at_most(24, 1), // I8MM
    Field::at_most(28, 1), // CLRBHB
];

const MVFR2: &[Field] = &[
    Field::at_most(0, 3), // SIMDMisc
    Field::at_most(4, 4), // FPMisc
];

/// The visible fields of an AArch32 identification register.
///
/// Wholly hidden: AFR0 (implementation-defined), DFR1 (EL2's and EL3's).
pub(super) const fn fields(reg: SysReg) -> Option<&'static [Field]> {
    Some(match reg {
        SysReg::ID_PFR0_EL1 => PFR0,
        SysReg::ID_PFR1_EL1 => PFR1,
        SysReg::ID_PFR2_EL1 => PFR2,
        SysReg::ID_DFR0_EL1 => DFR0,
        SysReg::ID_MMFR0_EL1
        | SysReg::ID_MMFR1_EL1
        | SysReg::ID_MMFR2_EL1
        | SysReg::ID_MMFR3_EL1
        | SysReg::ID_ISAR0_EL1
        | SysReg::ID_ISAR1_EL1
        | SysReg::ID_ISAR2_EL1
        | SysReg::ID_ISAR3_EL1
        | SysReg::MVFR0_EL1
        | SysReg::MVFR1_EL1 => ALL_SAME,
        SysReg::ID_ISAR4_EL1 => ISAR4,
        SysReg::ID_ISAR5_EL1 => ISAR5,
        SysReg::ID_ISAR6_EL1 => ISAR6,
        SysReg::ID_MMFR4_EL1 => MMFR4,
        SysReg::ID_MMFR5_EL1 => MMFR5,
        SysReg::MVFR2_EL1 => MVFR2,
        _ => return None,
    })
}
