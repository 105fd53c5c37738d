//! Everything a run needs from the machine: a toolchain for the bare-metal
//! target, QEMU, and a place to keep what was downloaded.
//!
//! What is missing is fetched without root and without touching the system:
//! rustup adds a target to its own tree, and Debian packages are resolved in a
//! private package state (module [`apt`]) and unpacked below the user's cache
//! directory. Everything is idempotent, and processes that run at the same
//! time wait for each other ([`cache::Cache::lock`]).

pub mod apt;
pub mod cache;
mod command;
mod lint;
mod qemu;
mod toolchain;
mod version;

pub use lint::lint;
pub use qemu::{Qemu, QemuArch, qemu};
pub use toolchain::{TARGET, Toolchain, workspace};
pub use version::Version;

pub(crate) use command::{find_program, text};
