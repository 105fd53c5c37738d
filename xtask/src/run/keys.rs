//! What the person at the terminal types.

use bundle::wire::{self, KEY};

/// What a key stroke means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Bytes for the node's serial line.
    Send(Vec<u8>),
    /// The keys and the raw output now belong to that machine.
    Attach(usize, Vec<u8>),
    /// End the node.
    Quit,
    /// Ctrl-] was followed by a key that means nothing: show what there is.
    Help,
}

/// Finds the commands among the keys: Ctrl-] and one more key.
#[derive(Debug, Default)]
pub struct Keys {
    escaped: bool,
}

impl Keys {
    /// What the keys are, for people.
    pub const HELP: &'static str = "Ctrl-] q quits, Ctrl-] 0..9 goes to that machine, Ctrl-] ? lists them, Ctrl-] Ctrl-] sends Ctrl-]";

    /// A reader that waits for the first key.
    #[must_use]
    pub const fn new() -> Self {
        Self { escaped: false }
    }

    /// Takes typed bytes apart.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Action> {
        let mut actions = Vec::new();
        for &byte in bytes {
            match (std::mem::replace(&mut self.escaped, false), byte) {
                (false, KEY) => self.escaped = true,
                (false, _) => send(&mut actions, &[byte]),
                (true, KEY) => send(&mut actions, &wire::escape(&[KEY])),
                (true, b'?') => send(&mut actions, &[KEY, b'?']),
                (true, b'q' | b'Q') => actions.push(Action::Quit),
                (true, _) => actions.push(command(byte)),
            }
        }
        actions
    }
}

fn command(key: u8) -> Action {
    let digit = char::from(key)
        .to_digit(10)
        .and_then(|digit| u8::try_from(digit).ok());
    match digit.and_then(|vm| Some((vm, wire::attach(vm)?))) {
        Some((vm, bytes)) => Action::Attach(vm.into(), bytes.to_vec()),
        None => Action::Help,
    }
}

fn send(actions: &mut Vec<Action>, bytes: &[u8]) {
    match actions.last_mut() {
        Some(Action::Send(last)) => last.extend_from_slice(bytes),
        _ => actions.push(Action::Send(bytes.to_vec())),
    }
}
