//! The user's cache: what was downloaded or unpacked once, outside any clone.
//!
//! Entries are made in a scratch directory of the same file system and appear
//! under their name by one `rename`, so an entry that exists is complete.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::{env, io};

use anyhow::{Context, Result};

use crate::ui::Ui;

/// Names the cache directory explicitly (tests, CI with a cache of its own).
pub const CACHE_VARIABLE: &str = "TOROID_CACHE";

/// A directory of this tool below the user's cache directory.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

/// Holds a lock of the cache; dropping it lets the next process go on.
#[derive(Debug)]
pub struct Lock {
    // Closing the file releases the lock, also when the process dies.
    _file: File,
}

impl Cache {
    /// The cache of this user: `$TOROID_CACHE`, else `toroid` below
    /// `$XDG_CACHE_HOME` or `~/.cache` (XDG Base Directory Specification).
    ///
    /// # Errors
    /// None of these variables names a directory, or it cannot be made.
    pub fn open() -> Result<Self> {
        let root = locate(|name| env::var_os(name).map(PathBuf::from)).context(
            "neither XDG_CACHE_HOME nor HOME is set: set TOROID_CACHE to a directory for downloads",
        )?;
        Self::at(std::path::absolute(root)?)
    }

    /// A cache in the directory `root`, which is made if need be.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn at(root: PathBuf) -> Result<Self> {
        fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
        Ok(Self { root })
    }

    /// Where the entry `name` is or will be.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Waits until no other process holds the lock `name`, and takes it.
    ///
    /// # Errors
    /// The lock file cannot be made or locked.
    pub fn lock(&self, ui: &Ui, name: &str) -> Result<Lock> {
        let path = self.root.join(format!("{name}.lock"));
        let context = || format!("cannot lock {}", path.display());
        let file = File::create(&path).with_context(context)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let step = ui.step(format!("waiting for another xtask that prepares {name}"));
                file.lock().with_context(context)?;
                step.done();
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
        }
        Ok(Lock { _file: file })
    }

    /// Makes the directory entry `name` by running `fill` on an empty scratch
    /// directory; the entry replaces what was there. Hold the entry's lock.
    ///
    /// # Errors
    /// Those of `fill`, or the file system's.
    pub fn make_dir(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let target = self.path(name);
        let scratch = self.root.join(format!("{name}.part"));
        remove(&scratch)?;
        fs::create_dir_all(&scratch)
            .with_context(|| format!("cannot make {}", scratch.display()))?;
        fill(&scratch)?;
        remove(&target)?;
        publish(&scratch, &target)?;
        Ok(target)
    }

    /// Makes the file entry `name` with `bytes` in it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn make_file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let target = self.path(name);
        let dir = target.parent().unwrap_or(&self.root);
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let mut scratch = tempfile::NamedTempFile::new_in(dir)
            .with_context(|| format!("cannot write in {}", dir.display()))?;
        io::Write::write_all(&mut scratch, bytes)
            .with_context(|| format!("cannot write {}", target.display()))?;
        scratch
            .persist(&target)
            .with_context(|| format!("cannot write {}", target.display()))?;
        Ok(target)
    }
}

/// Picks the directory from environment variables looked up with `var`.
fn locate(var: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // The XDG specification: relative paths are invalid and to be ignored.
    let absolute = |name| var(name).filter(|path| path.is_absolute());
    var(CACHE_VARIABLE)
        .filter(|path| !path.as_os_str().is_empty())
        .or_else(|| absolute("XDG_CACHE_HOME").map(|dir| dir.join("toroid")))
        .or_else(|| absolute("HOME").map(|home| home.join(".cache/toroid")))
}

/// Removes a directory tree if it is there.
fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

fn publish(scratch: &Path, target: &Path) -> Result<()> {
    fs::rename(scratch, target).with_context(|| format!("cannot make {}", target.display()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;
    use std::{fs, thread};

    use anyhow::bail;

    use super::{Cache, locate};
    use crate::ui::Ui;

    #[test]
    fn the_nearest_variable_wins() {
        let with = |set: &'static [(&str, &str)]| {
            locate(move |name| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| PathBuf::from(value))
            })
        };
        assert_eq!(
            with(const { &[("TOROID_CACHE", "/a"), ("HOME", "/c")] }),
            Some("/a".into())
        );
        assert_eq!(
            with(const { &[("XDG_CACHE_HOME", "/b"), ("HOME", "/c")] }),
            Some("/b/toroid".into())
        );
        assert_eq!(
            with(const { &[("XDG_CACHE_HOME", "relative"), ("HOME", "/c")] }),
            Some("/c/.cache/toroid".into())
        );
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn an_entry_appears_only_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache")).unwrap();
        let failed = cache.make_dir("entry", |scratch| {
            fs::write(scratch.join("half"), b"x")?;
            bail!("the network went away")
        });
        assert!(failed.is_err() && !cache.path("entry").exists());

        let made = cache.make_dir("entry", |scratch| {
            assert!(!scratch.join("half").exists(), "leftovers are removed");
            Ok(fs::write(scratch.join("whole"), b"x")?)
        });
        assert!(made.unwrap().join("whole").exists());
    }

    #[test]
    fn files_are_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_path_buf()).unwrap();
        cache.make_file("sub/file", b"old").unwrap();
        let path = cache.make_file("sub/file", b"new").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"new");
    }

    #[test]
    fn a_lock_excludes() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_path_buf()).unwrap();
        let released = AtomicBool::new(false);
        let lock = cache.lock(&Ui::quiet(), "x").unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                let _second = cache.lock(&Ui::quiet(), "x").unwrap();
                assert!(released.load(Ordering::SeqCst), "two holders at once");
            });
            thread::sleep(Duration::from_millis(50));
            released.store(true, Ordering::SeqCst);
            drop(lock);
        });
    }
}
