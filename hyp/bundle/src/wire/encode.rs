//! The hypervisor's side of the line: no allocation, one byte at a time.

use core::fmt::{self, Write};
use postcard::ser_flavors::Flavor;

use super::{APC, ESC, KIND_REPORT, KIND_SWITCH, PREFIX, ST, Stream};
use crate::Report;

/// Puts several streams on one line. It holds the state of the line, so one
/// encoder per line, used under the line's lock.
#[derive(Debug, Clone)]
pub struct Encoder {
    current: Stream,
    /// The last byte on the line was a data ESC.
    escaped: bool,
}

impl Encoder {
    /// The encoder for a fresh line, which belongs to the hypervisor.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            current: Stream::HYPERVISOR,
            escaped: false,
        }
    }

    /// Makes `stream` the current one; says nothing if it is already.
    pub fn switch(&mut self, stream: Stream, out: &mut impl FnMut(u8)) {
        if self.current != stream {
            self.current = stream;
            self.switch_frame(out);
        }
    }

    /// Writes `data` to `stream`, switching to it first where needed.
    pub fn data(&mut self, stream: Stream, data: &[u8], out: &mut impl FnMut(u8)) {
        self.switch(stream, out);
        for &byte in data {
            if self.escaped && byte == APC {
                self.switch_frame(out);
            }
            out(byte);
            self.escaped = byte == ESC;
        }
    }

    /// Writes the node's report.
    ///
    /// # Errors
    /// When the report cannot be serialised; the frame is then broken off and
    /// the reader takes what was written as data.
    pub fn report(&mut self, report: &Report, out: &mut impl FnMut(u8)) -> postcard::Result<()> {
        self.open(KIND_REPORT, out);
        let written = postcard::serialize_with_flavor(report, Hex { out: &mut *out });
        if written.is_ok() {
            Self::close(out);
        }
        self.escaped = false;
        written
    }

    fn switch_frame(&mut self, out: &mut impl FnMut(u8)) {
        self.open(KIND_SWITCH, out);
        // A `Digits` never fails.
        let _ = write!(Digits { out: &mut *out }, "{}", self.current);
        Self::close(out);
        self.escaped = false;
    }

    fn open(&self, kind: u8, out: &mut impl FnMut(u8)) {
        [ESC, APC].into_iter().for_each(&mut *out);
        PREFIX.iter().copied().for_each(&mut *out);
        [kind, b';'].into_iter().for_each(out);
    }

    fn close(out: &mut impl FnMut(u8)) {
        [ESC, ST].into_iter().for_each(out);
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Formats text straight onto the line.
struct Digits<'a, F> {
    out: &'a mut F,
}

impl<F: FnMut(u8)> Write for Digits<'_, F> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(&mut *self.out);
        Ok(())
    }
}

/// Serialises straight onto the line, in hexadecimal.
struct Hex<'a, F> {
    out: &'a mut F,
}

impl<F: FnMut(u8)> Flavor for Hex<'_, F> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        let _ = write!(
            Digits {
                out: &mut *self.out
            },
            "{byte:02x}"
        );
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
