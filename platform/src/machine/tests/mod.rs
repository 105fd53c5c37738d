//! What discovery promises, on trees of QEMU's `virt` board (dumped by QEMU
//! with `-M virt,virtualization=on,gic-version=…,dumpdtb=…` and packed by
//! `dtc`), on trees built here, and on damaged ones.

use std::{string::ToString, vec::Vec};

use super::*;

mod damage;
mod raspberry;
mod refusals;
mod virt;

/// QEMU's `virt` boards, named for GIC version and number of cores.
const VIRT: [(&str, &[u8]); 4] = [
    ("GICv2, 1 core", include_bytes!("data/virt-gicv2-cpus1.dtb")),
    (
        "GICv2, 4 cores",
        include_bytes!("data/virt-gicv2-cpus4.dtb"),
    ),
    ("GICv3, 1 core", include_bytes!("data/virt-gicv3-cpus1.dtb")),
    (
        "GICv3, 4 cores",
        include_bytes!("data/virt-gicv3-cpus4.dtb"),
    ),
];

/// The `virt` board with this name.
fn virt(name: &str) -> Vec<u8> {
    let (_, bytes) = VIRT.iter().find(|(board, _)| *board == name).unwrap();
    bytes.to_vec()
}

/// A level-sensitive interrupt.
const fn level(intid: u32) -> Interrupt {
    Interrupt {
        intid,
        trigger: Trigger::Level,
    }
}

/// A range.
const fn range(base: u64, size: u64) -> Range {
    Range { base, size }
}

/// Building trees, as a device tree source would say it.
mod build {
    use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
    use std::{string::String, vec::Vec};

    /// A property of any bytes.
    fn property(name: &str, value: Vec<u8>) -> DeviceTreeProperty {
        DeviceTreeProperty::new_unchecked(name, value)
    }

    /// A property of cells.
    pub(super) fn cells(name: &str, cells: &[u32]) -> DeviceTreeProperty {
        property(name, cells.iter().flat_map(|c| c.to_be_bytes()).collect())
    }

    /// A property of strings.
    pub(super) fn strings(name: &str, strings: &[&str]) -> DeviceTreeProperty {
        let mut value = String::new();
        for string in strings {
            value.push_str(string);
            value.push('\0');
        }
        property(name, value.into_bytes())
    }

    /// A node.
    pub(super) fn node(
        name: &str,
        properties: Vec<DeviceTreeProperty>,
        children: Vec<DeviceTreeNode>,
    ) -> DeviceTreeNode {
        let mut node = DeviceTreeNode::new_unchecked(name);
        for property in properties {
            node.add_property(property);
        }
        for child in children {
            node.add_child(child);
        }
        node
    }

    /// The bytes of a tree with this root.
    pub(super) fn blob(root: DeviceTreeNode) -> Vec<u8> {
        let mut tree = DeviceTree::new();
        tree.root = root;
        tree.to_dtb()
    }
}

#[test]
fn range_arithmetic_does_not_wrap() {
    let last = range(u64::MAX - 0xfff, 0x1000);
    assert!(last.contains(u64::MAX));
    assert!(!last.contains(u64::MAX - 0x1000));
    assert!(last.overlaps(&range(u64::MAX - 1, 1)));
    assert!(!range(0, 0x1000).overlaps(&range(0x1000, 0x1000)));
    assert_eq!(range(0x1000, 0x2000).to_string(), "0x1000..0x3000");
}
