//! Detection with made-up installations.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::compiler::{Compiler, Route, oldest};
use super::{LINKER_VARIABLE, TARGET, Toolchain};
use crate::setup::Version;

const HOST: &str = "x86_64-unknown-linux-gnu";

fn compiler(sysroot: &Path) -> Compiler {
    let sysroot = sysroot.to_owned();
    Compiler {
        sysroot,
        host: HOST.into(),
        version: oldest(),
        libraries: None,
    }
}

fn touch(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, b"").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn add_target(sysroot: &Path) {
    touch(
        &sysroot
            .join("lib/rustlib")
            .join(TARGET)
            .join("lib/libcore-0123.rlib"),
    );
}

fn add_source(sysroot: &Path) {
    touch(&sysroot.join("lib/rustlib/src/rust/library/core/Cargo.toml"));
}

fn add_linker(sysroot: &Path) {
    touch(&sysroot.join("lib/rustlib").join(HOST).join("bin/rust-lld"));
}

#[test]
fn an_installed_target_is_best_and_the_source_next() {
    let dir = tempfile::tempdir().unwrap();
    let found = compiler(dir.path());
    assert_eq!(found.route(), None);
    add_source(dir.path());
    assert_eq!(found.route(), Some(Route::FromSource));
    add_target(dir.path());
    assert_eq!(found.route(), Some(Route::Installed));
}

#[test]
fn an_empty_target_directory_is_no_target() {
    let dir = tempfile::tempdir().unwrap();
    touch(
        &dir.path()
            .join("lib/rustlib")
            .join(TARGET)
            .join("lib/self-contained"),
    );
    assert_eq!(compiler(dir.path()).route(), None);
}

#[test]
fn an_old_compiler_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    add_target(dir.path());
    let old = Compiler {
        version: Version::new(1, 63, 0),
        ..compiler(dir.path())
    };
    assert_eq!(old.route(), None);
}

#[test]
fn rustc_s_own_linker_needs_no_mention() {
    let dir = tempfile::tempdir().unwrap();
    add_linker(dir.path());
    assert_eq!(compiler(dir.path()).linker().unwrap(), None);
}

#[test]
fn a_linker_beside_the_compiler_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let linker = dir.path().join("bin/ld.lld-22");
    touch(&linker);
    assert_eq!(compiler(dir.path()).linker().unwrap(), Some(linker));
}

#[test]
fn names_of_rustup_toolchains() {
    let rustup = compiler(Path::new("/home/u/.rustup/toolchains/stable-x86_64"));
    assert_eq!(rustup.rustup_name().as_deref(), Some("stable-x86_64"));
    assert_eq!(compiler(Path::new("/usr")).rustup_name(), None);
}

fn environment(toolchain: &Toolchain, name: &str) -> Option<String> {
    let command = toolchain.cargo_for_target("build");
    let set = command.get_envs().find(|(key, _)| *key == name)?;
    Some(set.1.unwrap_or_default().to_string_lossy().into_owned())
}

fn arguments(toolchain: &Toolchain) -> Vec<String> {
    let command = toolchain.cargo_for_target("build");
    command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_plain_build_sets_nothing_special() {
    let dir = tempfile::tempdir().unwrap();
    add_target(dir.path());
    add_linker(dir.path());
    let toolchain = Toolchain::ready(&compiler(dir.path())).unwrap();
    assert!(
        !arguments(&toolchain)
            .iter()
            .any(|arg| arg.starts_with("-Z"))
    );
    assert_eq!(environment(&toolchain, "RUSTC_BOOTSTRAP"), None);
    assert_eq!(environment(&toolchain, LINKER_VARIABLE), None);
    assert_eq!(
        environment(&toolchain, "RUSTFLAGS").as_deref(),
        Some(""),
        "taken away"
    );
}

#[test]
fn a_build_from_source_says_so() {
    let dir = tempfile::tempdir().unwrap();
    add_source(dir.path());
    let linker = dir.path().join("bin/rust-lld");
    touch(&linker);
    let toolchain = Toolchain::ready(&compiler(dir.path())).unwrap();
    assert!(arguments(&toolchain).contains(&"-Zbuild-std=core,alloc".to_owned()));
    assert_eq!(
        environment(&toolchain, "RUSTC_BOOTSTRAP").as_deref(),
        Some("1")
    );
    let named = environment(&toolchain, LINKER_VARIABLE);
    assert_eq!(named.as_deref(), Some(linker.to_string_lossy().as_ref()));
}
