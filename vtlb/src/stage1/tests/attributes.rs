//! Memory types and shareability as accesses see them.

use super::*;

const SCTLR_M_ONLY: u64 = 1;
const SH_INNER: u64 = 3 << 8;
const TCR_SH0_OUTER: u64 = 2 << 12;
const ATTRIBUTE: u64 = 1 << 2;

fn seen(machine: &Machine, kind: Rights) -> (u8, Shareability) {
    let found = machine.access(0x1000, Access::el1(kind)).unwrap();
    (found.attribute.raw(), found.shareability)
}

#[test]
fn the_index_selects_a_byte_of_mair() {
    let mut machine = Machine::one_page(0);
    machine.regime.mair = 0x7766_5544_3322_11ff;
    for index in 0..8 {
        let machine = machine.clone().put(0x3008, PAGE | (index * ATTRIBUTE));
        let byte = (machine.regime.mair >> (8 * index)) as u8;
        assert_eq!(machine.read(0x1000).unwrap().attribute.raw(), byte);
    }
}

#[test]
fn bytes_decode_as_the_architecture_says() {
    let decode = |byte: u8| Attribute::select(byte.into(), 0).memory();
    let same = |both| Memory::Normal {
        inner: both,
        outer: both,
    };
    assert_eq!(decode(0x00), Memory::Device(Device::NGnRnE));
    assert_eq!(decode(0x04), Memory::Device(Device::NGnRE));
    assert_eq!(decode(0x08), Memory::Device(Device::NGRE));
    assert_eq!(decode(0x0c), Memory::Device(Device::GRE));
    assert_eq!(decode(0x0d), Memory::Device(Device::GRE), "XS");
    assert_eq!(decode(0x44), same(Cacheability::NonCacheable));
    assert_eq!(decode(0xbb), same(Cacheability::WriteThrough));
    assert_eq!(decode(0xff), same(Cacheability::WriteBack));
    assert_eq!(decode(0x77), same(Cacheability::WriteBack), "transient");
    assert_eq!(decode(0x40), same(Cacheability::NonCacheable), "XS");
    assert_eq!(decode(0xa0), same(Cacheability::WriteThrough), "XS");
    assert_eq!(decode(0xf0), same(Cacheability::WriteBack), "tagged");
    assert_eq!(decode(0x80), Memory::Device(Device::NGnRnE), "reserved");
    let mixed = Memory::Normal {
        inner: Cacheability::WriteBack,
        outer: Cacheability::NonCacheable,
    };
    assert_eq!(decode(0x4f), mixed);
}

#[test]
fn shareability_is_of_the_descriptor_or_with_ds_of_tcr() {
    let machine = Machine::one_page(PAGE | SH_INNER);
    assert_eq!(seen(&machine, Rights::READ), (0xff, Shareability::Inner));
    let ds = Machine::one_page(PAGE).tcr(DS | TCR_SH0_OUTER);
    assert_eq!(seen(&ds, Rights::READ), (0xff, Shareability::Outer));
    let none = Machine::one_page(PAGE).tcr(TCR_SH0_OUTER);
    assert_eq!(seen(&none, Rights::READ), (0xff, Shareability::Non));
    let reserved = Machine::one_page(PAGE | 1 << 8);
    assert_eq!(seen(&reserved, Rights::READ).1, Shareability::Outer);
}

#[test]
fn devices_and_uncached_memory_are_outer_shareable() {
    let device = Machine::one_page(PAGE | ATTRIBUTE | SH_INNER);
    assert_eq!(seen(&device, Rights::READ), (0x00, Shareability::Outer));
    let uncached = Machine::one_page(PAGE | (2 * ATTRIBUTE));
    assert_eq!(seen(&uncached, Rights::READ), (0x44, Shareability::Outer));
}

#[test]
fn disabled_caches_make_memory_uncached() {
    let mut machine = Machine::one_page(PAGE | SH_INNER);
    machine.regime.sctlr = Sctlr::new(SCTLR_M_ONLY);
    let uncached = (0x44, Shareability::Outer);
    assert_eq!(seen(&machine, Rights::READ), uncached);
    assert_eq!(seen(&machine, Rights::EXECUTE), uncached);
    let device = machine.put(0x3008, PAGE | ATTRIBUTE);
    assert_eq!(seen(&device, Rights::READ), (0x00, Shareability::Outer));
}

#[test]
fn fetches_never_see_a_device() {
    let device = Machine::one_page(PAGE | ATTRIBUTE);
    assert_eq!(seen(&device, Rights::EXECUTE), (0x44, Shareability::Outer));
}

#[test]
fn with_the_mmu_off_data_is_device_and_code_is_memory() {
    let mut machine = Machine::small();
    let mut with = |sctlr, kind| {
        machine.regime.sctlr = Sctlr::new(sctlr);
        seen(&machine, kind)
    };
    let caches = SCTLR_M_C_I & !SCTLR_M_ONLY;
    let outer = Shareability::Outer;
    assert_eq!(with(caches, Rights::READ), (0x00, outer));
    assert_eq!(with(caches, Rights::EXECUTE), (0xaa, outer));
    assert_eq!(with(0, Rights::EXECUTE), (0x44, outer));
    assert_eq!(outer.bits(), 0b10);
}

#[test]
fn guarded_pages_are_reported() {
    let entry = |d| Machine::one_page(PAGE | d).read(0x1000).unwrap().entry;
    assert!(entry(GP).unwrap().guarded);
    assert!(!entry(0).unwrap().guarded);
}
