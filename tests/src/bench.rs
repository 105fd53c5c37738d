//! What a case works with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use xtask::host::Host;
use xtask::manifest::Manifest;
use xtask::run::{Ending, MachineOptions, Options, Outcome, Session};

/// Time for a bare-metal guest on a busy machine: where vCPUs that spin outnumber
/// the host's cores, each waits for time slices of the others.
pub const GUEST_TIME: Duration = Duration::from_secs(240);

/// The node of bare-metal test guests: they end it by semihosting with a
/// status, so that the same program says the same without a hypervisor.
const GUEST_NODE: &str = "[node]\nsemihosting = true\n[[vm]]\nname = \"guest\"\nmemory = \"64M\"\n";

/// Starts nodes for one case.
#[derive(Debug)]
pub struct Bench<'h> {
    host: &'h Host,
    logs: PathBuf,
}

impl<'h> Bench<'h> {
    pub(crate) fn new(host: &'h Host, case: &str) -> Self {
        let logs = xtask::target_directory()
            .join("system-tests")
            .join(case.replace(['/', ' '], "-"));
        Self { host, logs }
    }

    /// The machine that nodes are built on.
    #[must_use]
    pub const fn host(&self) -> &'h Host {
        self.host
    }

    /// Starts a node from a manifest's text, with overrides as for `--set`.
    /// Paths in the text are relative to `manifests/`.
    ///
    /// # Errors
    /// The manifest is wrong, or the node cannot be started.
    pub fn start(&self, manifest: &str, sets: &[impl AsRef<str>]) -> Result<Session> {
        self.start_on(manifest, sets, MachineOptions::default())
    }

    /// Like [`Bench::start`], with wishes about the machine.
    ///
    /// # Errors
    /// The manifest is wrong, or the node cannot be started.
    pub fn start_on(
        &self,
        manifest: &str,
        sets: &[impl AsRef<str>],
        machine: MachineOptions,
    ) -> Result<Session> {
        let path = xtask::workspace().join("manifests").join("test.toml");
        let manifest = Manifest::parse(&path, manifest, &owned(sets))?;
        self.launch(&manifest, machine)
    }

    /// Starts one of the ready-made nodes in `manifests/`, such as `default`.
    ///
    /// # Errors
    /// The manifest is wrong, or the node cannot be started.
    pub fn start_ready_made(&self, name: &str, sets: &[impl AsRef<str>]) -> Result<Session> {
        let path = xtask::workspace()
            .join("manifests")
            .join(name)
            .with_extension("toml");
        let manifest = Manifest::load(&path, &owned(sets))?;
        self.launch(&manifest, MachineOptions::default())
    }

    /// Runs a bare-metal guest of the house to its end.
    ///
    /// # Errors
    /// It cannot be built or started, does not end in time, or ends with
    /// another status than 0; the error shows the last lines.
    pub fn run_guest(&self, guest: &str, sets: &[impl AsRef<str>]) -> Result<Outcome> {
        let mut all = vec![format!("vm.0.kernel=guest:{guest}")];
        all.extend(owned(sets));
        let session = self.start(GUEST_NODE, &all)?;
        let outcome = session.finish(GUEST_TIME);
        let ending = &outcome.ending;
        ensure!(
            *ending == Ending::Exit(0),
            "{guest}: {ending}\n{}",
            complaints(&outcome)
        );
        Ok(outcome)
    }

    /// Where the consoles of this case are written.
    #[must_use]
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    fn launch(&self, manifest: &Manifest, machine: MachineOptions) -> Result<Session> {
        let options = Options {
            machine,
            log: Some(self.logs.clone()),
            tap: None,
        };
        Session::start(self.host, manifest, options).context("the node does not start")
    }
}

fn owned(sets: &[impl AsRef<str>]) -> Vec<String> {
    sets.iter().map(|set| set.as_ref().to_owned()).collect()
}

/// The checks of a guest that failed, then the last lines of every console.
fn complaints(outcome: &Outcome) -> String {
    let all = outcome.text("guest");
    let failed = all
        .lines()
        .filter(|line| line.starts_with("not ok"))
        .map(|line| format!("{line}\n"));
    failed.chain([outcome.tails()]).collect()
}
