//! Why a device tree is refused.

use core::fmt;

/// A node's name for a message: cut off where it is longer than that needs, and
/// without anything that a terminal would act on.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct NodeName(heapless::String<40>);

impl NodeName {
    /// Keeps as much of `name` as there is room for.
    pub(super) fn new(name: &str) -> Self {
        let mut kept = heapless::String::new();
        for character in name.chars() {
            let printable = character.is_ascii_graphic();
            if kept.push(if printable { character } else { '?' }).is_err() {
                break;
            }
        }
        Self(kept)
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Why a device tree is refused. Prints as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes are not a well-formed tree.
    Malformed {
        /// Where, in bytes from the start of the tree.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A property does not hold what its binding prescribes.
    Property {
        /// The node's name with unit address.
        node: NodeName,
        /// The property's name.
        property: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// More of something than there is room for.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are possible.
        limit: usize,
    },
    /// Something that every board needs is not described.
    Missing {
        /// What is missing.
        what: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { offset, reason } => {
                write!(
                    f,
                    "device tree is malformed at offset {offset:#x}: {reason}"
                )
            }
            Self::Property {
                node,
                property,
                reason,
            } => write!(
                f,
                "device tree node `{node}`, property `{property}`: {reason}"
            ),
            Self::TooMany { what, limit } => {
                write!(f, "device tree describes more than {limit} {what}")
            }
            Self::Missing { what } => write!(f, "device tree describes no {what}"),
        }
    }
}

impl core::error::Error for Error {}
