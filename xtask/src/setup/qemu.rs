//! Finding QEMU, or unpacking one into the cache.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt::{Apt, Host, System, unpack};
use super::cache::Cache;
use super::{Version, find_program, text};
use crate::ui::Ui;

/// The oldest QEMU that is used. From 8.2 on its processor models include
/// what manifests and tests name (`neoverse-n2`, `cortex-a710`, and a `max`
/// with fine-grained traps), and it is what the oldest supported long-term
/// distributions besides Debian 12 carry; Debian 12's own 7.2 lacks all that.
const OLDEST: Version = Version::new(8, 2, 0);

/// The private apt state for packages that run on this machine.
const APT_STATE: &str = "apt-host";

/// Which system emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QemuArch {
    /// `qemu-system-aarch64`.
    Aarch64,
    /// `qemu-system-ppc`.
    Ppc,
}

impl QemuArch {
    /// The program's name.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Aarch64 => "qemu-system-aarch64",
            Self::Ppc => "qemu-system-ppc",
        }
    }

    /// The Debian package with the program.
    const fn package(self) -> &'static str {
        match self {
            Self::Aarch64 => "qemu-system-arm",
            Self::Ppc => "qemu-system-ppc",
        }
    }
}

/// A usable QEMU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qemu {
    /// The program to start. It may be a script that becomes QEMU by `exec`,
    /// so its process identifier is QEMU's.
    pub path: PathBuf,
    /// QEMU's version.
    pub version: Version,
}

/// Finds the system emulator for `arch`: the one on the search path if it is
/// recent enough, else one in the user's cache, which on systems with apt is
/// made from the distribution's packages (on Debian, from its backports).
///
/// # Errors
/// There is none and none can be downloaded; the message says what to install.
pub fn qemu(ui: &Ui, arch: QemuArch) -> Result<Qemu> {
    let installed = find_program(arch.program()).and_then(|path| probe(&path).ok());
    if let Some(qemu) = installed.clone().filter(|qemu| qemu.version >= OLDEST) {
        return Ok(qemu);
    }
    cached(ui, &Cache::open()?, arch).with_context(|| {
        let found = installed.map_or_else(
            || format!("{} was not found on the search path", arch.program()),
            |qemu| format!("{} is version {}", qemu.path.display(), qemu.version),
        );
        format!(
            "{found}: install QEMU {OLDEST} or newer (package {}, {} or qemu)",
            arch.package(),
            arch.program()
        )
    })
}

/// Asks a QEMU for its version.
fn probe(path: &Path) -> Result<Qemu> {
    let said = text(Command::new(path).arg("--version"))?;
    let version = Version::find(&said).context("no version number in `--version`")?;
    Ok(Qemu {
        path: path.to_owned(),
        version,
    })
}

/// The QEMU in the cache, which is filled if need be.
fn cached(ui: &Ui, cache: &Cache, arch: QemuArch) -> Result<Qemu> {
    let entry = format!("qemu-{}", arch.package());
    let path = cache.path(&entry).join(arch.program());
    if let Ok(qemu) = probe(&path) {
        return Ok(qemu);
    }
    if Host::detect().is_none() {
        bail!("this system has no apt to download it with");
    }
    let _lock = cache.lock(ui, &entry)?;
    // Another process may have done it while this one waited.
    if let Ok(qemu) = probe(&path) {
        return Ok(qemu);
    }
    download(ui, cache, &entry, arch)?;
    let qemu = probe(&path).context("the unpacked QEMU does not run")?;
    if qemu.version < OLDEST {
        bail!("the distribution has only QEMU {}", qemu.version);
    }
    Ok(qemu)
}

fn download(ui: &Ui, cache: &Cache, entry: &str, arch: QemuArch) -> Result<()> {
    let (apt, suite) = open_apt(ui, cache)?;
    let packages = [arch.package(), "qemu-system-common", "qemu-system-data"];
    let what = format!("QEMU ({})", arch.program());
    let files = apt.download_with_dependencies(&what, &packages, &suite)?;
    let step = ui.step("unpacking QEMU");
    cache.make_dir(entry, |dir| unpack_all(&files, dir, arch.program()))?;
    step.done();
    apt.clean()
}

/// An apt for this machine's own packages, and the suite to prefer: on Debian
/// the backports, if the mirror has them.
pub(super) fn open_apt<'a>(ui: &'a Ui, cache: &Cache) -> Result<(Apt<'a>, String)> {
    let host = Host::detect().context("this system has no apt")?;
    let codename = host.codename.clone();
    let mut plain = String::new();
    let apt = Apt::open(
        ui,
        cache,
        APT_STATE,
        System::ThisMachine,
        |host, mirrors| {
            plain = mirrors.entries(&host.codename, false);
            Ok(mirrors.entries(&host.codename, host.is_debian()))
        },
    )?;
    if !host.is_debian() {
        return Ok((apt, codename));
    }
    match apt.refresh() {
        Ok(()) => Ok((apt, format!("{codename}-backports"))),
        Err(_) => {
            apt.use_sources(&plain)?;
            apt.refresh()?;
            Ok((apt, codename))
        }
    }
}

/// Unpacks packages into one tree below `dir` and makes `dir/program`, which
/// starts the program of that name in the tree with the tree's libraries.
fn unpack_all(files: &[PathBuf], dir: &Path, program: &str) -> Result<()> {
    let tree = dir.join("root");
    fs::create_dir(&tree)?;
    for file in files {
        unpack(file, &tree, &[])?;
    }
    let start = dir.join(program);
    fs::write(&start, start_script(&library_dirs(&tree), program))?;
    const EVERYONE_MAY_RUN: u32 = 0o755;
    fs::set_permissions(&start, fs::Permissions::from_mode(EVERYONE_MAY_RUN))?;
    Ok(())
}

/// The directories of a tree that the dynamic linker has to search, relative
/// to it: Debian keeps libraries in `lib` and in one subdirectory a machine.
pub(super) fn library_dirs(tree: &Path) -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    for base in ["usr/lib", "lib"] {
        let entries = fs::read_dir(tree.join(base))
            .into_iter()
            .flatten()
            .flatten();
        let machine = |path: &Path| path.to_string_lossy().ends_with("-linux-gnu");
        let subdirs = entries
            .map(|entry| entry.path())
            .filter(|path| machine(path));
        dirs.extend(subdirs.chain([tree.join(base)]));
    }
    dirs.iter()
        .filter_map(|dir| dir.strip_prefix(tree).ok())
        .map(Path::to_owned)
        .collect()
}

/// A script that starts `root/usr/bin/<program>` beside it. QEMU finds its
/// data files relative to its own place.
fn start_script(libraries: &[PathBuf], program: &str) -> String {
    let dirs: Vec<String> = libraries
        .iter()
        .map(|dir| format!("$root/{}", dir.display()))
        .collect();
    format!(
        "#!/bin/sh\nroot=$(dirname \"$0\")/root\n\
         export LD_LIBRARY_PATH=\"{}\"\nexec \"$root/usr/bin/{program}\" \"$@\"\n",
        dirs.join(":")
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{library_dirs, start_script};

    #[test]
    fn libraries_of_a_tree() {
        let tree = tempfile::tempdir().unwrap();
        for dir in ["usr/lib/x86_64-linux-gnu", "usr/lib/qemu", "usr/share"] {
            fs::create_dir_all(tree.path().join(dir)).unwrap();
        }
        let dirs = library_dirs(tree.path());
        let expected = ["usr/lib/x86_64-linux-gnu", "usr/lib", "lib"].map(PathBuf::from);
        assert_eq!(dirs, expected);
    }

    #[test]
    fn the_script_becomes_the_program() {
        let script = start_script(&["usr/lib".into(), "lib".into()], "qemu-system-ppc");
        assert!(script.contains("\"$root/usr/lib:$root/lib\""), "{script}");
        assert!(
            script.ends_with("exec \"$root/usr/bin/qemu-system-ppc\" \"$@\"\n"),
            "{script}"
        );
    }
}
