//! The initial RAM disk `busybox`: Debian's static busybox and the scripts in
//! `guests/initramfs`.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::debian;
use super::initramfs::{Content, Entry, pack};
use crate::setup::cache::Cache;
use crate::ui::Ui;

/// The package with a busybox that needs no libraries.
const PACKAGE: &str = "busybox-static";

/// Where the package has it.
const MEMBER: &str = "./bin/busybox";

/// Directories of the RAM disk, parents first.
const DIRECTORIES: [&str; 14] = [
    "bin",
    "dev",
    "etc",
    "lib",
    "lib/toroid",
    "mnt",
    "proc",
    "root",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/sbin",
];

/// The scripts of `guests/initramfs` and where they go.
const SCRIPTS: [(&str, &[u8]); 4] = [
    ("init", include_bytes!("../../../guests/initramfs/init")),
    (
        "etc/profile",
        include_bytes!("../../../guests/initramfs/profile"),
    ),
    (
        "lib/toroid/commands",
        include_bytes!("../../../guests/initramfs/commands"),
    ),
    (
        "lib/toroid/stop",
        include_bytes!("../../../guests/initramfs/stop"),
    ),
];

/// `/dev/console` (`Documentation/admin-guide/devices.txt` of Linux): the
/// first process needs it before `/dev` is mounted.
const CONSOLE: Content<'static> = Content::CharDevice(5, 1);

/// The packed RAM disk. It is packed anew when a script or busybox changed,
/// which its name shows.
pub(super) fn resolve(ui: &Ui, cache: &Cache) -> Result<PathBuf> {
    let program = debian::program(ui, cache, PACKAGE, MEMBER)?;
    let busybox =
        fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
    let entries = entries(&busybox);
    let name = format!("initramfs-busybox/{:016x}.cpio.gz", digest(&entries));
    let path = cache.path(&name);
    if path.is_file() {
        return Ok(path);
    }
    let step = ui.step("packing the initial RAM disk `busybox`");
    let path = cache.make_file(&name, &pack(&entries)?)?;
    step.done();
    Ok(path)
}

fn entries(busybox: &[u8]) -> Vec<Entry<'_>> {
    let directory = |path| Entry {
        path,
        mode: 0o755,
        content: Content::Directory,
    };
    let script = |(path, text)| Entry {
        path,
        mode: 0o755,
        content: Content::File(text),
    };
    let mut entries: Vec<Entry<'_>> = DIRECTORIES.map(directory).into();
    entries.push(Entry {
        path: "dev/console",
        mode: 0o600,
        content: CONSOLE,
    });
    entries.push(Entry {
        path: "bin/busybox",
        mode: 0o755,
        content: Content::File(busybox),
    });
    // The scripts start before busybox has made links for all its names.
    entries.push(Entry {
        path: "bin/sh",
        mode: 0o777,
        content: Content::Link("busybox"),
    });
    entries.extend(SCRIPTS.map(script));
    entries
}

/// A number that changes when anything that is packed changes. Another Rust's
/// standard library may give another number, which costs one more packing.
fn digest(entries: &[Entry<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    entries.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Content, digest, entries, resolve};
    use crate::setup::cache::Cache;
    use crate::ui::Ui;

    #[test]
    fn parents_come_before_children() {
        let entries = entries(b"");
        for (index, entry) in entries.iter().enumerate() {
            let Some((parent, _)) = entry.path.rsplit_once('/') else {
                continue;
            };
            let known = entries[..index]
                .iter()
                .any(|earlier| earlier.path == parent && earlier.content == Content::Directory);
            assert!(known, "{} has no directory", entry.path);
        }
    }

    #[test]
    fn the_name_follows_the_contents() {
        assert_eq!(digest(&entries(b"one")), digest(&entries(b"one")));
        assert_ne!(digest(&entries(b"one")), digest(&entries(b"two")));
    }

    #[test]
    fn it_is_packed_once() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_path_buf()).unwrap();
        cache
            .make_file("package-busybox-static/busybox", b"program")
            .unwrap();
        let first = resolve(&Ui::quiet(), &cache).unwrap();
        let made = fs::metadata(&first).unwrap().modified().unwrap();
        let second = resolve(&Ui::quiet(), &cache).unwrap();
        assert_eq!(
            (&first, made),
            (&second, fs::metadata(&second).unwrap().modified().unwrap())
        );
    }
}
