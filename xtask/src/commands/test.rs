//! `cargo xtask test`: every test, summed up.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cli::{Exit, TestArgs};
use crate::host::Host;
use crate::ui::Ui;

/// The package with the tests that run whole nodes.
const SYSTEM_TESTS: &str = "system-tests";

/// How many tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

/// `cargo xtask test`.
pub(crate) fn test(args: &TestArgs) -> Result<Exit> {
    let mut counts = Counts::default();
    let host_packages = host_packages()?;
    let selected = host_packages
        .iter()
        .flat_map(|package| ["--package", package]);
    counts.add(cargo_test(selected, &filter(args))?);
    counts.add(system_tests(args)?);
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(if counts.failed == 0 {
        Exit::Success
    } else {
        Exit::Failure
    })
}

/// The packages whose tests need nothing but this machine.
fn host_packages() -> Result<Vec<String>> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata failed")?;
    let members = metadata["workspace_default_members"].as_array();
    let default =
        |package: &&Value| members.is_some_and(|members| members.contains(&package["id"]));
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let names = packages
        .iter()
        .filter(default)
        .filter_map(|package| package["name"].as_str());
    Ok(names
        .filter(|name| *name != SYSTEM_TESTS)
        .map(str::to_owned)
        .collect())
}

/// Builds what the system tests run, so that a build that fails is told once,
/// then runs them.
fn system_tests(args: &TestArgs) -> Result<Counts> {
    let prepared = Host::prepare(Ui::new()).and_then(|host| host.build_guests());
    if let Err(error) = prepared {
        eprintln!("error: the system tests cannot run: {error:#}");
        return Ok(Counts {
            passed: 0,
            failed: 1,
        });
    }
    let mut harness = filter(args);
    if args.long {
        harness.push("--include-ignored".to_owned());
    }
    cargo_test(["--package", SYSTEM_TESTS], &harness)
}

fn filter(args: &TestArgs) -> Vec<String> {
    args.filter.iter().cloned().collect()
}

/// Runs `cargo test`, passes on what it says and counts.
fn cargo_test<'a>(
    packages: impl IntoIterator<Item = &'a str>,
    harness: &[String],
) -> Result<Counts> {
    let mut command = cargo();
    command
        .args(["test", "--no-fail-fast"])
        .args(packages)
        .arg("--")
        .args(harness);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut counts = Counts::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        counts.add(Counts::read(&line).unwrap_or_default());
        // Nobody may be listening; the tests run all the same.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    let status = child.wait()?;
    if !status.success() && counts.failed == 0 {
        eprintln!("error: the tests did not build or did not end ({status})");
        counts.failed = 1;
    }
    Ok(counts)
}

/// The cargo that started this tool, in the workspace.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(crate::workspace());
    command
}

impl Counts {
    const fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Reads a harness's last line: `test result: ok. 3 passed; 0 failed; …`.
    fn read(line: &str) -> Option<Self> {
        let result = line.trim().strip_prefix("test result: ")?;
        let number = |word: &str| {
            let before = result
                .split(';')
                .find_map(|part| part.trim().strip_suffix(word))?;
            before.split_whitespace().next_back()?.parse().ok()
        };
        Some(Self {
            passed: number(" passed")?,
            failed: number(" failed")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.1s";
        assert_eq!(
            Counts::read(line),
            Some(Counts {
                passed: 12,
                failed: 3
            })
        );
        assert_eq!(
            Counts::read("test result: ok. 0 passed; 0 failed"),
            Some(Counts::default())
        );
        assert_eq!(Counts::read("test a::b ... ok"), None);
        assert_eq!(Counts::read("test result: who knows"), None);
    }
}
