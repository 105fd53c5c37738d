//! `cargo xtask run`: a node with the user's terminal around it.

use std::io::{self, IsTerminal, Stdout};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use regex::bytes::Regex;

use super::{input, signals};
use crate::cli::{Exit, RunArgs};
use crate::manifest::Manifest;
use crate::run::{
    Display, Ending, HYPERVISOR, Keys, MachineOptions, Options, Outcome, QEMU, RawTerminal,
    Session, Tap, compile_expression, report_json, report_table,
};

/// The node of someone who names none.
const DEFAULT_MANIFEST: &str = "manifests/default.toml";
/// How long expectations may take unless the user says otherwise.
const EXPECT_TIMEOUT: Duration = Duration::from_secs(120);

/// The display, shared by the threads that show something.
pub(super) type Screen = Arc<Mutex<Display<Stdout>>>;

/// `cargo xtask run`.
pub(crate) fn run(args: &RunArgs) -> Result<Exit> {
    let node = signals::handle()?;
    let manifest = super::manifest(&manifest_path(args), &args.source)?;
    let Ok(expressions) = expressions(args) else {
        return Ok(Exit::Usage);
    };
    let host = super::host(&args.source)?;
    host.qemu()?;
    let terminal = if expressions.is_empty() {
        RawTerminal::enter()?
    } else {
        None
    };
    let screen = screen(&manifest, terminal.is_some());
    let session = Session::start(&host, &manifest, options(args, &screen))?;
    // Nobody else sets it: there is one run in a process.
    let _ = node.set(session.controller());
    if terminal.is_some() {
        show(&screen, |display| display.notice(Keys::HELP));
        input::from_terminal(&session, &screen);
    } else if expressions.is_empty() || !io::stdin().is_terminal() {
        input::from_pipe(&session);
    }
    let verdict = Verdict::await_end(args, session, &expressions);
    show(&screen, Display::finish);
    drop(terminal);
    verdict.conclude(args)
}

fn manifest_path(args: &RunArgs) -> PathBuf {
    let named = args
        .manifest
        .clone()
        .unwrap_or_else(|| DEFAULT_MANIFEST.into());
    if args.manifest.is_some() || named.exists() {
        named
    } else {
        crate::workspace().join(named)
    }
}

/// The expectations; what is wrong with one is told here.
fn expressions(args: &RunArgs) -> Result<Vec<Regex>, ()> {
    let compile = |text: &String| {
        compile_expression(text).map_err(|error| eprintln!("error: --expect: {error:#}"))
    };
    args.expect.iter().map(compile).collect()
}

fn screen(manifest: &Manifest, raw: bool) -> Screen {
    let vms = manifest.vms.iter().map(|vm| vm.name.clone());
    let names = [HYPERVISOR.to_owned()]
        .into_iter()
        .chain(vms)
        .chain([QEMU.to_owned()]);
    Arc::new(Mutex::new(Display::new(io::stdout(), names.collect(), raw)))
}

/// Shows something. An output that is closed does not stop the node.
pub(super) fn show(screen: &Screen, what: impl FnOnce(&mut Display<Stdout>) -> io::Result<()>) {
    let _ = what(&mut screen.lock().unwrap_or_else(PoisonError::into_inner));
}

fn options(args: &RunArgs, screen: &Screen) -> Options {
    let screen = Arc::clone(screen);
    let tap: Tap = Box::new(move |console, bytes| show(&screen, |d| d.feed(console, bytes)));
    let machine = MachineOptions {
        icount: args.icount,
        gdb: args.gdb,
        extra: args.qemu_arg.clone(),
    };
    Options {
        machine,
        log: args.log.clone(),
        tap: Some(tap),
    }
}

/// How the run went.
struct Verdict {
    outcome: Outcome,
    /// With expectations: the ones that were not seen.
    missing: Option<Vec<String>>,
    /// The time was over before the node or the expectations were done.
    late: bool,
}

impl Verdict {
    fn await_end(args: &RunArgs, session: Session, expressions: &[Regex]) -> Self {
        let default = (!expressions.is_empty()).then_some(EXPECT_TIMEOUT);
        let timeout = args.timeout.map(Duration::from_secs).or(default);
        // A time beyond the clock's end is no limit.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let missing = (!expressions.is_empty()).then(|| session.expect_all(expressions, deadline));
        let seen = missing.as_ref().is_some_and(Vec::is_empty);
        let late = !seen && !session.wait_end(deadline);
        let reason = if late {
            "the time is over"
        } else {
            "everything expected was seen"
        };
        // Stopping a node that ended already changes nothing.
        Self {
            outcome: session.stop(reason),
            missing,
            late,
        }
    }

    fn conclude(self, args: &RunArgs) -> Result<Exit> {
        self.write_stats(args)?;
        let Some(missing) = &self.missing else {
            eprintln!("{}", self.outcome.ending);
            return Ok(self.node_exit());
        };
        if missing.is_empty() {
            return Ok(Exit::Success);
        }
        eprint!("{}", self.outcome.tails());
        eprintln!("---\n{}", self.outcome.ending);
        missing
            .iter()
            .for_each(|expression| eprintln!("not seen: {expression}"));
        Ok(match self.node_exit() {
            Exit::Success | Exit::Guest(_) => Exit::Failure,
            exit => exit,
        })
    }

    fn node_exit(&self) -> Exit {
        match &self.outcome.ending {
            Ending::AllOff | Ending::Exit(0) => Exit::Success,
            Ending::Exit(status) => u8::try_from(*status).map_or(Exit::Failure, Exit::Guest),
            Ending::Stopped(_) if self.late => Exit::Timeout,
            Ending::Stopped(_) => Exit::Interrupted,
            Ending::Failed(_) | Ending::Panic(_) | Ending::Lost(_) => Exit::Failure,
        }
    }

    fn write_stats(&self, args: &RunArgs) -> Result<()> {
        if let Some(report) = &self.outcome.report {
            eprint!("{}", report_table(report));
        }
        let Some(path) = &args.stats else {
            return Ok(());
        };
        match &self.outcome.report {
            Some(report) => write_json(path, &report_json(report)),
            None => {
                eprintln!(
                    "warning: no statistics for {}: the node ended without a report",
                    path.display()
                );
                Ok(())
            }
        }
    }
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
