//! Kinds, levels, codes and precedence of faults.

use super::*;

#[test]
fn codes_are_those_of_the_architecture() {
    let code = |kind, level| Fault { kind, level }.fault_status_code();
    let all = [
        (FaultKind::AddressSize, 0x29, 0x00),
        (FaultKind::Translation, 0x2b, 0x04),
        (FaultKind::ExternalOnWalk, 0x13, 0x14),
    ];
    for (kind, minus_one, zero) in all {
        assert_eq!(code(kind, Level::MINUS_ONE), minus_one);
        assert_eq!(code(kind, Level::ZERO), zero);
        assert_eq!(code(kind, Level::LAST), zero + 3);
    }
    assert_eq!(code(FaultKind::AccessFlag, Level::LAST), 0x0b);
    assert_eq!(code(FaultKind::Permission, Level::ZERO.next()), 0x0d);
    let fault = Machine::small().read(0).unwrap_err();
    assert_eq!(std::format!("{fault}"), "translation fault, level 1");
}

#[test]
fn invalid_and_reserved_descriptors_fault_at_their_level() {
    let machine = Machine::one_page(0x1000 | PAGE);
    assert_eq!(machine.fault(0x4000_0000), (FaultKind::Translation, 1));
    assert_eq!(machine.fault(0x20_0000), (FaultKind::Translation, 2));
    assert_eq!(machine.fault(0x2000), (FaultKind::Translation, 3));
    // 0b01 at level 3 is reserved; 0b10 is invalid everywhere.
    let block = Machine::one_page(BLOCK);
    assert_eq!(block.fault(0x1000), (FaultKind::Translation, 3));
    let even = Machine::small().put(0x1000, 0b10 | AF);
    assert_eq!(even.fault(0), (FaultKind::Translation, 1));
}

#[test]
fn tables_where_no_memory_is_fault_at_the_level_of_the_lookup() {
    let mut machine = Machine::one_page(PAGE);
    let access = Access::el1(Rights::READ);
    let level = |machine: &Machine| {
        let read = |a| machine.load(a);
        walk_fault_level(&machine.regime, GuestVirt::new(0x1000), access, read).number()
    };
    for (end, expected) in [(0x1000, 1), (0x2000, 2), (0x3008, 3)] {
        machine.end = end;
        assert_eq!(machine.fault(0x1000), (FaultKind::ExternalOnWalk, expected));
        assert_eq!(level(&machine), expected);
    }
    machine.end = u64::MAX;
    assert_eq!(level(&machine), 3, "a descriptor that cannot be updated");
    let mut top = Machine::new(ALL, 12 | IPS_52 | DS, 0x1000);
    top.end = 0;
    assert_eq!(top.read(0).unwrap_err().fault_status_code(), 0b01_0011);
}

#[test]
fn addresses_beyond_ips_fault() {
    // IPS 0: 32 bits.
    let far = 1u64 << 32;
    let root = Machine::new(ALL, 25, far);
    assert_eq!(root.fault(0), (FaultKind::AddressSize, 0));
    let machine = Machine::new(ALL, 25, 0x1000)
        .put(0x1000, far | TABLE)
        .put(0x1008, far | BLOCK)
        .put(0x1010, 0x2000 | TABLE)
        .put(0x2000, far | TABLE);
    assert_eq!(machine.fault(0), (FaultKind::AddressSize, 1));
    assert_eq!(machine.fault(0x4000_0000), (FaultKind::AddressSize, 1));
    assert_eq!(machine.fault(0x8000_0000), (FaultKind::AddressSize, 2));
    let large = Machine::new(ALL, 25 | 1 << 32, 0x1000).put(0x1000, far | BLOCK);
    assert_eq!(large.ipa(0), far);
}

#[test]
fn addresses_beyond_the_processors_size_fault_whatever_ips_says() {
    let machine = Machine::small().put(0x1000, 1 << 40 | BLOCK);
    assert_eq!(machine.ipa(0), 1 << 40);
    let small = machine.id(V8_0);
    assert_eq!(small.fault(0), (FaultKind::AddressSize, 1));
}

#[test]
fn the_root_of_a_52_bit_space_faults_at_level_0() {
    let machine = Machine::new(ALL, 12 | IPS_48 | DS, 0x1000 | 1 << 2);
    assert_eq!(machine.fault(0), (FaultKind::AddressSize, 0));
    let table = Machine::new(ALL, 12 | IPS_48 | DS, 0x1000).put(0x1000, 1 << 8 | TABLE);
    assert_eq!(table.fault(0), (FaultKind::AddressSize, -1));
}

#[test]
fn high_bits_count_in_64k_descriptors_but_in_ttbr_only_with_52_bits() {
    let machine = Machine::new(ALL, 22 | TG0_64K | IPS_48, 0x1_0000 | 1 << 2)
        .put(0x1_0000, BLOCK)
        .put(0x1_0008, 1 << 12 | BLOCK);
    assert_eq!(machine.ipa(0), 0);
    assert_eq!(machine.fault(1 << 29), (FaultKind::AddressSize, 2));
}

#[test]
fn address_size_comes_before_access_flag_and_that_before_permission() {
    let write = Access::el1(Rights::WRITE);
    let result = |descriptor| parts(Machine::one_page(descriptor).access(0x1000, write));
    let forbidden = AP_READ_ONLY | 0b11;
    let far = Machine::one_page(forbidden | 1 << 47).id(V8_0);
    assert_eq!(
        parts(far.access(0x1000, write)),
        (FaultKind::AddressSize, 3)
    );
    assert_eq!(result(forbidden), (FaultKind::AccessFlag, 3));
    assert_eq!(result(forbidden | AF), (FaultKind::Permission, 3));
}

#[test]
fn permission_faults_have_the_level_of_the_block() {
    let machine = Machine::small().put(0x1000, AP_READ_ONLY | BLOCK);
    let result = machine.access(0, Access::el1(Rights::WRITE));
    assert_eq!(parts(result), (FaultKind::Permission, 1));
}

#[test]
fn hardware_that_sets_the_access_flag_wants_to_instead_of_faulting() {
    let machine = Machine::one_page(0b11).tcr(HA);
    let found = machine.read(0x1000).unwrap();
    assert_eq!(found.updates, Updates::ACCESS_FLAG);
    assert!(!found.entry.unwrap().accessed);
    let old = machine.clone().id(V8_0);
    assert_eq!(old.fault(0x1000), (FaultKind::AccessFlag, 3));
    let set = Machine::one_page(PAGE).tcr(HA).read(0x1000).unwrap();
    assert_eq!(set.updates, Updates::empty());
}
