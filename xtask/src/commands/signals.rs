//! Ctrl-C and other requests to end.

use std::io;
use std::process;
use std::sync::OnceLock;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::run::Controller;

/// What a shell adds to the number of a signal that ended a process.
const SIGNAL_STATUS: i32 = 128;

/// From now on the signals that ask for an end stop the node once there is
/// one, and end the tool while there is none. A second signal ends the tool
/// in any case; QEMU ends with it.
pub(super) fn handle() -> io::Result<&'static OnceLock<Controller>> {
    static NODE: OnceLock<Controller> = OnceLock::new();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            match NODE.get() {
                Some(node) if !node.is_stopped() => node.stop("interrupted"),
                _ => process::exit(SIGNAL_STATUS + signal),
            }
        }
    });
    Ok(&NODE)
}
