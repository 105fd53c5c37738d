//! Child processes that die with this one.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A command to start and where to send the child.
type Order = (Command, Sender<io::Result<Child>>);

/// Starts a command whose process is killed when this process ends, however
/// it ends.
///
/// The kernel's parent-death signal follows the *thread* that started the
/// child, so all children are started by one thread that never ends.
///
/// # Errors
/// The command could not be started.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let gone = || io::Error::other("the thread that starts processes is gone");
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, inbox) = channel();
        std::thread::spawn(move || serve(&inbox));
        Mutex::new(orders)
    });
    let (reply, answer) = channel();
    let orders = spawner
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    orders.send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn serve(inbox: &Receiver<Order>) {
    for (mut command, reply) in inbox {
        // A group of its own: the terminal's Ctrl-C is for the tool, which
        // ends the child itself.
        command.process_group(0);
        die_with_us(&mut command);
        // Whoever ordered may be gone by now; the child is then dropped, and
        // ends with this process.
        let _ = reply.send(command.spawn());
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn die_with_us(command: &mut Command) {
    use rustix::process::{Signal, set_parent_process_death_signal};

    let ask = || set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from);
    // SAFETY: between fork and exec the closure makes one system call and
    // touches no memory, lock or allocator of this process.
    unsafe {
        command.pre_exec(ask);
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn die_with_us(_command: &mut Command) {}
