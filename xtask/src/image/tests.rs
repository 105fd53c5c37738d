//! Images of a hypervisor made for the purpose.

use object::{Object, ObjectSegment};

use super::*;

/// Where the sample is loaded: physical, and as the program sees it.
const PHYS: u64 = 0x4020_0000;
const VIRT: u64 = 0xffff_0000_4020_0000;
/// Its end, two pages on.
const SIZE: u64 = 0x2000;
/// The parts of the sample file.
const TEXT_AT: u64 = 0x200;
const NAMES: &[u8] = b"\0__image_end\0.strtab\0.symtab\0";

/// What makes a sample wrong.
#[derive(Default, Clone, Copy)]
struct Flaw {
    no_magic: bool,
    no_symbol: bool,
    end_offset: u64,
    memory: Option<u64>,
}

/// A tiny ELF file: one segment with an arm64 Image header and some zeroed
/// memory, one symbol.
fn sample(flaw: Flaw) -> Vec<u8> {
    let mut text = vec![0xaa; 100];
    text[16..24].fill(0);
    if !flaw.no_magic {
        text[56..60].copy_from_slice(b"ARM\x64");
    }
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    let halves =
        |file: &mut Vec<u8>, list: &[u16]| list.iter().for_each(|h| file.extend(h.to_le_bytes()));
    let words =
        |file: &mut Vec<u8>, list: &[u32]| list.iter().for_each(|w| file.extend(w.to_le_bytes()));
    let doubles =
        |file: &mut Vec<u8>, list: &[u64]| list.iter().for_each(|d| file.extend(d.to_le_bytes()));
    let symbols_at = TEXT_AT + text.len() as u64;
    let names_at = symbols_at + 48;
    let sections_at = names_at + NAMES.len() as u64;
    halves(&mut file, &[2, 183]);
    words(&mut file, &[1]);
    doubles(&mut file, &[VIRT + 4, 64, sections_at]);
    words(&mut file, &[0]);
    halves(&mut file, &[64, 56, 1, 64, 3, 1]);
    words(&mut file, &[1, 7]);
    let memory = flaw.memory.unwrap_or(0x1800);
    doubles(
        &mut file,
        &[TEXT_AT, VIRT, PHYS, text.len() as u64, memory, 0x1000],
    );
    file.resize(TEXT_AT as usize, 0);
    file.extend(&text);
    file.resize(file.len() + 24, 0); // the null symbol
    words(&mut file, &[if flaw.no_symbol { 2 } else { 1 }]);
    file.extend([0x10, 0, 0xf1, 0xff]); // global, absolute
    doubles(&mut file, &[VIRT + SIZE + flaw.end_offset, 0]);
    file.extend(NAMES);
    file.resize(file.len() + 64, 0); // the null section
    words(&mut file, &[13, 3]); // .strtab
    doubles(&mut file, &[0, 0, names_at, NAMES.len() as u64]);
    words(&mut file, &[0, 0]);
    doubles(&mut file, &[1, 0]);
    words(&mut file, &[21, 2]); // .symtab
    doubles(&mut file, &[0, 0, symbols_at, 48]);
    words(&mut file, &[1, 1]);
    doubles(&mut file, &[8, 24]);
    file
}

#[test]
fn a_raw_image_covers_hypervisor_and_bundle() {
    let image = raw_with_bundle(&sample(Flaw::default()), &[0xbb; 5000]).unwrap();
    assert_eq!(image.len(), 0x2000 + 0x2000);
    assert_eq!(image[16..24], 0x4000_u64.to_le_bytes());
    assert_eq!(
        (image[0], image[99], image[100], image[0x1fff]),
        (0xaa, 0xaa, 0, 0)
    );
    assert!(image[0x2000..0x2000 + 5000].iter().all(|&b| b == 0xbb));
    assert!(image[0x2000 + 5000..].iter().all(|&b| b == 0));
}

#[test]
fn an_elf_image_has_the_bundle_as_one_more_segment() {
    let image = elf_with_bundle(&sample(Flaw::default()), &[0xbb; 5000]).unwrap();
    let file = object::File::parse(image.as_slice()).unwrap();
    assert_eq!(file.entry(), VIRT + 4);
    let segments: Vec<_> = file
        .segments()
        .map(|s| (s.address(), s.size(), s.data().unwrap().to_vec()))
        .collect();
    let [hypervisor, bundle] = segments.as_slice() else {
        panic!("{} segments", segments.len())
    };
    assert_eq!(
        (hypervisor.0, hypervisor.1, hypervisor.2.len()),
        (VIRT, 0x1800, 100)
    );
    assert_eq!((bundle.0, bundle.1), (VIRT + SIZE, 5000));
    assert_eq!(bundle.2, [0xbb; 5000]);
}

#[test]
fn what_is_no_hypervisor_is_refused() {
    let refused = |flaw: Flaw| {
        raw_with_bundle(&sample(flaw), b"x")
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let flaw = Flaw::default();
    assert_eq!(
        refused(Flaw {
            no_magic: true,
            ..flaw
        }),
        "it does not start with an arm64 Image header"
    );
    assert_eq!(
        refused(Flaw {
            no_symbol: true,
            ..flaw
        }),
        "it has no symbol __image_end"
    );
    assert_eq!(
        refused(Flaw {
            end_offset: 8,
            ..flaw
        }),
        "__image_end (0x40202008) is not page-aligned"
    );
    assert_eq!(
        refused(Flaw {
            memory: Some(0x2001),
            ..flaw
        }),
        "a segment ends at 0x40202001, behind __image_end (0x40202000)"
    );
    assert_eq!(
        refused(Flaw {
            memory: Some(50),
            ..flaw
        }),
        "a segment is larger in the file than in memory"
    );
    assert_eq!(
        refused(Flaw {
            end_offset: 1 << 30,
            ..flaw
        }),
        "it spans 0x40002000 bytes; its segments lie too far apart"
    );
    assert_eq!(
        raw_with_bundle(b"\x7fELF", b"x")
            .map(|_| ())
            .unwrap_err()
            .to_string(),
        "this is no 64-bit ELF file"
    );
}
