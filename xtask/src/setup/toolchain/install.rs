//! Getting what a toolchain lacks: from rustup, else from the distribution.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::TARGET;
use super::compiler::{Compiler, oldest};
use crate::setup::apt::{Apt, unpack};
use crate::setup::cache::Cache;
use crate::setup::qemu::{library_dirs, open_apt};
use crate::setup::{Version, find_program, text};
use crate::ui::Ui;

/// The distribution's packages of one Rust: compiler, cargo, library source.
/// Debian 12 keeps a recent Rust for building web browsers beside its own.
const PACKAGES: [[&str; 3]; 2] = [
    ["rustc-web", "cargo-web", "rust-web-src"],
    ["rustc", "cargo", "rust-src"],
];

/// Linkers in packages of the distribution, best first.
const LINKER_PACKAGES: [&str; 4] = ["lld-22", "lld-19", "lld", "binutils-aarch64-linux-gnu"];

/// The entry of the cache with the distribution's Rust.
const ENTRY: &str = "rust-distribution";

/// Lets rustup add the target to the toolchain, or the source to build it
/// from where rustup's server does not have the target.
pub(super) fn with_rustup(ui: &Ui, compiler: &Compiler) -> Result<()> {
    let name = compiler
        .rustup_name()
        .context("the compiler is not one of rustup's")?;
    let rustup = find_rustup().context("rustup was not found")?;
    let run = |args: &[&str]| {
        let mut command = Command::new(&rustup);
        command.args(args).args(["--toolchain", &name]);
        text(&mut command).map(drop)
    };
    let step = ui.step(format!("adding {TARGET} to the Rust toolchain {name}"));
    let target = run(&["target", "add", TARGET]);
    if let Err(reason) = target {
        step.detail("no such target there, trying the source");
        run(&["component", "add", "rust-src"]).map_err(|other| other.context(reason))?;
    }
    step.done();
    Ok(())
}

/// rustup itself: on the search path or beside cargo's other programs.
fn find_rustup() -> Option<PathBuf> {
    let home = |name: &str| env::var_os(name).map(PathBuf::from);
    let cargo_home = home("CARGO_HOME").or_else(|| home("HOME").map(|home| home.join(".cargo")));
    let beside = cargo_home
        .map(|dir| dir.join("bin/rustup"))
        .filter(|path| path.is_file());
    find_program("rustup").or(beside)
}

/// The distribution's Rust that was unpacked into the cache.
pub(super) fn from_cache(cache: &Cache) -> Option<Compiler> {
    let tree = cache.path(ENTRY);
    let dirs = library_dirs(&tree).into_iter().map(|dir| tree.join(dir));
    let libraries: OsString = env::join_paths(dirs).ok()?;
    Compiler::probe(&tree.join("usr/bin/rustc"), Some(libraries)).ok()
}

/// Downloads the distribution's Rust and unpacks it into the cache. The
/// caller holds the toolchain lock.
pub(super) fn from_distribution(ui: &Ui, cache: &Cache) -> Result<()> {
    let (apt, suite) = open_apt(ui, cache)?;
    let (set, version) = recent_packages(&apt)?;
    let linker = LINKER_PACKAGES.iter().find(|name| apt.show(name).is_ok());
    let packages: Vec<&str> = set.iter().chain(linker).copied().collect();
    let what = format!("Rust {version} of the distribution");
    let files = apt.download_with_dependencies(&what, &packages, &suite)?;
    let step = ui.step("unpacking Rust");
    cache.make_dir(ENTRY, |dir| {
        files.iter().try_for_each(|file| unpack_part(file, dir))
    })?;
    step.done();
    apt.clean()
}

/// The first set of packages that is recent enough.
fn recent_packages(apt: &Apt<'_>) -> Result<([&'static str; 3], Version)> {
    for set in PACKAGES {
        let version = apt
            .show(set[0])
            .ok()
            .and_then(|package| Version::find(&package.version));
        if let Some(version) = version.filter(|version| *version >= oldest()) {
            return Ok((set, version));
        }
    }
    bail!("the distribution has no Rust {} or newer", oldest())
}

/// Unpacks a package, of the library source only what a build needs: the rest
/// is some 300 MB of compiler source.
fn unpack_part(file: &Path, dir: &Path) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let source = PACKAGES
        .iter()
        .any(|set| name.starts_with(&format!("{}_", set[2])));
    let members: &[&str] = if source {
        &["--wildcards", "./usr/lib", "./usr/src/*/library"]
    } else {
        &[]
    };
    unpack(file, dir, members)
}
