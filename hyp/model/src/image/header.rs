//! The header of an arm64 Image (Documentation/arch/arm64/booting.rst).

use super::{BLOCK, Refusal};
use crate::layout;

/// Offset of the magic number.
const MAGIC_OFFSET: usize = 56;
/// The magic number.
const MAGIC: [u8; 4] = *b"ARM\x64";
/// Offset of `text_offset`.
const TEXT_OFFSET: usize = 8;
/// Offset of `image_size`.
const IMAGE_SIZE: usize = 16;
/// Offset of `flags`.
const FLAGS: usize = 24;

/// The kernel is big-endian.
const FLAG_BIG_ENDIAN: u64 = 1 << 0;
/// Shift of the page size in the flags.
const FLAG_GRANULE_SHIFT: u32 = 1;
/// Mask of the page size.
const FLAG_GRANULE: u64 = 0b11;

/// `text_offset`s below this are moved up by [`BLOCK`], as QEMU does to keep
/// room for its boot code.
const LOW_TEXT: u64 = 0x1000;

/// A translation granule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granule {
    /// 4 KiB.
    Kib4,
    /// 16 KiB.
    Kib16,
    /// 64 KiB.
    Kib64,
}

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Where the kernel wants to be, from a 2 MiB aligned base.
    pub(super) text_offset: u64,
    /// Bytes of memory that the kernel takes, with what it clears; zero when it
    /// does not say.
    pub(super) image_size: u64,
    /// The page size that the kernel was built for.
    pub(super) granule: Option<Granule>,
}

impl Header {
    /// The header of `file`; `None` when it has none.
    pub(super) fn parse(file: &[u8]) -> Option<Result<Self, Refusal>> {
        if read(file, MAGIC_OFFSET) != Some(MAGIC) {
            return None;
        }
        let text_offset = u64::from_le_bytes(read(file, TEXT_OFFSET)?);
        let image_size = u64::from_le_bytes(read(file, IMAGE_SIZE)?);
        let flags = u64::from_le_bytes(read(file, FLAGS)?);
        if flags & FLAG_BIG_ENDIAN != 0 {
            return Some(Err(Refusal::BigEndian));
        }
        let granule = match (flags >> FLAG_GRANULE_SHIFT) & FLAG_GRANULE {
            1 => Some(Granule::Kib4),
            2 => Some(Granule::Kib16),
            3 => Some(Granule::Kib64),
            _ => None,
        };
        Some(Ok(Self {
            text_offset,
            image_size,
            granule,
        }))
    }

    /// Where the kernel goes, from a 2 MiB aligned base. Kernels before 3.17 do
    /// not give their size, and their offset is to be taken as 0x80000.
    pub(super) fn load_offset(&self) -> u64 {
        match self {
            Self { image_size: 0, .. } => layout::FLAT_KERNEL_OFFSET,
            Self { text_offset, .. } if *text_offset < LOW_TEXT => text_offset + BLOCK,
            Self { text_offset, .. } => *text_offset,
        }
    }
}

/// `N` bytes at `offset`.
fn read<const N: usize>(file: &[u8], offset: usize) -> Option<[u8; N]> {
    file.get(offset..)?.first_chunk().copied()
}
