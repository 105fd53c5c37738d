//! What users bring: overlays and trees of their own.

use super::*;

#[test]
fn an_overlay_adds_and_changes_nodes_by_path() {
    let base = machine(Gic::V3);
    let user = User {
        tree: None,
        overlay: Some(&overlay_for("target-path", "/pl011@9000000\0".as_bytes())),
    };
    let blob = build(&base, user).unwrap();
    assert_eq!(strings(&blob, "/pl011@9000000", "status"), ["disabled"]);
    assert!(has(&blob, "/pl011@9000000/extra"));
    assert!(!has(&blob, "/__symbols__"));
}

/// An overlay with one fragment that disables its target and adds a child.
pub(super) fn overlay_for(target: &str, value: &[u8]) -> Vec<u8> {
    use dtoolkit::model::{DeviceTreeNode, DeviceTreeProperty};
    let mut tree = DeviceTree::new();
    let content = DeviceTreeNode::builder("__overlay__")
        .unwrap()
        .property(DeviceTreeProperty::new("status", "disabled").unwrap())
        .child(DeviceTreeNode::new("extra").unwrap())
        .build();
    let fragment = DeviceTreeNode::builder("fragment@0")
        .unwrap()
        .property(DeviceTreeProperty::new(target, value).unwrap())
        .child(content)
        .build();
    tree.root.add_child(fragment);
    tree.to_dtb()
}

#[test]
fn an_overlay_may_use_labels() {
    let source = b"/dts-v1/; /plugin/; &uart { status = \"disabled\"; };
        &cpu1 { x = <&gic>; };";
    let Some((overlay, _)) = dtc(&["-@", "-I", "dts", "-O", "dtb"], source) else {
        return;
    };
    let user = User {
        tree: None,
        overlay: Some(&overlay),
    };
    let blob = build(&machine(Gic::V2), user).unwrap();
    assert_eq!(strings(&blob, "/pl011@9000000", "status"), ["disabled"]);
    let gic = cells(&blob, "/intc@8000000", "phandle");
    assert_eq!(cells(&blob, "/cpus/cpu@1", "x"), gic);
    assert!(!has(&blob, "/__symbols__"));
}

/// A user's own tree with other memory and a command line.
pub(super) fn own_tree(address_cells: u32, size_cells: u32) -> Vec<u8> {
    use dtoolkit::model::{DeviceTreeNode, DeviceTreeProperty};
    let mut tree = DeviceTree::new();
    let property = |name, value: Vec<u8>| DeviceTreeProperty::new(name, value).unwrap();
    let cell = |value: u32| value.to_be_bytes().to_vec();
    tree.root
        .add_property(property("#address-cells", cell(address_cells)));
    tree.root
        .add_property(property("#size-cells", cell(size_cells)));
    for name in ["memory", "memory@80000000"] {
        tree.root.add_child(DeviceTreeNode::new(name).unwrap());
    }
    let mut odd = DeviceTreeNode::new("ram@0").unwrap();
    odd.add_property(property("device_type", b"memory\0".to_vec()));
    tree.root.add_child(odd);
    let mut chosen = DeviceTreeNode::new("chosen").unwrap();
    chosen.add_property(property("bootargs", b"their own\0".to_vec()));
    chosen.add_property(property("linux,initrd-start", vec![1; 4]));
    chosen.add_property(property("keep", b"this\0".to_vec()));
    tree.root.add_child(chosen);
    tree.root.add_child(DeviceTreeNode::new("device").unwrap());
    tree.to_dtb()
}

pub(super) fn with_own_tree(machine: &Machine<'_>, tree: &[u8]) -> Result<Vec<u8>, Error> {
    build(
        machine,
        User {
            tree: Some(tree),
            overlay: None,
        },
    )
}

#[test]
fn a_users_tree_gets_memory_and_chosen_and_keeps_the_rest() {
    let blob = with_own_tree(&machine(Gic::V3), &own_tree(2, 1)).unwrap();
    let expected = [0, 0x4000_0000, 512 << 20];
    assert_eq!(cells(&blob, "/memory@40000000", "reg"), expected);
    assert!(!has(&blob, "/memory@80000000") && !has(&blob, "/ram@0"));
    assert_eq!(strings(&blob, "/chosen", "bootargs"), ["console=ttyAMA0"]);
    assert_eq!(strings(&blob, "/chosen", "keep"), ["this"]);
    assert_eq!(
        cells(&blob, "/chosen", "linux,initrd-start"),
        [0, 0x4800_0000]
    );
    assert!(has(&blob, "/device"));
    assert!(!has(&blob, "/psci"));
}

#[test]
fn a_users_tree_keeps_its_command_line_when_none_is_given() {
    let mut machine = machine(Gic::V3);
    machine.chosen = Chosen::default();
    let blob = with_own_tree(&machine, &own_tree(1, 1)).unwrap();
    assert_eq!(strings(&blob, "/chosen", "bootargs"), ["their own"]);
    let fdt = Fdt::new(&blob).unwrap();
    let chosen = fdt.find_node("/chosen").unwrap();
    assert!(chosen.property("linux,initrd-start").is_none());
}

#[test]
fn bytes_after_a_users_tree_are_not_part_of_it() {
    let mut padded = own_tree(2, 2);
    padded.resize(padded.len() + 1000, 0xff);
    let blob = with_own_tree(&machine(Gic::V2), &padded).unwrap();
    assert!(has(&blob, "/device"));
}
