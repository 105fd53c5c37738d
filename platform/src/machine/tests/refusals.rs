//! Trees that describe something impossible, and the line each one gives.

use dtoolkit::model::DeviceTreeNode;
use std::{string::String, vec};

use super::{
    build::{blob, cells, node, strings},
    *,
};

/// A small board: a core, memory, a GIC, a timer.
fn board() -> DeviceTreeNode {
    node(
        "",
        vec![
            cells("#address-cells", &[1]),
            cells("#size-cells", &[1]),
            cells("interrupt-parent", &[1]),
        ],
        vec![
            node(
                "memory@0",
                vec![
                    strings("device_type", &["memory"]),
                    cells("reg", &[0, 0x1000_0000]),
                ],
                vec![],
            ),
            node(
                "cpus",
                vec![cells("#address-cells", &[1]), cells("#size-cells", &[0])],
                vec![node(
                    "cpu@0",
                    vec![strings("device_type", &["cpu"]), cells("reg", &[0])],
                    vec![],
                )],
            ),
            node(
                "gic",
                vec![
                    strings("compatible", &["arm,gic-v3"]),
                    cells("#interrupt-cells", &[3]),
                    cells("phandle", &[1]),
                    cells("reg", &[0x2000_0000, 0x1_0000, 0x2010_0000, 0x4_0000]),
                ],
                vec![],
            ),
            node(
                "timer",
                vec![
                    strings("compatible", &["arm,armv8-timer"]),
                    cells("interrupts", &[1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4]),
                ],
                vec![],
            ),
        ],
    )
}

/// The error that the board gives after a change to one of its nodes.
fn refusal(node: &str, property: dtoolkit::model::DeviceTreeProperty) -> String {
    let mut root = board();
    let changed = match node {
        "cpu@0" => root.child_mut("cpus").unwrap().child_mut("cpu@0"),
        _ => root.child_mut(node),
    };
    changed.unwrap().add_property(property);
    discover(&mut blob(root)).unwrap_err().to_string()
}

#[test]
fn the_board_itself_is_accepted() {
    let mut bytes = blob(board());
    let machine = discover(&mut bytes).unwrap();
    assert_eq!(machine.cpus[0].enable, CpuEnable::Unknown);
    assert!(machine.timers.is_some());
}

#[test]
fn each_refusal_names_node_property_and_reason() {
    assert_eq!(
        refusal("memory@0", cells("reg", &[0, 1, 2])),
        "device tree node `memory@0`, property `reg`: does not suit the cell counts of its parent"
    );
    assert_eq!(
        refusal("memory@0", cells("reg", &[0, 0x2000, 0x1000, 0x2000])),
        "device tree node `memory`, property `reg`: memory ranges overlap"
    );
    assert_eq!(
        refusal("cpu@0", cells("reg", &[0xff00_0000])),
        "device tree node `cpu@0`, property `reg`: is not the affinity of a core"
    );
    assert_eq!(
        refusal("cpu@0", strings("enable-method", &["spin-table"])),
        "device tree node `cpu@0`, property `cpu-release-addr`: is missing for a spin-table"
    );
    assert_eq!(
        refusal("gic", cells("#interrupt-cells", &[1])),
        "device tree node `gic`, property `#interrupt-cells`: must be 3 or 4"
    );
    assert_eq!(
        refusal(
            "gic",
            cells("reg", &[0x2000_0000, 0x1000, 0x2010_0000, 0x4_0000])
        ),
        "device tree node `gic`, property `reg`: a register block is smaller than its registers"
    );
    assert_eq!(
        refusal("gic", cells("#redistributor-regions", &[2])),
        "device tree node `gic`, property `reg`: lacks a register block that the binding prescribes"
    );
    assert_eq!(
        refusal("gic", cells("#redistributor-regions", &[9])),
        "device tree describes more than 8 GIC redistributor regions"
    );
    assert_eq!(
        refusal("timer", cells("interrupts", &[1, 13, 4, 1, 14, 4])),
        "device tree node `timer`, property `interrupts`: four interrupts are required"
    );
    assert_eq!(
        refusal("timer", cells("interrupts", &[1, 16, 4])),
        "device tree node `timer`, property `interrupts`: no such interrupt line"
    );
}

#[test]
fn a_board_needs_memory_and_a_core() {
    for (name, what) in [("memory@0", "memory"), ("cpus", "cores")] {
        let mut root = board();
        root.remove_child(name);
        let error = discover(&mut blob(root)).unwrap_err();
        assert_eq!(error, Error::Missing { what });
    }
}

#[test]
fn two_cores_cannot_have_the_same_affinity() {
    let mut root = board();
    let twin = vec![strings("device_type", &["cpu"]), cells("reg", &[0])];
    let cpus = root.child_mut("cpus").unwrap();
    cpus.add_child(node("cpu@1", twin, vec![]));
    let error = discover(&mut blob(root)).unwrap_err().to_string();
    assert_eq!(
        error,
        "device tree node `cpu@1`, property `reg`: another core has this affinity"
    );
}
