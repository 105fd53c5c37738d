//! One Rust compiler of this machine, and whether it can build for the target.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::TARGET;
use crate::setup::command::is_executable;
use crate::setup::{Version, find_program, text};

/// The oldest Rust that builds the workspace.
pub(super) fn oldest() -> Version {
    // A manifest without `rust-version` sets no limit.
    Version::find(env!("CARGO_PKG_RUST_VERSION")).unwrap_or(Version::new(0, 0, 0))
}

/// How a compiler gets `core` and `alloc` for the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// They are installed (rustup's `target add`).
    Installed,
    /// Cargo builds them from their source (`-Zbuild-std`).
    FromSource,
}

/// A Rust compiler with its cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiler {
    /// The directory that its files are in.
    pub(super) sysroot: PathBuf,
    /// The machine it runs on, such as `x86_64-unknown-linux-gnu`.
    pub(super) host: String,
    /// Its version.
    pub(super) version: Version,
    /// Where its own dynamic libraries are, if not in the system.
    pub(super) libraries: Option<OsString>,
}

impl Compiler {
    /// Asks the compiler `rustc` about itself.
    pub(super) fn probe(rustc: &Path, libraries: Option<OsString>) -> Result<Self> {
        let ask = |args: &[&str]| {
            let mut command = Command::new(rustc);
            command.args(args);
            if let Some(libraries) = &libraries {
                command.env("LD_LIBRARY_PATH", libraries);
            }
            text(&mut command)
        };
        let sysroot = ask(&["--print", "sysroot"])?.trim().into();
        let about = ask(&["--version", "--verbose"])?;
        let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name));
        let host = field("host: ")
            .context("rustc does not name its host")?
            .to_owned();
        let version = field("release: ")
            .and_then(Version::find)
            .context("rustc has no version")?;
        Ok(Self {
            sysroot,
            host,
            version,
            libraries,
        })
    }

    /// How it can build for the target, if at all.
    pub(super) fn route(&self) -> Option<Route> {
        if self.version < oldest() {
            return None;
        }
        let rustlib = self.sysroot.join("lib/rustlib");
        if has_core(&rustlib.join(TARGET).join("lib")) {
            Some(Route::Installed)
        } else if rustlib.join("src/rust/library/core/Cargo.toml").is_file() {
            Some(Route::FromSource)
        } else {
            None
        }
    }

    /// The name of the rustup toolchain that it is, if it is one.
    pub(super) fn rustup_name(&self) -> Option<String> {
        let parent = self.sysroot.parent()?.file_name()?;
        (parent == "toolchains")
            .then(|| self.sysroot.file_name())?
            .map(|name| name.to_string_lossy().into_owned())
    }

    /// The program `name` that belongs to this compiler.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        let own = self.sysroot.join("bin").join(name);
        if is_executable(&own) {
            own
        } else {
            find_program(name).unwrap_or_else(|| name.into())
        }
    }

    /// The linker to name explicitly: none where rustc has its own.
    ///
    /// # Errors
    /// rustc has none and none is installed.
    pub(super) fn linker(&self) -> Result<Option<PathBuf>> {
        let own = self
            .sysroot
            .join("lib/rustlib")
            .join(&self.host)
            .join("bin/rust-lld");
        if own.is_file() {
            return Ok(None);
        }
        let beside = LINKERS
            .iter()
            .map(|name| self.sysroot.join("bin").join(name));
        let beside = beside.into_iter().find(|path| is_executable(path));
        let linker = beside.or_else(|| LINKERS.iter().find_map(|name| find_program(name)));
        linker.map(Some).with_context(|| {
            let list = LINKERS.join(", ");
            format!("no linker for AArch64: install lld (looked for {list})")
        })
    }
}

/// Linkers that link for the target without further options, best first.
const LINKERS: [&str; 8] = [
    "rust-lld",
    "ld.lld",
    "ld.lld-22",
    "ld.lld-19",
    "ld.lld-16",
    "ld.lld-15",
    "ld.lld-14",
    "aarch64-linux-gnu-ld",
];

fn has_core(dir: &Path) -> bool {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
}
