//! The node's serial line: one UART that carries the hypervisor's console and
//! every VM's ([`bundle::wire`] is the format).
//!
//! Output goes through a queue per stream, so that a VM that prints never waits
//! for another VM's bytes, let alone for the line: whoever finds the line free
//! moves what the UART takes; when something is left, its transmit interrupt
//! goes on. A VM whose queue is full sees a full transmit FIFO.
//!
//! Locks are taken in the order keyboard, inbox, a VM's UART, then either the
//! line or the interrupt controller; queues are taken last. The line's holder
//! takes only queues.

mod inbox;
mod input;
mod line;
mod queue;

pub(crate) use input::{interrupt, resume};
pub(crate) use line::{attach_uart, enable_frames, listen, put_report};

use alloc::vec::Vec;

use bundle::wire::Stream;
use platform::timer;
use spin::Once;

use crate::vm;
use inbox::Inbox;
use queue::Queue;

/// What waits on either side of one VM.
struct Console {
    output: Queue,
    input: Inbox,
}

/// Consoles by VM; the hypervisor's own log does not wait in one.
static CONSOLES: Once<Vec<Console>> = Once::new();

/// Makes the consoles of `vms` virtual machines.
pub(crate) fn init(vms: usize) {
    let console = |_| Console {
        output: Queue::new(),
        input: Inbox::new(),
    };
    CONSOLES.call_once(|| (0..vms).map(console).collect());
}

fn consoles() -> &'static [Console] {
    CONSOLES.get().map_or(&[], Vec::as_slice)
}

fn console(vm: usize) -> Option<&'static Console> {
    consoles().get(vm)
}

/// Writes a line of the hypervisor's own console, at once.
pub(crate) fn print_line(text: core::fmt::Arguments<'_>) {
    line::print(text);
}

/// Moves queued output on to the line, and lets VMs go on that waited for room
/// in their queue. Takes the UART locks of VMs.
pub(crate) fn pump() {
    line::pump();
    // Ends soon: a VM is relieved once for every half queue that was sent, and
    // a round sends far less.
    while relieve() {
        line::pump();
    }
}

/// Whether there were VMs that can go on.
fn relieve() -> bool {
    let mut any = false;
    for (index, console) in consoles().iter().enumerate() {
        if console.output.take_relief()
            && let Some(vm) = vm::get(index)
        {
            vm.console_writable();
            any = true;
        }
    }
    any
}

/// Waits until everything that VMs have printed is on the line, but not for
/// ever: something may hold the line up.
pub(crate) fn drain() {
    /// Seconds: a few full queues take that long at 115200 bits per second.
    const PATIENCE: u64 = 3;
    let begin = timer::counter();
    let left = || consoles().iter().any(|console| !console.output.is_empty());
    while left() && timer::counter().wrapping_sub(begin) < PATIENCE * timer::frequency() {
        pump();
    }
}

/// A VM's end of its console.
pub(crate) struct Port {
    vm: usize,
}

impl Port {
    /// The console of VM `index`.
    pub(crate) fn of(vm: usize) -> Self {
        Self { vm }
    }

    fn queue(&self) -> Option<&'static Queue> {
        console(self.vm).map(|console| &console.output)
    }
}

impl model::pl011::Sink for Port {
    fn room(&self) -> usize {
        self.queue().map_or(0, Queue::room)
    }

    fn put(&mut self, byte: u8) {
        if let Some(queue) = self.queue() {
            queue.push(byte);
        }
    }
}

/// The stream of VM `index`.
fn stream(index: usize) -> Stream {
    Stream::vm(u16::try_from(index).unwrap_or(u16::MAX))
}
