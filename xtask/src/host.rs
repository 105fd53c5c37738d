//! This machine, ready to build and run nodes: toolchain, QEMU, the built
//! hypervisor, the files that manifests name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result, anyhow, bail};

use crate::artefacts;
use crate::manifest::{FileRef, FileSource};
use crate::setup::{self, Qemu, QemuArch, Toolchain};
use crate::ui::Ui;

/// The hypervisor's package and program.
const HYPERVISOR: (&str, &str) = ("hyp", "toroid");
/// The package of the bare-metal guests.
const GUESTS: &str = "guests";

/// What nodes are built with. Shared by sessions that run at the same time.
#[derive(Debug)]
pub struct Host {
    ui: Ui,
    toolchain: OnceLock<Toolchain>,
    hypervisor: PathBuf,
    qemu: OnceLock<Qemu>,
    guests: Mutex<Option<PathBuf>>,
    files: Mutex<HashMap<String, PathBuf>>,
}

impl Host {
    /// Finds or installs a toolchain and builds the hypervisor.
    ///
    /// # Errors
    /// What is missing and how to get it, or what the compiler said.
    pub fn prepare(ui: Ui) -> Result<Self> {
        let mut host = Self::new(ui, PathBuf::new());
        let (package, program) = HYPERVISOR;
        let built = host
            .toolchain()?
            .cargo_build(&host.ui, package, &[program])?;
        host.hypervisor = built.join(program);
        Ok(host)
    }

    /// Like [`Host::prepare`], with a hypervisor that was built before.
    ///
    /// # Errors
    /// There is no such file.
    pub fn with_hypervisor(ui: Ui, hypervisor: &Path) -> Result<Self> {
        if !hypervisor.is_file() {
            bail!("there is no hypervisor {}", hypervisor.display());
        }
        Ok(Self::new(ui, hypervisor.to_owned()))
    }

    fn new(ui: Ui, hypervisor: PathBuf) -> Self {
        let (toolchain, qemu) = (OnceLock::new(), OnceLock::new());
        let (guests, files) = (Mutex::default(), Mutex::default());
        Self {
            ui,
            toolchain,
            hypervisor,
            qemu,
            guests,
            files,
        }
    }

    /// A host whose QEMU is the given program.
    #[cfg(test)]
    pub(crate) fn with_qemu(path: PathBuf) -> Self {
        let host = Self::new(Ui::quiet(), PathBuf::new());
        let version = setup::Version::new(0, 0, 0);
        host.qemu.set(Qemu { path, version }).expect("it is fresh");
        host
    }

    fn toolchain(&self) -> Result<&Toolchain> {
        if self.toolchain.get().is_none() {
            // Two threads may look at the same time; they find the same.
            let _ = self.toolchain.set(Toolchain::find(&self.ui)?);
        }
        self.toolchain.get().context("the toolchain was not kept")
    }

    /// Where progress goes.
    #[must_use]
    pub const fn ui(&self) -> &Ui {
        &self.ui
    }

    /// The hypervisor's ELF file.
    #[must_use]
    pub fn hypervisor(&self) -> &Path {
        &self.hypervisor
    }

    /// QEMU, found or installed at the first call.
    ///
    /// # Errors
    /// How to install it.
    pub fn qemu(&self) -> Result<&Qemu> {
        if self.qemu.get().is_none() {
            // Two threads may look at the same time; they find the same.
            let _ = self.qemu.set(setup::qemu(&self.ui, QemuArch::Aarch64)?);
        }
        self.qemu.get().context("QEMU was not kept")
    }

    /// The file behind a name in a manifest: downloaded, built or just there.
    ///
    /// # Errors
    /// Place and key of the name, and what went wrong.
    pub fn file(&self, file: &FileRef) -> Result<PathBuf> {
        let found = match &file.source {
            FileSource::Path(path) => Ok(path.clone()),
            FileSource::Guest(name) => self.guest(name),
            FileSource::Artefact(kind) => self.artefact(&file.text, *kind),
        };
        found.map_err(|error| error.context(format!("{}: {}", file.place, file.key)))
    }

    fn artefact(&self, name: &str, kind: artefacts::ArtefactKind) -> Result<PathBuf> {
        // The lock is kept, so that nothing is fetched twice.
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = files.get(name) {
            return Ok(path.clone());
        }
        let path = artefacts::resolve(&self.ui, name, kind)?;
        files.insert(name.to_owned(), path.clone());
        Ok(path)
    }

    /// Builds all bare-metal guests of the house, once, and gives the
    /// directory they are in.
    ///
    /// # Errors
    /// They do not build.
    pub fn build_guests(&self) -> Result<PathBuf> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = &*guests {
            return Ok(directory.clone());
        }
        Ok(guests
            .insert(self.toolchain()?.cargo_build(&self.ui, GUESTS, &[])?)
            .clone())
    }

    /// A bare-metal guest of the house by name.
    ///
    /// # Errors
    /// They do not build, or there is none of that name.
    pub fn guest(&self, name: &str) -> Result<PathBuf> {
        let path = self.build_guests()?.join(name);
        let plain = Path::new(name).components().count() == 1 && path.is_file();
        plain
            .then_some(path)
            .ok_or_else(|| anyhow!("there is no guest {name:?} in {GUESTS}/"))
    }
}
