//! The one tool of the house, as a library: set-up, manifests, images, runs.
//!
//! The binary `xtask` is a thin command line over it ([`cli`]); the system
//! tests start nodes through [`run::Session`].

pub mod artefacts;
pub mod cli;
mod commands;
pub mod host;
pub mod image;
pub mod manifest;
pub mod run;
pub mod setup;
pub mod ui;

use std::path::{Path, PathBuf};

/// The root of the workspace that this tool was built in.
#[must_use]
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where builds go: `target/` unless cargo was told otherwise.
#[must_use]
pub fn target_directory() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace().join(chosen)
}
