//! Files that a manifest names.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::fields::Fields;
use super::problem::{Place, nearest, one_of};
use crate::artefacts::ArtefactKind;

/// Prefix of the house's own test guests: `guest:psci` is built from
/// `guests/`.
const GUEST_PREFIX: &str = "guest:";

/// A file that a manifest names, known to exist unless it has yet to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    /// As it was written.
    pub text: String,
    /// Where it comes from.
    pub source: FileSource,
    /// Where it was named, for later messages.
    pub place: Place,
    /// The full name of the key, such as `vm.linux0.kernel`.
    pub key: String,
}

impl FileRef {
    /// Whether it has the header of a Linux kernel (an arm64 Image), or is one of
    /// the kernels that set-up knows.
    pub(super) fn is_linux(&self) -> bool {
        /// Where the header's magic number is, and what it is.
        const MAGIC: (u64, &[u8; 4]) = (56, b"ARM\x64");
        match &self.source {
            FileSource::Artefact(_) => true,
            FileSource::Guest(_) => false,
            FileSource::Path(path) => {
                let mut magic = [0; 4];
                let read = File::open(path).and_then(|mut file| {
                    file.seek(SeekFrom::Start(MAGIC.0))?;
                    file.read_exact(&mut magic)
                });
                read.is_ok() && magic == *MAGIC.1
            }
        }
    }
}

/// Where a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// A file on this machine.
    Path(PathBuf),
    /// Something that set-up knows how to get, such as `debian`.
    Artefact(ArtefactKind),
    /// A bare-metal program of the house, built from `guests/`.
    Guest(String),
}

/// Directories for relative paths.
pub(super) struct Base<'a> {
    /// The manifest's directory.
    pub(super) manifest: &'a Path,
}

impl Fields<'_> {
    /// A file. `kind` says which artefacts may be named instead of a path. The
    /// empty string is no file, so that an override can take one away.
    pub(super) fn file(
        &mut self,
        key: &'static str,
        base: &Base<'_>,
        kind: Option<ArtefactKind>,
    ) -> Option<FileRef> {
        let text = self.string(key, "path/to/file")?;
        let (place, text) = (text.place, text.value);
        if text.is_empty() {
            return None;
        }
        let names = kind.map_or(&[][..], ArtefactKind::names);
        let source = if let Some(kind) = kind.filter(|_| names.contains(&text.as_str())) {
            FileSource::Artefact(kind)
        } else if let Some(guest) = text.strip_prefix(GUEST_PREFIX) {
            FileSource::Guest(guest.to_owned())
        } else {
            let path = if place.is_override() {
                PathBuf::from(&text)
            } else {
                base.manifest.join(&text)
            };
            if let Err(what) = usable(&path) {
                self.problem(
                    &place,
                    key,
                    what,
                    missing_remedy(&text, names, place.is_override()),
                );
                return None;
            }
            FileSource::Path(path)
        };
        let key = self.key(key);
        Some(FileRef {
            text,
            source,
            place,
            key,
        })
    }
}

/// Whether a file can be put into a bundle.
fn usable(path: &Path) -> Result<(), String> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(format!("there is no file {shown}"))
        }
        Err(error) => Err(format!("{shown} cannot be used: {error}")),
        Ok(meta) if meta.is_dir() => Err(format!("{shown} is a directory")),
        Ok(meta) if meta.len() == 0 => Err(format!("{shown} is empty")),
        Ok(_) => Ok(()),
    }
}

fn missing_remedy(text: &str, names: &[&str], is_override: bool) -> String {
    let base = if is_override {
        "the current directory"
    } else {
        "the manifest's directory"
    };
    if let Some(guess) = nearest(text, names.iter().copied()) {
        return format!("did you mean {guess:?}? Paths are relative to {base}");
    }
    if names.is_empty() {
        return format!("correct the path (it is relative to {base})");
    }
    format!(
        "correct the path (it is relative to {base}) or use {}",
        one_of(names.iter().copied())
    )
}
