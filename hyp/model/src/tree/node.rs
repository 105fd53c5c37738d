//! Writing nodes briefly.

use crate::layout::Window;
use alloc::vec::Vec;
use dtoolkit::ToPropertyValue;
use dtoolkit::model::{DeviceTreeNode, DeviceTreeProperty};

/// A node under construction. Names are constants of this crate, so they are
/// not checked again here; the tests parse what comes out.
pub(super) struct Builder(DeviceTreeNode);

impl Builder {
    /// A node with this name and unit address.
    pub(super) fn named(name: &str) -> Self {
        Self(DeviceTreeNode::new_unchecked(name))
    }

    /// With a property of any kind.
    pub(super) fn with(mut self, name: &str, value: impl ToPropertyValue) -> Self {
        self.0
            .add_property(DeviceTreeProperty::new_unchecked(name, value));
        self
    }

    /// With a property of 32-bit cells.
    pub(super) fn cells(self, name: &str, cells: &[u32]) -> Self {
        self.with(name, cells)
    }

    /// With a list of strings.
    pub(super) fn strings(self, name: &str, strings: &[&str]) -> Self {
        self.with(name, strings)
    }

    /// With a property that has no value.
    pub(super) fn flag(self, name: &str) -> Self {
        self.with(name, [0u8; 0])
    }

    /// With `reg` under two address and two size cells.
    pub(super) fn reg(self, windows: &[Window]) -> Self {
        let cells: Vec<u32> = windows
            .iter()
            .flat_map(|window| [halves(window.base.raw()), halves(window.size)])
            .flatten()
            .collect();
        self.with("reg", cells)
    }

    /// With a child.
    pub(super) fn child(mut self, child: Self) -> Self {
        self.0.add_child(child.0);
        self
    }

    /// The node.
    pub(super) fn build(self) -> DeviceTreeNode {
        self.0
    }
}

/// A 64-bit number in two cells, the upper one first.
pub(super) const fn halves(value: u64) -> [u32; 2] {
    [(value >> u32::BITS) as u32, (value & 0xffff_ffff) as u32]
}
