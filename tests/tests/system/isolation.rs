//! What one VM does, or leaves behind, is no matter of the others.

use std::time::Duration;

use anyhow::{Result, ensure};
use system_tests::{Bench, Case, GUEST_TIME};
use xtask::run::{Ending, Outcome};

/// A VM that the case is about, and one that echoes what it is sent
/// up to a full stop and then ends the node with its verdict.
const BESIDE_ECHO: &str = "[node]\nsemihosting = true\ncpu = \"cortex-a72\"\n\
    [[vm]]\nname = \"first\"\nmemory = \"32M\"\n\
    [[vm]]\nname = \"echo\"\nmemory = \"32M\"\nkernel = \"guest:hello\"\ncmdline = \"echo\"\n";

/// Time for keys to reach a guest on a busy machine.
const KEY_TIME: Duration = Duration::from_secs(30);
/// Time for a Linux guest beside one that does its worst.
const LINUX_TIME: Duration = Duration::from_secs(240);

/// Every case.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let lines = [(2, "pmu timers"), (3, "pmu"), (3, "timers")].map(|(gic, words)| {
        let name = format!(
            "isolation/lines-left-high/{}/gicv{gic}",
            words.replace(' ', "-")
        );
        Case::new(name, move |bench| lines_left(bench, gic, words))
    });
    let flooded = [("gic", 3), ("timers", 2)].map(|(guest, gic)| {
        let name = format!("isolation/beside-a-flood/{guest}/gicv{gic}");
        Case::new(name, move |bench| beside_flood(bench, guest, gic))
    });
    lines.into_iter().chain(flooded).chain([
        Case::new("isolation/deaf-guest-keeps-no-keys", deaf),
        Case::new("isolation/beside-a-flood/linux", linux_beside_flood),
    ])
}

/// The guest ended the node with status 0.
fn passed(outcome: &Outcome) -> Result<()> {
    let ending = &outcome.ending;
    ensure!(*ending == Ending::Exit(0), "{ending}\n{}", outcome.tails());
    Ok(())
}

/// Interrupt lines of cores whose guest has gone, of the core that serves the
/// console among them, do not keep keys from the other VM.
fn lines_left(bench: &Bench<'_>, gic: u8, words: &str) -> Result<()> {
    let sets = [
        format!("node.gic={gic}"),
        "vm.first.kernel=guest:lines-left".to_owned(),
        "vm.first.cpus=2".to_owned(),
        format!("vm.first.cmdline={words}"),
    ];
    let mut session = bench.start(BESIDE_ECHO, &sets)?;
    session.wait_for(Some("hyp"), "first: off", GUEST_TIME)?;
    session.wait_for(Some("echo"), "echo: type", GUEST_TIME)?;
    session.send(1, "keys arrive.")?;
    session.wait_for(Some("echo"), r"keys arrive\.", KEY_TIME)?;
    let outcome = session.finish(GUEST_TIME);
    let first = outcome.text("first");
    ensure!(!first.contains("not ok"), "{first}");
    passed(&outcome)
}

/// Keys that a guest does not read do not keep the user from the other VM.
fn deaf(bench: &Bench<'_>) -> Result<()> {
    /// Much more than the FIFOs of guest and node take.
    const KEYS: usize = 1000;
    let sets = ["vm.first.kernel=guest:hello", "vm.first.cmdline=deaf"];
    let mut session = bench.start(BESIDE_ECHO, &sets)?;
    session.wait_for(Some("first"), "deaf: type", GUEST_TIME)?;
    session.wait_for(Some("echo"), "echo: type", GUEST_TIME)?;
    session.send(0, "x".repeat(KEYS))?;
    session.send(1, "keys arrive.")?;
    session.wait_for(Some("echo"), r"keys arrive\.", KEY_TIME)?;
    passed(&session.finish(GUEST_TIME))
}

/// A guest passes all its checks while another one floods its console, makes
/// the hypervisor complain, and resets.
fn beside_flood(bench: &Bench<'_>, guest: &str, gic: u8) -> Result<()> {
    let sets = [
        format!("node.gic={gic}"),
        "vm.first.kernel=guest:flood".to_owned(),
        "vm.first.memory=8M".to_owned(),
        format!("vm.echo.kernel=guest:{guest}"),
        "vm.echo.cmdline=hyp".to_owned(),
    ];
    let outcome = bench.start(BESIDE_ECHO, &sets)?.finish(GUEST_TIME);
    passed(&outcome)?;
    let resets = outcome.text("hyp").matches("first: reset").count();
    ensure!(resets > 0, "the flood did not reset");
    Ok(())
}

/// So does Linux.
fn linux_beside_flood(bench: &Bench<'_>) -> Result<()> {
    let sets = [
        "vm.0.cmdline=console=ttyAMA0 toroid.run=stress,poweroff",
        "vm.1.name=flood",
        "vm.1.kernel=guest:flood",
        "vm.1.memory=8M",
    ];
    let mut session = bench.start_ready_made("default", &sets)?;
    session.wait_for(Some("linux0"), "TOROID-RUN stress: ok", LINUX_TIME)?;
    session.wait_for(Some("hyp"), "linux0: off", KEY_TIME)?;
    let outcome = session.stop("the flood never ends");
    let resets = outcome.text("hyp").matches("flood: reset").count();
    ensure!(resets > 0, "the flood did not reset");
    Ok(())
}
