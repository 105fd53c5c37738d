//! Downloading with progress, and unpacking.

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::read::parse_progress;
use crate::setup::command::{check, describe, last_lines};

/// Runs apt with its machine-readable progress on standard output.
pub(super) fn run_with_progress(command: &mut Command, progress: impl Fn(f64)) -> Result<()> {
    let errors = tempfile::tempfile()?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors.try_clone()?);
    let mut child = command.spawn().context("cannot start `apt-get`")?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            if let Some(percent) = parse_progress(&line?) {
                progress(percent);
            }
        }
    }
    let status = child.wait()?;
    if !status.success() {
        let said = last_lines(&read_all(errors)?);
        bail!("`{}` failed ({status})\n{said}", describe(command));
    }
    Ok(())
}

fn read_all(mut file: fs::File) -> Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Unpacks a package below `dir`: all of it, or only the given members, such
/// as `./boot`.
pub(crate) fn unpack(package: &Path, dir: &Path, members: &[&str]) -> Result<()> {
    let mut source = Command::new("dpkg-deb");
    source
        .arg("--fsys-tarfile")
        .arg(package)
        .stdin(Stdio::null());
    let mut child = source
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start `dpkg-deb`")?;
    let archive = child.stdout.take().context("dpkg-deb has no output")?;
    let mut sink = Command::new("tar");
    sink.args(["-x", "--no-same-owner", "-C"])
        .arg(dir)
        .args(members)
        .stdin(archive);
    let output = sink.output().context("cannot start `tar`")?;
    let source_status = child.wait()?;
    check(&sink, &output)?;
    if !source_status.success() {
        bail!("`{}` failed ({source_status})", describe(&source));
    }
    Ok(())
}
