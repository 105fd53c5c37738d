//! The line itself: the UART and the state of its frames.

use core::{
    fmt::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use bundle::{
    Report,
    wire::{Encoder, Stream},
};
use platform::uart::Uart;
use spin::{Mutex, MutexGuard};

use super::{queue::Queue, queues, stream};

struct Line {
    uart: Option<Uart>,
    encoder: Encoder,
    /// The reader at the other end takes frames apart. Without, everything is
    /// plain text for a person.
    frames: bool,
    /// The queue that was sent from last, to be fair to all.
    turn: usize,
}

static LINE: Mutex<Line> = Mutex::new(Line {
    uart: None,
    encoder: Encoder::new(),
    frames: false,
    turn: 0,
});

/// Something was queued since the line's holder last looked.
static DIRTY: AtomicBool = AtomicBool::new(false);

/// Most bytes that one stream sends before the next has its turn.
const BURST: usize = 256;

/// Gives the console its UART.
pub(crate) fn attach_uart(uart: Uart) {
    LINE.lock().uart = Some(uart);
}

/// From now on streams are marked with frames.
pub(crate) fn enable_frames() {
    LINE.lock().frames = true;
}

impl Line {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        let Some(uart) = &mut self.uart else { return };
        let mut send = |byte| while !uart.try_put(byte) {};
        if self.frames {
            self.encoder.data(stream, bytes, &mut send);
        } else {
            bytes.iter().copied().for_each(send);
        }
    }

    /// Sends from the queues in turn while the UART has room. Returns whether
    /// it filled up first.
    fn send_queued(&mut self, queues: &[Queue]) -> bool {
        for step in 0..queues.len() {
            let index = (self.turn + step) % queues.len();
            let Some(queue) = queues.get(index) else {
                continue;
            };
            for _ in 0..BURST {
                if self.uart.as_ref().is_some_and(Uart::is_full) {
                    self.turn = index;
                    return true;
                }
                let Some(byte) = queue.pop() else { break };
                self.write(stream(index), &[byte]);
            }
        }
        self.turn += 1;
        false
    }
}

/// Moves queued output on to the line. Returns at once when another core is
/// doing so; that core then sees what was queued.
pub(super) fn pump() {
    DIRTY.store(true, Ordering::Release);
    while DIRTY.load(Ordering::Acquire) {
        let Some(mut line) = LINE.try_lock() else {
            return;
        };
        DIRTY.store(false, Ordering::Release);
        let full = line.send_queued(queues());
        let left = queues().iter().any(|queue| !queue.is_empty());
        if let Some(uart) = &mut line.uart {
            uart.set_transmit_interrupt(full);
        }
        if left && !full {
            DIRTY.store(true, Ordering::Release);
        }
    }
}

/// Runs `f` with the UART, if there is one.
pub(super) fn with_uart<R>(f: impl FnOnce(&mut Uart) -> R) -> Option<R> {
    LINE.lock().uart.as_mut().map(f)
}

/// One line of the hypervisor's own stream, at once.
pub(super) fn print(text: fmt::Arguments<'_>) {
    let _always_ok = write!(Printer(&mut patient_lock()), "{text}\r\n");
}

/// The node's last word.
pub(crate) fn put_report(report: &Report) {
    let line = &mut *patient_lock();
    if let (Some(uart), true) = (&mut line.uart, line.frames) {
        // A report that cannot be written leaves a broken frame behind, which
        // the reader takes as text and complains about.
        let _broken = line
            .encoder
            .report(report, &mut |byte| while !uart.try_put(byte) {});
        uart.flush();
    }
}

/// The line, even if its holder died: a panic inside must still be told.
fn patient_lock() -> MutexGuard<'static, Line> {
    /// Attempts before the holder is taken for dead. An honest holder needs
    /// some thousand steps.
    const PATIENCE: u32 = 50_000_000;
    for _ in 0..PATIENCE {
        if let Some(line) = LINE.try_lock() {
            return line;
        }
        core::hint::spin_loop();
    }
    // SAFETY: whoever holds the lock has not moved for far longer than any
    // output takes; it panicked, and what it left is a UART and plain flags.
    unsafe { LINE.force_unlock() };
    LINE.lock()
}

struct Printer<'a>(&'a mut Line);

impl Write for Printer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(Stream::HYPERVISOR, text.as_bytes());
        Ok(())
    }
}
