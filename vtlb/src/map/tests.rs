//! The map against a plain list of regions.

use super::*;
use crate::{DeviceId, HostPhys, RegionKind, Rights};
use proptest::prelude::*;
use std::format;

const HOST: u64 = 0x8000_0000;

fn ram(base: u64, size: u64) -> Region {
    let kind = RegionKind::Ram {
        host: HostPhys::new(HOST),
        rights: Rights::all(),
    };
    Region {
        base: GuestPhys::new(base),
        size,
        kind,
        name: "ram",
    }
}

fn device(base: u64, size: u64) -> Region {
    Region {
        base: GuestPhys::new(base),
        size,
        kind: RegionKind::Device(DeviceId(3)),
        name: "uart",
    }
}

fn machine() -> GuestMap {
    let mut map = GuestMap::new();
    map.insert(ram(0x4000_0000, 0x1000_0000)).unwrap();
    map.insert(device(0x0900_0000, 0x1000)).unwrap();
    map
}

#[test]
fn regions_come_lowest_first() {
    let map = machine();
    let names: Vec<_> = map.iter().map(|r| r.name).collect();
    assert_eq!(names, ["uart", "ram"]);
    assert_eq!(map.len(), 2);
}

#[test]
fn memory_translates_and_devices_do_not() {
    let map = machine();
    let span = map.translate(GuestPhys::new(0x4000_1000), 0x10).unwrap();
    assert_eq!(span.base, HostPhys::new(HOST + 0x1000));
    assert_eq!(span.rights, Rights::all());
    assert_eq!(map.translate(GuestPhys::new(0x0900_0000), 4), None);
}

#[test]
fn a_range_that_leaves_its_region_does_not_translate() {
    let map = machine();
    let last = GuestPhys::new(0x4fff_ffff);
    assert!(map.translate(last, 1).is_some());
    assert_eq!(map.translate(last, 2), None);
    assert_eq!(map.translate(last, u64::MAX), None);
}

#[test]
fn only_memory_translates_as_memory() {
    let mut map = machine();
    let kind = RegionKind::Mapped {
        host: HostPhys::new(0x0804_0000),
        rights: Rights::READ_WRITE,
    };
    map.insert(Region {
        base: GuestPhys::new(0x0801_0000),
        size: 0x1000,
        kind,
        name: "gicc",
    })
    .unwrap();
    let gpa = GuestPhys::new(0x0801_0004);
    assert_eq!(
        map.translate(gpa, 4).unwrap().base,
        HostPhys::new(0x0804_0004)
    );
    assert_eq!(map.translate_ram(gpa, 4), None);
}

#[test]
fn bad_regions_are_refused_with_a_reason() {
    let mut map = machine();
    let reason = |map: &mut GuestMap, r| format!("{}", map.insert(r).unwrap_err());
    assert_eq!(
        reason(&mut map, ram(0x1000, 0)),
        "region ram at 0x1000 has size 0"
    );
    assert_eq!(
        reason(&mut map, device(u64::MAX, 2)),
        "region uart at 0xffffffffffffffff with 0x2 bytes ends beyond the address space"
    );
    assert_eq!(
        reason(&mut map, device(0x08ff_ffff, 2)),
        "region uart [0x8ffffff, 0x9000000] overlaps uart [0x9000000, 0x9000fff]"
    );
    assert_eq!(map, machine());
}

#[test]
fn host_memory_must_exist_too() {
    let kind = RegionKind::Ram {
        host: HostPhys::new(u64::MAX - 1),
        rights: Rights::READ,
    };
    let region = Region {
        kind,
        ..ram(0, 0x1000)
    };
    assert_eq!(
        GuestMap::new().insert(region),
        Err(InsertError::Overflow(region))
    );
}

#[test]
fn the_last_byte_of_the_address_space_can_be_mapped() {
    let mut map = GuestMap::new();
    map.insert(device(u64::MAX - 0xfff, 0x1000)).unwrap();
    assert!(map.lookup(GuestPhys::new(u64::MAX)).is_some());
}

#[test]
fn reports_name_the_closest_region() {
    let map = machine();
    let near = |a| format!("{}", map.nearest(GuestPhys::new(a)));
    assert_eq!(
        near(0x0900_1000),
        "0x1 bytes above uart [0x9000000, 0x9000fff]"
    );
    assert_eq!(
        near(0x3fff_fff0),
        "0x10 bytes below ram [0x40000000, 0x4fffffff]"
    );
    assert_eq!(near(0x4000_0000), "inside ram [0x40000000, 0x4fffffff]");
    assert_eq!(
        near(u64::MAX),
        "0xffffffffb0000000 bytes above ram [0x40000000, 0x4fffffff]"
    );
    assert_eq!(
        format!("{}", GuestMap::new().nearest(GuestPhys::new(0))),
        "no region is configured"
    );
}

/// Addresses crowded enough that regions often touch and overlap, plus the
/// edges of the space.
fn crowded() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0u64..200, 1 => (u64::MAX - 50)..=u64::MAX]
}

fn regions() -> impl Strategy<Value = Vec<Region>> {
    let one = (crowded(), 0u64..40, any::<bool>()).prop_map(|(base, size, memory)| {
        if memory {
            ram(base, size)
        } else {
            device(base, size)
        }
    });
    prop::collection::vec(one, 0..24)
}

/// The naive model: a region is a set of addresses.
fn addresses(r: &Region) -> impl Iterator<Item = u64> + Clone {
    let base = r.base.raw();
    (0..r.size).map_while(move |i| base.checked_add(i))
}

proptest! {
    #[test]
    fn insertion_accepts_exactly_what_is_free(all in regions()) {
        let (mut map, mut list) = (GuestMap::new(), Vec::<Region>::new());
        for region in all {
            let whole = region.size > 0 && addresses(&region).count() as u64 == region.size;
            let free = addresses(&region).all(|a| list.iter().all(|r| addresses(r).all(|b| a != b)));
            prop_assert_eq!(map.insert(region).is_ok(), whole && free);
            if whole && free {
                list.push(region);
            }
        }
        list.sort_by_key(|r| r.base);
        prop_assert_eq!(map.iter().copied().collect::<Vec<_>>(), list);
    }

    #[test]
    fn lookup_finds_what_a_search_of_the_list_finds(all in regions(), probe in crowded(), len in 0u64..60) {
        let mut map = GuestMap::new();
        for region in all {
            let _ = map.insert(region);
        }
        let gpa = GuestPhys::new(probe);
        let naive = map.iter().find(|r| addresses(r).any(|a| a == probe));
        prop_assert_eq!(map.lookup(gpa), naive);

        let inside = naive.is_some_and(|r| (0..len).all(|i| probe.checked_add(i).is_some_and(|a| r.contains(GuestPhys::new(a)))));
        let memory = naive.is_some_and(|r| r.kind.is_ram());
        prop_assert_eq!(map.translate(gpa, len).is_some(), inside && memory);
        if let Some(span) = map.translate(gpa, len) {
            prop_assert_eq!(span.base.raw() - HOST, probe - naive.unwrap().base.raw());
        }
    }

    #[test]
    fn nearest_has_the_least_distance(all in regions(), probe in crowded()) {
        let mut map = GuestMap::new();
        for region in all {
            let _ = map.insert(region);
        }
        let least = map.iter().flat_map(addresses).map(|a| a.abs_diff(probe)).min();
        let found = map.nearest(GuestPhys::new(probe)).closest().map(|n| n.distance);
        prop_assert_eq!(found, least);
    }
}
