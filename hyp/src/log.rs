//! The hypervisor's own words: the `log` crate's output, and complaints about
//! guests, which a guest must not be able to flood the line with.

use core::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::console;

struct Logger;

static LOGGER: Logger = Logger;

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mark = match record.level() {
            Level::Error => "error: ",
            Level::Warn => "warning: ",
            Level::Info => "",
            Level::Debug | Level::Trace => "debug: ",
        };
        console::print_line(format_args!("toroid: {mark}{}", record.args()));
    }

    fn flush(&self) {}
}

/// Starts logging at level "info".
pub(crate) fn init() {
    // Only fails when a logger is set already, and then it is this one.
    let _again = log::set_logger(&LOGGER);
    log::set_max_level(LevelFilter::Info);
}

/// Sets how much is said.
pub(crate) fn set_level(level: bundle::LogLevel) {
    use bundle::LogLevel as Words;
    log::set_max_level(match level {
        Words::Error => LevelFilter::Error,
        Words::Warn => LevelFilter::Warn,
        Words::Info => LevelFilter::Info,
        Words::Debug => LevelFilter::Debug,
        Words::Trace => LevelFilter::Trace,
    });
}

/// Lets through a burst of complaints, then a few every second.
pub(crate) struct Limiter {
    /// Complaints since the current second began, in the low half; that second
    /// of the system counter in the high half.
    window: AtomicU64,
    suppressed: AtomicU64,
}

/// Complaints per second that are printed.
const PER_SECOND: u64 = 10;

impl Limiter {
    pub(crate) const fn new() -> Self {
        Self {
            window: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
        }
    }

    /// Prints a complaint unless there were too many lately.
    pub(crate) fn warn(&self, text: fmt::Arguments<'_>) {
        self.print(Level::Warn, text);
    }

    /// The same for what only somebody who looks for it wants to read.
    pub(crate) fn debug(&self, text: fmt::Arguments<'_>) {
        self.print(Level::Debug, text);
    }

    fn print(&self, level: Level, text: fmt::Arguments<'_>) {
        if level > log::max_level() {
            return;
        }
        let second = crate::node::uptime() << 32;
        let window = self.window.load(Ordering::Relaxed);
        let count = if window & !0xffff_ffff == second {
            window & 0xffff_ffff
        } else {
            0
        };
        if count >= PER_SECOND {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.window.store(second | (count + 1), Ordering::Relaxed);
        match self.suppressed.swap(0, Ordering::Relaxed) {
            0 => log::log!(level, "{text}"),
            more => log::log!(level, "{text} (and {more} more complaints before)"),
        }
    }
}
