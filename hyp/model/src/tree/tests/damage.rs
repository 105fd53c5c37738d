//! Blobs that are not what they should be.

use super::user::{overlay_for, own_tree, with_own_tree};
use super::*;
use dtoolkit::model::DeviceTreeNode;
use proptest::prelude::*;
use std::string::ToString;

fn complaint(user: User<'_>) -> String {
    let text = build(&machine(Gic::V3), user)
        .expect_err("refused")
        .to_string();
    assert!(!text.contains('\n') && !text.is_empty());
    text
}

fn about_tree(blob: &[u8]) -> String {
    complaint(User {
        tree: Some(blob),
        overlay: None,
    })
}

fn about_overlay(blob: &[u8]) -> String {
    complaint(User {
        tree: None,
        overlay: Some(blob),
    })
}

/// A tree with `depth` levels.
fn nested(depth: usize) -> Vec<u8> {
    let mut node = DeviceTreeNode::new_unchecked("n");
    for _ in 2..depth {
        let mut parent = DeviceTreeNode::new_unchecked("n");
        parent.add_child(node);
        node = parent;
    }
    let mut tree = DeviceTree::new();
    tree.root.add_child(node);
    tree.to_dtb()
}

#[test]
fn each_kind_of_wrong_file_has_its_line() {
    assert_eq!(about_tree(b""), "the device tree is not a device tree blob");
    assert_eq!(
        about_overlay(b"\x7fELF\x02\x01\x01\0"),
        "the device tree overlay is not a device tree blob"
    );
    assert_eq!(
        about_tree(b"/dts-v1/;\n/ { };\n"),
        "the device tree is source text: compile it with dtc"
    );
    let blob = own_tree(2, 2);
    let cut = &blob[..blob.len() - 1];
    assert_eq!(
        about_tree(cut),
        format!(
            "the device tree is cut off: its header says {} bytes, and there are {}",
            blob.len(),
            cut.len()
        )
    );
    let mut damaged = blob.clone();
    damaged[11] = 0xfc; // Somewhere else for the structure block.
    assert!(about_tree(&damaged).starts_with("the device tree is damaged: "));
}

#[test]
fn nesting_has_a_limit() {
    let deep = |depth| with_own_tree(&machine(Gic::V3), &nested(depth));
    assert!(deep(32).is_ok());
    assert!(deep(33).is_err());
    assert_eq!(
        about_tree(&nested(1000)),
        "the device tree is nested too deeply or has too many nodes"
    );
}

#[test]
fn an_overlay_that_does_not_fit_says_why() {
    assert!(about_overlay(&own_tree(2, 2)).contains("has no fragment"));
    let nowhere = overlay_for("target-path", b"/nowhere\0");
    assert_eq!(
        about_overlay(&nowhere),
        "the device tree overlay cannot be applied: target node not found in base tree: '/nowhere'"
    );
    let phandle = overlay_for("target", &77u32.to_be_bytes());
    assert!(about_overlay(&phandle).contains("phandle 0x4d"));
    let odd = overlay_for("target-path", b"/now\nhere\0");
    assert!(about_overlay(&odd).contains("/now?here"));
}

#[test]
fn memory_must_fit_the_cells_of_a_users_tree() {
    let mut machine = machine(Gic::V3);
    machine.ram.size = 4 << 30;
    let error = with_own_tree(&machine, &own_tree(2, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the device tree has 1 address or size cells, and the guest's memory (0x100000000) needs 2"
    );
    assert!(with_own_tree(&machine, &own_tree(3, 2)).is_err());
}

#[test]
fn a_command_line_has_no_nul() {
    let mut machine = machine(Gic::V3);
    machine.chosen.bootargs = "a\0b";
    assert_eq!(
        build(&machine, User::default()).unwrap_err(),
        Error::CommandLine
    );
}

#[test]
fn a_tree_must_not_be_larger_than_a_kernel_takes() {
    let long = "x".repeat(3 << 20);
    let mut machine = machine(Gic::V3);
    machine.chosen.bootargs = &long;
    let text = build(&machine, User::default()).unwrap_err().to_string();
    assert!(text.contains("takes 2 MiB at most"));
}

/// `blob` with some bytes changed.
fn mutated(blob: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = blob.len();
    proptest::collection::vec((0..length, any::<u8>()), 0..8).prop_map(move |changes| {
        let mut blob = blob.clone();
        for (at, byte) in changes {
            blob[at] = byte;
        }
        blob
    })
}

fn any_blob() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..300),
        4 => mutated(own_tree(2, 2)),
        4 => mutated(overlay_for("target-path", b"/psci\0")),
        4 => mutated(built(&machine(Gic::V2))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the blobs are: the result is a valid tree, or there is one line.
    #[test]
    fn any_blob_gives_a_valid_tree_or_a_reason(
        tree in proptest::option::of(any_blob()),
        overlay in proptest::option::of(any_blob()),
    ) {
        let user = User { tree: tree.as_deref(), overlay: overlay.as_deref() };
        match build(&machine(Gic::V3), user) {
            Ok(blob) => prop_assert!(Fdt::new(&blob).is_ok()),
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
