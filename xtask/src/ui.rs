//! Progress and messages on standard error.
//!
//! On a terminal, long work shows a spinner or a bar; elsewhere (CI logs,
//! pipes) each step is one plain line when it starts. Tests use
//! [`Ui::quiet`], which says nothing.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// Where progress goes.
#[derive(Debug)]
enum Sink {
    /// Nobody looks.
    Quiet,
    /// One line a step on standard error.
    Plain(Mutex<()>),
    /// Spinners and bars on a terminal.
    Terminal(MultiProgress),
}

/// Speaks to the person who started the tool.
#[derive(Debug)]
pub struct Ui {
    sink: Sink,
}

impl Ui {
    /// Spinners if standard error is a terminal, else plain lines.
    #[must_use]
    pub fn new() -> Self {
        let sink = if std::io::stderr().is_terminal() {
            Sink::Terminal(MultiProgress::new())
        } else {
            Sink::Plain(Mutex::new(()))
        };
        Self { sink }
    }

    /// Says nothing at all.
    #[must_use]
    pub const fn quiet() -> Self {
        Self { sink: Sink::Quiet }
    }

    /// Whether standard error is a terminal with live progress.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self.sink, Sink::Terminal(_))
    }

    /// Whether nothing is shown.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        matches!(self.sink, Sink::Quiet)
    }

    /// One line of information.
    pub fn info(&self, text: impl AsRef<str>) {
        self.line(text.as_ref());
    }

    /// One line that the user should not overlook.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.line(&format!("warning: {}", text.as_ref()));
    }

    /// Starts a step of unknown length, such as a build. The step ends with
    /// [`Step::done`], or silently when it is dropped (an error follows).
    #[must_use]
    pub fn step(&self, text: impl Into<String>) -> Step<'_> {
        let text = text.into();
        let bar = match &self.sink {
            Sink::Terminal(multi) => {
                let bar = multi.add(ProgressBar::new_spinner());
                bar.set_message(text.clone());
                bar.enable_steady_tick(TICK);
                Some(bar)
            }
            _ => {
                self.line(&text);
                None
            }
        };
        Step {
            ui: self,
            text,
            bar,
            started: std::time::Instant::now(),
        }
    }

    /// Starts a step that moves `total` bytes, such as a download.
    #[must_use]
    pub fn bytes(&self, text: impl Into<String>, total: u64) -> Step<'_> {
        let step = self.step(text);
        if let Some(bar) = &step.bar {
            bar.set_length(total);
            if let Ok(style) = ProgressStyle::with_template(
                "{spinner} {msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {eta}",
            ) {
                bar.set_style(style.progress_chars("=> "));
            }
        }
        step
    }

    fn line(&self, text: &str) {
        match &self.sink {
            Sink::Quiet => {}
            Sink::Plain(lock) => {
                let _one_at_a_time = lock.lock();
                // Nothing useful can be done if standard error is gone.
                let _ = writeln!(std::io::stderr(), "{text}");
            }
            Sink::Terminal(multi) => {
                let _ = multi.println(text);
            }
        }
    }
}

impl Default for Ui {
    fn default() -> Self {
        Self::new()
    }
}

/// One running step of long work.
#[derive(Debug)]
pub struct Step<'a> {
    ui: &'a Ui,
    text: String,
    bar: Option<ProgressBar>,
    started: std::time::Instant,
}

impl Step<'_> {
    /// Shows what the step is busy with (terminals only).
    pub fn detail(&self, detail: impl AsRef<str>) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}: {}", self.text, detail.as_ref()));
        }
    }

    /// Says how much of the work is done.
    pub fn position(&self, position: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
        }
    }

    /// The step is done; terminals keep one line with the time it took.
    pub fn done(self) {
        if self.bar.is_some() {
            let took = self.started.elapsed();
            self.clear();
            self.ui
                .line(&format!("{} ({})", self.text, HumanDuration(took)));
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
