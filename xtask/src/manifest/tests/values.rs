//! Values that are wrong one by one.

use super::*;

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
