//! Running cargo with its progress shown as steps.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{TARGET, Toolchain, target_dir};
use crate::ui::Ui;

impl Toolchain {
    /// Builds programs of a workspace package for the target, optimised, and
    /// gives the directory that they are in. Without `bins`, all of them. The
    /// package's features are on: some stand for "on the bare machine".
    ///
    /// # Errors
    /// The build failed; the error quotes the compiler.
    pub fn cargo_build(&self, ui: &Ui, package: &str, bins: &[&str]) -> Result<PathBuf> {
        let mut command = self.cargo_for_target("build");
        command.args(["--release", "--all-features", "--package", package]);
        if bins.is_empty() {
            command.arg("--bins");
        }
        for bin in bins {
            command.args(["--bin", bin]);
        }
        run_cargo(
            ui,
            &format!("building {package} for {TARGET}"),
            &mut command,
        )?;
        Ok(target_dir().join(TARGET).join("release"))
    }
}

/// Runs a cargo command as the step `what`. Warnings are shown when it is
/// done; what a failed one said is the error.
pub(crate) fn run_cargo(ui: &Ui, what: &str, command: &mut Command) -> Result<()> {
    let step = ui.step(what);
    if ui.is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start cargo")?;
    let mut messages = String::new();
    if let Some(errors) = child.stderr.take() {
        for line in BufReader::new(errors).lines() {
            let line = line?;
            match status(&line) {
                Some(status) => step.detail(status),
                None => {
                    messages.push_str(&line);
                    messages.push('\n');
                }
            }
        }
    }
    let exit = child.wait()?;
    if !exit.success() {
        bail!("{what} failed ({exit})\n{messages}");
    }
    step.done();
    if !messages.trim().is_empty() {
        ui.info(messages.trim_end());
    }
    Ok(())
}

/// Verbs that cargo's status lines begin with.
const VERBS: [&str; 14] = [
    "Adding",
    "Blocking",
    "Building",
    "Checking",
    "Compiling",
    "Documenting",
    "Downloaded",
    "Downloading",
    "Finished",
    "Fresh",
    "Generated",
    "Locking",
    "Running",
    "Updating",
];

/// What cargo is at, if `line` is one of its status lines: a verb and what it
/// is about, possibly in colours.
fn status(line: &str) -> Option<String> {
    let plain = without_colours(line);
    let text = plain.trim();
    let verb = text.split_whitespace().next()?;
    VERBS.contains(&verb).then(|| text.to_owned())
}

/// `line` without the escape sequences `ESC [ … m` that select colours.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn status_lines_and_messages() {
        let shown = [
            "   Compiling spin v0.12.3",
            "    Finished `release` profile in 1s",
        ];
        assert!(shown.iter().all(|line| status(line).is_some()));
        assert!(status("\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m spin v0.12.3").is_some());
        assert_eq!(status("warning: unused variable: `x`"), None);
        assert_eq!(status(""), None);
    }
}
