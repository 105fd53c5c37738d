//! PSCI 1.1 and SMCCC: what is there, CPUs on and off again, refusals.

#![no_std]
#![no_main]

mod cpus;
mod suspend;

use guests::{
    check, check_eq, guest,
    machine::{self, Conduit},
    psci::{self, NOT_SUPPORTED, SUCCESS},
    skip,
};

guest!("psci", main);

/// `SMCCC_ARCH_WORKAROUND_1`
const WORKAROUND_1: u64 = 0x8000_8000;

fn main() {
    version();
    features();
    smccc();
    unknown();
    suspend::run();
    cpus::run();
    if machine::strict() {
        conduits();
    }
}

fn version() {
    let version = psci::call(psci::VERSION, [0; 3]);
    check!(version >= 0x1_0001, "PSCI 1.1 or later"; "{version:#x}");
    let migrate = psci::call(psci::MIGRATE_INFO_TYPE, [0; 3]);
    check!(migrate == 2 || migrate == NOT_SUPPORTED, "no trusted OS to migrate"; "{migrate}");
}

fn features() {
    let offered = [
        ("PSCI_VERSION", psci::VERSION),
        ("CPU_SUSPEND", psci::CPU_SUSPEND),
        ("CPU_SUSPEND, 32-bit", psci::CPU_SUSPEND & !(1 << 30)),
        ("CPU_OFF", psci::CPU_OFF),
        ("CPU_ON", psci::CPU_ON),
        ("CPU_ON, 32-bit", psci::CPU_ON & !(1 << 30)),
        ("AFFINITY_INFO", psci::AFFINITY_INFO),
        ("AFFINITY_INFO, 32-bit", psci::AFFINITY_INFO & !(1 << 30)),
        ("SYSTEM_OFF", psci::SYSTEM_OFF),
        ("SYSTEM_RESET", psci::SYSTEM_RESET),
        ("PSCI_FEATURES", psci::FEATURES),
    ];
    for (name, function) in offered {
        let flags = psci::call(psci::FEATURES, [function.into(), 0, 0]);
        check!(flags >= 0, "{} is offered", name; "{flags}");
    }
    for function in [
        0x8400_001eu64,
        0xc400_0000,
        0xc400_0002,
        0xc400_0008,
        0,
        0x8600_0000,
    ] {
        let flags = psci::call(psci::FEATURES, [function, 0, 0]);
        check_eq!(
            flags,
            NOT_SUPPORTED,
            "function {:#x} is not offered",
            function
        );
    }
}

fn smccc() {
    if psci::call(psci::FEATURES, [psci::SMCCC_VERSION.into(), 0, 0]) != SUCCESS {
        check!(
            !machine::strict(),
            "SMCCC_VERSION is discoverable through PSCI_FEATURES"
        );
        skip!("SMCCC"; "not offered: QEMU's own firmware has only PSCI");
        return;
    }
    let version = psci::call(psci::SMCCC_VERSION, [0; 3]);
    check!(version >= 0x1_0001, "SMCCC 1.1 or later"; "{version:#x}");
    for function in [psci::SMCCC_VERSION, psci::SMCCC_ARCH_FEATURES] {
        let known = psci::call(psci::SMCCC_ARCH_FEATURES, [function.into(), 0, 0]);
        check!(known >= 0, "SMCCC_ARCH_FEATURES knows {:#x}", function; "{known}");
    }
    let unknown = psci::call(psci::SMCCC_ARCH_FEATURES, [0x8000_7abc, 0, 0]);
    check_eq!(
        unknown,
        NOT_SUPPORTED,
        "SMCCC_ARCH_FEATURES of an unknown function"
    );
    let workaround = psci::call(psci::SMCCC_ARCH_FEATURES, [WORKAROUND_1, 0, 0]);
    check!((-1..=1).contains(&workaround), "WORKAROUND_1 has one of its three answers"; "{workaround}");
    if workaround >= 0 {
        psci::call(WORKAROUND_1 as u32, [0; 3]);
        check!(true, "WORKAROUND_1 can be called");
    }
}

fn unknown() {
    for function in [0x8400_001eu32, 0xc400_001e, 0xc400_0000, 0x8400_0fff] {
        let result = psci::call(function, [0; 3]);
        check_eq!(
            result,
            NOT_SUPPORTED,
            "function {:#x} is not supported",
            function
        );
    }
}

/// Under a hypervisor both instructions reach it and mean the same.
fn conduits() {
    let call = |conduit| psci::call_by(conduit, psci::VERSION.into(), [0; 3]);
    check_eq!(
        call(Conduit::Hvc),
        call(Conduit::Smc),
        "PSCI_VERSION by HVC and by SMC"
    );
}
