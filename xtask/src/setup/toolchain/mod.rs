//! A Rust toolchain that builds the hypervisor and the test guests.
//!
//! In this order: the toolchain that runs this tool, if it has the target;
//! the same after rustup added the target, or the library source to build it
//! from; the system's Rust; the distribution's Rust unpacked into the cache.

pub(crate) mod build;
mod compiler;
mod install;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, iter};

use anyhow::{Context, Error, Result, bail};

use self::compiler::{Compiler, Route, oldest};
use super::cache::Cache;
use super::find_program;
use crate::ui::Ui;

/// The target of everything that runs on the bare machine: AArch64 without an
/// operating system, and without floating-point registers, which belong to
/// the guests.
pub const TARGET: &str = "aarch64-unknown-none-softfloat";

/// The compiler of a distribution's package.
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";

/// The environment variable with which cargo takes the target's linker.
const LINKER_VARIABLE: &str = "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER";

/// Variables of the outer cargo, or of the user's taste for host programs,
/// that would change or break a build for the target.
const FOREIGN_VARIABLES: [&str; 7] = [
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

/// A toolchain that can build for [`TARGET`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    compiler: Compiler,
    route: Route,
    linker: Option<PathBuf>,
}

impl Toolchain {
    /// Finds a toolchain, or makes one from what rustup or the distribution
    /// offer.
    ///
    /// # Errors
    /// None of them works; the message says what to install.
    pub fn find(ui: &Ui) -> Result<Self> {
        let current = current_compiler();
        if let Some(ready) = current.as_ref().ok().and_then(Self::ready) {
            return Ok(ready);
        }
        Self::prepare(ui, current)
    }

    /// The slow part of [`Toolchain::find`], for one process at a time.
    fn prepare(ui: &Ui, current: Result<Compiler>) -> Result<Self> {
        let cache = Cache::open()?;
        let _lock = cache.lock(ui, "toolchain")?;
        // Only an earlier run for which rustup had nothing has unpacked this.
        let unpacked = || install::from_cache(&cache).and_then(|found| Self::ready(&found));
        if let Some(ready) = unpacked() {
            return Ok(ready);
        }
        let mut tried = Vec::new();
        match current.and_then(|compiler| Self::with_rustup(ui, &compiler)) {
            Ok(ready) => return Ok(ready),
            Err(reason) => tried.push(reason),
        }
        let system = Compiler::probe(Path::new(SYSTEM_RUSTC), None).ok();
        if let Some(ready) = system.and_then(|compiler| Self::ready(&compiler)) {
            return Ok(ready);
        }
        if let Err(reason) = install::from_distribution(ui, &cache) {
            tried.push(reason);
        }
        unpacked().with_context(|| advice(&tried))
    }

    /// The toolchain that `compiler` makes when rustup has completed it.
    fn with_rustup(ui: &Ui, compiler: &Compiler) -> Result<Self> {
        if compiler.version < oldest() {
            bail!("Rust {} is too old", compiler.version);
        }
        install::with_rustup(ui, compiler)?;
        Self::ready(compiler).context("the target was added, but is not usable")
    }

    /// The toolchain that `compiler` makes, if it has all it takes.
    fn ready(compiler: &Compiler) -> Option<Self> {
        let route = compiler.route()?;
        let linker = compiler.linker().ok()?;
        Some(Self {
            compiler: compiler.clone(),
            route,
            linker,
        })
    }

    /// A cargo command of this toolchain, to be run in the workspace.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(self.compiler.program("cargo"));
        for variable in FOREIGN_VARIABLES {
            command.env_remove(variable);
        }
        command
            .env("RUSTC", self.compiler.program("rustc"))
            .current_dir(workspace());
        // cargo finds `cargo-clippy` and its like on the search path.
        let own = self.compiler.sysroot.join("bin");
        let path = env::var_os("PATH").unwrap_or_default();
        if let Ok(path) = env::join_paths(iter::once(own).chain(env::split_paths(&path))) {
            command.env("PATH", path);
        }
        if let Some(libraries) = &self.compiler.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// A cargo command that works on `verb` (`build`, `clippy`, `doc`) for the
    /// target.
    #[must_use]
    pub fn cargo_for_target(&self, verb: &str) -> Command {
        let mut command = self.cargo();
        command
            .args([verb, "--target", TARGET, "--target-dir"])
            .arg(target_dir());
        if self.route == Route::FromSource {
            // `-Z` options are for nightly compilers, unless this is set.
            command.env("RUSTC_BOOTSTRAP", "1");
            command.arg("-Zbuild-std=core,alloc");
            command.arg("-Zbuild-std-features=compiler-builtins-mem");
            // Notes about the library's own source are not for our users.
            command.env("CARGO_FUTURE_INCOMPAT_REPORT_FREQUENCY", "never");
        }
        if let Some(linker) = &self.linker {
            command.env(LINKER_VARIABLE, linker);
        }
        command
    }
}

/// The compiler that belongs to the cargo that started this tool, else the
/// one on the search path.
fn current_compiler() -> Result<Compiler> {
    let beside =
        |cargo: PathBuf| Some(cargo.parent()?.join("rustc")).filter(|rustc| rustc.is_file());
    let rustc = env::var_os("CARGO").map(PathBuf::from).and_then(beside);
    let rustc = rustc
        .or_else(|| find_program("rustc"))
        .context("rustc was not found")?;
    Compiler::probe(&rustc, None)
}

/// What to tell somebody for whom nothing worked.
fn advice(tried: &[Error]) -> String {
    let oldest = oldest();
    let tried: Vec<String> = tried
        .iter()
        .map(|error| format!("\n  tried: {error:#}"))
        .collect();
    format!(
        "no Rust toolchain here can build for {TARGET}.\n  \
         with rustup: rustup target add {TARGET}   (Rust {oldest} or newer)\n  \
         without it:  install the distribution's rustc, cargo, library source (rust-src) and lld, \
         version {oldest} or newer{}",
        tried.concat()
    )
}

/// The root of the workspace that this tool was built in.
#[must_use]
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where builds for the target go: apart from the host's, so that the two do
/// not wait for each other's lock.
fn target_dir() -> PathBuf {
    let base = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace().join(base).join("hv")
}

#[cfg(test)]
mod tests;
