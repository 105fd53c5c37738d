//! What the node reads from its line: keys for the attached guest, and
//! commands behind the escape key Ctrl-].

use alloc::vec::Vec;

/// The escape key, Ctrl-] (ASCII group separator).
pub const KEY: u8 = 0x1d;

/// One thing read from the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A byte for the attached guest's console.
    Byte(u8),
    /// Ctrl-] and a digit: attach the keys to that virtual machine.
    Attach(u8),
    /// Ctrl-] `?`: say which machines there are.
    Help,
}

/// Finds the commands among the keys. Ctrl-] twice is one Ctrl-] for the
/// guest; Ctrl-] with any other key than a command is dropped.
#[derive(Debug, Clone, Default)]
pub struct InputDecoder {
    escaped: bool,
}

impl InputDecoder {
    /// A decoder that waits for the first key.
    #[must_use]
    pub const fn new() -> Self {
        Self { escaped: false }
    }

    /// Takes one byte from the line.
    pub fn push(&mut self, byte: u8) -> Option<Input> {
        if !core::mem::take(&mut self.escaped) {
            self.escaped = byte == KEY;
            return (!self.escaped).then_some(Input::Byte(byte));
        }
        match byte {
            KEY => Some(Input::Byte(KEY)),
            b'0'..=b'9' => Some(Input::Attach(byte - b'0')),
            b'?' => Some(Input::Help),
            _ => None,
        }
    }
}

/// The bytes to send so that `keys` arrive at the attached guest as they are.
#[must_use]
pub fn escape(keys: &[u8]) -> Vec<u8> {
    let twice = |&key: &u8| core::iter::repeat_n(key, if key == KEY { 2 } else { 1 });
    keys.iter().flat_map(twice).collect()
}

/// The bytes to send so that what follows goes to machine number `vm`; only
/// the first ten can be chosen.
#[must_use]
pub const fn attach(vm: u8) -> Option<[u8; 2]> {
    if vm < 10 {
        Some([KEY, b'0' + vm])
    } else {
        None
    }
}
