//! The format of a node's serial line, both directions.
//!
//! # From the node
//! The line carries several byte streams: stream 0 is the hypervisor's own
//! console, stream *n* + 1 the console of virtual machine *n*. A frame is an
//! application program command (ECMA-48 §8.3.2), which terminals ignore:
//!
//! ```text
//! ESC _ toroid;<kind>;<payload> ESC \
//! ```
//!
//! | kind | payload | meaning |
//! |---|---|---|
//! | `s` | decimal stream number | the bytes that follow belong to that stream |
//! | `r` | lower-case hexadecimal [`Report`](crate::Report) in postcard encoding | the node ends |
//!
//! Before the first frame the line belongs to stream 0. What is not a
//! complete, known frame is data of the current stream.
//!
//! A guest cannot forge a frame: whenever the byte before a data `_` was a
//! data ESC, [`Encoder`] puts a switch to the same stream between the two, so
//! that `ESC _` on the line always comes from the hypervisor.
//!
//! # To the node
//! See [`Input`].

mod decode;
mod encode;
mod input;

#[cfg(test)]
mod tests;

pub use decode::{Event, MAX_FRAME, Splitter};
pub use encode::Encoder;
pub use input::{Input, InputDecoder, KEY, attach, escape};

use core::fmt;

/// The ASCII escape character.
const ESC: u8 = 0x1b;
/// Second byte of an application program command.
const APC: u8 = b'_';
/// Second byte of the string terminator.
const ST: u8 = b'\\';
/// What the body of each of our frames starts with.
const PREFIX: &[u8] = b"toroid;";
/// Kind of the frame that switches streams.
const KIND_SWITCH: u8 = b's';
/// Kind of the frame with the node's report.
const KIND_REPORT: u8 = b'r';

/// One of the streams on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream(pub u16);

impl Stream {
    /// The hypervisor's own console.
    pub const HYPERVISOR: Self = Self(0);

    /// The console of virtual machine number `index` (from 0).
    #[must_use]
    pub const fn vm(index: u16) -> Self {
        Self(index.saturating_add(1))
    }

    /// The number of the virtual machine, `None` for the hypervisor.
    #[must_use]
    pub const fn vm_index(self) -> Option<u16> {
        self.0.checked_sub(1)
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
