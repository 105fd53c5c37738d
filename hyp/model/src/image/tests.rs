//! Which files are kernels, and where everything goes.

mod any;
mod refusals;

use super::*;
use std::string::{String, ToString};
use std::vec;

const MIB: u64 = 1 << 20;
const BASE: u64 = 0x4000_0000;

fn ram(size: u64) -> Window {
    Window::new(BASE, size)
}

fn request(kernel: &[u8], initrd: Option<u64>, dtb: u64, size: u64) -> Request<'_> {
    Request {
        kernel,
        initrd,
        dtb,
        ram: ram(size),
    }
}

/// The plan for a kernel in 512 MiB with a 4 KiB device tree.
fn plan_of(kernel: &[u8]) -> Result<Plan, Error> {
    plan(&request(kernel, None, 0x1000, 512 * MIB))
}

/// What the user is told about a kernel.
fn complaint(kernel: &[u8]) -> String {
    let text = plan_of(kernel).expect_err("refused").to_string();
    assert!(!text.contains('\n') && !text.is_empty());
    text
}

fn at(offset: u64) -> GuestPhys {
    GuestPhys::new(BASE + offset)
}

fn image(text_offset: u64, image_size: u64, flags: u64) -> Vec<u8> {
    let mut file = vec![0; 0x2000];
    file[..4].copy_from_slice(&0x1400_0010u32.to_le_bytes());
    file[8..16].copy_from_slice(&text_offset.to_le_bytes());
    file[16..24].copy_from_slice(&image_size.to_le_bytes());
    file[24..32].copy_from_slice(&flags.to_le_bytes());
    file[56..60].copy_from_slice(b"ARM\x64");
    file
}

/// One program header: flags, virtual and physical address, bytes in the file
/// and in memory.
type Load = (u32, u64, u64, u64, u64);

const RX: u32 = 5;
const RW: u32 = 6;

fn elf(entry: u64, loads: &[Load]) -> Vec<u8> {
    let mut file = vec![0; 64];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16..18].copy_from_slice(&2u16.to_le_bytes());
    file[18..20].copy_from_slice(&183u16.to_le_bytes());
    file[20..24].copy_from_slice(&1u32.to_le_bytes());
    file[24..32].copy_from_slice(&entry.to_le_bytes());
    file[32..40].copy_from_slice(&64u64.to_le_bytes());
    file[52..54].copy_from_slice(&64u16.to_le_bytes());
    file[54..56].copy_from_slice(&56u16.to_le_bytes());
    file[56..58].copy_from_slice(&(loads.len() as u16).to_le_bytes());
    for (flags, virt, phys, in_file, in_memory) in loads {
        file.extend(1u32.to_le_bytes());
        file.extend(flags.to_le_bytes());
        for word in [0x1000, *virt, *phys, *in_file, *in_memory, 0x1000] {
            file.extend(word.to_le_bytes());
        }
    }
    file.resize(0x3000, 0);
    file
}

#[test]
fn an_image_goes_to_its_text_offset() {
    let plan = plan_of(&image(0x8_0000, 0x1_0000, 0xa)).unwrap();
    assert_eq!(plan.entry, at(0x8_0000));
    let granule = Some(Granule::Kib4);
    assert_eq!(plan.kind, Kind::Image { granule });
    let segment = Segment {
        guest: at(0x8_0000),
        source: 0..0x2000,
        zero_fill: 0xe000,
    };
    assert_eq!(plan.segments, [segment]);
}

#[test]
fn an_image_with_text_offset_zero_goes_2_mib_up() {
    assert_eq!(plan_of(&image(0, 0x1_0000, 0)).unwrap().entry, at(2 * MIB));
}

#[test]
fn an_old_image_without_a_size_goes_to_0x80000() {
    assert_eq!(plan_of(&image(0, 0, 0)).unwrap().entry, at(0x8_0000));
}

#[test]
fn an_image_says_which_pages_it_needs() {
    for (flags, granule) in [
        (0, None),
        (2, Some(Granule::Kib4)),
        (4, Some(Granule::Kib16)),
        (6, Some(Granule::Kib64)),
    ] {
        let plan = plan_of(&image(0, 0x1_0000, flags)).unwrap();
        assert_eq!(plan.kind, Kind::Image { granule });
    }
}

#[test]
fn an_images_initrd_and_tree_go_where_qemu_puts_them() {
    let kernel = image(0, 0x1_0000, 0);
    let plan = |initrd, size| plan(&request(&kernel, initrd, 0x1000, size)).unwrap();
    let small = plan(Some(3 * MIB + 1), 64 * MIB);
    assert_eq!(small.initrd, Some(at(32 * MIB)..at(35 * MIB + 1)));
    assert_eq!(small.dtb, at(36 * MIB));
    let large = plan(Some(1), 4096 * MIB);
    assert_eq!(large.initrd, Some(at(128 * MIB)..at(128 * MIB + 1)));
    assert_eq!(large.dtb, at(130 * MIB));
    assert_eq!(plan(None, 128 * MIB).dtb, at(64 * MIB));
    assert_eq!(plan(Some(0), 128 * MIB).initrd, None);
}

#[test]
fn an_initrd_goes_behind_a_kernel_that_reaches_further() {
    let kernel = image(0, 200 * MIB, 0);
    let plan = plan(&request(&kernel, Some(MIB), 0x1000, 512 * MIB)).unwrap();
    assert_eq!(plan.initrd, Some(at(202 * MIB)..at(203 * MIB)));
    assert_eq!(plan.dtb, at(204 * MIB));
}

#[test]
fn what_does_not_fit_high_goes_low() {
    let kernel = image(0, 0x1_0000, 0);
    let plan = plan(&request(&kernel, Some(40 * MIB), 0x1000, 64 * MIB)).unwrap();
    assert_eq!(
        plan.initrd,
        Some(at(2 * MIB + 0x1_0000)..at(42 * MIB + 0x1_0000))
    );
    assert_eq!(plan.dtb, at(44 * MIB));
}

#[test]
fn a_flat_binary_goes_to_0x80000_with_a_tree_behind_it_and_at_the_start_of_ram() {
    let kernel = [0x00, 0x00, 0x80, 0xd2, 0xff, 0xff, 0xff, 0x17];
    let plan = plan(&request(&kernel, Some(0x2000), 0x1000, 64 * MIB)).unwrap();
    assert_eq!(plan.kind, Kind::Flat);
    assert_eq!(plan.entry, at(0x8_0000));
    assert_eq!((plan.dtb, plan.dtb_copy), (at(34 * MIB), Some(at(0))));
    assert_eq!(plan.initrd, Some(at(32 * MIB)..at(32 * MIB + 0x2000)));
}

#[test]
fn a_tree_too_large_for_the_gap_below_a_flat_binary_is_only_behind_it() {
    let plan = plan(&request(&[0; 64], None, 0x10_0000, 64 * MIB)).unwrap();
    assert_eq!((plan.dtb, plan.dtb_copy), (at(32 * MIB), None));
}

#[test]
fn in_a_small_ram_the_tree_is_at_the_start_only() {
    let flat = vec![0x1f; 0x17_f000];
    let plan = plan(&request(&flat, None, 0x4000, 2 * MIB)).unwrap();
    assert_eq!((plan.dtb, plan.dtb_copy), (at(0), None));
}

#[test]
fn code_that_looks_a_bit_like_a_known_file_is_code() {
    for word in [0x1400_005du32, 0x9100_2123, 0xd280_0b1f, 0x1400_0000] {
        let kernel = [word.to_le_bytes(), [0; 4]].concat();
        assert_eq!(plan_of(&kernel).unwrap().kind, Kind::Flat, "{word:#x}");
    }
}

#[test]
fn an_elf_file_goes_to_its_physical_addresses() {
    let virt = 0xffff_0000_0000_0000;
    let kernel = elf(
        virt + 0x10_0040,
        &[
            (RW, virt + 0x20_0000, BASE + 0x20_0000, 0x10, 0x5000),
            (RX, virt + 0x10_0000, BASE + 0x10_0000, 0x1000, 0x1000),
        ],
    );
    let plan = plan_of(&kernel).unwrap();
    assert_eq!(plan.kind, Kind::Elf);
    assert_eq!(plan.entry, at(0x10_0040));
    assert_eq!((plan.dtb, plan.dtb_copy), (at(128 * MIB), Some(at(0))));
    let expected = [
        Segment {
            guest: at(0x10_0000),
            source: 0x1000..0x2000,
            zero_fill: 0,
        },
        Segment {
            guest: at(0x20_0000),
            source: 0x1000..0x1010,
            zero_fill: 0x4ff0,
        },
    ];
    assert_eq!(plan.segments, expected);
}

#[test]
fn an_elf_file_at_the_start_of_ram_gets_its_tree_elsewhere() {
    let kernel = elf(BASE, &[(RX, BASE, BASE, 0x1000, 0x1000)]);
    let plan = plan_of(&kernel).unwrap();
    assert_eq!((plan.entry, plan.dtb), (at(0), at(128 * MIB)));
}

#[test]
fn an_elf_entry_may_be_physical_already() {
    let kernel = elf(BASE + 8, &[(RX, 0xffff << 48, BASE, 0x1000, 0x1000)]);
    assert_eq!(plan_of(&kernel).unwrap().entry, at(8));
}
