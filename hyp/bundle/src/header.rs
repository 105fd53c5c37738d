//! The fixed head of a bundle.
//!
//! | offset | size | field (little-endian) |
//! |---|---|---|
//! | 0 | 8 | [`MAGIC`] |
//! | 8 | 4 | [`VERSION`] |
//! | 12 | 4 | length of the description in bytes |
//! | 16 | 8 | size of the whole bundle in bytes |
//! | 24 | 4 | zero |
//! | 28 | 4 | CRC-32 (ISO-HDLC) of bytes 0 to 27 and the description |

use crc::{CRC_32_ISO_HDLC, Crc, Table};

use crate::Error;

/// The first bytes of every bundle.
pub const MAGIC: [u8; 8] = *b"toroidNB";
/// Format version; a reader takes exactly this one.
pub const VERSION: u32 = 1;
/// Size of the header in bytes; the description follows.
pub const HEADER_SIZE: usize = 32;
/// Alignment of the bundle and of every blob in it, in bytes.
pub const BLOB_ALIGN: u64 = 4096;
/// Longest description in bytes: the first blob starts at 64 KiB.
pub const MAX_DESCRIPTION: u32 = 64 * 1024 - HEADER_SIZE as u32;

/// Offset of the check sum; it covers what precedes it.
const CRC_OFFSET: usize = 28;
/// One 1 KiB table: small rather than fast, the description is short.
const CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// The fixed head of a bundle. Reading it says how many bytes follow, so that
/// a loader can map the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Length of the description in bytes.
    pub description: u32,
    /// Size of the whole bundle, header included, in bytes.
    pub total: u64,
    /// CRC-32 of the header's other bytes and the description.
    pub crc: u32,
}

impl Header {
    /// Reads a header from the first [`HEADER_SIZE`] of `bytes`.
    ///
    /// # Errors
    /// [`Error::Short`], [`Error::Magic`], [`Error::Version`],
    /// [`Error::Length`], or [`Error::Short`] if the stated size has no room
    /// for the description.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let short = Error::Short {
            have: bytes.len() as u64,
            need: HEADER_SIZE as u64,
        };
        if bytes.get(..MAGIC.len()).is_some_and(|magic| magic != MAGIC) {
            return Err(Error::Magic);
        }
        let (Some(version), Some(description), Some(total), Some(crc)) = (
            word(bytes, 8),
            word(bytes, 12),
            double(bytes, 16),
            word(bytes, CRC_OFFSET),
        ) else {
            return Err(short);
        };
        if version != VERSION {
            return Err(Error::Version { found: version });
        }
        if description == 0 || description > MAX_DESCRIPTION {
            return Err(Error::Length { found: description });
        }
        let need = HEADER_SIZE as u64 + u64::from(description);
        if total < need {
            return Err(Error::Short { have: total, need });
        }
        Ok(Self {
            description,
            total,
            crc,
        })
    }

    /// The header's bytes for a description, check sum included.
    #[cfg(feature = "write")]
    pub(crate) fn encode(description: &[u8], total: u64) -> Option<[u8; HEADER_SIZE]> {
        let length = u32::try_from(description.len())
            .ok()
            .filter(|&n| n <= MAX_DESCRIPTION)?;
        let mut head = [0; HEADER_SIZE];
        let fields = MAGIC
            .into_iter()
            .chain(VERSION.to_le_bytes())
            .chain(length.to_le_bytes())
            .chain(total.to_le_bytes());
        for (slot, byte) in head.iter_mut().zip(fields) {
            *slot = byte;
        }
        let crc = checksum(&head, description);
        for (slot, byte) in head.iter_mut().skip(CRC_OFFSET).zip(crc.to_le_bytes()) {
            *slot = byte;
        }
        Some(head)
    }
}

/// CRC-32 of the covered part of the header and the description.
pub(crate) fn checksum(head: &[u8], description: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(head.get(..CRC_OFFSET).unwrap_or(head));
    digest.update(description);
    digest.finalize()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|b| u32::from_le_bytes(*b))
}

fn double(bytes: &[u8], at: usize) -> Option<u64> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|b| u64::from_le_bytes(*b))
}
