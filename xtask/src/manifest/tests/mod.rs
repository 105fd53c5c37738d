//! Good manifests, and bad ones with the exact words that they get.

mod checks;
mod overrides;
mod values;

use std::path::Path;

use bundle::{Device, GicVersion, LogLevel, Paging};
use proptest::prelude::*;

use super::*;

/// The smallest good manifest; its kernel needs no file.
const SMALL: &str = "[[vm]]\nkernel = \"debian\"\n";

fn parse(text: &str, sets: &[&str]) -> Result<Manifest, Problems> {
    let sets: Vec<_> = sets.iter().map(|s| (*s).to_owned()).collect();
    Manifest::parse(Path::new("n.toml"), text, &sets)
}

/// Everything that a bad manifest is told.
fn told(text: &str, sets: &[&str]) -> String {
    parse(text, sets).unwrap_err().to_string()
}

/// Checks one bad line in a machine's table: message and remedy.
#[track_caller]
fn vm_line(line: &str, what: &str, remedy: &str) {
    let text = format!("{SMALL}{line}\n");
    assert_eq!(
        told(&text, &[]),
        format!("n.toml:3: vm.vm0.{what}\n  -> {remedy}")
    );
}

/// Checks one bad line in the node's table: message and remedy.
#[track_caller]
fn node_line(line: &str, what: &str, remedy: &str) {
    let text = format!("[node]\n{line}\n{SMALL}");
    assert_eq!(
        told(&text, &[]),
        format!("n.toml:2: node.{what}\n  -> {remedy}")
    );
}

#[test]
fn defaults() {
    let manifest = parse(SMALL, &[]).unwrap();
    let node = Node {
        board: Board::QemuVirt,
        gic: GicVersion::V3,
        cpu: "max".to_owned(),
        cpus: 4,
        memory: 2 << 30,
        semihosting: false,
        log: LogLevel::Info,
    };
    assert_eq!(manifest.node, node);
    let [vm] = manifest.vms.as_slice() else {
        panic!("one machine")
    };
    assert_eq!(
        (vm.name.as_str(), vm.cpus, vm.memory),
        ("vm0", 1, 512 << 20)
    );
    assert_eq!(
        (vm.paging, vm.gic, vm.pmu, vm.sve),
        (Paging::Nested, GicVersion::V3, true, None)
    );
    assert_eq!(vm.devices, [Device::Console]);
    assert!(vm.pin.is_empty() && vm.cmdline.is_empty() && vm.initrd.is_none());
}

#[test]
fn every_key_is_read() {
    let text = r#"
        [node]
        board = "qemu-virt"
        gic = 2
        cpu = "cortex-a72,cntfrq=1000000000"
        cpus = 3
        memory = "1G"
        semihosting = true
        log = "debug"
        [[vm]]
        name = "a"
        kernel = "guest:psci"
        initrd = "busybox"
        cmdline = "quiet"
        cpus = 2
        pin = [2, 0]
        memory = 67108864
        paging = "nested"
        gic = 3
        devices = []
        pmu = false
        sve = 256
    "#;
    let manifest = parse(text, &[]).unwrap();
    assert_eq!(manifest.node.cpu, "cortex-a72,cntfrq=1000000000");
    assert_eq!(
        (manifest.node.gic, manifest.node.log),
        (GicVersion::V2, LogLevel::Debug)
    );
    let vm = &manifest.vms[0];
    assert_eq!(
        (vm.gic, vm.pin.as_slice(), vm.memory),
        (GicVersion::V3, &[2, 0][..], 64 << 20)
    );
    assert_eq!((vm.pmu, vm.sve, vm.devices.len()), (false, Some(256), 0));
    assert_eq!(vm.kernel.source, FileSource::Guest("psci".to_owned()));
}

#[test]
fn a_machine_takes_the_nodes_gic() {
    let text = format!("[node]\ngic = 2\n{SMALL}");
    assert_eq!(parse(&text, &[]).unwrap().vms[0].gic, GicVersion::V2);
}

#[test]
fn the_ready_made_manifests_are_good() {
    let directory = crate::workspace().join("manifests");
    let files = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let manifests: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    assert!(manifests.len() >= 2);
    for path in manifests {
        Manifest::load(&path, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

proptest! {
    /// Any text gives a manifest or problems that name the file.
    #[test]
    fn any_text_is_taken(text in "(\\[node\\]\n)?((cpus|gic|memory|log) = [0-9a-z\"\\[\\]{}.-]{0,9}\n){0,3}(\\[\\[vm\\]\\]\n(kernel|cpus|pin|name) = [0-9a-z\"\\[\\], ]{0,9}\n){0,2}") {
        if let Err(problems) = parse(&text, &[]) {
            prop_assert!(!problems.0.is_empty());
            for problem in problems.0 {
                prop_assert!(problem.place.to_string().starts_with("n.toml"));
                prop_assert!(!problem.what.is_empty() && !problem.remedy.is_empty());
            }
        }
    }

    /// Any override gives a manifest or problems, never a panic.
    #[test]
    fn any_override_is_taken(set in "(vm|node|torus)?[.]?[0-9a-z.]{0,8}=?[0-9a-zA-Z\"\\[\\]{}=. ]{0,12}") {
        let _ = parse(SMALL, &[&set]);
    }

    /// Sizes are written so that they read back.
    #[test]
    fn sizes_round_trip(bytes in any::<u64>(), shift in 0u32..64) {
        let bytes = bytes << shift;
        prop_assert_eq!(size::parse(&size::format(bytes)), Some(bytes));
    }
}
