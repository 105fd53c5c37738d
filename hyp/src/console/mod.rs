//! The node's serial line: one UART that carries the hypervisor's console and
//! every VM's ([`bundle::wire`] is the format).
//!
//! Output goes through a queue per stream, so that a VM that prints never waits
//! for another VM's bytes, let alone for the line: whoever finds the line free
//! moves what the UART takes; when the UART is full, its transmit interrupt
//! goes on. A VM whose queue is full sees a full transmit FIFO.

mod input;
mod line;
mod queue;

pub(crate) use input::{interrupt, listen, resume};
pub(crate) use line::{attach_uart, enable_frames, put_report};

use alloc::vec::Vec;

use bundle::wire::Stream;
use spin::Once;

use queue::Queue;

/// Queues by stream number; the hypervisor's own log does not wait in one.
static QUEUES: Once<Vec<Queue>> = Once::new();

/// Makes the consoles of `vms` virtual machines.
pub(crate) fn init(vms: usize) {
    QUEUES.call_once(|| (0..vms).map(|_| Queue::new()).collect());
}

fn queues() -> &'static [Queue] {
    QUEUES.get().map_or(&[], Vec::as_slice)
}

/// Writes a line of the hypervisor's own console, at once.
pub(crate) fn print_line(text: core::fmt::Arguments<'_>) {
    line::print(text);
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
        queues().get(self.vm)
    }

    /// Moves what is queued on to the line as far as that takes it.
    pub(crate) fn pump(&self) {
        line::pump();
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

/// The stream of queue `index`.
fn stream(index: usize) -> Stream {
    Stream::vm(u16::try_from(index).unwrap_or(u16::MAX))
}
