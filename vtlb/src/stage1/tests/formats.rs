//! Each granule and address size: where descriptors are looked up, and what
//! addresses they hold (Arm ARM DDI 0487, D8.2 and D8.3).

use super::*;

#[test]
fn granule_4k_48_bits_has_four_levels() {
    // Index 1, 2, 3, 4 in the tables of levels 0 to 3.
    let va = 1 << 39 | 2 << 30 | 3 << 21 | 4 << 12 | 0x567;
    let machine = Machine::new(V8_0, 16 | TG0_4K, 0x1000)
        .put(0x1008, 0x2000 | TABLE)
        .put(0x2010, 0x3000 | TABLE)
        .put(0x3018, 0x4000 | TABLE)
        .put(0x4020, 0x8765_4000 | PAGE);
    let found = machine.read(va).unwrap();
    assert_eq!(found.ipa, GuestPhys::new(0x8765_4567));
    assert_eq!(found.base(), GuestPhys::new(0x8765_4000));
    assert_eq!(found.size, 0x1000);
    let entry = found.entry.unwrap();
    assert_eq!(entry.address, GuestPhys::new(0x4020));
    assert_eq!(entry.value, 0x8765_4000 | PAGE);
    assert_eq!(entry.level, Level::LAST);
}

#[test]
fn granule_4k_39_bits_starts_at_level_1_with_blocks() {
    let machine = Machine::small()
        .put(0x1010, 0x1_4000_0000 | BLOCK)
        .put(0x1018, 0x2000 | TABLE)
        .put(0x2000, 0x4060_0000 | BLOCK);
    let gigabyte = machine.read(0x8765_4321).unwrap();
    assert_eq!(gigabyte.ipa, GuestPhys::new(0x1_4765_4321));
    assert_eq!(gigabyte.size, 1 << 30);
    let large = machine.read(0xc012_3456).unwrap();
    assert_eq!(large.ipa, GuestPhys::new(0x4072_3456));
    assert_eq!(large.size, 2 << 20);
    assert_eq!(large.entry.unwrap().level.number(), 2);
}

#[test]
fn granule_4k_52_bits_starts_at_level_minus_1() {
    let tcr = 12 | TG0_4K | IPS_52 | DS;
    // TTBR bits 5 to 2 hold address bits 51 to 48.
    let machine = Machine::new(ALL, tcr, 0x1000 | 0xa << 2)
        // Index 7: bits 51 to 48. Next table at bits 51:50 = 01, 49:48 = 10.
        .put(0xa_0000_0000_1038, 1 << 8 | 2 << 48 | 0x2000 | TABLE)
        // A 512 GiB block at level 0.
        .put(0x6_0000_0000_2008, 3 << 8 | 1 << 48 | 5 << 39 | BLOCK);
    let found = machine.read(7 << 48 | 1 << 39 | 0x12_3456_789a).unwrap();
    assert_eq!(found.ipa.raw(), 0xd << 48 | 5 << 39 | 0x12_3456_789a);
    assert_eq!(found.size, 1 << 39);
    assert_eq!(found.entry.unwrap().level, Level::ZERO);
    assert_eq!(
        machine.fault(6 << 48),
        (FaultKind::Translation, -1),
        "and the fault of the first level has its own number"
    );
}

#[test]
fn there_are_no_blocks_at_level_minus_1_nor_without_ds_at_level_0() {
    let machine = Machine::new(ALL, 12 | IPS_52 | DS, 0x1000).put(0x1000, BLOCK);
    assert_eq!(machine.fault(0), (FaultKind::Translation, -1));
    let machine = Machine::new(ALL, 16 | IPS_52, 0x1000).put(0x1000, BLOCK);
    assert_eq!(machine.fault(0), (FaultKind::Translation, 0));
}

#[test]
fn granule_16k_48_bits_has_two_entries_at_level_0() {
    let va = 1 << 47 | 2 << 36 | 3 << 25 | 4 << 14 | 0x2bcd;
    let machine = Machine::new(ALL, 16 | TG0_16K | IPS_48, 0x1_0010)
        .put(0x1_0018, 0x2_0000 | TABLE)
        .put(0x2_0010, 0x3_0000 | TABLE)
        .put(0x3_0018, 0x4_0000 | TABLE)
        .put(0x4_0020, 0x4567_c000 | PAGE);
    let found = machine.read(va).unwrap();
    assert_eq!(found.ipa, GuestPhys::new(0x4567_ebcd));
    assert_eq!(found.size, 0x4000);
}

#[test]
fn granule_16k_has_blocks_at_level_2_and_with_ds_at_level_1() {
    let machine = Machine::new(ALL, 17 | TG0_16K | IPS_48, 0x4000)
        .put(0x4000, 0x8000 | TABLE)
        .put(0x8008, 6 << 25 | BLOCK)
        .put(0x4008, BLOCK);
    assert_eq!(machine.read(1 << 25).unwrap().size, 32 << 20);
    assert_eq!(machine.ipa(1 << 25 | 0x123_4567), 6 << 25 | 0x123_4567);
    assert_eq!(machine.fault(1 << 36), (FaultKind::Translation, 1));
    let machine = machine.tcr(DS).put(0x4008, 7 << 36 | BLOCK);
    assert_eq!(machine.read(1 << 36).unwrap().size, 64 << 30);
    assert_eq!(machine.ipa(1 << 36 | 1), 7 << 36 | 1);
}

#[test]
fn granule_16k_52_bits_starts_at_level_0_with_32_entries() {
    let machine = Machine::new(ALL, 12 | TG0_16K | IPS_52 | DS, 0x1_0000 | 1 << 2)
        .put(0x1_0000_0001_00f8, 0x2_0000 | TABLE)
        .put(0x2_3ff8, 9 << 36 | 2 << 8 | BLOCK);
    let va = 31 << 47 | 2047 << 36;
    // Bit 55 is clear: 52 bits do not reach the select bit.
    assert_eq!(machine.ipa(va | 0x42), 8 << 48 | 9 << 36 | 0x42);
}

#[test]
fn granule_64k_48_bits_has_three_levels() {
    let va = 1 << 42 | 2 << 29 | 3 << 16 | 0xfedc;
    let machine = Machine::new(V8_0, 16 | TG0_64K, 0x1_0000)
        .put(0x1_0008, 0x2_0000 | TABLE)
        .put(0x2_0010, 0x4_0000 | TABLE)
        .put(0x2_0018, 7 << 29 | BLOCK)
        .put(0x4_0018, 0x4567_0000 | PAGE);
    let found = machine.read(va).unwrap();
    assert_eq!(found.ipa, GuestPhys::new(0x4567_fedc));
    assert_eq!(found.size, 0x1_0000);
    let block = machine.read(1 << 42 | 3 << 29).unwrap();
    assert_eq!((block.ipa.raw(), block.size), (7 << 29, 512 << 20));
}

#[test]
fn granule_64k_52_bits_keeps_the_high_address_bits_at_15_to_12() {
    let machine = Machine::new(ALL, 12 | TG0_64K | IPS_52, 0x1_0000 | 3 << 2)
        .put(0x3_0000_0001_1ff8, 0x2_0000 | 4 << 12 | TABLE)
        .put(0x4_0000_0002_0000, 0x3_0000 | TABLE)
        .put(0x3_0000, 0x5555_0000 | 9 << 12 | PAGE)
        .put(0x3_0000_0001_0008, 5 << 42 | 1 << 12 | BLOCK);
    assert_eq!(machine.ipa(1023 << 42 | 0x77), 9 << 48 | 0x5555_0077);
    let huge = machine.read(1 << 42 | 0x77).unwrap();
    assert_eq!(huge.ipa.raw(), 1 << 48 | 5 << 42 | 0x77);
    assert_eq!(huge.size, 4 << 40);
}

#[test]
fn the_reserved_output_size_acts_as_52_bits() {
    let machine = Machine::new(ALL, 22 | TG0_64K | 7 << 32, 0x1_0000 | 1 << 2)
        .put(0x1_0000_0001_0000, 1 << 12 | BLOCK);
    assert_eq!(machine.ipa(5), 1 << 48 | 5);
}

#[test]
fn without_lpa_there_is_no_block_of_4_tib_and_bits_15_to_12_mean_nothing() {
    let id = Capabilities { pa_bits: 48, ..ALL };
    let machine = Machine::new(id, 16 | TG0_64K | IPS_48, 0x1_0000)
        .put(0x1_0000, BLOCK)
        .put(0x1_0008, 0x2_f000 | TABLE)
        .put(0x2_0000, 0xf000 | BLOCK);
    assert_eq!(machine.fault(0), (FaultKind::Translation, 1));
    assert_eq!(machine.ipa(1 << 42 | 5), 5);
}

#[test]
fn a_small_space_starts_at_the_last_level() {
    // 2^16 bytes: 16 pages, and a table of 128 bytes.
    let machine = Machine::new(ALL, 48 | IPS_48, 0x1080).put(0x10f8, 0x9000 | PAGE);
    assert_eq!(machine.ipa(0xf123), 0x9123);
    assert_eq!(machine.fault(0x1_0000), (FaultKind::Translation, 0));
    // 2^17 bytes: two pages of 64 KiB.
    let machine = Machine::new(ALL, 47 | TG0_64K | IPS_48, 0x1010).put(0x1018, 0x9_0000 | PAGE);
    assert_eq!(machine.ipa(0x1_0042), 0x9_0042);
}

#[test]
fn a_root_table_is_aligned_to_its_size() {
    // Level 1 for 31 bits has two entries: bits 3 to 1 of TTBR do not count.
    let machine = Machine::new(ALL, 33 | IPS_48, 0x101e).put(0x1018, BLOCK);
    assert_eq!(machine.ipa(1 << 30), 0);
}

#[test]
fn blocks_ignore_the_address_bits_below_their_size() {
    // Bit 16 is nT, the others are reserved.
    let machine = Machine::small().put(0x1000, 0x3ff1_0000 | 1 << 30 | BLOCK);
    assert_eq!(machine.ipa(0x123), 1 << 30 | 0x123);
}

#[test]
fn contiguous_entries_say_how_many_they_are() {
    let machine = Machine::one_page(0x7000 | CONTIGUOUS | PAGE);
    let found = machine.read(0x1000).unwrap();
    assert_eq!(found.entry.unwrap().contiguous, 16);
    assert_eq!(found.ipa.raw(), 0x7000, "each entry is taken for itself");
    assert_eq!(found.size, 0x1000);
    let alone = Machine::one_page(PAGE).read(0x1000).unwrap();
    assert_eq!(alone.entry.unwrap().contiguous, 1);
    let sizes = |tcr, levels: &[u64]| {
        let tables = levels.iter().zip([0x1_0000, 0x2_0000, 0x3_0000]);
        let machine = Machine::new(ALL, tcr | IPS_48, 0x1_0000);
        let machine = tables.fold(machine, |m, (d, at)| m.put(at, *d));
        machine.read(0).unwrap().entry.unwrap().contiguous
    };
    assert_eq!(sizes(25, &[CONTIGUOUS | BLOCK]), 16, "1 GiB");
    assert_eq!(sizes(28 | TG0_16K, &[CONTIGUOUS | BLOCK]), 32, "32 MiB");
    assert_eq!(sizes(39 | TG0_16K, &[CONTIGUOUS | PAGE]), 128, "16 KiB");
    assert_eq!(sizes(22 | TG0_64K, &[CONTIGUOUS | BLOCK]), 32, "512 MiB");
    assert_eq!(sizes(36 | TG0_64K, &[CONTIGUOUS | PAGE]), 32, "64 KiB");
}

#[test]
fn big_endian_tables_are_swapped() {
    let machine = Machine::small()
        .sctlr(SCTLR_EE)
        .put(0x1008, (0x4000_0000 | BLOCK).swap_bytes());
    let found = machine.read(0x4000_0042).unwrap();
    assert_eq!(found.ipa, GuestPhys::new(0x4000_0042));
    assert_eq!(found.entry.unwrap().value, 0x4000_0000 | BLOCK);
}
