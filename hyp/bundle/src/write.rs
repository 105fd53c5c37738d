//! Writing a bundle (feature `write`, for the tool).

use alloc::string::String;
use alloc::vec::Vec;

use crate::{BLOB_ALIGN, Blob, Error, HEADER_SIZE, Header, MAX_DESCRIPTION, Node};

/// Collects the files of a bundle. Equal contents are stored once.
#[derive(Debug, Default)]
pub struct Writer {
    contents: Vec<Vec<u8>>,
}

impl Writer {
    /// An empty collection.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            contents: Vec::new(),
        }
    }

    /// Adds a file and gives the blob that stands for it in the description.
    pub fn add(&mut self, contents: Vec<u8>, source: impl Into<String>) -> Blob {
        let size = contents.len() as u64;
        let known = self.contents.iter().position(|other| *other == contents);
        let index = known.unwrap_or_else(|| {
            self.contents.push(contents);
            self.contents.len() - 1
        });
        Blob {
            offset: self.offset(index),
            size,
            source: source.into(),
        }
    }

    /// The bundle's bytes. `node` names blobs that [`Writer::add`] gave.
    ///
    /// # Errors
    /// [`Error::Node`] or [`Error::Vm`] if the description cannot be carried
    /// out, [`Error::Description`] if it is too long, [`Error::Blob`] if it
    /// names a blob that was not added.
    pub fn finish(self, node: &Node) -> Result<Vec<u8>, Error> {
        node.check()?;
        let description = postcard::to_allocvec(node).map_err(|_| Error::Description)?;
        let total = self.offset(self.contents.len());
        let head = Header::encode(&description, total).ok_or(Error::Description)?;
        let mut bytes = Vec::with_capacity(usize::try_from(total).unwrap_or_default());
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(&description);
        pad(&mut bytes, first_blob());
        for contents in &self.contents {
            bytes.extend_from_slice(contents);
            let end = (bytes.len() as u64).next_multiple_of(BLOB_ALIGN);
            pad(&mut bytes, end);
        }
        crate::parse(&bytes)?;
        Ok(bytes)
    }

    /// Where blob number `index` starts (or would start).
    fn offset(&self, index: usize) -> u64 {
        let sizes = self.contents.iter().take(index).map(|c| c.len() as u64);
        first_blob()
            + sizes
                .map(|size| size.next_multiple_of(BLOB_ALIGN))
                .sum::<u64>()
    }
}

/// Writes a bundle whose blobs were collected in `files`.
///
/// # Errors
/// See [`Writer::finish`].
pub fn write(node: &Node, files: Writer) -> Result<Vec<u8>, Error> {
    files.finish(node)
}

/// Blobs start at a fixed place, so that their offsets are known before the
/// description's length is.
const fn first_blob() -> u64 {
    (HEADER_SIZE as u64 + MAX_DESCRIPTION as u64).next_multiple_of(BLOB_ALIGN)
}

fn pad(bytes: &mut Vec<u8>, to: u64) {
    if let Ok(to) = usize::try_from(to) {
        bytes.resize(to.max(bytes.len()), 0);
    }
}
