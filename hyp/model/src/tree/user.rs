//! Device trees and overlays that a user brings.
//!
//! They are checked before anything is done with them, so that a damaged blob
//! is one line for the user.

use super::node::halves;
use super::{Blob, Chosen, Error, Machine};
use crate::layout::Window;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::model::overlay::OverlayApplier;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
use dtoolkit::overlay::Overlay;
use dtoolkit::{Node, Property};

/// The deepest nesting that is taken: trees are walked recursively, and real
/// ones have less than half of it.
const MAX_DEPTH: usize = 32;
/// The most nodes that are taken: real trees have a few thousand.
const MAX_NODES: usize = 16384;

/// A user's own device tree with this machine's memory and `/chosen`.
pub(super) fn tree(blob: &[u8], machine: &Machine<'_>) -> Result<DeviceTree, Error> {
    let fdt = parse(blob, Blob::Tree)?;
    let mut tree = DeviceTree::from_fdt(&fdt);
    set_memory(&mut tree.root, machine.ram)?;
    set_chosen(&mut tree.root, &machine.chosen);
    Ok(tree)
}

/// Applies an overlay.
pub(super) fn apply_overlay(tree: &mut DeviceTree, blob: &[u8]) -> Result<(), Error> {
    let overlay = parse(blob, Blob::Overlay)?;
    if Overlay::new(overlay.root()).fragments().next().is_none() {
        return Err(Error::NoFragment);
    }
    OverlayApplier::new(tree)
        .apply_overlay(&overlay)
        .map_err(|error| Error::Overlay(one_line(&error.to_string())))
}

/// Checks a blob.
fn parse(blob: &[u8], which: Blob) -> Result<Fdt<'_>, Error> {
    /// How device tree source begins.
    const SOURCE: &[u8] = b"/dts-v1/";
    if blob.starts_with(SOURCE) {
        return Err(Error::Source(which));
    }
    let (magic, size) = header(blob).ok_or(Error::NotATree(which))?;
    if magic != MAGIC {
        return Err(Error::NotATree(which));
    }
    // What follows the tree in its file is not the tree's.
    let tree = usize::try_from(size)
        .ok()
        .and_then(|size| blob.get(..size))
        .ok_or(Error::Truncated {
            blob: which,
            expected: u64::from(size),
            size: blob.len() as u64,
        })?;
    let fdt =
        Fdt::new(tree).map_err(|error| Error::Damaged(which, one_line(&error.to_string())))?;
    let mut nodes = MAX_NODES;
    if !within_limits(&fdt.root(), MAX_DEPTH, &mut nodes) {
        return Err(Error::TooComplex(which));
    }
    Ok(fdt)
}

/// Magic number of a flattened device tree.
const MAGIC: u32 = 0xd00d_feed;

/// The first two words of the header: magic number and total size.
fn header(blob: &[u8]) -> Option<(u32, u32)> {
    let (magic, rest) = blob.split_first_chunk()?;
    let size = rest.first_chunk()?;
    Some((u32::from_be_bytes(*magic), u32::from_be_bytes(*size)))
}

/// Whether the tree under `node` has at most `depth` levels and `nodes` nodes.
fn within_limits(node: &FdtNode<'_>, depth: usize, nodes: &mut usize) -> bool {
    let (Some(deeper), Some(left)) = (depth.checked_sub(1), nodes.checked_sub(1)) else {
        return false;
    };
    *nodes = left;
    node.children()
        .all(|child| within_limits(&child, deeper, nodes))
}

/// A message without line breaks, whatever names it quotes.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

/// Replaces the memory nodes by one for `ram`.
fn set_memory(root: &mut DeviceTreeNode, ram: Window) -> Result<(), Error> {
    let reg = [
        encode(ram.base.raw(), cells(root, "#address-cells", 2))?,
        encode(ram.size, cells(root, "#size-cells", 1))?,
    ]
    .concat();
    let old: Vec<String> = root
        .children()
        .filter(|child| is_memory(child))
        .map(|child| child.name().to_string())
        .collect();
    for name in &old {
        root.remove_child(name);
    }
    let mut memory = DeviceTreeNode::new_unchecked(format!("memory@{:x}", ram.base));
    set(&mut memory, "device_type", "memory");
    set(&mut memory, "reg", reg);
    root.add_child(memory);
    Ok(())
}

/// Whether a child of the root describes memory.
fn is_memory(node: &DeviceTreeNode) -> bool {
    let kind = node.property("device_type");
    kind.is_some_and(|kind| kind.value() == b"memory\0") || node.name_without_address() == "memory"
}

/// The root's `#address-cells` or `#size-cells`, or the specification's default.
fn cells(root: &DeviceTreeNode, name: &str, default: u32) -> u32 {
    root.property(name)
        .and_then(|property| property.value_as::<u32>().ok())
        .unwrap_or(default)
}

/// A number in one or two cells.
fn encode(value: u64, cells: u32) -> Result<Vec<u32>, Error> {
    match (halves(value), cells) {
        (both, 2) => Ok(both.to_vec()),
        ([0, low], 1) => Ok(Vec::from([low])),
        _ => Err(Error::Cells { value, cells }),
    }
}

/// Sets what `/chosen` has to say and leaves the rest of it.
pub(super) fn set_chosen(root: &mut DeviceTreeNode, chosen: &Chosen<'_>) {
    const NAME: &str = "chosen";
    if root.child_mut(NAME).is_none() {
        let mut node = DeviceTreeNode::new_unchecked(NAME);
        if let Some(console) = root
            .child("aliases")
            .and_then(|aliases| aliases.property("serial0"))
        {
            set(&mut node, "stdout-path", console.value());
        }
        root.add_child(node);
    }
    let Some(node) = root.child_mut(NAME) else {
        return;
    };
    if !chosen.bootargs.is_empty() {
        set(node, "bootargs", chosen.bootargs);
    }
    for stale in [INITRD_START, INITRD_END, KASLR_SEED, RNG_SEED] {
        node.remove_property(stale);
    }
    if let Some(initrd) = &chosen.initrd {
        set(node, INITRD_START, initrd.start.raw());
        set(node, INITRD_END, initrd.end.raw());
    }
    if let Some(seed) = &chosen.seed {
        set(node, KASLR_SEED, seed.kaslr);
        set(node, RNG_SEED, &seed.rng[..]);
    }
}

/// Start of the initial RAM disk.
const INITRD_START: &str = "linux,initrd-start";
/// End of the initial RAM disk.
const INITRD_END: &str = "linux,initrd-end";
/// Randomness for the kernel's place.
const KASLR_SEED: &str = "kaslr-seed";
/// Randomness for the kernel's generator.
const RNG_SEED: &str = "rng-seed";

/// Sets a property.
fn set(node: &mut DeviceTreeNode, name: &str, value: impl dtoolkit::ToPropertyValue) {
    node.add_property(DeviceTreeProperty::new_unchecked(name, value));
}
