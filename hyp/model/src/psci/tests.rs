//! What the specification says of each function.

use super::*;
use crate::smccc::Vulnerability;
use ::smccc::psci as id;
use proptest::prelude::*;
use std::{format, thread, vec::Vec};

const RAM: Window = Window::new(0x4000_0000, 0x1000_0000);
const ENTRY: u64 = 0x4008_0000;
const CONTEXT: u64 = 0xc0ff_ee00_dead_beef;

fn vm(vcpus: usize) -> Psci {
    Psci::new(vcpus, RAM)
}

fn call(psci: &Psci, caller: usize, id: u32, a: u64, b: u64, c: u64) -> Action {
    psci.call(caller, [u64::from(id), a, b, c])
}

fn cpu_on(psci: &Psci, target: u64) -> Action {
    call(psci, 0, id::PSCI_CPU_ON_64, target, ENTRY, CONTEXT)
}

#[test]
fn version_is_1_1() {
    assert_eq!(
        call(&vm(1), 0, id::PSCI_VERSION, 0, 0, 0),
        Action::Return(0x1_0001)
    );
}

#[test]
fn only_the_boot_vcpu_is_on_at_first() {
    let psci = vm(3);
    assert_eq!(psci.power(0), Power::On);
    assert_eq!(psci.power(1), Power::Off);
    assert_eq!(psci.power(7), Power::Off);
}

#[test]
fn cpu_on_starts_an_off_vcpu_once() {
    let psci = vm(2);
    let entry = Entry {
        address: GuestPhys::new(ENTRY),
        context: CONTEXT,
    };
    assert_eq!(cpu_on(&psci, 1), Action::CpuOn { target: 1, entry });
    assert_eq!(cpu_on(&psci, 1), code(ON_PENDING));
    psci.started(1);
    assert_eq!(cpu_on(&psci, 1), code(ALREADY_ON));
    assert_eq!(call(&psci, 1, id::PSCI_CPU_OFF, 0, 0, 0), Action::CpuOff);
    assert_eq!(cpu_on(&psci, 1), Action::CpuOn { target: 1, entry });
}

#[test]
fn cpu_on_refuses_a_vcpu_that_is_not_the_vms() {
    let psci = vm(2);
    for affinity in [2, 0x100, 1 << 32, 1 << 31, u64::MAX] {
        assert_eq!(
            cpu_on(&psci, affinity),
            code(INVALID_PARAMETERS),
            "{affinity:#x}"
        );
    }
}

#[test]
fn cpu_on_refuses_an_entry_outside_ram_or_misaligned() {
    let psci = vm(2);
    for entry in [0, 0x3fff_fffc, 0x5000_0000, !3, ENTRY + 1, ENTRY + 2] {
        let answer = call(&psci, 0, id::PSCI_CPU_ON_64, 1, entry, 0);
        assert_eq!(answer, code(INVALID_ADDRESS), "{entry:#x}");
        assert_eq!(psci.power(1), Power::Off);
    }
}

#[test]
fn a_32_bit_call_takes_32_bit_arguments() {
    let psci = vm(2);
    let high = 0xffff_ffff_0000_0000;
    let answer = call(
        &psci,
        0,
        id::PSCI_CPU_ON_32,
        high | 1,
        high | ENTRY,
        high | 5,
    );
    let entry = Entry {
        address: GuestPhys::new(ENTRY),
        context: 5,
    };
    assert_eq!(answer, Action::CpuOn { target: 1, entry });
}

#[test]
fn affinity_info_follows_the_power_state() {
    let psci = vm(2);
    let info = |target, level| call(&psci, 0, id::PSCI_AFFINITY_INFO_64, target, level, 0);
    assert_eq!(info(0, 0), Action::Return(AFFINITY_ON));
    assert_eq!(info(1, 0), Action::Return(AFFINITY_OFF));
    cpu_on(&psci, 1);
    assert_eq!(info(1, 0), Action::Return(AFFINITY_ON_PENDING));
    psci.started(1);
    assert_eq!(info(1, 0), Action::Return(AFFINITY_ON));
    assert_eq!(info(2, 0), code(INVALID_PARAMETERS));
}

#[test]
fn affinity_info_of_a_cluster_is_on_when_any_core_is() {
    let psci = vm(4);
    let info = |target, level| call(&psci, 0, id::PSCI_AFFINITY_INFO_64, target, level, 0);
    for level in 1..=3 {
        assert_eq!(info(3, level), Action::Return(AFFINITY_ON));
    }
    assert_eq!(call(&psci, 0, id::PSCI_CPU_OFF, 0, 0, 0), Action::CpuOff);
    assert_eq!(info(0, 1), Action::Return(AFFINITY_OFF));
    cpu_on(&psci, 2);
    assert_eq!(info(0, 1), Action::Return(AFFINITY_ON_PENDING));
    assert_eq!(info(0x100, 1), code(INVALID_PARAMETERS));
    assert_eq!(info(0, 4), code(INVALID_PARAMETERS));
    assert_eq!(info(0, u64::MAX), code(INVALID_PARAMETERS));
}

#[test]
fn suspend_is_standby_or_resumes_at_an_entry() {
    let psci = vm(1);
    let suspend = |state, entry| call(&psci, 0, id::PSCI_CPU_SUSPEND_64, state, entry, CONTEXT);
    assert_eq!(suspend(0, 0), Action::Suspend(Suspend::Standby));
    assert_eq!(suspend(0x1234, 0), Action::Suspend(Suspend::Standby));
    let entry = Entry {
        address: GuestPhys::new(ENTRY),
        context: CONTEXT,
    };
    assert_eq!(
        suspend(1 << 16, ENTRY),
        Action::Suspend(Suspend::PowerDown(entry))
    );
    assert_eq!(suspend(1 << 16, 0), code(INVALID_ADDRESS));
}

#[test]
fn suspend_refuses_levels_and_reserved_bits() {
    let psci = vm(1);
    for bit in (17..64).filter(|&bit| bit != 16) {
        let answer = call(&psci, 0, id::PSCI_CPU_SUSPEND_64, 1 << bit, ENTRY, 0);
        assert_eq!(answer, code(INVALID_PARAMETERS), "bit {bit}");
    }
}

#[test]
fn system_calls_tell_the_hypervisor_what_to_do() {
    let psci = vm(1);
    assert_eq!(
        call(&psci, 0, id::PSCI_SYSTEM_OFF, 0, 0, 0),
        Action::SystemOff
    );
    let cold = Action::SystemReset { warm: false };
    assert_eq!(call(&psci, 0, id::PSCI_SYSTEM_RESET, 0, 0, 0), cold);
    let warm = Action::SystemReset { warm: true };
    assert_eq!(call(&psci, 0, id::PSCI_SYSTEM_RESET2_64, 0, 0, 0), warm);
    assert_eq!(
        call(&psci, 0, id::PSCI_SYSTEM_RESET2_32, 1, 0, 0),
        code(INVALID_PARAMETERS)
    );
    let vendor = call(&psci, 0, id::PSCI_SYSTEM_RESET2_64, 1 << 31, 0, 0);
    assert_eq!(vendor, code(NOT_SUPPORTED));
}

#[test]
fn no_trusted_os_has_to_migrate() {
    let psci = vm(1);
    assert_eq!(
        call(&psci, 0, id::PSCI_MIGRATE_INFO_TYPE, 0, 0, 0),
        Action::Return(2)
    );
    assert_eq!(
        call(&psci, 0, id::PSCI_MIGRATE_64, 0, 0, 0),
        code(NOT_SUPPORTED)
    );
}

#[test]
fn features_lists_exactly_what_is_offered() {
    let psci = vm(1);
    let features = |of: u32| call(&psci, 0, id::PSCI_FEATURES, u64::from(of), 0, 0);
    let offered = [
        id::PSCI_VERSION,
        id::PSCI_CPU_SUSPEND_32,
        id::PSCI_CPU_SUSPEND_64,
        id::PSCI_CPU_OFF,
        id::PSCI_CPU_ON_32,
        id::PSCI_CPU_ON_64,
        id::PSCI_AFFINITY_INFO_32,
        id::PSCI_AFFINITY_INFO_64,
        id::PSCI_MIGRATE_INFO_TYPE,
        id::PSCI_SYSTEM_OFF,
        id::PSCI_SYSTEM_RESET,
        id::PSCI_SYSTEM_RESET2_32,
        id::PSCI_SYSTEM_RESET2_64,
        id::PSCI_FEATURES,
    ];
    for number in 0..0x40 {
        for base in [0x8400_0000, 0xc400_0000] {
            let expected = if offered.contains(&(base + number)) {
                code(SUCCESS)
            } else {
                code(NOT_SUPPORTED)
            };
            assert_eq!(features(base + number), expected, "{:#x}", base + number);
        }
    }
    // How a guest learns that it may ask SMCCC for its version.
    assert_eq!(features(::smccc::arch::SMCCC_VERSION), code(SUCCESS));
}

#[test]
fn memory_protection_is_not_supported() {
    let psci = vm(1);
    for of in [id::PSCI_MEM_PROTECT, id::PSCI_MEM_PROTECT_CHECK_RANGE_64] {
        assert_eq!(call(&psci, 0, of, 0, 0, 0), Action::Return(u64::MAX));
    }
}

#[test]
fn reset_turns_off_all_but_the_boot_vcpu() {
    let psci = vm(3);
    cpu_on(&psci, 1);
    cpu_on(&psci, 2);
    psci.started(2);
    psci.reset();
    assert_eq!(format!("{:?}", psci.power(0)), "On");
    assert_eq!([psci.power(1), psci.power(2)], [Power::Off; 2]);
}

#[test]
fn of_many_simultaneous_cpu_on_calls_exactly_one_wins() {
    for _ in 0..50 {
        let psci = vm(8);
        let winners = thread::scope(|scope| {
            let calls: Vec<_> = (0..7).map(|_| scope.spawn(|| cpu_on(&psci, 7))).collect();
            calls
                .into_iter()
                .map(|call| call.join().unwrap())
                .filter(|action| matches!(action, Action::CpuOn { target: 7, .. }))
                .count()
        });
        assert_eq!(winners, 1);
    }
}

proptest! {
    /// Whatever a guest calls, a started vCPU is its own and begins in its RAM.
    #[test]
    fn any_call_keeps_to_the_vm(
        vcpus in 1usize..=8, caller: usize, number in 0u32..0x20, wide: bool, args: [u64; 3],
    ) {
        let psci = vm(vcpus);
        let base = if wide { 0xc400_0000 } else { 0x8400_0000u32 };
        let [a, b, c] = args;
        match call(&psci, caller % 16, base + number, a, b, c) {
            Action::CpuOn { target, entry } => {
                prop_assert!(target < vcpus && RAM.contains(entry.address));
            }
            Action::Suspend(Suspend::PowerDown(entry)) => {
                prop_assert!(RAM.contains(entry.address));
            }
            action => prop_assert_ne!(action, Action::Mitigate(Vulnerability::BranchTarget)),
        }
    }
}
