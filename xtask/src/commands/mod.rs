//! What each subcommand does.

mod input;
mod run;
mod signals;
mod test;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::artefacts::{self, ArtefactKind};
use crate::cli::{Exit, ImageArgs, ManifestArgs};
use crate::host::Host;
use crate::manifest::{Manifest, Problems};
use crate::ui::Ui;
use crate::{image, setup};

pub(crate) use run::run;
pub(crate) use test::test;

/// Reads a manifest with the overrides of the command line.
fn manifest(path: &Path, args: &ManifestArgs) -> Result<Manifest, Problems> {
    Manifest::load(path, &args.set)
}

/// Toolchain and hypervisor as the command line wants them.
fn host(args: &ManifestArgs) -> Result<Host> {
    match &args.hypervisor {
        Some(path) => Host::with_hypervisor(Ui::new(), path),
        None => Host::prepare(Ui::new()),
    }
}

/// `cargo xtask image`.
pub(crate) fn image(args: &ImageArgs) -> Result<Exit> {
    let manifest = manifest(&args.manifest, &args.source)?;
    let host = host(&args.source)?;
    let image = image::build(&host, &manifest, args.format, false)?;
    let output = args.output.display();
    fs::write(&args.output, &image).with_context(|| format!("cannot write {output}"))?;
    host.ui().info(format!("{output}: {} bytes", image.len()));
    Ok(Exit::Success)
}

/// `cargo xtask setup`.
pub(crate) fn setup() -> Result<Exit> {
    let ui = Ui::new();
    setup::Toolchain::find(&ui)?;
    let qemu = setup::qemu(&ui, setup::QemuArch::Aarch64)?;
    ui.info(format!("{} {}", qemu.path.display(), qemu.version));
    for kind in [ArtefactKind::Kernel, ArtefactKind::Initrd] {
        for name in kind.names() {
            let path = artefacts::resolve(&ui, name, kind)?;
            ui.info(format!("{name}: {}", path.display()));
        }
    }
    Ok(Exit::Success)
}

/// `cargo xtask lint`.
pub(crate) fn lint() -> Result<Exit> {
    setup::lint(&Ui::new())?;
    Ok(Exit::Success)
}
