//! The threads of a session: they move bytes between QEMU and the shared
//! state, and reap the process.

use std::io::{ErrorKind, Read, Write};
use std::process::ChildStdin;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use bundle::wire::{Event, Splitter};
use tempfile::TempPath;

use super::session::Tap;
use super::shared::{Controller, Shared};

/// After its report a node switches itself off within this time.
const POWER_OFF: Duration = Duration::from_secs(10);
/// How often a process whose pipes are closed is asked for its status.
const REAP: Duration = Duration::from_millis(5);
/// Bytes read from QEMU at once.
const CHUNK: usize = 16 << 10;

/// Where console output goes: to the tap, then into the transcripts.
#[derive(Clone)]
struct Output {
    shared: Arc<Shared>,
    tap: Arc<Mutex<Option<Tap>>>,
}

impl Output {
    fn show(&self, console: usize, bytes: &[u8]) {
        if let Ok(mut tap) = self.tap.lock()
            && let Some(tap) = tap.as_mut()
        {
            tap(console, bytes);
        }
        self.shared
            .update(|state| state.consoles.push(console, bytes));
    }

    fn event(&self, event: Event) {
        match event {
            Event::Data(stream, bytes) => {
                let console = self.shared.lock().consoles.of_stream(stream);
                self.show(console, &bytes);
            }
            Event::Report(report) => {
                self.shared.update(|state| state.report = Some(report));
                insist_on_power_off(&self.shared);
            }
        }
    }
}

/// Starts the reading threads. The one that is given back ends when the
/// process has ended and all its output was read. The image is removed as
/// soon as the node speaks: QEMU has loaded it then.
pub(super) fn start(
    shared: &Arc<Shared>,
    tap: Option<Tap>,
    image: TempPath,
    stdout: impl Read + Send + 'static,
    stderr: impl Read + Send + 'static,
) -> JoinHandle<()> {
    let output = Output {
        shared: Arc::clone(shared),
        tap: Arc::new(Mutex::new(tap)),
    };
    let (on_line, shared) = (output.clone(), Arc::clone(shared));
    let errors = std::thread::spawn(move || {
        let console = output.shared.lock().consoles.qemu();
        read_chunks(stderr, |bytes| output.show(console, bytes));
    });
    let line = std::thread::spawn(move || {
        let mut splitter = Splitter::new();
        let mut image = Some(image);
        read_chunks(stdout, |bytes| {
            image = None;
            splitter
                .push(bytes)
                .into_iter()
                .for_each(|e| on_line.event(e));
        });
        splitter
            .finish()
            .into_iter()
            .for_each(|event| on_line.event(event));
    });
    std::thread::spawn(move || {
        // A thread that panicked has said so already.
        let _ = (line.join(), errors.join());
        reap(&shared);
    })
}

/// A node that reported its end but keeps running is ended.
fn insist_on_power_off(shared: &Arc<Shared>) {
    let shared = Arc::downgrade(shared);
    std::thread::spawn(move || {
        std::thread::sleep(POWER_OFF);
        if let Some(shared) = shared.upgrade() {
            Controller(shared).stop("it did not switch itself off after its report");
        }
    });
}

fn read_chunks(mut pipe: impl Read, mut handle: impl FnMut(&[u8])) {
    let mut chunk = vec![0; CHUNK];
    loop {
        match pipe.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => handle(chunk.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return, // A pipe that fails is at its end.
        }
    }
}

/// Writes what is typed. Ends with the session and all its handles.
pub(super) fn write_keys(keys: &Receiver<Vec<u8>>, mut stdin: ChildStdin) {
    for bytes in keys {
        if stdin
            .write_all(&bytes)
            .and_then(|()| stdin.flush())
            .is_err()
        {
            return; // QEMU ended.
        }
    }
}

/// Waits for the process without holding the lock, so that it can be killed.
fn reap(shared: &Arc<Shared>) {
    loop {
        let ended = shared.update(|state| {
            state.exit = state
                .child
                .as_mut()
                .and_then(|child| child.try_wait().ok().flatten());
            state.exit.is_some()
        });
        if ended {
            return;
        }
        std::thread::sleep(REAP);
    }
}
