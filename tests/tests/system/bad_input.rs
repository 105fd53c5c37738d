//! Bad input costs one VM, says so in one clear line, and the others run.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use system_tests::{Bench, Case, GUEST_TIME};
use xtask::run::Ending;

use crate::blob;

/// A VM with something wrong and one with nothing wrong.
const NODE: &str = "\
[[vm]]\nname = \"bad\"\nmemory = \"64M\"\nkernel = \"guest:psci-off\"\n
[[vm]]\nname = \"good\"\nmemory = \"64M\"\nkernel = \"guest:psci-off\"\n";

/// Every case.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [
        Case::new("bad-input/kernel-is-text", |bench| {
            kernel(bench, b"#!/bin/sh\necho hello\n", "text, not a program")
        }),
        Case::new("bad-input/kernel-is-compressed", |bench| {
            kernel(bench, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "compressed")
        }),
        Case::new("bad-input/kernel-is-for-another-machine", |bench| {
            let own = fs::read(std::env::current_exe()?)?;
            kernel(bench, own.get(..4096).context("a short file")?, "machine")
        }),
        Case::new("bad-input/image-does-not-fit", |bench| {
            kernel(bench, &image_of(1 << 30), "does not fit")
        }),
        Case::new("bad-input/device-tree-is-corrupt", corrupt_tree),
        Case::new("bad-input/device-tree-is-large", |bench| {
            survives(bench, "dtb", &blob::large())
        }),
        Case::new("bad-input/device-tree-is-deep", |bench| {
            refused_file(bench, "dtb", &blob::nested(4000), "device tree")
        }),
        Case::new("bad-input/overlay-is-large", |bench| {
            survives(bench, "dtb_overlay", &blob::large_overlay())
        }),
        Case::new("bad-input/overlay-is-garbage", |bench| {
            refused_file(bench, "dtb_overlay", &blob::garbage(), "overlay")
        }),
        Case::new("bad-input/page-size-that-the-core-lacks", granule),
        Case::new("bad-input/gicv3-on-a-gicv2-board", gic),
        Case::new("bad-input/access-to-nothing-is-reported", unmapped),
    ]
    .into_iter()
}

/// An arm64 Image header that claims `size` bytes of memory.
fn image_of(size: u64) -> Vec<u8> {
    let mut header = vec![0; 64];
    header[0..4].copy_from_slice(&0x1400_0010_u32.to_le_bytes());
    header[16..24].copy_from_slice(&size.to_le_bytes());
    header[24] = 0b1010;
    header[56..60].copy_from_slice(b"ARM\x64");
    header
}

fn file(bench: &Bench<'_>, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    fs::create_dir_all(bench.logs())?;
    let path = bench.logs().join(name);
    fs::write(&path, bytes)?;
    Ok(path)
}

/// The bad VM is refused with `reason`; the good one runs to its end; the node
/// says that not everything went well.
fn refused(bench: &Bench<'_>, sets: &[String], reason: &str) -> Result<()> {
    let outcome = bench.start(NODE, sets)?.finish(GUEST_TIME);
    let log = outcome.text("hyp");
    let line = log.lines().find(|line| line.contains("error: bad: "));
    ensure!(
        line.is_some_and(|line| line.contains(reason)),
        "no line with {reason:?}:\n{log}"
    );
    ensure!(
        outcome.text("good").contains("PASS psci-off"),
        "the good VM did not run:\n{}",
        outcome.tails()
    );
    ensure!(
        matches!(&outcome.ending, Ending::Failed(why) if why.contains("bad: ")),
        "the node ended otherwise: {}",
        outcome.ending
    );
    Ok(())
}

fn kernel(bench: &Bench<'_>, bytes: &[u8], reason: &str) -> Result<()> {
    let path = file(bench, "kernel", bytes)?;
    refused(
        bench,
        &[format!("vm.bad.kernel={}", path.display())],
        reason,
    )
}

fn corrupt_tree(bench: &Bench<'_>) -> Result<()> {
    let mut blob = vec![0xd0, 0x0d, 0xfe, 0xed, 0, 0, 1, 0];
    blob.resize(256, 0xff);
    let path = file(bench, "tree.dtb", &blob)?;
    refused(
        bench,
        &[format!("vm.bad.dtb={}", path.display())],
        "device tree",
    )
}

/// The VM with a file for `key` is refused with `reason`.
fn refused_file(bench: &Bench<'_>, key: &str, bytes: &[u8], reason: &str) -> Result<()> {
    let path = file(bench, "blob.dtb", bytes)?;
    refused(bench, &[format!("vm.bad.{key}={}", path.display())], reason)
}

/// The VM with a file for `key` is refused or runs; the other one runs.
fn survives(bench: &Bench<'_>, key: &str, bytes: &[u8]) -> Result<()> {
    let path = file(bench, "blob.dtb", bytes)?;
    let sets = [format!("vm.bad.{key}={}", path.display())];
    let outcome = bench.start(NODE, &sets)?.finish(GUEST_TIME);
    let ran = outcome.text("bad").contains("PASS psci-off");
    let ended = match &outcome.ending {
        Ending::AllOff => ran,
        Ending::Failed(why) => !ran && why.contains("bad: "),
        _ => false,
    };
    ensure!(
        ended && outcome.text("good").contains("PASS psci-off"),
        "{}\n{}",
        outcome.ending,
        outcome.tails()
    );
    Ok(())
}

/// An Image for 16 KiB pages, which a Cortex-A72 does not have, would hang.
fn granule(bench: &Bench<'_>) -> Result<()> {
    let mut image = image_of(1 << 20);
    image[24] = 0b1100;
    let path = file(bench, "kernel", &image)?;
    let sets = [
        format!("vm.bad.kernel={}", path.display()),
        "node.cpu=cortex-a72".to_owned(),
    ];
    refused(bench, &sets, "pages")
}

fn gic(bench: &Bench<'_>) -> Result<()> {
    let sets = ["node.gic=2", "vm.bad.gic=3", "vm.good.gic=2"].map(str::to_owned);
    refused(bench, &sets, "GICv3")
}

/// The log names VM, vCPU, program counter, address and nearest region.
fn unmapped(bench: &Bench<'_>) -> Result<()> {
    let outcome = bench.run_guest("aborts", &["vm.0.cmdline=hyp"])?;
    let log = outcome.text("hyp");
    ensure!(
        log.lines().any(|line| line.contains("guest: vCPU 0 at 0x")
            && line.contains("of unmapped 0x")
            && line.contains("bytes above RTC [0x9010000, 0x9010fff]")),
        "no such line:\n{log}"
    );
    Ok(())
}
