//! Exits as the architecture reports them.

use super::*;
use crate::access::{AccessSize, Extend};
use crate::sysreg::SysReg;
use proptest::prelude::*;
use std::collections::BTreeSet;
use vtlb::{GuestPhys, GuestVirt};

mod entry;

/// A syndrome of class `class`.
const fn esr(class: u64, iss: u64) -> u64 {
    class << 26 | IL | iss
}

fn decoded(class: u64, iss: u64) -> Exit {
    decode(esr(class, iss), 0, 0)
}

#[test]
fn waits() {
    let kind = |iss| match decoded(0x01, iss) {
        Exit::Wait { kind, condition } => {
            assert!(condition.holds(pstate::EL1H));
            kind
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(0x1e0_0000), WaitKind::Wfi);
    assert_eq!(kind(0x1e0_0001), WaitKind::Wfe);
    assert_eq!(kind(0x1e0_0002), WaitKind::Wfit(None));
    assert_eq!(kind(0x1e0_0006 | 9 << 5), WaitKind::Wfit(Some(9)));
    assert_eq!(kind(0x1e0_0007 | 30 << 5), WaitKind::Wfet(Some(30)));
}

#[test]
fn calls_carry_their_immediate() {
    assert_eq!(decoded(0x16, 0x1234), Exit::Hvc { imm: 0x1234 });
    assert_eq!(decoded(0x12, 0x1), Exit::Hvc { imm: 1 });
    assert_eq!(decoded(0x17, 0xffff), Exit::Smc { imm: 0xffff });
    assert_eq!(decoded(0x13, 1 << 19), Exit::Smc { imm: 0 });
    assert_eq!(decoded(0x3c, 0xf000), Exit::Brk { imm: 0xf000 });
}

#[test]
fn system_register_accesses() {
    // mrs x1, id_aa64pfr0_el1
    let read = SysRegAccess {
        reg: SysReg::ID_AA64PFR0_EL1,
        rt: 1,
        write: false,
    };
    assert_eq!(decode(0x6230_0029, 0, 0), Exit::SysReg(read));
    // msr icc_sgi1r_el1, x18
    let iss = SysReg::ICC_SGI1R_EL1.to_iss() | 18 << 5;
    let write = SysRegAccess {
        reg: SysReg::ICC_SGI1R_EL1,
        rt: 18,
        write: true,
    };
    assert_eq!(decoded(0x18, iss), Exit::SysReg(write));
    assert_eq!(decoded(0x14, iss), Exit::SysRegPair(write));
}

fn data_abort(iss: u64, far: u64, hpfar: u64) -> DataAbort {
    match decode(esr(0x24, iss), far, hpfar) {
        Exit::DataAbort(abort) => abort,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_store_to_a_device() {
    // str w3, [x0] with x0 at 0x0900_0018: ISV, SAS = word, SRT = 3, WnR, translation level 2.
    let abort = data_abort(
        1 << 24 | 2 << 22 | 3 << 16 | 1 << 6 | 0x06,
        0xffff_8000_0000_0018,
        0x9_0000,
    );
    let word = MmioSyndrome {
        size: AccessSize::Word,
        sign_extend: false,
        rt: 3,
        sixty_four: false,
        acquire_release: false,
    };
    assert_eq!(abort.valid, Some(word));
    assert!(abort.write && !abort.cm && !abort.s1ptw && !abort.fnv && !abort.ea);
    assert_eq!(abort.fault, FaultKind::Translation(2));
    assert_eq!(abort.far, GuestVirt::new(0xffff_8000_0000_0018));
    assert_eq!(abort.ipa, Some(GuestPhys::new(0x0900_0018)));
}

#[test]
fn a_sign_extending_load_from_a_device() {
    // ldrsh x9, [x0] with acquire semantics: SAS = half, SSE, SF, AR.
    let valid = data_abort(
        1 << 24 | 1 << 22 | 1 << 21 | 9 << 16 | 1 << 15 | 1 << 14 | 0x07,
        0,
        0,
    )
    .valid
    .unwrap();
    assert_eq!((valid.size, valid.rt), (AccessSize::Half, 9));
    assert_eq!(valid.extend(), Extend::SignTo64);
    assert!(valid.acquire_release);
    let narrow = MmioSyndrome {
        sixty_four: false,
        ..valid
    };
    assert_eq!(narrow.extend(), Extend::SignTo32);
    assert_eq!(
        MmioSyndrome {
            sign_extend: false,
            ..valid
        }
        .extend(),
        Extend::Zero
    );
}

#[test]
fn without_isv_nothing_is_said_of_the_instruction() {
    assert_eq!(data_abort(0x7f << 14 | 0x06, 0, 0).valid, None);
}

#[test]
fn the_ipa_is_given_only_where_the_hardware_gives_it() {
    let ipa = |status, s1ptw: u64| data_abort(s1ptw << 7 | status, 0x123, 0x4_0000_0010).ipa;
    let (exact, page) = (
        Some(GuestPhys::new(0x400_0000_1123)),
        Some(GuestPhys::new(0x400_0000_1000)),
    );
    assert_eq!(ipa(0x06, 0), exact, "translation");
    assert_eq!(ipa(0x0b, 0), exact, "access flag");
    assert_eq!(ipa(0x00, 0), exact, "address size");
    assert_eq!(ipa(0x2b, 0), exact, "translation, level -1");
    assert_eq!(ipa(0x0f, 0), None, "permission");
    assert_eq!(ipa(0x0f, 1), page, "permission on a walk");
    assert_eq!(ipa(0x07, 1), page, "translation on a walk");
    assert_eq!(ipa(0x10, 0), None, "external");
}

#[test]
fn hpfar_has_44_address_bits() {
    let abort = data_abort(0x06, 0, u64::MAX);
    assert_eq!(abort.ipa, Some(GuestPhys::new(0x00ff_ffff_ffff_f000)));
}

#[test]
fn a_fetch_from_nowhere() {
    let Exit::InstructionAbort(abort) = decode(esr(0x20, 0x05), 0x5000_0abc, 0x5_0000) else {
        panic!("not an instruction abort");
    };
    assert_eq!(abort.fault, FaultKind::Translation(1));
    assert_eq!(abort.ipa, Some(GuestPhys::new(0x0500_0abc)));
}

#[test]
fn fault_status_codes() {
    let table = [
        (0x00, FaultKind::AddressSize(0)),
        (0x07, FaultKind::Translation(3)),
        (0x08, FaultKind::AccessFlag(0)),
        (0x0d, FaultKind::Permission(1)),
        (0x10, FaultKind::External),
        (0x11, FaultKind::TagCheck),
        (0x12, FaultKind::ExternalOnWalk(-2)),
        (0x13, FaultKind::ExternalOnWalk(-1)),
        (0x16, FaultKind::ExternalOnWalk(2)),
        (0x18, FaultKind::Parity),
        (0x1b, FaultKind::ParityOnWalk(-1)),
        (0x1c, FaultKind::ParityOnWalk(0)),
        (0x21, FaultKind::Alignment),
        (0x23, FaultKind::GranuleProtectionOnWalk(-1)),
        (0x25, FaultKind::GranuleProtectionOnWalk(1)),
        (0x28, FaultKind::GranuleProtection),
        (0x29, FaultKind::AddressSize(-1)),
        (0x2a, FaultKind::Translation(-2)),
        (0x2b, FaultKind::Translation(-1)),
        (0x30, FaultKind::TlbConflict),
        (0x31, FaultKind::UnsupportedAtomicUpdate),
        (0x34, FaultKind::Lockdown),
        (0x35, FaultKind::UnsupportedExclusive),
        (0x3d, FaultKind::Other(0x3d)),
    ];
    for (status, kind) in table {
        assert_eq!(FaultKind::from_status(status), kind, "{status:#x}");
    }
    assert!(FaultKind::Permission(3).is_stage2() && !FaultKind::External.is_stage2());
}

#[test]
fn other_classes() {
    let table = [
        (0x00, Exit::Unknown),
        (0x07, Exit::Fp),
        (0x09, Exit::PointerAuth),
        (0x0a, Exit::OtherInstruction { iss: 0 }),
        (0x0d, Exit::BranchTarget),
        (0x0e, Exit::IllegalState),
        (0x15, Exit::Svc { imm: 0 }),
        (0x19, Exit::Sve),
        (0x1a, Exit::Eret),
        (0x1b, Exit::TransactionStart),
        (0x1c, Exit::PointerAuthFailure),
        (0x1d, Exit::Sme),
        (0x1e, Exit::GranuleProtection),
        (
            0x22,
            Exit::PcAlignment {
                far: GuestVirt::new(0),
            },
        ),
        (0x26, Exit::SpAlignment),
        (0x27, Exit::MemoryOperation),
        (0x2c, Exit::FpException),
        (0x2d, Exit::ControlStack),
        (0x2f, Exit::SError { iss: 0 }),
        (0x30, Exit::Breakpoint),
        (0x32, Exit::Step),
        (
            0x34,
            Exit::Watchpoint {
                far: GuestVirt::new(0),
            },
        ),
        (0x38, Exit::Brk { imm: 0 }),
        (0x3a, Exit::VectorCatch),
    ];
    for (class, exit) in table {
        assert_eq!(decoded(class, 0), exit, "class {class:#x}");
    }
}

#[test]
fn coprocessor_forms() {
    use CoprocessorForm::{Cp14, Cp14Memory, Cp14Pair, Cp15, Cp15Pair, Vmrs};
    let table = [
        (3, Cp15),
        (4, Cp15Pair),
        (5, Cp14),
        (6, Cp14Memory),
        (8, Vmrs),
        (0xc, Cp14Pair),
    ];
    for (class, expected) in table {
        let Exit::Coprocessor { form, iss, .. } = decoded(class, 0x77) else {
            panic!("{class}")
        };
        assert_eq!((form, iss), (expected, 0x77));
    }
}

#[test]
fn what_the_hypervisor_itself_faults_on_is_unexpected() {
    for class in [0x21, 0x25, 0x31, 0x33, 0x35, 0x3f] {
        assert!(
            matches!(decoded(class, 0), Exit::Unexpected { class: c, .. } if u64::from(c.number()) == class)
        );
    }
}

#[test]
fn reasons_have_unique_stable_names() {
    let names: BTreeSet<_> = Reason::ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names.len(), Reason::COUNT);
    for (index, reason) in Reason::ALL.iter().enumerate() {
        assert_eq!(reason.index(), index);
        assert!(
            reason
                .name()
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        );
    }
}

#[test]
fn exits_are_counted_under_their_reason() {
    assert_eq!(decoded(0x01, 0x1e0_0002).reason().name(), "wfi");
    assert_eq!(decoded(0x16, 0).reason().name(), "hvc");
    assert_eq!(decode(0x6230_0029, 0, 0).reason().name(), "sysreg-id");
    assert_eq!(decoded(0x24, 0x06).reason().name(), "abort-data-unmapped");
    assert_eq!(decoded(0x24, 0x86).reason().name(), "abort-walk-unmapped");
    assert_eq!(
        decoded(0x20, 0x06).reason().name(),
        "abort-prefetch-unmapped"
    );
    assert_eq!(decoded(0x24, 0x0f).reason().name(), "abort-permission");
    assert_eq!(decoded(0x24, 0x10).reason().name(), "abort-external");
    assert_eq!(decoded(0x00, 0).reason().name(), "undefined");
}

proptest! {
    #[test]
    fn every_value_decodes(esr: u64, far: u64, hpfar: u64) {
        let exit = decode(esr, far, hpfar);
        prop_assert!(exit.reason().index() < Reason::COUNT);
        if let Exit::SysReg(access) | Exit::SysRegPair(access) = exit {
            prop_assert!(access.rt < 32);
        }
        if let Exit::DataAbort(DataAbort { valid: Some(syndrome), .. }) = exit {
            prop_assert!(syndrome.rt < 32);
        }
    }
}
