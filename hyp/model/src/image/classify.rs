//! What a file is, by its first bytes.

use super::header::Header;
use super::{Error, Refusal};

/// A file that may be a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// An arm64 Image.
    Image(Header),
    /// An ELF file of any kind.
    Elf,
    /// No header.
    Flat,
}

/// First bytes of files that cannot be started, and what to say of them. None
/// of them is what A64 code would begin with.
const SIGNATURES: [(&[u8], Refusal); 17] = [
    (b"\x1f\x8b\x08", Refusal::Compressed("gzip")),
    (b"\xfd7zXZ\0", Refusal::Compressed("xz")),
    (b"\x28\xb5\x2f\xfd", Refusal::Compressed("zstd")),
    (b"BZh", Refusal::Compressed("bzip2")),
    (b"\x04\x22\x4d\x18", Refusal::Compressed("lz4")),
    (b"\x02\x21\x4c\x18", Refusal::Compressed("lz4")),
    (b"\x5d\0\0\x80", Refusal::Compressed("lzma")),
    (b"\x5d\0\0\0", Refusal::Compressed("lzma")),
    (b"\x89LZO\0", Refusal::Compressed("lzop")),
    (b"PK\x03\x04", Refusal::Compressed("zip")),
    (b"\x27\x05\x19\x56", Refusal::UImage),
    (b"\xd0\x0d\xfe\xed", Refusal::DeviceTree),
    (b"07070", Refusal::Archive("cpio")),
    (b"!<arch>\n", Refusal::Archive("ar or Debian package")),
    (b"ANDROID!", Refusal::Other("an Android boot image")),
    (b"QFI\xfb", Refusal::Other("a qcow2 disk image")),
    (b"\xcf\xfa\xed\xfe", Refusal::Other("a Mach-O file")),
];

/// What `file` is.
pub(super) fn classify(file: &[u8]) -> Result<Class, Error> {
    if file.is_empty() {
        return Err(Refusal::Empty.into());
    }
    if is_zboot(file) {
        return Err(Refusal::ZBoot.into());
    }
    if let Some(header) = Header::parse(file) {
        return Ok(Class::Image(header?));
    }
    if file.starts_with(&::elf::abi::ELFMAGIC) {
        return Ok(Class::Elf);
    }
    if let Some((_, refusal)) = SIGNATURES.iter().find(|(magic, _)| file.starts_with(magic)) {
        return Err((*refusal).into());
    }
    refuse_by_content(file)?;
    Ok(Class::Flat)
}

/// Files whose mark is not at their beginning.
fn refuse_by_content(file: &[u8]) -> Result<(), Refusal> {
    /// Offset and bytes of an AArch32 `zImage`'s mark.
    const ZIMAGE: (usize, &[u8]) = (0x24, b"\x18\x28\x6f\x01");
    /// Offset and bytes of a tar archive's mark.
    const TAR: (usize, &[u8]) = (257, b"ustar");
    if has(file, ZIMAGE) {
        return Err(Refusal::ZImage);
    }
    if has(file, TAR) {
        return Err(Refusal::Archive("tar"));
    }
    if is_pe(file) {
        return Err(Refusal::Pe);
    }
    if is_text(file) {
        return Err(Refusal::Text);
    }
    Ok(())
}

/// Whether the bytes are at their offset.
fn has(file: &[u8], (offset, bytes): (usize, &[u8])) -> bool {
    file.get(offset..)
        .is_some_and(|rest| rest.starts_with(bytes))
}

/// An EFI application that unpacks a compressed kernel (`CONFIG_EFI_ZBOOT`).
fn is_zboot(file: &[u8]) -> bool {
    file.starts_with(b"MZ") && has(file, (4, b"zimg"))
}

/// A PE file such as an EFI application: `MZ`, and `PE` where the word at 0x3c
/// points.
fn is_pe(file: &[u8]) -> bool {
    const POINTER: usize = 0x3c;
    let pointer = file.get(POINTER..).and_then(<[u8]>::first_chunk);
    let offset = pointer.and_then(|bytes| usize::try_from(u32::from_le_bytes(*bytes)).ok());
    file.starts_with(b"MZ") && offset.is_some_and(|offset| has(file, (offset, b"PE\0\0")))
}

/// Whether the file begins with nothing but text in UTF-8. A64 code does not:
/// it has zero bytes and bytes that no character begins with.
fn is_text(file: &[u8]) -> bool {
    const ENOUGH: usize = 512;
    let start = file.get(..ENOUGH).unwrap_or(file);
    let text = match core::str::from_utf8(start) {
        Ok(text) => text,
        // The cut at the end may have gone through a character.
        Err(error) if error.error_len().is_none() => {
            let valid = start.get(..error.valid_up_to()).unwrap_or_default();
            core::str::from_utf8(valid).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && text
            .chars()
            .all(|c| !c.is_control() || c.is_ascii_whitespace())
}
