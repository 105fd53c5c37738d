//! What to tell the user about a device tree that cannot be used.

use crate::image::{Bytes, DTB_MAX};
use alloc::string::String;
use core::fmt;

/// Which of the user's blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blob {
    /// A device tree.
    Tree,
    /// An overlay.
    Overlay,
}

impl fmt::Display for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tree => "the device tree",
            Self::Overlay => "the device tree overlay",
        })
    }
}

/// Why there is no device tree for a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It is source text.
    Source(Blob),
    /// It is something else.
    NotATree(Blob),
    /// The file is shorter than the tree.
    Truncated {
        /// Which one.
        blob: Blob,
        /// Bytes that its header says.
        expected: u64,
        /// Bytes of the file.
        size: u64,
    },
    /// Its structure is wrong; the text says how.
    Damaged(Blob, String),
    /// It is nested deeper or has more nodes than any real one.
    TooComplex(Blob),
    /// The overlay has nothing to apply.
    NoFragment,
    /// The overlay does not fit the tree; the text says why.
    Overlay(String),
    /// The command line has a NUL character.
    CommandLine,
    /// The memory's address or size does not fit the user's tree.
    Cells {
        /// The number.
        value: u64,
        /// The cells that the tree has for it.
        cells: u32,
    },
    /// The result is larger than a kernel takes.
    TooLarge {
        /// Its bytes.
        size: u64,
    },
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(blob) => write!(f, "{blob} is source text: compile it with dtc"),
            Self::NotATree(blob) => write!(f, "{blob} is not a device tree blob"),
            Self::Truncated {
                blob,
                expected,
                size,
            } => write!(
                f,
                "{blob} is cut off: its header says {expected} bytes, and there are {size}"
            ),
            Self::Damaged(blob, reason) => write!(f, "{blob} is damaged: {reason}"),
            Self::TooComplex(blob) => {
                write!(f, "{blob} is nested too deeply or has too many nodes")
            }
            Self::NoFragment => f.write_str(
                "the device tree overlay has no fragment: compile it from a source with /plugin/",
            ),
            Self::Overlay(reason) => {
                write!(f, "the device tree overlay cannot be applied: {reason}")
            }
            Self::CommandLine => f.write_str("the command line has a NUL character"),
            Self::Cells { value, cells } => write!(
                f,
                "the device tree has {cells} address or size cells, and the guest's memory \
                 ({value:#x}) needs 2"
            ),
            Self::TooLarge { size } => write!(
                f,
                "the device tree has {}, and a kernel takes {} at most",
                Bytes(*size),
                Bytes(DTB_MAX)
            ),
        }
    }
}
