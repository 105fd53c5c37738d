//! The reader's side of the line: an incremental parser that cannot fail.

use alloc::vec::Vec;

use super::{APC, ESC, KIND_REPORT, KIND_SWITCH, PREFIX, ST, Stream};
use crate::Report;

/// Longest frame in bytes; a longer one is data. A report of 64 machines with
/// 8 virtual processors and 40 reasons each fits.
pub const MAX_FRAME: usize = 2 * 1024 * 1024;

/// What the line said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Bytes of a stream.
    Data(Stream, Vec<u8>),
    /// The node ends.
    Report(Report),
}

/// Takes the line apart, however it is cut into pieces. Whatever is not a
/// well-formed frame comes out as data; memory is bounded by [`MAX_FRAME`].
#[derive(Debug, Clone)]
pub struct Splitter {
    current: Stream,
    /// Bytes that may become a frame: empty, or they start with ESC.
    held: Vec<u8>,
}

impl Splitter {
    /// The splitter for a fresh line, which belongs to the hypervisor.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            current: Stream::HYPERVISOR,
            held: Vec::new(),
        }
    }

    /// Takes the next bytes from the line. Data arrives at once, except for
    /// what may still become a frame.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Events { list: Vec::new() };
        for &byte in bytes {
            self.step(byte, &mut events);
        }
        events.list
    }

    /// The line ended: what was held back is data.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = Events { list: Vec::new() };
        self.flush(&mut events);
        events.list
    }

    /// The stream that the next data byte belongs to.
    #[must_use]
    pub const fn current(&self) -> Stream {
        self.current
    }

    fn step(&mut self, byte: u8, events: &mut Events) {
        if self.held.is_empty() {
            match byte {
                ESC => self.held.push(ESC),
                _ => events.data(self.current, &[byte]),
            }
            return;
        }
        let closing = self.held.len() > 1 && self.held.last() == Some(&ESC);
        if closing && byte == ST {
            self.close(events);
        } else if !closing && byte == ESC && self.body().is_some_and(|b| b.len() > PREFIX.len()) {
            self.held.push(ESC);
        } else if !closing && self.continues(byte) {
            self.held.push(byte);
        } else {
            self.reject(byte, events);
        }
    }

    /// Whether `byte` can be the next one of an open frame.
    fn continues(&self, byte: u8) -> bool {
        let Some(at) = self.held.len().checked_sub(2) else {
            return byte == APC;
        };
        let expected = PREFIX.get(at).map(|&wanted| wanted == byte);
        let payload = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b';';
        self.held.len() < MAX_FRAME && expected.unwrap_or(payload)
    }

    /// `byte` breaks the open frame off; an ESC may open the next one.
    fn reject(&mut self, byte: u8, events: &mut Events) {
        // The second ESC of a broken end may itself be the start of a frame.
        let restart = self.held.len() > 1 && self.held.last() == Some(&ESC);
        if restart {
            self.held.pop();
        }
        self.flush(events);
        if restart {
            self.held.push(ESC);
            self.step(byte, events);
        } else if byte == ESC {
            self.held.push(ESC);
        } else {
            events.data(self.current, &[byte]);
        }
    }

    /// The held bytes are a complete frame but for the last byte.
    fn close(&mut self, events: &mut Events) {
        let frame = self
            .body()
            .and_then(|body| Frame::read(body.strip_suffix(&[ESC])?));
        match frame {
            Some(Frame::Switch(stream)) => self.current = stream,
            Some(Frame::Report(report)) => events.list.push(Event::Report(report)),
            None => {
                self.held.push(ST);
                self.flush(events);
            }
        }
        self.held.clear();
    }

    /// What follows `ESC _`.
    fn body(&self) -> Option<&[u8]> {
        self.held.get(2..)
    }

    fn flush(&mut self, events: &mut Events) {
        events.data(self.current, &self.held);
        self.held.clear();
    }
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

/// Gathers neighbouring bytes of one stream.
struct Events {
    list: Vec<Event>,
}

impl Events {
    fn data(&mut self, stream: Stream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match self.list.last_mut() {
            Some(Event::Data(last, data)) if *last == stream => data.extend_from_slice(bytes),
            _ => self.list.push(Event::Data(stream, bytes.to_vec())),
        }
    }
}

/// A complete frame.
enum Frame {
    Switch(Stream),
    Report(Report),
}

impl Frame {
    /// Reads a frame's body; `None` if it is none of ours.
    fn read(body: &[u8]) -> Option<Self> {
        let (&kind, payload) = body.strip_prefix(PREFIX)?.split_first()?;
        let payload = payload.strip_prefix(b";")?;
        match kind {
            KIND_SWITCH => decimal(payload).map(Self::Switch),
            KIND_REPORT => postcard::from_bytes(&unhex(payload)?)
                .ok()
                .map(Self::Report),
            _ => None,
        }
    }
}

fn decimal(digits: &[u8]) -> Option<Stream> {
    let text = core::str::from_utf8(digits).ok()?;
    text.parse().ok().map(Stream)
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?))
        .collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|n| u8::try_from(n).ok())
}
