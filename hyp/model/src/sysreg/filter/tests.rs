//! What guests read from identification registers.

use super::*;
use proptest::prelude::*;
use std::vec::Vec;

/// A VM with everything that can be granted.
const ALL: GuestFeatures = GuestFeatures {
    gic_v3_sysregs: true,
    pmu: true,
    debug: true,
    sve: true,
    pauth: true,
    mops: true,
    aarch32_el0: true,
    ipa_bits: 52,
};

const NONE: GuestFeatures = GuestFeatures::MINIMAL;

/// The field of `reg` whose lowest bit is `low`, for a guest on hardware whose
/// field has the value `hardware`.
fn shown(reg: SysReg, low: u32, hardware: u64, features: &GuestFeatures) -> u64 {
    (filter_id(reg, hardware << low, features) >> low) & WIDTH_MASK
}

#[test]
fn a_cortex_a53_shows_what_it_is_without_its_upper_levels() {
    let features = GuestFeatures {
        pmu: true,
        debug: true,
        aarch32_el0: true,
        ..NONE
    };
    let table = [
        (SysReg::ID_AA64PFR0_EL1, 0x0000_2222, 0x0000_0012),
        (SysReg::ID_AA64DFR0_EL1, 0x1030_5106, 0x1030_5106),
        (SysReg::ID_AA64ISAR0_EL1, 0x0001_1120, 0x0001_1120),
        // 40 bits of physical address; stage 2 granules "not supported" by number.
        (SysReg::ID_AA64MMFR0_EL1, 0x0000_1122, 0x0111_0000_0122),
        (SysReg::ID_PFR0_EL1, 0x0000_0131, 0x0000_0131),
        (SysReg::ID_PFR1_EL1, 0x0001_1011, 0x0001_0000),
        (SysReg::ID_ISAR0_EL1, 0x0210_1110, 0x0210_1110),
        (SysReg::ID_ISAR4_EL1, 0x0001_1142, 0x0001_0142),
        (SysReg::ID_ISAR5_EL1, 0x0001_1121, 0x0001_1121),
        (SysReg::ID_MMFR0_EL1, 0x1020_1105, 0x1020_1105),
        (SysReg::MVFR2_EL1, 0x0000_0043, 0x0000_0043),
    ];
    for (reg, hardware, guest) in table {
        assert_eq!(filter_id(reg, hardware, &features), guest, "{reg}");
    }
}

#[test]
fn levels_above_el1_are_hidden() {
    let pfr0 = SysReg::ID_AA64PFR0_EL1;
    for (low, name) in [(8, "EL2"), (12, "EL3"), (36, "SEL2"), (52, "RME")] {
        assert_eq!(shown(pfr0, low, 1, &ALL), 0, "{name}");
    }
    for (reg, low, name) in [
        (SysReg::ID_AA64MMFR1_EL1, 8, "VH"),
        (SysReg::ID_AA64MMFR1_EL1, 4, "VMIDBits"),
        (SysReg::ID_AA64MMFR1_EL1, 28, "XNX"),
        (SysReg::ID_AA64MMFR1_EL1, 40, "HCX"),
        (SysReg::ID_AA64MMFR2_EL1, 24, "NV"),
        (SysReg::ID_AA64MMFR2_EL1, 40, "FWB"),
        (SysReg::ID_AA64MMFR2_EL1, 56, "EVT"),
        (SysReg::ID_AA64MMFR0_EL1, 56, "FGT"),
    ] {
        assert_eq!(shown(reg, low, 2, &ALL), 0, "{name}");
    }
}

#[test]
fn what_needs_more_from_el2_is_hidden() {
    for (reg, low, name) in [
        (SysReg::ID_AA64PFR0_EL1, 28, "RAS"),
        (SysReg::ID_AA64PFR0_EL1, 40, "MPAM"),
        (SysReg::ID_AA64PFR0_EL1, 44, "AMU"),
        (SysReg::ID_AA64PFR1_EL1, 8, "MTE"),
        (SysReg::ID_AA64PFR1_EL1, 24, "SME"),
        (SysReg::ID_AA64PFR1_EL1, 36, "NMI"),
        (SysReg::ID_AA64PFR1_EL1, 44, "GCS"),
        (SysReg::ID_AA64PFR1_EL1, 48, "THE"),
        (SysReg::ID_AA64DFR0_EL1, 4, "TraceVer"),
        (SysReg::ID_AA64DFR0_EL1, 32, "PMSVer"),
        (SysReg::ID_AA64DFR0_EL1, 40, "TraceFilt"),
        (SysReg::ID_AA64DFR0_EL1, 44, "TraceBuffer"),
        (SysReg::ID_AA64DFR0_EL1, 52, "BRBE"),
        (SysReg::ID_AA64ISAR0_EL1, 24, "TME"),
        (SysReg::ID_AA64ISAR1_EL1, 60, "LS64"),
        (SysReg::ID_AA64ISAR2_EL1, 32, "SYSREG_128"),
        (SysReg::ID_AA64MMFR1_EL1, 16, "LO"),
        (SysReg::ID_AA64MMFR2_EL1, 12, "IESB"),
    ] {
        assert_eq!(shown(reg, low, 1, &ALL), 0, "{name}");
    }
    for reg in [
        SysReg::ID_AA64PFR2_EL1,
        SysReg::ID_AA64SMFR0_EL1,
        SysReg::ID_AA64FPFR0_EL1,
        SysReg::ID_AA64DFR1_EL1,
        SysReg::ID_AA64AFR0_EL1,
        SysReg::ID_AA64MMFR3_EL1,
        SysReg::ID_AA64MMFR4_EL1,
        SysReg::ID_AFR0_EL1,
        SysReg::new(3, 0, 0, 4, 3),
    ] {
        assert_eq!(filter_id(reg, u64::MAX, &ALL), 0, "{reg}");
    }
}

#[test]
fn granted_features_show_and_withheld_ones_do_not() {
    for (reg, low, value, name) in [
        (SysReg::ID_AA64PFR0_EL1, 24, 1, "GIC"),
        (SysReg::ID_AA64PFR0_EL1, 32, 1, "SVE"),
        (SysReg::ID_AA64ZFR0_EL1, 0, 1, "SVEver"),
        (SysReg::ID_AA64DFR0_EL1, 8, 6, "PMUVer"),
        (SysReg::ID_AA64ISAR1_EL1, 4, 1, "APA"),
        (SysReg::ID_AA64ISAR1_EL1, 8, 5, "API"),
        (SysReg::ID_AA64ISAR1_EL1, 24, 1, "GPA"),
        (SysReg::ID_AA64ISAR1_EL1, 28, 1, "GPI"),
        (SysReg::ID_AA64ISAR2_EL1, 8, 1, "GPA3"),
        (SysReg::ID_AA64ISAR2_EL1, 12, 3, "APA3"),
        (SysReg::ID_AA64ISAR2_EL1, 16, 1, "MOPS"),
        (SysReg::ID_DFR0_EL1, 24, 6, "PerfMon"),
        (SysReg::ID_ISAR0_EL1, 0, 1, "an AArch32 register"),
    ] {
        assert_eq!(shown(reg, low, value, &ALL), value, "{name} granted");
        assert_eq!(shown(reg, low, value, &NONE), 0, "{name} withheld");
    }
}

#[test]
fn newer_versions_show_as_the_newest_that_is_understood() {
    for (reg, low, hardware, guest, name) in [
        (SysReg::ID_AA64PFR0_EL1, 56, 3, 1, "CSV2"),
        (SysReg::ID_AA64DFR0_EL1, 0, 11, 10, "DebugVer"),
        (SysReg::ID_AA64DFR0_EL1, 8, 9, 8, "PMUVer"),
        (SysReg::ID_AA64ISAR1_EL1, 8, 6, 5, "API"),
        (SysReg::ID_AA64MMFR0_EL1, 60, 2, 1, "ECV"),
        (SysReg::ID_AA64MMFR1_EL1, 0, 3, 2, "HAFDBS"),
        (SysReg::ID_AA64MMFR2_EL1, 16, 2, 1, "VARange"),
    ] {
        assert_eq!(shown(reg, low, hardware, &ALL), guest, "{name}");
    }
}

#[test]
fn missing_floating_point_stays_missing() {
    let pfr0 = SysReg::ID_AA64PFR0_EL1;
    for low in [16, 20] {
        assert_eq!(shown(pfr0, low, 0xf, &ALL), 0xf, "not implemented");
        assert_eq!(shown(pfr0, low, 0, &ALL), 0, "without half precision");
        assert_eq!(shown(pfr0, low, 1, &ALL), 1, "with half precision");
        assert_eq!(shown(pfr0, low, 2, &ALL), 1, "with something newer");
    }
}

#[test]
fn granules_are_those_of_stage_1() {
    let mmfr0 = SysReg::ID_AA64MMFR0_EL1;
    for (low, hardware, guest, name) in [
        (28, 0xf, 0xf, "no 4 KiB"),
        (28, 1, 1, "4 KiB with 52 bits"),
        (24, 0xf, 0xf, "no 64 KiB"),
        (20, 2, 2, "16 KiB with 52 bits"),
        (32, 2, 1, "16 KiB at stage 2"),
        (36, 0, 1, "64 KiB at stage 2"),
        (40, 3, 1, "4 KiB at stage 2"),
    ] {
        assert_eq!(shown(mmfr0, low, hardware, &ALL), guest, "{name}");
    }
}

#[test]
fn the_physical_range_fits_the_vm() {
    let range = |hardware, ipa_bits| {
        shown(
            SysReg::ID_AA64MMFR0_EL1,
            0,
            hardware,
            &GuestFeatures { ipa_bits, ..NONE },
        )
    };
    for (bits, code) in [
        (32, 0),
        (36, 1),
        (40, 2),
        (42, 3),
        (44, 4),
        (48, 5),
        (52, 6),
    ] {
        assert_eq!(range(7, bits), code, "{bits} bits");
        assert_eq!(range(7, bits + 1), code, "{} bits round down", bits + 1);
    }
    assert_eq!(range(2, 48), 2, "no more than the hardware");
}

#[test]
fn an_implementation_defined_pmu_is_no_pmu() {
    assert_eq!(shown(SysReg::ID_AA64DFR0_EL1, 8, 0xf, &ALL), 0);
    assert_eq!(shown(SysReg::ID_DFR0_EL1, 24, 0xf, &ALL), 0);
}

#[test]
fn withheld_debug_shows_the_least_that_is_legal() {
    assert_eq!(
        filter_id(SysReg::ID_AA64DFR0_EL1, 0x1030_5109, &NONE),
        0x0010_1006
    );
}

/// Every encoding of the identification space, as a strategy.
fn any_id() -> impl Strategy<Value = SysReg> {
    (1u8..8, 0u8..8).prop_map(|(crm, op2)| SysReg::new(3, 0, 0, crm, op2))
}

fn any_features() -> impl Strategy<Value = GuestFeatures> {
    (any::<[bool; 7]>(), 30u8..60).prop_map(|(flags, ipa_bits)| {
        let [gic_v3_sysregs, pmu, debug, sve, pauth, mops, aarch32_el0] = flags;
        GuestFeatures {
            gic_v3_sysregs,
            pmu,
            debug,
            sve,
            pauth,
            mops,
            aarch32_el0,
            ipa_bits,
        }
    })
}

/// Fields whose value is given, or whose scale does not grow with features.
fn is_unordered(reg: SysReg, low: u32) -> bool {
    let fixed: &[u32] = match reg {
        SysReg::ID_AA64PFR0_EL1 => &[0, 4, 16, 20],
        SysReg::ID_AA64DFR0_EL1 => &[0, 12, 20, 36],
        SysReg::ID_AA64MMFR0_EL1 => &[24, 28, 32, 36, 40],
        _ => &[],
    };
    fixed.contains(&low)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_feature_is_shown_that_the_hardware_lacks(
        reg in any_id(), hardware: u64, features in any_features()
    ) {
        let guest = filter_id(reg, hardware, &features);
        for low in (0..64).step_by(4).filter(|low| !is_unordered(reg, *low)) {
            let (shown, real) = ((guest >> low) & WIDTH_MASK, (hardware >> low) & WIDTH_MASK);
            prop_assert!(shown <= real, "{reg} bit {low}: {shown:#x} > {real:#x}");
        }
    }

    #[test]
    fn filtering_twice_changes_nothing(reg in any_id(), hardware: u64, features in any_features()) {
        let once = filter_id(reg, hardware, &features);
        prop_assert_eq!(filter_id(reg, once, &features), once);
    }

    #[test]
    fn granting_more_never_shows_less(reg in any_id(), hardware: u64, features in any_features()) {
        let more = GuestFeatures { ipa_bits: features.ipa_bits, ..ALL };
        let (some, all) = (filter_id(reg, hardware, &features), filter_id(reg, hardware, &more));
        for low in (0..64).step_by(4).filter(|low| !is_unordered(reg, *low)) {
            prop_assert!((some >> low) & WIDTH_MASK <= (all >> low) & WIDTH_MASK);
        }
    }
}

#[test]
fn no_field_is_listed_twice() {
    for (crm, op2) in (1..8).flat_map(|crm| (0..8).map(move |op2| (crm, op2))) {
        let reg = SysReg::new(3, 0, 0, crm, op2);
        for features in [&ALL, &NONE] {
            let given = fields(reg, features).iter().filter(|f| (f.given)(features));
            let mut lows: Vec<_> = given.map(|f| f.low).collect();
            let count = lows.len();
            lows.sort_unstable();
            lows.dedup();
            assert_eq!(lows.len(), count, "{reg}");
        }
    }
}
