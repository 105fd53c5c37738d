//! What is refused, and what the user is told.

use super::*;

#[test]
fn elf_files_that_cannot_run_are_refused() {
    let good = elf(BASE, &[(RX, BASE, BASE, 0x100, 0x100)]);
    let with = |offset: usize, byte: u8| {
        let mut file = good.clone();
        file[offset] = byte;
        complaint(&file)
    };
    assert!(with(18, 62).contains("for x86-64: build it for AArch64"));
    assert!(with(5, 2).contains("big-endian") || with(5, 2).contains("damaged"));
    assert!(with(16, 1).contains("has not been linked"));
    assert!(with(16, 4).contains("of type 4, not an executable"));
    assert!(with(4, 9).contains("damaged"));
    assert!(complaint(&good[..100]).contains("damaged"));
    assert!(complaint(&elf(BASE, &[])).contains("without anything to load"));
    let misplaced = elf(BASE, &[(RX, BASE, BASE, 0x5000, 0x5000)]);
    assert!(
        complaint(&misplaced).contains("damaged"),
        "beyond the file's end"
    );
    let shrinking = elf(BASE, &[(RX, BASE, BASE, 0x100, 0x10)]);
    assert!(complaint(&shrinking).contains("damaged"));
}

#[test]
fn an_elf_file_linked_elsewhere_is_told_where_memory_is() {
    let linux = elf(
        0xffff_8000_0801_0000,
        &[(
            RX,
            0xffff_8000_0801_0000,
            0xffff_8000_0801_0000,
            0x1000,
            0x1000,
        )],
    );
    assert_eq!(
        complaint(&linux),
        "the kernel does not fit: 4 KiB at 0xffff800008010000 are outside the guest's memory \
         (512 MiB at 0x40000000): link it to addresses there, or give the guest more `memory`"
    );
}

#[test]
fn overlapping_segments_and_foreign_entries_are_refused() {
    let two = [
        (RX, BASE, BASE, 0x1000, 0x2000),
        (RW, BASE + 0x1000, BASE + 0x1000, 0x10, 0x10),
    ];
    assert!(complaint(&elf(BASE, &two)).contains("overlap at 0x40001000"));
    for entry in [0, BASE + 0x1000, BASE + 2] {
        let file = elf(entry, &[(RX, BASE, BASE, 0x1000, 0x1000)]);
        assert!(complaint(&file).contains("in none of its executable segments"));
    }
    let data = elf(BASE, &[(RW, BASE, BASE, 0x1000, 0x1000)]);
    assert!(complaint(&data).contains("entry point 0x40000000"));
}

#[test]
fn files_that_are_no_kernels_say_what_they_are() {
    let mut zboot = b"MZ\0\0zimg".to_vec();
    zboot.resize(0x100, 0);
    let mut pe = b"MZ".to_vec();
    pe.resize(0x100, 0);
    pe[0x3c] = 0x80;
    pe[0x80..0x84].copy_from_slice(b"PE\0\0");
    let mut zimage = vec![0; 0x100];
    zimage[0x24..0x28].copy_from_slice(&0x016f_2818u32.to_le_bytes());
    let mut tar = vec![1; 0x200];
    tar[257..262].copy_from_slice(b"ustar");
    let cases: [(&[u8], &str); 19] = [
        (b"", "the kernel file is empty"),
        (b"\x1f\x8b\x08\0", "compressed (gzip): decompress it first"),
        (b"\xfd7zXZ\0\0", "compressed (xz)"),
        (b"\x28\xb5\x2f\xfd\0", "compressed (zstd)"),
        (b"BZh91AY", "compressed (bzip2)"),
        (b"\x04\x22\x4d\x18", "compressed (lz4)"),
        (b"\x02\x21\x4c\x18", "compressed (lz4)"),
        (b"\x5d\0\0\x80\0\xff", "compressed (lzma)"),
        (&zboot, "EFI zboot image"),
        (&pe, "EFI application"),
        (&zimage, "32-bit Arm zImage"),
        (b"\x27\x05\x19\x56", "U-Boot image (uImage)"),
        (b"\xd0\x0d\xfe\xed", "name a device tree as `dtb`"),
        (b"070701", "name an initial RAM disk as `initrd`"),
        (&tar, "archive (tar)"),
        (b"!<arch>\ndebian-binary", "Debian package"),
        (b"#!/bin/sh\necho hello\n", "text, not a program"),
        ("größe = 3\n".as_bytes(), "text, not a program"),
        (&image(0, 0x1_0000, 1), "big-endian"),
    ];
    for (file, expected) in cases {
        let text = complaint(file);
        assert!(text.contains(expected), "{text} / {expected}");
    }
}

#[test]
fn what_does_not_fit_says_how_much_there_is() {
    let kernel = image(0, 60 * MIB, 0);
    let text = |initrd, dtb, size| {
        plan(&request(&kernel, initrd, dtb, size))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        text(None, 0x1000, 32 * MIB),
        "the kernel does not fit: it needs 62 MiB from the start of memory and the guest has \
         32 MiB: give it more `memory`"
    );
    assert_eq!(
        text(Some(9 * MIB), 0x1000, 64 * MIB),
        "the initial RAM disk does not fit: 9 MiB beside the kernel in 64 MiB of memory: \
         give the guest more `memory`"
    );
    let full = plan(&request(
        &image(0x8_0000, 63 * MIB, 0),
        None,
        2 * MIB,
        64 * MIB,
    ));
    assert!(
        full.unwrap_err()
            .to_string()
            .starts_with("the device tree does not fit")
    );
    assert!(text(None, 2 * MIB + 1, 64 * MIB).contains("takes 2 MiB at most"));
    let vast = Request {
        kernel: &kernel,
        initrd: None,
        dtb: 0,
        ram: ram(u64::MAX),
    };
    assert!(
        plan(&vast)
            .unwrap_err()
            .to_string()
            .contains("address space")
    );
}

#[test]
fn sizes_are_shown_in_their_unit() {
    let show = |size| Bytes(size).to_string();
    assert_eq!(show(7), "7 bytes");
    assert_eq!(show(1024), "1 KiB");
    assert_eq!(show(1025), "1025 bytes");
    assert_eq!(show(100_000), "98 KiB");
    assert_eq!(show(MIB), "1 MiB");
    assert_eq!(show(4096 * MIB + 1), "4097 MiB");
    assert_eq!(show(u64::MAX), "17592186044416 MiB");
}
