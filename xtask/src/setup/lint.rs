//! Formatting, lints and documentation of the whole workspace.

use anyhow::{Context, Result, bail};

use super::toolchain::Toolchain;
use super::toolchain::build::run_cargo;
use crate::ui::Ui;

/// Packages that are programs of the bare machine and build for nothing else.
const TARGET_ONLY: [&str; 2] = ["hyp", "guests"];

/// Packages with code for the bare machine, to be checked for the target.
const ON_TARGET: [&str; 3] = ["hyp", "guests", "platform"];

/// Checks the format of all source, and runs clippy and the documentation
/// build with warnings as errors: the host's packages on the host with their
/// tests, the bare machine's for the target.
///
/// # Errors
/// Something is not clean; the error quotes the tool that says so.
pub fn lint(ui: &Ui) -> Result<()> {
    let toolchain = Toolchain::find(ui)?;
    check_format(ui, &toolchain)?;

    let mut host = toolchain.cargo();
    host.args(["clippy", "--all-targets", "--workspace"]);
    exclude(&mut host).args(["--", "-D", "warnings"]);
    run_cargo(ui, "linting the host's packages", &mut host)?;

    let mut target = toolchain.cargo_for_target("clippy");
    select(&mut target).args(["--all-features", "--", "-D", "warnings"]);
    run_cargo(ui, "linting the bare machine's packages", &mut target)?;

    let mut docs = toolchain.cargo();
    docs.args(["doc", "--no-deps", "--workspace"])
        .env("RUSTDOCFLAGS", "-D warnings");
    run_cargo(ui, "building the documentation", exclude(&mut docs))
}

/// rustfmt answers on standard output, unlike the others: here with the names
/// of the files that it would change.
fn check_format(ui: &Ui, toolchain: &Toolchain) -> Result<()> {
    let step = ui.step("checking the format");
    let mut format = toolchain.cargo();
    format.args(["fmt", "--all", "--check", "--", "--files-with-diff"]);
    let output = format.output().context("cannot start cargo")?;
    if !output.status.success() {
        let files = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("the format is not rustfmt's: run `cargo fmt --all`\n{files}{errors}");
    }
    step.done();
    Ok(())
}

type Cargo = std::process::Command;

fn exclude(command: &mut Cargo) -> &mut Cargo {
    TARGET_ONLY.iter().fold(command, |command, package| {
        command.args(["--exclude", package])
    })
}

fn select(command: &mut Cargo) -> &mut Cargo {
    ON_TARGET.iter().fold(command, |command, package| {
        command.args(["--package", package])
    })
}
