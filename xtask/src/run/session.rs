//! A running node.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bundle::wire;
use regex::bytes::Regex;

use super::child;
use super::consoles::{Consoles, Transcript};
use super::pump;
use super::qemu::{MachineOptions, command};
use super::search::{Hit, Search, compile};
use super::shared::{Controller, Ending, Outcome, Shared};
use crate::host::Host;
use crate::image::{self, Format};
use crate::manifest::Manifest;

/// Sees what consoles say as it arrives: the console's number (0 = the
/// hypervisor, n + 1 = machine n, the last one QEMU) and the bytes.
pub type Tap = Box<dyn FnMut(usize, &[u8]) + Send>;

/// How a node is run.
#[derive(Default)]
pub struct Options {
    /// The machine.
    pub machine: MachineOptions,
    /// Directory for log files, one a console.
    pub log: Option<PathBuf>,
    /// Who watches the consoles.
    pub tap: Option<Tap>,
}

/// A running node. Dropping it ends QEMU.
pub struct Session {
    shared: Arc<Shared>,
    input: Sender<Vec<u8>>,
    attached: Option<usize>,
    cursors: Vec<usize>,
    reader: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Builds the node's image and starts it.
    ///
    /// # Errors
    /// The image cannot be built, or QEMU cannot be started.
    pub fn start(host: &Host, manifest: &Manifest, options: Options) -> Result<Self> {
        let image = image::build(host, manifest, Format::Raw, true)?;
        Self::start_image(host, manifest, &image, options)
    }

    /// Starts an image that is there already.
    ///
    /// # Errors
    /// QEMU cannot be started, or the log files cannot be written.
    pub fn start_image(
        host: &Host,
        manifest: &Manifest,
        image: &[u8],
        options: Options,
    ) -> Result<Self> {
        let path = write_image(image)?;
        let qemu = host.qemu()?;
        let mut command = command(&qemu.path, &manifest.node, &path, &options.machine);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let names: Vec<_> = manifest.vms.iter().map(|vm| vm.name.clone()).collect();
        let consoles = Consoles::new(&names, options.log.as_deref())?;
        let mut child = child::spawn(command)
            .with_context(|| format!("cannot start {}", qemu.path.display()))?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let cursors = vec![0; consoles.list.len()];
        let shared = Shared::new(consoles, child, manifest.node.semihosting);
        let (input, keys) = channel();
        let (stdin, stdout, stderr) = stdin
            .zip(stdout)
            .zip(stderr)
            .map(|((i, o), e)| (i, o, e))
            .context("QEMU's pipes are gone")?;
        let reader = Some(pump::start(&shared, options.tap, path, stdout, stderr));
        std::thread::spawn(move || pump::write_keys(&keys, stdin));
        Ok(Self {
            shared,
            input,
            attached: Some(0),
            cursors,
            reader,
        })
    }

    /// A handle for stopping the node from another thread.
    #[must_use]
    pub fn controller(&self) -> Controller {
        Controller(Arc::clone(&self.shared))
    }

    /// A sender of raw bytes for the node's serial line.
    #[must_use]
    pub fn line(&self) -> Sender<Vec<u8>> {
        self.input.clone()
    }

    /// Types `keys` at the console of machine number `vm`.
    ///
    /// # Errors
    /// There are only ten keys for choosing a machine.
    pub fn send(&mut self, vm: usize, keys: impl AsRef<[u8]>) -> Result<()> {
        if self.attached != Some(vm) {
            let Some(attach) = u8::try_from(vm).ok().and_then(wire::attach) else {
                bail!("input reaches the first ten machines, not number {vm}");
            };
            let _ = self.input.send(attach.to_vec());
            self.attached = Some(vm);
        }
        // A node that ended takes no more input; its end is seen elsewhere.
        let _ = self.input.send(wire::escape(keys.as_ref()));
        Ok(())
    }

    /// Waits until `expression` appears on the named console, or on any, after
    /// what the last wait on that console found.
    ///
    /// # Errors
    /// The node ended or the time is over; the error shows the consoles' last
    /// lines.
    pub fn wait_for(
        &mut self,
        console: Option<&str>,
        expression: &str,
        timeout: Duration,
    ) -> Result<Hit> {
        let only = console.map(|name| self.console(name)).transpose()?;
        let mut search = Search::new(compile(expression)?, self.cursors.clone(), only);
        let found = self.shared.wait(Some(Instant::now() + timeout), |state| {
            let ended = state.exit.is_some();
            search
                .poll(&state.consoles.list)
                .map(Some)
                .or(ended.then_some(None))
        });
        match found {
            Some(Some(hit)) => {
                if let Some(cursor) = self.cursors.get_mut(hit.number) {
                    *cursor = hit.end;
                }
                Ok(hit)
            }
            Some(None) => bail!(
                "{:?} did not appear; {}\n{}",
                expression,
                self.ending(),
                self.tails(console)
            ),
            None => bail!(
                "{expression:?} did not appear within {timeout:?}\n{}",
                self.tails(console)
            ),
        }
    }

    /// Waits until every expression appeared somewhere, in any order.
    ///
    /// Gives the expressions that are missing when the node ended or the time
    /// is over; none is success.
    #[must_use]
    pub fn expect_all(&self, expressions: &[Regex], deadline: Option<Instant>) -> Vec<String> {
        let start = vec![0; self.cursors.len()];
        let mut missing: Vec<_> = expressions
            .iter()
            .map(|e| Search::new(e.clone(), start.clone(), None))
            .collect();
        // What is missing when the wait is over is the answer either way.
        let _ = self.shared.wait(deadline, |state| {
            missing.retain_mut(|search| search.poll(&state.consoles.list).is_none());
            (missing.is_empty() || state.exit.is_some()).then_some(())
        });
        missing
            .iter()
            .map(|search| search.expression().to_owned())
            .collect()
    }

    /// Waits until the node ended by itself; `false` if the time is over.
    #[must_use]
    pub fn wait_end(&self, deadline: Option<Instant>) -> bool {
        self.shared
            .wait(deadline, |state| state.exit.map(|_| ()))
            .is_some()
    }

    /// Waits for the node's end and gives everything that is known about it.
    /// A node that does not end in time is stopped.
    #[must_use]
    pub fn finish(self, timeout: Duration) -> Outcome {
        if !self.wait_end(Some(Instant::now() + timeout)) {
            self.controller()
                .stop(&format!("it did not end within {timeout:?}"));
        }
        self.collect()
    }

    /// Ends the node now.
    #[must_use]
    pub fn stop(self, reason: &str) -> Outcome {
        self.controller().stop(reason);
        self.collect()
    }

    /// The last lines of a console, or of every console that said something.
    #[must_use]
    pub fn tails(&self, console: Option<&str>) -> String {
        let state = self.shared.lock();
        let wanted = state
            .consoles
            .list
            .iter()
            .filter(|t| console.is_none_or(|name| name == t.name()));
        wanted.map(Transcript::show_tail).collect()
    }

    fn console(&self, name: &str) -> Result<usize> {
        let state = self.shared.lock();
        let found = state.consoles.list.iter().position(|t| t.name() == name);
        found.with_context(|| format!("there is no console {name:?}"))
    }

    fn ending(&self) -> Ending {
        self.shared.lock().ending()
    }

    fn collect(mut self) -> Outcome {
        let _ = self.shared.wait(None, |state| state.exit.map(|_| ()));
        self.join();
        self.shared.update(|state| Outcome {
            ending: state.ending(),
            report: state.report.take(),
            exit: state.exit.and_then(|exit| exit.code()),
            consoles: std::mem::take(&mut state.consoles.list),
        })
    }

    fn join(&mut self) {
        // A thread that panicked has said so already.
        let _ = self.reader.take().map(JoinHandle::join);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.controller().stop("it is no longer needed");
        self.join();
    }
}

/// Puts the image where QEMU finds it. It may be large, so not into a
/// temporary directory that is memory.
fn write_image(image: &[u8]) -> Result<tempfile::TempPath> {
    let directory = crate::target_directory().join("images");
    let place = || format!("cannot write the image into {}", directory.display());
    std::fs::create_dir_all(&directory).with_context(place)?;
    let builder = tempfile::Builder::new()
        .prefix("node-")
        .suffix(".img")
        .tempfile_in(&directory);
    let mut file = builder.with_context(place)?;
    file.write_all(image).with_context(place)?;
    Ok(file.into_temp_path())
}
