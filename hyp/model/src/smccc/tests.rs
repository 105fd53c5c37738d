//! What a guest gets for each call.

use super::*;
use ::smccc::psci::{PSCI_CPU_ON_64, PSCI_VERSION};
use proptest::prelude::*;

const NOT_SUPPORTED_X0: Action = Action::Return(u64::MAX);

fn services(mitigations: Mitigations) -> Services {
    Services::new(2, Window::new(0x4000_0000, 0x100_0000), mitigations)
}

fn call(id: u32, x1: u64) -> Action {
    services(Mitigations::default()).call(0, 0, [u64::from(id), x1, 2, 3])
}

#[test]
fn the_convention_is_version_1_1() {
    assert_eq!(call(SMCCC_VERSION, 0), Action::Return(0x1_0001));
}

#[test]
fn the_function_is_in_w0() {
    let x0 = 0xffff_ffff_0000_0000 | u64::from(SMCCC_VERSION);
    let answer = services(Mitigations::default()).call(0, 0, [x0, 0, 0, 0]);
    assert_eq!(answer, Action::Return(0x1_0001));
}

#[test]
fn arch_features_names_what_exists() {
    assert_eq!(
        call(SMCCC_ARCH_FEATURES, u64::from(SMCCC_VERSION)),
        Action::Return(0)
    );
    assert_eq!(
        call(SMCCC_ARCH_FEATURES, u64::from(SMCCC_ARCH_FEATURES)),
        Action::Return(0)
    );
    let soc_id = ::smccc::arch::SMCCC_ARCH_SOC_ID;
    assert_eq!(
        call(SMCCC_ARCH_FEATURES, u64::from(soc_id)),
        NOT_SUPPORTED_X0
    );
    assert_eq!(call(soc_id, 0), NOT_SUPPORTED_X0);
}

#[test]
fn workarounds_answer_as_the_host_says() {
    let all = [
        (SMCCC_ARCH_WORKAROUND_1, Vulnerability::BranchTarget),
        (SMCCC_ARCH_WORKAROUND_2, Vulnerability::StoreBypass),
        (SMCCC_ARCH_WORKAROUND_3, Vulnerability::BranchHistory),
    ];
    for (id, vulnerability) in all {
        for (mitigation, feature, called) in [
            (Mitigation::Unknown, NOT_SUPPORTED_X0, NOT_SUPPORTED_X0),
            (Mitigation::NotNeeded, Action::Return(1), Action::Return(0)),
            (
                Mitigation::Call,
                Action::Return(0),
                Action::Mitigate(vulnerability),
            ),
        ] {
            let services = services(Mitigations {
                branch_target: mitigation,
                store_bypass: mitigation,
                branch_history: mitigation,
            });
            let ask = [u64::from(SMCCC_ARCH_FEATURES), u64::from(id), 0, 0];
            assert_eq!(services.call(0, 0, ask), feature);
            assert_eq!(services.call(0, 0, [u64::from(id), 0, 0, 0]), called);
        }
    }
}

#[test]
fn psci_is_the_standard_secure_service() {
    assert_eq!(call(PSCI_VERSION, 0), Action::Return(0x1_0001));
    assert_eq!(call(PSCI_CPU_ON_64, 9), Action::Return(-2i64 as u64));
}

#[test]
fn the_hypervisor_says_who_it_is() {
    let uid = Action::ReturnMany([0xf3a1_c5eb, 0x8049_7da7, 0x6bb6_0fb6, 0xe6a9_16d2]);
    assert_eq!(call(HYPERVISOR_CALL_UID, 0), uid);
    assert_eq!(
        call(HYPERVISOR_REVISION, 0),
        Action::ReturnMany([1, 0, 2, 3])
    );
    assert_eq!(call(HYPERVISOR_CALL_COUNT, 0), Action::Return(1));
    assert_eq!(
        call(HYPERVISOR_FEATURES, 0),
        Action::ReturnMany([1, 0, 0, 0])
    );
}

#[test]
fn everything_else_is_not_supported() {
    let standard_hypervisor_pv_time = 0xc500_0020;
    let trng_version = 0x8400_0050;
    let kvm_features = 0x8600_0001;
    let oem = 0x8300_0000;
    let trusted_os = 0xb200_0000;
    let yielding = 0x0400_0000;
    let reserved_bits = PSCI_VERSION | 1 << 16;
    for id in [
        standard_hypervisor_pv_time,
        trng_version,
        kvm_features,
        oem,
        trusted_os,
        yielding,
        reserved_bits,
        u32::MAX,
        0,
    ] {
        assert_eq!(call(id, 0), NOT_SUPPORTED_X0, "{id:#x}");
    }
}

#[test]
fn an_immediate_other_than_zero_is_no_call() {
    let services = services(Mitigations::default());
    let off = u64::from(::smccc::psci::PSCI_SYSTEM_OFF);
    assert_eq!(services.call(0, 1, [off, 0, 0, 0]), NOT_SUPPORTED_X0);
}

proptest! {
    /// A guest cannot stop or reset anything but with the PSCI functions.
    #[test]
    fn any_call_is_answered(caller: usize, immediate: u16, x: [u64; 4], zero: bool) {
        let immediate = if zero { 0 } else { immediate };
        let action = services(Mitigations::default()).call(caller, immediate, x);
        let psci = (x[0] as u32) & 0xbfff_ffe0 == 0x8400_0000;
        if immediate != 0 || !psci {
            prop_assert!(matches!(action, Action::Return(_) | Action::ReturnMany(_)));
        }
    }
}
