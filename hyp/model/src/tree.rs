//! The device tree that a guest gets.
//!
//! [`build`] describes the machine of [`crate::layout`] and nothing more, with
//! the node names of QEMU's `virt`. A user can change it with an overlay, or
//! give a device tree of their own, in which the memory and the `/chosen` node
//! are set and everything else stays as it is.
//!
//! The length of the result depends on neither the addresses nor the seeds in
//! it, so a caller may build it once to learn the length, place it, and build
//! it again with the addresses.

mod error;
mod node;
mod parts;
#[cfg(test)]
mod tests;
mod user;

use crate::image::DTB_MAX;
use crate::layout::Window;
use alloc::vec::Vec;
use core::ops::Range;
use dtoolkit::model::DeviceTree;
pub use error::{Blob, Error};
use vtlb::GuestPhys;

/// The version of a guest's interrupt controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gic {
    /// GICv2: distributor and CPU interface.
    V2,
    /// GICv3: distributor and redistributors, CPU interface by system registers.
    V3,
}

/// Random numbers for the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Where the kernel puts itself (`kaslr-seed`).
    pub kaslr: u64,
    /// For the kernel's random number generator (`rng-seed`).
    pub rng: [u8; 32],
}

/// What `/chosen` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// The kernel's command line. When it is empty, that of a user's own device
    /// tree stays.
    pub bootargs: &'a str,
    /// The initial RAM disk.
    pub initrd: Option<Range<GuestPhys>>,
    /// Random numbers; none in a run that is to be repeatable.
    pub seed: Option<Seed>,
}

/// The machine to describe.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    /// The guest's RAM.
    pub ram: Window,
    /// How many vCPUs there are.
    pub vcpus: usize,
    /// The interrupt controller.
    pub gic: Gic,
    /// The `compatible` of the vCPUs, such as `arm,cortex-a72`.
    pub cpu: &'a str,
    /// Whether there are performance monitors.
    pub pmu: bool,
    /// What `/chosen` says.
    pub chosen: Chosen<'a>,
}

/// What a user brings.
#[derive(Clone, Copy, Debug, Default)]
pub struct User<'a> {
    /// A device tree blob to use instead of the generated one.
    pub tree: Option<&'a [u8]>,
    /// An overlay blob to apply to either.
    pub overlay: Option<&'a [u8]>,
}

/// The device tree blob for `machine`.
///
/// # Errors
///
/// When one of the user's blobs cannot be used or the result is too large; the
/// message is one line for the user.
pub fn build(machine: &Machine<'_>, user: User<'_>) -> Result<Vec<u8>, Error> {
    if machine.chosen.bootargs.contains('\0') {
        return Err(Error::CommandLine);
    }
    let mut tree = match user.tree {
        Some(blob) => user::tree(blob, machine)?,
        None => generate(machine),
    };
    if let Some(blob) = user.overlay {
        // Labels that an overlay can refer to. A guest has no use for them.
        if user.tree.is_none() {
            tree.root.add_child(parts::symbols(machine));
        }
        user::apply_overlay(&mut tree, blob)?;
        if user.tree.is_none() {
            tree.root.remove_child(parts::SYMBOLS);
        }
    }
    let blob = tree.to_dtb();
    if blob.len() as u64 > DTB_MAX {
        return Err(Error::TooLarge {
            size: blob.len() as u64,
        });
    }
    Ok(blob)
}

/// The device tree of the guest machine.
fn generate(machine: &Machine<'_>) -> DeviceTree {
    let mut tree = DeviceTree::new();
    tree.root = parts::root(machine);
    user::set_chosen(&mut tree.root, &machine.chosen);
    tree
}
