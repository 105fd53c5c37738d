//! Bad manifests and the exact words that they get.

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
fn syntax() {
    assert_eq!(
        told("[node]\ncpus = \n", &[]),
        "n.toml:2: this is not TOML: string values must be quoted, expected literal string\n  \
         -> correct the line; docs/manifest.md has examples"
    );
    assert!(
        told("[node]\ncpus = 1\ncpus = 2\n", &[])
            .starts_with("n.toml:3: this is not TOML: duplicate key")
    );
}

#[test]
fn unknown_keys() {
    let every = "(docs/manifest.md has every key)";
    vm_line(
        "memmory = 1",
        "memmory: unknown key",
        &format!("did you mean `memory`? {every}"),
    );
    vm_line(
        "vcpus = 2",
        "vcpus: unknown key",
        &format!("did you mean `cpus`? {every}"),
    );
    vm_line(
        "inird = \"x\"",
        "inird: unknown key",
        &format!("did you mean `initrd`? {every}"),
    );
    node_line(
        "bord = \"x\"",
        "bord: unknown key",
        &format!("did you mean `board`? {every}"),
    );
    node_line(
        "zzz = 1",
        "zzz: unknown key",
        "remove it; there is board, gic, cpu, cpus, memory, semihosting, log",
    );
    let text = format!("{SMALL}[nodes]\ncpus = 1\n");
    assert_eq!(
        told(&text, &[]),
        format!("n.toml:3: nodes: unknown key\n  -> did you mean `node`? {every}")
    );
}

#[test]
fn words_of_later_versions() {
    let later = "is not available in this version";
    node_line(
        "board = \"rpi3\"",
        &format!("board: \"rpi3\" (Raspberry Pi 3) {later}"),
        "use \"qemu-virt\"",
    );
    node_line(
        "board = \"bamboo\"",
        &format!("board: \"bamboo\" (PowerPC 440) {later}"),
        "use \"qemu-virt\"",
    );
    vm_line(
        "paging = \"shadow\"",
        &format!("paging: \"shadow\" (shadow page tables) {later}"),
        "use \"nested\"",
    );
    vm_line(
        "paging = \"adaptive\"",
        &format!("paging: \"adaptive\" (changing modes) {later}"),
        "use \"nested\"",
    );
    vm_line(
        "devices = [\"console\", \"net\"]",
        &format!("devices: \"net\" (virtio network card) {later}"),
        "use \"console\"",
    );
    let text = format!("{SMALL}[torus]\ndims = [2, 2, 1]\n");
    assert_eq!(
        told(&text, &[]),
        format!("n.toml:3: torus: the torus network {later}\n  -> remove the [torus] table")
    );
}

#[test]
fn wrong_words() {
    node_line(
        "board = \"qemu-vrit\"",
        "board: \"qemu-vrit\" is unknown",
        "did you mean \"qemu-virt\"? There is \"qemu-virt\"",
    );
    node_line(
        "log = \"loud\"",
        "log: \"loud\" is unknown",
        "use \"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
    );
    vm_line(
        "devices = [\"disk\"]",
        "devices: \"disk\" is unknown",
        "use \"console\"",
    );
}

#[test]
fn wrong_types() {
    vm_line(
        "cpus = \"2\"",
        "cpus: an integer is needed, this is a string",
        "write it like cpus = 1",
    );
    vm_line(
        "cmdline = 1",
        "cmdline: a string is needed, this is an integer",
        "write it like cmdline = \"console=ttyAMA0\"",
    );
    vm_line(
        "pin = 1",
        "pin: a list of integers is needed, this is an integer",
        "write it like pin = [0, 1]",
    );
    vm_line(
        "pin = [\"0\"]",
        "pin: an integer is needed, this is a string",
        "write it like pin = 0",
    );
    vm_line(
        "pmu = \"yes\"",
        "pmu: true or false is needed, this is a string",
        "write it like pmu = true",
    );
    vm_line(
        "devices = \"console\"",
        "devices: a list of strings is needed, this is a string",
        "write it like devices = [\"console\"]",
    );
    node_line(
        "cpus = 1.5",
        "cpus: an integer is needed, this is a floating-point number",
        "write it like cpus = 1",
    );
    assert_eq!(
        told("vm = 3\n", &[]),
        "n.toml:1: vm: this must be a list of tables\n  -> write [[vm]] and its keys below, at least kernel"
    );
    let text = format!("node = 3\n{SMALL}");
    assert_eq!(
        told(&text, &[]),
        "n.toml:1: node: this must be a table\n  -> write [node] and its keys below"
    );
}

#[test]
fn sizes() {
    let how = "give bytes or a whole number with K, M or G, such as \"512M\"";
    vm_line(
        "memory = \"512 MB\"",
        "memory: \"512 MB\" is not a size",
        how,
    );
    vm_line("memory = \"\"", "memory: \"\" is not a size", how);
    vm_line("memory = -1", "memory: -1 is not a size", how);
    vm_line(
        "memory = \"99999999999G\"",
        "memory: \"99999999999G\" is not a size",
        how,
    );
    vm_line(
        "memory = 0",
        "memory: 0 is out of range",
        "give a size from 2M to 255G",
    );
    vm_line(
        "memory = \"300G\"",
        "memory: 300G is out of range",
        "give a size from 2M to 255G",
    );
    vm_line(
        "memory = \"3M\"",
        "memory: 3M is not a multiple of 2M",
        "round it to 4M",
    );
    vm_line(
        "memory = 4194305",
        "memory: 4194305 is not a multiple of 2M",
        "round it to 6M",
    );
    node_line(
        "memory = \"64M\"",
        "memory: 64M is out of range",
        "give a size from 128M to 255G",
    );
}

#[test]
fn ranges() {
    vm_line(
        "cpus = 0",
        "cpus: 0 is out of range",
        "give a number from 1 to 8",
    );
    vm_line(
        "cpus = 9",
        "cpus: 9 is out of range",
        "give a number from 1 to 8",
    );
    vm_line(
        "gic = 4",
        "gic: 4 is out of range",
        "give a number from 2 to 3",
    );
    vm_line(
        "pin = [16]",
        "pin: 16 is out of range",
        "give a number from 0 to 15",
    );
    vm_line(
        "sve = 4096",
        "sve: 4096 is out of range",
        "give a number from 0 to 2048",
    );
    vm_line(
        "sve = 100",
        "sve: vectors of 100 bits do not exist",
        "give a multiple of 128, or 0 for no SVE",
    );
    node_line(
        "cpus = 0",
        "cpus: 0 is out of range",
        "give a number from 1 to 16",
    );
}

#[test]
fn a_node_is_not_overcommitted() {
    let text = "[[vm]]\nkernel = \"debian\"\nmemory = \"1G\"\n[[vm]]\nkernel = \"debian\"\nmemory = \"1G\"\n";
    assert_eq!(
        told(text, &[]),
        "n.toml:6: vm.vm1.memory: the machines up to this one need 2G, the node has 1984M for them \
         (2G less 64M for the hypervisor)\n  -> give the machines less memory, or raise node.memory"
    );
    vm_line(
        "cpus = 5",
        "cpus: the machines up to this one need 5 cores, the node has 4; machines cannot share cores in this version",
        "use fewer virtual processors, or raise node.cpus",
    );
}

#[test]
fn a_gicv2_serves_eight_cores() {
    let text = format!("[node]\ngic = 2\ncpus = 9\n{SMALL}");
    assert_eq!(
        told(&text, &[]),
        "n.toml:3: node.cpus: a GICv2 serves at most 8 cores\n  -> use gic = 3 or fewer cores"
    );
}

#[test]
fn pins() {
    vm_line(
        "pin = [0, 1]",
        "pin: 2 cores are named for 1 virtual processors",
        "name one core for each, or remove pin",
    );
    vm_line(
        "pin = [7]",
        "pin: there is no core 7",
        "use cores 0 to 3, or raise node.cpus",
    );
    let text = "[[vm]]\nkernel = \"debian\"\npin = [1]\n[[vm]]\nkernel = \"debian\"\npin = [1]\n";
    assert_eq!(
        told(text, &[]),
        "n.toml:6: vm.vm1.pin: core 1 already belongs to vm0\n  -> pin each virtual processor to a core of its own"
    );
}

#[test]
fn names() {
    let letters = "use 1 to 31 letters, digits, - and _";
    vm_line("name = \"\"", "name: \"\" cannot name a machine", letters);
    vm_line(
        "name = \"../x\"",
        "name: \"../x\" cannot name a machine",
        letters,
    );
    let text = format!("{SMALL}name = \"hyp\"\n");
    assert_eq!(
        told(&text, &[]),
        "n.toml:3: vm.hyp.name: \"hyp\" is the name of another console\n  -> choose another name"
    );
    let text =
        "[[vm]]\nname = \"a\"\nkernel = \"debian\"\n[[vm]]\nkernel = \"debian\"\nname = \"a\"\n";
    assert_eq!(
        told(text, &[]),
        "n.toml:6: vm.a.name: the machine at n.toml:1 has the same name\n  -> give each machine a name of its own"
    );
}

#[test]
fn files() {
    assert_eq!(
        told("[[vm]]\nkernel = \"debain\"\n", &[]),
        "n.toml:2: vm.vm0.kernel: there is no file debain\n  -> did you mean \"debian\"? Paths are relative to the manifest's directory"
    );
    vm_line(
        "initrd = \"no/such.gz\"",
        "initrd: there is no file no/such.gz",
        "correct the path (it is relative to the manifest's directory) or use \"busybox\"",
    );
    vm_line(
        "dtb = \"/\"",
        "dtb: / is a directory",
        "correct the path (it is relative to the manifest's directory)",
    );
    vm_line(
        "dtb = \"/dev/null\"",
        "dtb: /dev/null is empty",
        "correct the path (it is relative to the manifest's directory)",
    );
    assert_eq!(
        told("[[vm]]\nname = \"a\"\n", &[]),
        "n.toml:1: vm.a.kernel: the key is missing\n  -> name what the machine starts, such as kernel = \"debian\""
    );
    assert_eq!(
        told("", &[]),
        "n.toml: vm: there is no virtual machine\n  -> write [[vm]] and its keys below, at least kernel"
    );
    assert_eq!(
        Manifest::load(Path::new("no/such.toml"), &[])
            .unwrap_err()
            .to_string(),
        "no/such.toml: this manifest cannot be read: No such file or directory (os error 2)\n  \
         -> name a manifest that exists; the ready-made ones are in manifests/"
    );
    vm_line(
        "cmdline = \"a\\nb\"",
        "cmdline: it contains a line end or a NUL",
        "write the command line on one line",
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let text = "[node]\ngic = 7\n[[vm]]\nkernel = \"debian\"\ncpus = 99\nsvee = 0\n";
    let places: Vec<_> = parse(text, &[])
        .unwrap_err()
        .0
        .into_iter()
        .map(|p| p.place.to_string())
        .collect();
    assert_eq!(places, ["n.toml:2", "n.toml:5", "n.toml:6"]);
}

#[test]
fn overrides() {
    let text = "[[vm]]\nname = \"linux\"\nkernel = \"debian\"\n";
    let sets = [
        "node.cpus=2",
        "node.cpu=cortex-a53",
        "vm.0.memory=256M",
        "vm.linux.cmdline=console=ttyAMA0 maxcpus=1",
        "vm.linux.pin=[1]",
        "vm.0.initrd=busybox",
        "vm.1.kernel=guest:gic",
        "vm.1.name=42",
    ];
    let manifest = parse(text, &sets).unwrap();
    assert_eq!(
        (manifest.node.cpus, manifest.node.cpu.as_str()),
        (2, "cortex-a53")
    );
    assert_eq!(manifest.vms[0].cmdline, "console=ttyAMA0 maxcpus=1");
    assert_eq!(
        (manifest.vms[0].memory, manifest.vms[0].pin.as_slice()),
        (256 << 20, &[1][..])
    );
    assert_eq!(manifest.vms[1].name, "42");
}

#[test]
fn bad_overrides_are_named() {
    let set = |set: &str| told(SMALL, &[set]);
    assert_eq!(
        set("vm.0.memory=3M"),
        "--set vm.0.memory=3M: vm.vm0.memory: 3M is not a multiple of 2M\n  -> round it to 4M"
    );
    assert_eq!(
        set("vm.0.memory=lots"),
        "--set vm.0.memory=lots: vm.vm0.memory: lots is not a size\n  \
         -> give bytes or a whole number with K, M or G, such as \"512M\""
    );
    assert_eq!(
        set("node.cpu"),
        "--set node.cpu: this is not KEY=VALUE\n  -> write it like --set vm.0.memory=512M or --set node.cpus=2"
    );
    assert_eq!(
        set("vm.5.cpus=1"),
        "--set vm.5.cpus=1: vm.5: there is no such machine; the manifest has 1\n  \
         -> use a machine's name or its number, counted from 0"
    );
    assert_eq!(
        set("vm.0=1"),
        "--set vm.0=1: vm.0: a machine's key is needed\n  -> write vm.NUMBER.KEY or vm.NAME.KEY, such as vm.0.kernel"
    );
    assert_eq!(
        set("vm.0.kernel=./Imag"),
        "--set vm.0.kernel=./Imag: vm.vm0.kernel: there is no file ./Imag\n  \
         -> correct the path (it is relative to the current directory) or use \"debian\" or \"debian-6.12\""
    );
    assert_eq!(
        set("node.cpus=many"),
        "--set node.cpus=many: node.cpus: an integer is needed, this is a string\n  -> write it like cpus = 1"
    );
    assert_eq!(
        set("node.cpsu=1"),
        "--set node.cpsu=1: node.cpsu: unknown key\n  -> did you mean `cpus`? (docs/manifest.md has every key)"
    );
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
