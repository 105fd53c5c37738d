//! Which table an address goes to, if any.

use super::*;

const EPD0: u64 = 1 << 7;
const A1: u64 = 1 << 22;
const EPD1: u64 = 1 << 23;
const TG1_16K: u64 = 1 << 30;
const TG1_4K: u64 = 2 << 30;
const TG1_64K: u64 = 3 << 30;
const AS: u64 = 1 << 36;
const TBI0: u64 = 1 << 37;
const TBI1: u64 = 1 << 38;
const TBID0: u64 = 1 << 51;
const E0PD1: u64 = 1 << 56;

/// Two ranges of 39 bits; the first gigabyte of each goes to 1 or 2 GiB.
fn two_ranges() -> Machine {
    let mut machine = Machine::new(ALL, 25 | 25 << 16 | TG1_4K | IPS_48, 0)
        .put(0x1000, 1 << 30 | BLOCK)
        .put(0x2000, 2 << 30 | BLOCK);
    machine.regime.ttbr0 = Ttbr::new(0x1000 | 0x1234 << 48);
    machine.regime.ttbr1 = Ttbr::new(0x2000 | 0x5678 << 48);
    machine
}

const NOTHING: (FaultKind, i8) = (FaultKind::Translation, 0);

#[test]
fn bit_55_selects_the_range() {
    let machine = two_ranges();
    assert_eq!(machine.ipa(0x42), 1 << 30 | 0x42);
    assert_eq!(machine.ipa(0xffff_ff80_0000_0042), 2 << 30 | 0x42);
}

#[test]
fn addresses_between_the_ranges_fault_at_level_0() {
    let machine = two_ranges();
    for va in [
        1 << 39,
        1 << 55,
        0xffff_ff7f_ffff_ffff,
        0x0080_0000_0000_0000,
    ] {
        assert_eq!(machine.fault(va), NOTHING, "{va:#x}");
    }
}

#[test]
fn a_tag_counts_unless_it_is_ignored() {
    let machine = two_ranges();
    assert_eq!(machine.fault(0x5a00_0000_0000_0042), NOTHING);
    assert_eq!(machine.fault(0x5aff_ff80_0000_0042), NOTHING);
    let lower = machine.clone().tcr(TBI0);
    assert_eq!(lower.ipa(0x5a00_0000_0000_0042), 1 << 30 | 0x42);
    assert_eq!(lower.fault(0x5aff_ff80_0000_0042), NOTHING);
    let upper = machine.tcr(TBI1);
    assert_eq!(upper.ipa(0x5aff_ff80_0000_0042), 2 << 30 | 0x42);
    assert_eq!(upper.fault(0x5a00_0000_0000_0042), NOTHING);
}

#[test]
fn tbid_keeps_the_tag_of_fetches() {
    let machine = two_ranges().tcr(TBI0 | TBID0);
    let va = 0x5a00_0000_0000_0042;
    let fetch = Access::el1(Rights::EXECUTE);
    assert_eq!(machine.ipa(va), 1 << 30 | 0x42);
    assert_eq!(parts(machine.access(va, fetch)), NOTHING);
    assert!(machine.id(V8_0).access(va, fetch).is_ok());
}

#[test]
fn disabled_walks_fault_at_level_0() {
    let machine = two_ranges();
    let (lower, upper) = (0x42, 0xffff_ff80_0000_0042);
    assert_eq!(machine.clone().tcr(EPD0).fault(lower), NOTHING);
    assert!(machine.clone().tcr(EPD0).read(upper).is_ok());
    assert_eq!(machine.clone().tcr(EPD1).fault(upper), NOTHING);
    assert!(machine.tcr(EPD1).read(lower).is_ok());
}

#[test]
fn e0pd_hides_a_range_from_el0() {
    let machine = two_ranges().tcr(E0PD1).put(0x2000, AP_EL0 | BLOCK);
    let (va, read) = (0xffff_ff80_0000_0042, Access::el0(Rights::READ));
    assert_eq!(parts(machine.access(va, read)), NOTHING);
    assert!(machine.read(va).is_ok());
    assert!(machine.id(V8_0).access(va, read).is_ok());
}

#[test]
fn the_granules_of_the_ranges_are_encoded_differently() {
    let upper = |tg1, id| {
        let machine = Machine::new(id, 25 | 36 << 16 | tg1 | IPS_48, 0x1_0000);
        let found = machine
            .put(0x1_0000, PAGE)
            .put(0, PAGE)
            .read(u64::MAX << 28);
        found.map_or(0, |t| t.size)
    };
    assert_eq!(upper(TG1_64K, ALL), 0x1_0000);
    let size = |machine: &Machine, va| machine.read(va).unwrap().size;
    let machine = Machine::new(ALL, 25 | 39 << 16 | TG1_16K | IPS_48, 0x4000).put(0x4000, PAGE);
    assert_eq!(size(&machine, u64::MAX << 25), 0x4000);
}

#[test]
fn reserved_and_absent_granules_act_as_the_smallest_there_is() {
    let reserved = Machine::small().tcr(3 << 14).put(0x1000, BLOCK);
    assert_eq!(reserved.read(0).unwrap().size, 1 << 30);
    let absent = Machine::small().id(V8_0).tcr(TG0_16K).put(0x1000, BLOCK);
    assert_eq!(absent.read(0).unwrap().size, 1 << 30);
    let only_64k = Capabilities {
        features: Feature::GRANULE_64K,
        ..ALL
    };
    let machine = Machine::new(only_64k, 25 | IPS_48, 0x1_0000).put(0x1_0000, BLOCK);
    assert_eq!(machine.read(0).unwrap().size, 512 << 20);
}

#[test]
fn a_space_beyond_the_limits_faults_or_is_clamped() {
    let clamped = |id: Capabilities| Capabilities {
        features: id.features | Feature::TXSZ_CLAMPED,
        ..id
    };
    let try_size = |id, tcr, va| {
        let machine = Machine::new(id, tcr | IPS_48, 0x1000)
            .put(0x1000, 0x1000 | TABLE | AF)
            .put(0x1800, 0x1000 | TABLE | AF);
        machine.read(va).is_ok()
    };
    for (txsz, id) in [(15, V8_0), (40, V8_0), (63, V8_0), (15, ALL), (49, ALL)] {
        assert!(!try_size(id, txsz, 0), "{txsz}");
        // With FEAT_LVA, what is too large always faults.
        let too_large = txsz < 16 && id == ALL;
        assert_eq!(try_size(clamped(id), txsz, 0), !too_large, "{txsz}");
    }
    for (txsz, id) in [(16, V8_0), (39, V8_0), (48, ALL), (12 | DS, ALL)] {
        assert!(try_size(id, txsz, 0), "{txsz:#x}");
    }
    assert!(!try_size(ALL, 11 | DS, 0));
    assert!(!try_size(clamped(V8_0), 40, 1 << 25), "clamped to 39");
}

#[test]
fn a_64k_space_may_have_52_bits_with_lva_alone() {
    let machine = Machine::new(ALL, 12 | TG0_64K | IPS_48, 0x1_0000).put(0x1_1ff8, BLOCK);
    assert!(machine.read(0x000f_ffff_ffff_ffff).is_ok());
    let without = Capabilities {
        features: ALL.features - Feature::LVA,
        ..ALL
    };
    assert_eq!(machine.id(without).fault(0), NOTHING);
}

#[test]
fn the_asid_comes_from_the_ttbr_that_a1_names() {
    let asid = |machine: &Machine| machine.read(0x42).unwrap().asid;
    let machine = two_ranges();
    assert_eq!(asid(&machine), 0x34, "eight bits without AS");
    assert_eq!(asid(&machine.clone().tcr(AS)), 0x1234);
    assert_eq!(asid(&machine.clone().tcr(A1)), 0x78);
    let short = Capabilities {
        features: ALL.features - Feature::ASID16,
        ..ALL
    };
    assert_eq!(asid(&machine.tcr(A1 | AS).id(short)), 0x78);
}

#[test]
fn not_global_entries_belong_to_the_asid() {
    assert!(Machine::one_page(PAGE).read(0x1000).unwrap().global);
    assert!(!Machine::one_page(PAGE | NG).read(0x1000).unwrap().global);
}

#[test]
fn with_the_mmu_off_addresses_stay() {
    let mut machine = two_ranges().tcr(TBI0);
    machine.regime.sctlr = Sctlr::new(0);
    let found = machine.read(0x12_3456_789a).unwrap();
    assert_eq!(found.ipa, GuestPhys::new(0x12_3456_789a));
    assert_eq!(found.entry, None);
    assert_eq!(found.size, 1 << 52);
    assert_eq!(found.base(), GuestPhys::new(0));
    assert_eq!(found.rights.el0, Rights::all());
    assert!(found.global);
    assert_eq!(machine.ipa(0x5a00_0000_0000_0042), 0x42, "TBI0 applies");
    let size = (FaultKind::AddressSize, 0);
    assert_eq!(machine.fault(0xffff_ff80_0000_0042), size);
    assert_eq!(machine.id(V8_0).fault(1 << 40), size);
}
