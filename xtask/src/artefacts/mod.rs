//! Kernels and initial RAM disks that manifests name.
//!
//! A known name stands for something that is downloaded once and kept in the
//! user's cache; anything else is a path. On systems without Debian's package
//! tools only paths work, and the errors say so.

mod busybox;
mod debian;
mod initramfs;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::debian::KernelPackage;
use crate::setup::cache::Cache;
use crate::ui::Ui;

/// What an artefact is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtefactKind {
    /// A guest kernel.
    Kernel,
    /// An initial RAM disk.
    Initrd,
}

impl ArtefactKind {
    /// The words that may stand for a file of this kind in a manifest.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Kernel => &["debian", "debian-6.12"],
            Self::Initrd => &["busybox"],
        }
    }

    /// The manifest key that takes this kind.
    const fn key(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Initrd => "initrd",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Kernel => Self::Initrd,
            Self::Initrd => Self::Kernel,
        }
    }
}

/// The file that `name_or_path` stands for: a known artefact, which is
/// downloaded if the cache does not have it, or a file of the user's.
///
/// # Errors
/// There is no such file, the name is of the other kind, or the download
/// failed; the message says how to go on.
pub fn resolve(ui: &Ui, name_or_path: &str, kind: ArtefactKind) -> Result<PathBuf> {
    let key = kind.key();
    if kind.other().names().contains(&name_or_path) {
        bail!(
            "`{name_or_path}` is no {key}: it belongs under the key `{}`",
            kind.other().key()
        );
    }
    if !kind.names().contains(&name_or_path) {
        return file(name_or_path, kind);
    }
    let made = Cache::open().and_then(|cache| make(ui, &cache, name_or_path));
    made.with_context(|| {
        format!(
            "the {key} `{name_or_path}` cannot be made ready; to use a file of your own, \
             say `{key} = \"/path/to/file\"` in the manifest"
        )
    })
}

/// Makes the known artefact `name` ready.
fn make(ui: &Ui, cache: &Cache, name: &str) -> Result<PathBuf> {
    let kernel = |meta| KernelPackage { meta }.resolve(ui, cache, name);
    match name {
        "debian" => kernel("linux-image-arm64"),
        "debian-6.12" => kernel("linux-image-6.12-arm64"),
        "busybox" => busybox::resolve(ui, cache),
        _ => bail!("there is no recipe for `{name}`"),
    }
}

/// A path that the user gave.
fn file(path: &str, kind: ArtefactKind) -> Result<PathBuf> {
    let (key, known) = (kind.key(), kind.names().join("`, `"));
    let meta = Path::new(path)
        .metadata()
        .with_context(|| format!("no {key} at `{path}`; names that need no file: `{known}`"))?;
    if !meta.is_file() {
        bail!("the {key} `{path}` is not a file");
    }
    Ok(path.into())
}

#[cfg(test)]
mod tests {
    use super::{ArtefactKind, make, resolve};
    use crate::setup::cache::Cache;
    use crate::ui::Ui;

    fn error(name: &str, kind: ArtefactKind) -> String {
        format!("{:#}", resolve(&Ui::quiet(), name, kind).unwrap_err())
    }

    #[test]
    fn a_path_is_taken_as_it_is() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let found = resolve(&Ui::quiet(), path, ArtefactKind::Kernel).unwrap();
        assert_eq!(found, file.path());
    }

    #[test]
    fn a_missing_file_names_the_known_ones() {
        let message = error("no/such/Image", ArtefactKind::Kernel);
        assert!(
            message.contains("no/such/Image") && message.contains("`debian`"),
            "{message}"
        );
        assert!(!message.contains("busybox"), "{message}");
    }

    #[test]
    fn a_directory_is_no_kernel() {
        assert!(error("/", ArtefactKind::Kernel).contains("not a file"));
    }

    #[test]
    fn a_name_of_the_other_kind() {
        let message = error("busybox", ArtefactKind::Kernel);
        assert!(message.contains("`initrd`"), "{message}");
    }

    #[test]
    fn every_name_has_a_recipe() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_path_buf()).unwrap();
        for entry in ["kernel-debian/vmlinuz", "kernel-debian-6.12/vmlinuz"] {
            cache.make_file(entry, b"x").unwrap();
        }
        cache
            .make_file("package-busybox-static/busybox", b"x")
            .unwrap();
        for kind in [ArtefactKind::Kernel, ArtefactKind::Initrd] {
            for name in kind.names() {
                assert!(
                    make(&Ui::quiet(), &cache, name).unwrap().is_file(),
                    "{name}"
                );
            }
        }
    }
}
