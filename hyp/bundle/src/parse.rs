//! Reading a bundle: any bytes in, a checked description or an error out.

use crate::header::checksum;
use crate::{BLOB_ALIGN, Blob, Error, HEADER_SIZE, Header, Node};

/// A bundle that was checked: every blob lies inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle<'a> {
    /// The description.
    pub node: Node,
    bytes: &'a [u8],
}

impl<'a> Bundle<'a> {
    /// The contents of a blob. Blobs of [`Bundle::node`] are never empty; a
    /// blob from elsewhere that does not fit gives the empty slice.
    #[must_use]
    pub fn blob(&self, blob: &Blob) -> &'a [u8] {
        slice(self.bytes, blob).unwrap_or_default()
    }

    /// The bundle's bytes, without what may follow them in memory.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Reads and checks a bundle at the start of `bytes`; more may follow it.
///
/// # Errors
/// Any [`Error`], for the first thing that is wrong.
pub fn parse(bytes: &[u8]) -> Result<Bundle<'_>, Error> {
    let header = Header::read(bytes)?;
    let short = Error::Short {
        have: bytes.len() as u64,
        need: header.total,
    };
    let total = usize::try_from(header.total).map_err(|_| short.clone())?;
    let bytes = bytes.get(..total).ok_or(short)?;
    let (head, rest) = bytes
        .split_at_checked(HEADER_SIZE)
        .ok_or(Error::Description)?;
    let length = usize::try_from(header.description).map_err(|_| Error::Description)?;
    let description = rest.get(..length).ok_or(Error::Description)?;
    let computed = checksum(head, description);
    if computed != header.crc {
        return Err(Error::Checksum {
            stored: header.crc,
            computed,
        });
    }
    let (node, left) =
        postcard::take_from_bytes::<Node>(description).map_err(|_| Error::Description)?;
    if !left.is_empty() {
        return Err(Error::Description);
    }
    node.check()?;
    check_blobs(
        &node,
        bytes,
        HEADER_SIZE as u64 + u64::from(header.description),
    )?;
    Ok(Bundle { node, bytes })
}

/// Every blob is aligned, not empty, behind the description (which ends at
/// `floor`) and inside the bundle. Machines may share blobs.
fn check_blobs(node: &Node, bytes: &[u8], floor: u64) -> Result<(), Error> {
    for (index, vm) in node.vms.iter().enumerate() {
        for (role, blob) in vm.blobs() {
            let placed = blob.offset >= floor && blob.offset.is_multiple_of(BLOB_ALIGN);
            let inside = slice(bytes, blob).is_some_and(|contents| !contents.is_empty());
            if !placed || !inside {
                return Err(Error::Blob {
                    vm: vm.label(index),
                    role,
                });
            }
        }
    }
    Ok(())
}

fn slice<'a>(bytes: &'a [u8], blob: &Blob) -> Option<&'a [u8]> {
    let start = usize::try_from(blob.offset).ok()?;
    let size = usize::try_from(blob.size).ok()?;
    bytes.get(start..start.checked_add(size)?)
}
