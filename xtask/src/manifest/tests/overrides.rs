//! `--set`.

use super::*;

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

#[test]
fn an_empty_override_takes_a_file_away() {
    let text = "[[vm]]\nkernel = \"debian\"\ninitrd = \"busybox\"\n";
    let manifest = parse(text, &["vm.0.initrd="]).expect("a good manifest");
    assert!(manifest.vms[0].initrd.is_none());
}

#[test]
fn a_bare_metal_kernel_does_not_inherit_the_linux_ram_disk() {
    let text = "[[vm]]\nkernel = \"debian\"\ninitrd = \"busybox\"\n";
    let has_initrd = |sets: &[&str]| parse(text, sets).expect("good").vms[0].initrd.is_some();
    assert!(has_initrd(&[]));
    assert!(has_initrd(&["vm.0.kernel=debian-6.12"]));
    assert!(!has_initrd(&["vm.0.kernel=guest:hello"]));
    assert!(has_initrd(&[
        "vm.0.kernel=guest:hello",
        "vm.0.initrd=busybox"
    ]));
}
