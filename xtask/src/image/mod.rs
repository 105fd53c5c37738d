//! Bootable images: the hypervisor with a node's bundle behind it.

mod elf;
mod flat;
mod gather;

#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::host::Host;
use crate::manifest::Manifest;

pub use elf::with_bundle as elf_with_bundle;
pub use flat::with_bundle as raw_with_bundle;

/// Kinds of image files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// An arm64 Image, as boot loaders and QEMU take it.
    #[default]
    Raw,
    /// An ELF file with the bundle as one more segment.
    Elf,
}

/// Builds the image of a node. `frames` says whether its serial line carries
/// the stream format of [`bundle::wire`] or plain lines for people.
///
/// # Errors
/// A file of the manifest cannot be had or does not fit; the hypervisor is no
/// usable ELF file.
pub fn build(host: &Host, manifest: &Manifest, format: Format, frames: bool) -> Result<Vec<u8>> {
    let bundle = gather::bundle(host, manifest, frames)?;
    let path = host.hypervisor();
    let elf = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let image = match format {
        Format::Raw => flat::with_bundle(&elf, &bundle),
        Format::Elf => elf::with_bundle(&elf, &bundle),
    };
    image.with_context(|| format!("cannot make an image from {}", path.display()))
}
