//! The state of a running node that its threads share.

use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bundle::Report;
use bundle::report::NodeStatus;

use super::consoles::{Consoles, Transcript};

/// How a node ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Every virtual machine shut down.
    AllOff,
    /// The hypervisor reported a failure.
    Failed(String),
    /// The hypervisor panicked.
    Panic(String),
    /// QEMU ended with this exit status and without a report: a guest used
    /// semihosting, or QEMU itself failed.
    Exit(i32),
    /// It was stopped from outside; the reason is for people.
    Stopped(String),
    /// QEMU was killed by a signal, or ended with 0 and without a report.
    Lost(String),
}

impl Ending {
    /// Whether the node ended well.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::AllOff | Self::Exit(0))
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AllOff => f.write_str("every virtual machine shut down"),
            Self::Failed(reason) => write!(f, "the node failed: {reason}"),
            Self::Panic(message) => write!(f, "the hypervisor panicked: {message}"),
            Self::Exit(status) => write!(f, "QEMU ended with status {status}"),
            Self::Stopped(reason) => write!(f, "the node was stopped: {reason}"),
            Self::Lost(reason) => f.write_str(reason),
        }
    }
}

/// A node that ended.
#[derive(Debug)]
pub struct Outcome {
    /// How.
    pub ending: Ending,
    /// The hypervisor's report, if it sent one.
    pub report: Option<Report>,
    /// QEMU's exit status, unless a signal ended it.
    pub exit: Option<i32>,
    /// What the consoles said.
    pub consoles: Vec<Transcript>,
}

impl Outcome {
    /// What a console said; empty if there is none of that name.
    #[must_use]
    pub fn text(&self, console: &str) -> String {
        let found = self
            .consoles
            .iter()
            .find(|transcript| transcript.name() == console);
        found.map_or_else(String::new, |t| {
            String::from_utf8_lossy(t.text()).into_owned()
        })
    }

    /// The last lines of every console that said something.
    #[must_use]
    pub fn tails(&self) -> String {
        self.consoles.iter().map(Transcript::show_tail).collect()
    }
}

/// What changes while a node runs.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) consoles: Consoles,
    pub(super) report: Option<Report>,
    /// Known once QEMU was reaped and every pipe is drained.
    pub(super) exit: Option<ExitStatus>,
    /// Why the node was stopped from outside.
    pub(super) stopped: Option<String>,
    /// QEMU itself.
    pub(super) child: Option<Child>,
    /// Guests may end QEMU with an exit status of their own.
    pub(super) semihosting: bool,
}

impl State {
    /// Judges the end; only meaningful once `exit` is known.
    pub(super) fn ending(&self) -> Ending {
        if let Some(reason) = &self.stopped {
            return Ending::Stopped(reason.clone());
        }
        let status = self.report.as_ref().map(|report| &report.status);
        match (status, self.exit.and_then(|exit| exit.code())) {
            (Some(NodeStatus::AllOff), _) => Ending::AllOff,
            (Some(NodeStatus::Failed { reason }), _) => Ending::Failed(reason.clone()),
            (Some(NodeStatus::Panic { message }), _) => Ending::Panic(message.clone()),
            (None, Some(0)) if !self.semihosting => {
                Ending::Lost("the node stopped without a report".to_owned())
            }
            (None, Some(code)) => Ending::Exit(code),
            (None, None) => {
                let exit = self.exit.map_or_else(String::new, |exit| exit.to_string());
                Ending::Lost(format!("QEMU was killed ({exit})"))
            }
        }
    }
}

/// The state with its bell.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    pub(super) fn new(consoles: Consoles, child: Child, semihosting: bool) -> Arc<Self> {
        let state = State {
            consoles,
            child: Some(child),
            semihosting,
            ..State::default()
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever waits.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until `ready` says something, or until the deadline (`None`).
    pub(super) fn wait<T>(
        &self,
        deadline: Option<Instant>,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        /// Without a deadline the wait is renewed this often.
        const FOREVER: Duration = Duration::from_secs(3600);
        let mut state = self.lock();
        loop {
            if let Some(result) = ready(&mut state) {
                return Some(result);
            }
            let left = deadline.map_or(FOREVER, |d| d.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return None;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Stops a node from another thread (signals, the escape key).
#[derive(Debug, Clone)]
pub struct Controller(pub(super) Arc<Shared>);

impl Controller {
    /// Ends QEMU. The first reason counts.
    pub fn stop(&self, reason: &str) {
        self.0.update(|state| {
            if state.exit.is_none() {
                state.stopped.get_or_insert_with(|| reason.to_owned());
                // It may have ended by itself just now.
                let _ = state.child.as_mut().map(Child::kill);
            }
        });
    }

    /// Whether machine number `vm` seems to wait for input: its console
    /// stopped in the middle of a line, as behind a prompt, or was silent for
    /// long. What is typed before that, a booting kernel loses.
    #[must_use]
    pub fn seems_to_wait(&self, vm: usize) -> bool {
        let state = self.0.lock();
        state
            .consoles
            .list
            .get(vm + 1)
            .is_some_and(Transcript::seems_to_wait)
    }

    /// Whether the node was stopped from outside.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.lock().stopped.is_some()
    }
}
