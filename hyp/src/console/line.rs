//! The line itself: the UART and the state of its frames.

use core::{
    fmt::{self, Write},
    sync::atomic::{AtomicBool, Ordering, fence},
};

use bundle::{
    Report,
    wire::{Encoder, Stream},
};
use platform::uart::Uart;
use spin::{Mutex, MutexGuard};

use super::{Console, consoles, stream};
use crate::panic;

struct Line {
    uart: Option<Uart>,
    encoder: Encoder,
    /// The reader at the other end takes frames apart. Without, everything is
    /// plain text for a person.
    frames: bool,
    /// What arrives is wanted: VMs are there to take it.
    listening: bool,
    /// The console whose turn it is to send, and the bytes that it may still
    /// send before the next one's turn: kept between calls, or a VM that floods
    /// the line would begin anew each time.
    turn: usize,
    burst: usize,
}

static LINE: Mutex<Line> = Mutex::new(Line {
    uart: None,
    encoder: Encoder::new(),
    frames: false,
    listening: false,
    turn: 0,
    burst: BURST,
});

/// Something was queued since the line's holder last looked.
static DIRTY: AtomicBool = AtomicBool::new(false);

/// Most bytes that one stream sends before the next has its turn.
const BURST: usize = 256;

/// Most queued bytes that one call moves: whoever printed one byte must not pay
/// for everything that others have printed.
const BUDGET: usize = 256;

/// Gives the console its UART.
pub(crate) fn attach_uart(uart: Uart) {
    with_line(|line| line.uart = Some(uart));
}

/// From now on streams are marked with frames.
pub(crate) fn enable_frames() {
    with_line(|line| line.frames = true);
}

/// Starts listening: from now on the UART interrupts when something arrives.
pub(crate) fn listen() {
    with_line(|line| {
        line.listening = true;
        if let Some(uart) = &mut line.uart {
            uart.set_receive_interrupt(true);
        }
    });
}

/// A byte that has arrived.
pub(super) fn get() -> Option<u8> {
    with_line(|line| match &mut line.uart {
        Some(uart) if line.listening => uart.try_get(),
        _ => None,
    })
}

/// Moves queued output on to the line. Returns at once when another core holds
/// it; that core then sees what was queued.
pub(super) fn pump() {
    DIRTY.store(true, Ordering::Release);
    catch_up();
}

/// One line of the hypervisor's own stream, at once.
pub(super) fn print(text: fmt::Arguments<'_>) {
    with_line(|line| {
        let _always_ok = write!(Printer(line), "{text}\r\n");
    });
}

/// The node's last word.
pub(crate) fn put_report(report: &Report) {
    with_line(|line| {
        let Some(uart) = &mut line.uart else { return };
        if line.frames {
            // A report that cannot be written leaves a broken frame behind,
            // which the reader takes as text and complains about.
            let _broken = line
                .encoder
                .report(report, &mut |byte| while !uart.try_put(byte) {});
        }
        uart.flush();
    });
}

/// Runs `f` with the line. The only way to it besides [`catch_up`]: whoever had
/// the line looks afterwards whether something was queued meanwhile, as those
/// who queued it did not wait.
fn with_line<R>(f: impl FnOnce(&mut Line) -> R) -> R {
    let result = f(&mut lock());
    catch_up();
    result
}

/// Sends what was queued, up to the budget. What is left then goes on by the
/// transmit interrupt.
fn catch_up() {
    let mut budget = BUDGET;
    while budget > 0 {
        // Between giving up the line and looking for work here; between queuing
        // work and finding the line taken there: one of the two sees the other.
        fence(Ordering::SeqCst);
        // A panic may have left queues locked.
        if !DIRTY.load(Ordering::Relaxed) || panic::is_reporting() {
            return;
        }
        let Some(mut line) = LINE.try_lock() else {
            return;
        };
        // An exchange, not a store: it sees what was queued by whoever set it.
        DIRTY.swap(false, Ordering::AcqRel);
        line.advance(consoles(), &mut budget);
    }
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

    /// Sends what the UART takes, and lets that interrupt when there is more to
    /// do: it either fills up here, or sends as fast as it is given bytes and
    /// interrupts at once.
    fn advance(&mut self, consoles: &[Console], budget: &mut usize) {
        self.send_queued(consoles, budget);
        let unfinished = *budget == 0
            || consoles
                .iter()
                .any(|console| !console.output.is_empty() || console.output.owes_relief());
        if let Some(uart) = &mut self.uart {
            uart.set_transmit_interrupt(unfinished);
        }
    }

    /// Sends from the queues in turn while the UART has room.
    fn send_queued(&mut self, consoles: &[Console], budget: &mut usize) {
        let mut empty = 0;
        while *budget > 0 && empty < consoles.len() {
            if self.uart.as_ref().is_some_and(Uart::is_full) {
                return;
            }
            let byte = match consoles.get(self.turn) {
                Some(console) if self.burst > 0 => console.output.pop(),
                _ => None,
            };
            if let Some(byte) = byte {
                self.write(stream(self.turn), &[byte]);
                self.burst -= 1;
                *budget -= 1;
                empty = 0;
            } else {
                // One whose burst is over is not known to be empty.
                empty += usize::from(self.burst > 0);
                self.turn = (self.turn + 1) % consoles.len();
                self.burst = BURST;
            }
        }
    }
}

/// The line. While a panic is reported, even if its holder died: that must
/// still be told.
fn lock() -> MutexGuard<'static, Line> {
    /// Attempts before the holder is taken for dead. An honest holder needs
    /// some thousand steps.
    const PATIENCE: u32 = 50_000_000;
    let mut attempts = 0;
    loop {
        if let Some(line) = LINE.try_lock() {
            return line;
        }
        core::hint::spin_loop();
        if panic::is_reporting() {
            attempts += 1;
        }
        if attempts == PATIENCE {
            attempts = 0;
            // SAFETY: whoever holds the lock has not moved for far longer than
            // any output takes; it panicked, and what it left is a UART and
            // plain flags.
            unsafe { LINE.force_unlock() };
        }
    }
}

struct Printer<'a>(&'a mut Line);

impl Write for Printer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(Stream::HYPERVISOR, text.as_bytes());
        Ok(())
    }
}
