//! What can be wrong with a bundle.

use alloc::string::String;
use core::fmt;

/// Why a bundle was refused. [`fmt::Display`] gives one plain line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There are fewer bytes than a header has.
    Short {
        /// Bytes present.
        have: u64,
        /// Bytes needed.
        need: u64,
    },
    /// The magic bytes are missing: no bundle was appended to the image.
    Magic,
    /// The bundle was written by a tool of another version.
    Version {
        /// The version found.
        found: u32,
    },
    /// The description's length field is impossible.
    Length {
        /// The length found, in bytes.
        found: u32,
    },
    /// Header and description do not match their check sum.
    Checksum {
        /// The check sum in the header.
        stored: u32,
        /// The check sum of the bytes that are there.
        computed: u32,
    },
    /// The description does not decode.
    Description,
    /// A blob lies outside the bundle, is empty or is not aligned.
    Blob {
        /// The virtual machine that names it.
        vm: String,
        /// Which of its files: `kernel`, `initrd`, …
        role: &'static str,
    },
    /// A virtual machine's description cannot be carried out.
    Vm {
        /// Its name (or its number if it has no usable name).
        vm: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The node's description cannot be carried out.
    Node {
        /// What is wrong.
        problem: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { have, need } => {
                write!(
                    f,
                    "the bundle is cut off: {have} bytes are there, {need} are needed"
                )
            }
            Self::Magic => f.write_str("no bundle lies behind the hypervisor's image"),
            Self::Version { found } => write!(
                f,
                "the bundle has format version {found}, this hypervisor reads {}",
                crate::VERSION
            ),
            Self::Length { found } => {
                write!(f, "the bundle's description cannot be {found} bytes long")
            }
            Self::Checksum { stored, computed } => write!(
                f,
                "the bundle is damaged: check sum {computed:08x} instead of {stored:08x}"
            ),
            Self::Description => f.write_str("the bundle's description cannot be decoded"),
            Self::Blob { vm, role } => {
                write!(
                    f,
                    "virtual machine {vm}: its {role} does not lie inside the bundle"
                )
            }
            Self::Vm { vm, problem } => write!(f, "virtual machine {vm}: {problem}"),
            Self::Node { problem } => write!(f, "node: {problem}"),
        }
    }
}

impl core::error::Error for Error {}
