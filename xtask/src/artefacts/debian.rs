//! Debian's arm64 packages, unpacked without installing anything.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::setup::apt::{Apt, Host, Package, System, unpack};
use crate::setup::cache::Cache;
use crate::ui::Ui;

/// The Debian release that guests come from, whatever the host runs.
const RELEASE: &str = "bookworm";

/// The guests' architecture in Debian's terms.
const ARCHITECTURE: &str = "arm64";

/// The private apt state for guest packages.
const APT_STATE: &str = "apt-guest";

/// The kernel in an entry of the cache. Debian's arm64 `vmlinuz` is an
/// uncompressed Image as the arm64 boot protocol wants it.
const IMAGE: &str = "vmlinuz";

/// A kernel of Debian's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KernelPackage {
    /// The package that always depends on the newest kernel of its line.
    pub(super) meta: &'static str,
}

impl KernelPackage {
    /// The kernel's Image in the cache entry for `name`, downloaded if need
    /// be. An entry stays as it is until somebody removes it, so that runs are
    /// repeatable.
    pub(super) fn resolve(self, ui: &Ui, cache: &Cache, name: &str) -> Result<PathBuf> {
        let entry = format!("kernel-{name}");
        let members = ["./boot"];
        resolve_package(
            ui,
            cache,
            &entry,
            IMAGE,
            &members,
            |apt| self.newest(apt),
            keep_kernel,
        )
    }

    /// The package with the newest kernel.
    fn newest(self, apt: &Apt<'_>) -> Result<Package> {
        let meta = apt
            .show(self.meta)
            .context("is Debian's security archive among apt's sources?")?;
        let real = meta
            .depends
            .iter()
            .find(|name| name.starts_with("linux-image-"));
        let real = real.with_context(|| format!("{} names no kernel package", self.meta))?;
        apt.show(real)
    }
}

/// The file `file` of the package `name` at the path `member` in the cache.
pub(super) fn program(ui: &Ui, cache: &Cache, name: &str, member: &str) -> Result<PathBuf> {
    let file = Path::new(member)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let keep = |tree: &Path, entry: &Path| {
        fs::rename(tree.join(member), entry.join(&*file))
            .with_context(|| format!("the package {name} has no {member}"))
    };
    resolve_package(
        ui,
        cache,
        &format!("package-{name}"),
        &file,
        &[member],
        |apt| apt.show(name),
        keep,
    )
}

/// Makes a cache entry from `members` of the package that `choose` picks, as
/// `keep` takes them from the unpacked tree, and gives the entry's `file`.
/// The package's name and version are recorded beside it.
fn resolve_package(
    ui: &Ui,
    cache: &Cache,
    entry: &str,
    file: &str,
    members: &[&str],
    choose: impl FnOnce(&Apt<'_>) -> Result<Package>,
    keep: impl FnOnce(&Path, &Path) -> Result<()>,
) -> Result<PathBuf> {
    let path = cache.path(entry).join(file);
    if path.is_file() {
        return Ok(path);
    }
    let apt = Apt::open(
        ui,
        cache,
        APT_STATE,
        System::Empty(ARCHITECTURE),
        |host, mirrors| {
            only_debian(host)?;
            Ok(mirrors.entries(RELEASE, false))
        },
    )?;
    // Another process may have made it while this one waited for the lock.
    if path.is_file() {
        return Ok(path);
    }
    let package = choose(&apt)?;
    let archive = apt.download(&package.name, &package.version)?;
    let step = ui.step(format!("unpacking {} {}", package.name, package.version));
    cache.make_dir(entry, |dir| {
        let tree = dir.join("tree");
        fs::create_dir(&tree)?;
        unpack(&archive, &tree, members)?;
        keep(&tree, dir)?;
        fs::remove_dir_all(&tree)?;
        let label = format!("{} {}\n", package.name, package.version);
        Ok(fs::write(dir.join("package.txt"), label)?)
    })?;
    step.done();
    apt.clean()?;
    Ok(path)
}

/// Guest packages are in Debian's own archive only.
fn only_debian(host: &Host) -> Result<()> {
    if host.is_debian() {
        return Ok(());
    }
    bail!(
        "it comes from Debian's archive, for which `{}` has no mirrors configured",
        host.id
    )
}

/// Takes the Image and the configuration of the one kernel in a tree.
fn keep_kernel(tree: &Path, entry: &Path) -> Result<()> {
    for part in [IMAGE, "config"] {
        let prefix = format!("{part}-");
        let found = fs::read_dir(tree.join("boot"))?
            .flatten()
            .find(|file| file.file_name().to_string_lossy().starts_with(&prefix));
        let found = found.with_context(|| format!("the package has no /boot/{prefix}*"))?;
        fs::rename(found.path(), entry.join(part))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{KernelPackage, keep_kernel, only_debian, program};
    use crate::setup::apt::Host;
    use crate::setup::cache::Cache;
    use crate::ui::Ui;

    #[test]
    fn what_is_cached_needs_neither_apt_nor_network() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_path_buf()).unwrap();
        for file in ["kernel-debian/vmlinuz", "package-busybox-static/busybox"] {
            cache.make_file(file, b"x").unwrap();
        }
        let kernel = KernelPackage {
            meta: "linux-image-arm64",
        };
        let image = kernel.resolve(&Ui::quiet(), &cache, "debian").unwrap();
        assert_eq!(image, dir.path().join("kernel-debian/vmlinuz"));
        let busybox = program(&Ui::quiet(), &cache, "busybox-static", "./bin/busybox").unwrap();
        assert_eq!(busybox, dir.path().join("package-busybox-static/busybox"));
    }

    #[test]
    fn the_image_and_its_configuration_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let boot = dir.path().join("tree/boot");
        fs::create_dir_all(&boot).unwrap();
        for file in [
            "vmlinuz-6.1.0-56-arm64",
            "config-6.1.0-56-arm64",
            "System.map-6.1.0",
        ] {
            fs::write(boot.join(file), file).unwrap();
        }
        keep_kernel(&dir.path().join("tree"), dir.path()).unwrap();
        let image = fs::read_to_string(dir.path().join("vmlinuz")).unwrap();
        assert_eq!(image, "vmlinuz-6.1.0-56-arm64");
        assert!(dir.path().join("config").exists());
    }

    #[test]
    fn other_distributions_are_told_plainly() {
        let host = |id: &str| Host {
            id: id.into(),
            codename: "x".into(),
        };
        assert!(only_debian(&host("debian")).is_ok());
        let message = only_debian(&host("ubuntu")).unwrap_err().to_string();
        assert!(message.contains("`ubuntu`"), "{message}");
    }
}
