//! Manifests: what a node is and which virtual machines it runs.
//!
//! A manifest is TOML; `docs/manifest.md` is its reference. Everything that
//! can be wrong is reported before anything starts, all at once, each problem
//! with file and line (or the `--set` argument), key and remedy.

mod check;
mod decode;
mod fields;
mod files;
mod problem;
mod set;
pub mod size;
mod tree;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use bundle::{Device, GicVersion, LogLevel, Paging};

pub use check::HYPERVISOR_MEMORY;
pub use files::{FileRef, FileSource};
pub use problem::{Place, Problem, Problems};

/// A node and its virtual machines, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The file that it was read from.
    pub path: PathBuf,
    /// The node.
    pub node: Node,
    /// Its virtual machines, in order.
    pub vms: Vec<Vm>,
}

/// The machine that the hypervisor runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The board.
    pub board: Board,
    /// The board's interrupt controller.
    pub gic: GicVersion,
    /// QEMU's `-cpu`.
    pub cpu: String,
    /// Cores.
    pub cpus: u8,
    /// Memory in bytes.
    pub memory: u64,
    /// Whether guests reach QEMU's semihosting.
    pub semihosting: bool,
    /// How much the hypervisor says.
    pub log: LogLevel,
}

/// Boards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Board {
    /// QEMU's `virt` machine for AArch64.
    QemuVirt,
}

/// One virtual machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vm {
    /// Unique name.
    pub name: String,
    /// What it starts.
    pub kernel: FileRef,
    /// Initial RAM disk.
    pub initrd: Option<FileRef>,
    /// Device tree instead of the generated one.
    pub dtb: Option<FileRef>,
    /// Device tree overlay.
    pub dtb_overlay: Option<FileRef>,
    /// Kernel command line.
    pub cmdline: String,
    /// Virtual processors.
    pub cpus: u8,
    /// Core of each virtual processor; empty = automatic.
    pub pin: Vec<u8>,
    /// Memory in bytes.
    pub memory: u64,
    /// How translations are combined.
    pub paging: Paging,
    /// The guest's interrupt controller.
    pub gic: GicVersion,
    /// Devices.
    pub devices: Vec<Device>,
    /// Performance monitors.
    pub pmu: bool,
    /// Longest SVE vector in bits; `None` = as the core has, 0 = no SVE.
    pub sve: Option<u16>,
}

impl Manifest {
    /// Reads a manifest file, with overrides in the form of `--set`.
    ///
    /// Paths in the file are relative to its directory, paths in overrides to
    /// the current directory.
    ///
    /// # Errors
    /// [`Problems`], everything that is wrong.
    pub fn load(path: &Path, sets: &[String]) -> Result<Self, Problems> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let mut problems = Problems::default();
            let place = Place(path.display().to_string());
            let remedy = "name a manifest that exists; the ready-made ones are in manifests/";
            problems.add(
                &place,
                "",
                format!("this manifest cannot be read: {error}"),
                remedy,
            );
            problems
        })?;
        Self::parse(path, &text, sets)
    }

    /// Reads a manifest from its text; `path` is for messages and for
    /// relative paths.
    ///
    /// # Errors
    /// [`Problems`], everything that is wrong.
    pub fn parse(path: &Path, text: &str, sets: &[String]) -> Result<Self, Problems> {
        let mut root = tree::Source { path, text }.parse()?;
        let mut problems = Problems::default();
        set::apply(&mut root, sets, &mut problems);
        let draft = decode::manifest(path, root, &mut problems);
        if let Some(draft) = &draft {
            check::all(draft, &mut problems);
        }
        match draft {
            Some(draft) if problems.0.is_empty() => Ok(draft.finish(path)),
            _ => Err(problems),
        }
    }
}
