//! Debian packages without root: apt with a private state directory.
//!
//! apt is told (by a configuration file given with `-c`, which overrides the
//! system's) to keep its lists, its archives and its idea of what is installed
//! below the user's cache. The system's settings for proxies, credentials and
//! trusted keys stay in force, and so do apt's signature checks. Packages are
//! then unpacked, never installed.

mod config;
mod host;
mod read;
mod sources;
mod transfer;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

pub(crate) use host::Host;
pub(crate) use read::Package;
pub(crate) use sources::Mirrors;
pub(crate) use transfer::unpack;

use self::config::configuration;
use self::read::{parse_stanza, parse_uris, size_note};
use self::transfer::run_with_progress;
use super::cache::{Cache, Lock};
use super::text;
use crate::ui::Ui;

/// For how long downloaded package lists are good enough.
const LISTS_LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// What a private apt believes about its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// A foreign machine of this Debian architecture with nothing installed.
    Empty(&'static str),
    /// This machine, with what is installed on it.
    ThisMachine,
}

/// An apt of our own.
#[derive(Debug)]
pub(crate) struct Apt<'a> {
    ui: &'a Ui,
    dir: PathBuf,
    // Held as long as the private state is in use.
    _lock: Lock,
}

impl<'a> Apt<'a> {
    /// Sets up the private state `name` with the source entries that
    /// `entries` makes from the machine's mirrors.
    pub(crate) fn open(
        ui: &'a Ui,
        cache: &Cache,
        name: &str,
        system: System,
        entries: impl FnOnce(&Host, &Mirrors) -> Result<String>,
    ) -> Result<Self> {
        let host = Host::detect().context("apt and dpkg were not found")?;
        let lock = cache.lock(ui, name)?;
        let dir = cache.path(name);
        for sub in ["lists/partial", "archives/partial", "sources", "none"] {
            fs::create_dir_all(dir.join(sub))
                .with_context(|| format!("cannot make {}", dir.join(sub).display()))?;
        }
        let entries = entries(&host, &host.mirrors(&dir.join("none"))?)?;
        fs::write(dir.join("apt.conf"), configuration(&dir, system))?;
        let status = match system {
            System::Empty(_) => Vec::new(),
            System::ThisMachine => fs::read("/var/lib/dpkg/status").unwrap_or_default(),
        };
        fs::write(dir.join("status"), status)?;
        let apt = Self {
            ui,
            dir,
            _lock: lock,
        };
        apt.use_sources(&entries)?;
        Ok(apt)
    }

    /// Replaces the source entries; lists of others are not used any more.
    pub(crate) fn use_sources(&self, entries: &str) -> Result<()> {
        let path = self.dir.join("sources/archive.sources");
        if fs::read_to_string(&path).ok().as_deref() != Some(entries) {
            fs::write(&path, entries)?;
            self.lists_are_stale();
        }
        Ok(())
    }

    /// Downloads the package lists if there are none of late.
    pub(crate) fn refresh(&self) -> Result<()> {
        let stamp = self.dir.join("updated");
        let age = stamp.metadata().and_then(|meta| meta.modified()).ok();
        let age = age.and_then(|time| SystemTime::now().duration_since(time).ok());
        if age.is_some_and(|age| age < LISTS_LIFETIME) {
            return Ok(());
        }
        let step = self.ui.step("reading the lists of Debian packages");
        let mut command = self.apt("apt-get");
        // Without this, a list that could not be fetched is a mere warning.
        command.args(["-o", "APT::Update::Error-Mode=any", "-qq", "update"]);
        text(&mut command).context("the lists of packages could not be downloaded")?;
        fs::write(stamp, b"")?;
        step.done();
        Ok(())
    }

    /// Makes the next [`Apt::refresh`] download the lists again.
    pub(crate) fn lists_are_stale(&self) {
        // If it is not there, it need not be removed.
        let _ = fs::remove_file(self.dir.join("updated"));
    }

    /// The newest version of `package` in the archive.
    pub(crate) fn show(&self, package: &str) -> Result<Package> {
        self.refresh()?;
        let mut command = self.apt("apt-cache");
        command.args(["show", "--no-all-versions", package]);
        let stanza = text(&mut command)?;
        parse_stanza(&stanza).with_context(|| format!("no package {package} in the archive"))
    }

    /// Downloads one version of one package into the private archives and
    /// gives the file.
    pub(crate) fn download(&self, package: &str, version: &str) -> Result<PathBuf> {
        let spec = format!("{package}={version}");
        let files = self.fetch(package, &["download", &spec])?;
        files
            .into_iter()
            .next()
            .with_context(|| format!("apt did not download {package}"))
    }

    /// Downloads `packages` and everything they need that the system lacks,
    /// from the suite `suite` where it has them.
    pub(crate) fn download_with_dependencies(
        &self,
        what: &str,
        packages: &[&str],
        suite: &str,
    ) -> Result<Vec<PathBuf>> {
        // What is installed already is needed too: it is to be unpacked at
        // one place with the rest.
        let mut args = vec!["install", "--download-only", "--reinstall", "--assume-yes"];
        args.extend(["--no-install-recommends", "--allow-downgrades", "-t", suite]);
        args.extend(packages);
        self.fetch(what, &args)
    }

    /// Runs `apt-get` with `args`, which downloads, and shows the progress.
    /// A download that fails is tried once more with new lists, since mirrors
    /// drop a version as soon as they have the next.
    fn fetch(&self, what: &str, args: &[&str]) -> Result<Vec<PathBuf>> {
        self.refresh()?;
        self.fetch_once(what, args).or_else(|_| {
            self.lists_are_stale();
            self.refresh()?;
            self.fetch_once(what, args)
        })
    }

    fn fetch_once(&self, what: &str, args: &[&str]) -> Result<Vec<PathBuf>> {
        let archives = self.dir.join("archives");
        let mut list = self.apt("apt-get");
        list.args(["-qq", "--print-uris"])
            .args(args)
            .current_dir(self.dir.join("none"));
        let files = parse_uris(&text(&mut list)?);
        let total: u64 = files.iter().map(|(_, size)| size).sum();
        let step = self
            .ui
            .bytes(format!("downloading {what}{}", size_note(total)), total);
        let mut command = self.apt("apt-get");
        command
            .args(["-qq", "-o", "APT::Status-Fd=1"])
            .args(args)
            .current_dir(&archives);
        run_with_progress(&mut command, |percent| {
            // The bar needs no more precision than a float has.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            #[allow(clippy::cast_precision_loss)]
            step.position((total as f64 * percent / 100.0) as u64);
        })?;
        step.done();
        Ok(files.iter().map(|(name, _)| archives.join(name)).collect())
    }

    /// Throws away the downloaded package files.
    pub(crate) fn clean(&self) -> Result<()> {
        text(self.apt("apt-get").arg("clean")).map(drop)
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.dir.join("apt.conf"));
        command
            .env("LC_ALL", "C")
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    }
}
