//! What the user types, or a script in the user's place.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use bundle::wire;

use super::run::{Screen, show};
use crate::run::{Action, Keys, Session};

/// Bytes read at once.
const CHUNK: usize = 1024;
/// How often a guest is looked at that does not wait for input yet.
const PATIENCE: Duration = Duration::from_millis(50);

/// Reads the raw terminal: keys for the guest, and commands.
pub(super) fn from_terminal(session: &Session, screen: &Screen) {
    let (line, controller, screen) = (session.line(), session.controller(), Arc::clone(screen));
    std::thread::spawn(move || {
        let mut keys = Keys::new();
        read_input(|bytes| {
            for action in keys.push(bytes) {
                match action {
                    // A node that ended takes no more keys.
                    Action::Send(bytes) => drop(line.send(bytes)),
                    Action::Attach(vm, bytes) => {
                        let _ = line.send(bytes);
                        show(&screen, |display| display.attach(vm + 1));
                    }
                    Action::Quit => controller.stop("you quit"),
                    Action::Help => show(&screen, |display| display.notice(Keys::HELP)),
                }
            }
        });
    });
}

/// Passes a pipe, a file or typed lines on to the first machine as it is, once that seems
/// to wait for input. The pipe's end does not end the node.
pub(super) fn from_pipe(session: &Session) {
    let (line, controller) = (session.line(), session.controller());
    std::thread::spawn(move || {
        let mut waited = false;
        read_input(|bytes| {
            while !waited && !controller.seems_to_wait(0) {
                std::thread::sleep(PATIENCE);
            }
            waited = true;
            // A node that ended takes no more keys.
            let _ = line.send(wire::escape(bytes));
        });
    });
}

fn read_input(mut handle: impl FnMut(&[u8])) {
    let mut chunk = [0; CHUNK];
    let mut stdin = io::stdin().lock();
    loop {
        match stdin.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => handle(chunk.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
