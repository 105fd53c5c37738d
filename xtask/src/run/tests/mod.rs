//! Tests of everything around a running node.

mod display;
mod keys;
mod report;
mod search;
mod session;

use std::path::Path;

use bundle::GicVersion;

use super::*;
use crate::manifest::Manifest;

/// A manifest with two machines that need no files.
fn manifest() -> Manifest {
    let text =
        "[[vm]]\nname = \"a\"\nkernel = \"debian\"\n[[vm]]\nname = \"b\"\nkernel = \"debian\"\n";
    Manifest::parse(Path::new("n.toml"), text, &[]).unwrap()
}

/// QEMU's arguments as one line.
fn arguments(manifest: &Manifest, options: &MachineOptions) -> String {
    let command = qemu_command(
        Path::new("qemu"),
        &manifest.node,
        Path::new("node.img"),
        options,
    );
    let words: Vec<_> = command
        .get_args()
        .map(|word| word.to_str().unwrap())
        .collect();
    words.join(" ")
}

#[test]
fn qemu_is_told_about_the_node() {
    let mut manifest = manifest();
    assert_eq!(
        arguments(&manifest, &MachineOptions::default()),
        "-M virt,virtualization=on,gic-version=3,dtb-randomness=off -cpu max -smp 4 -m 2048M \
         -display none -monitor none -parallel none -nic none \
         -chardev stdio,id=uart,signal=off -serial chardev:uart -no-reboot -kernel node.img"
    );
    manifest.node.gic = GicVersion::V2;
    manifest.node.cpu = "cortex-a53".to_owned();
    manifest.node.semihosting = true;
    let extra = vec!["-d".to_owned(), "int".to_owned()];
    let options = MachineOptions {
        icount: true,
        gdb: Some(99),
        extra,
    };
    assert_eq!(
        arguments(&manifest, &options),
        "-M virt,virtualization=on,gic-version=2,dtb-randomness=off -cpu cortex-a53 -smp 4 -m 2048M \
         -display none -monitor none -parallel none -nic none \
         -chardev stdio,id=uart,signal=off -serial chardev:uart -no-reboot \
         -semihosting-config enable=on,target=native \
         -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1 \
         -S -gdb tcp:127.0.0.1:99 -d int -kernel node.img"
    );
}

#[test]
fn semihosting_is_off_unless_wanted() {
    assert!(!arguments(&manifest(), &MachineOptions::default()).contains("semihosting"));
}
