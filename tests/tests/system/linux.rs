//! Unmodified Debian kernels.

use std::time::Duration;

use anyhow::{Result, ensure};
use system_tests::{Bench, Case};

/// Time for a Linux guest to reach its shell on a busy machine.
const BOOT_TIME: Duration = Duration::from_secs(180);
/// Time for a shell command.
const COMMAND_TIME: Duration = Duration::from_secs(60);
/// The line that the guests' `init` prints in front of the shell.
const GUEST_UP: &str = r"TOROID-GUEST-UP kernel=(\S+) cpus=(\d+)";
/// The shell's prompt.
const PROMPT: &str = r"# ";

/// Every case.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let machines = [
        ("1-vcpu/gicv3/max", "debian", 3, "max", 1),
        ("2-vcpus/gicv3/cortex-a72", "debian", 3, "cortex-a72", 2),
        ("4-vcpus/gicv3/cortex-a53", "debian", 3, "cortex-a53", 4),
        ("8-vcpus/gicv3/max", "debian", 3, "max", 8),
        ("1-vcpu/gicv2/cortex-a53", "debian", 2, "cortex-a53", 1),
        ("4-vcpus/gicv2/max", "debian", 2, "max", 4),
        ("6.12/2-vcpus/gicv3/max", "debian-6.12", 3, "max", 2),
        (
            "6.12/4-vcpus/gicv2/cortex-a72",
            "debian-6.12",
            2,
            "cortex-a72",
            4,
        ),
    ];
    let shells = machines.map(|(name, kernel, gic, cpu, vcpus)| {
        Case::new(format!("linux/shell/{name}"), move |bench| {
            shell(bench, kernel, gic, cpu, vcpus)
        })
    });
    shells.into_iter().chain([
        Case::new("linux/gicv2-on-gicv3", emulated_interface),
        Case::new("linux/work-and-hotplug", work),
        Case::new("linux/reboot-restarts-only-that-vm", reboot),
        Case::new("linux/two-side-by-side", side_by_side),
    ])
}

/// A guest reaches its shell, sees its processors, computes, and shuts down;
/// the node ends well.
fn shell(bench: &Bench<'_>, kernel: &str, gic: u8, cpu: &str, vcpus: u8) -> Result<()> {
    let sets = [
        format!("vm.0.kernel={kernel}"),
        format!("vm.0.cpus={vcpus}"),
        format!("node.gic={gic}"),
        format!("node.cpu={cpu}"),
        format!("node.cpus={}", vcpus.max(4)),
    ];
    let mut session = bench.start_ready_made("default", &sets)?;
    let up = session.wait_for(Some("linux0"), GUEST_UP, BOOT_TIME)?;
    let seen = &up.groups[2];
    ensure!(*seen == vcpus.to_string(), "the guest sees {seen} CPUs");
    session.wait_for(Some("linux0"), PROMPT, COMMAND_TIME)?;
    session.send(0, "echo $((40 + 2))\n")?;
    session.wait_for(Some("linux0"), "^42$", COMMAND_TIME)?;
    session.send(0, "poweroff\n")?;
    let outcome = session.finish(COMMAND_TIME);
    ensure!(outcome.ending.is_success(), "{}", outcome.ending);
    Ok(())
}

/// The command line for `init` to do `words` without a person.
fn run(words: &str) -> String {
    format!("vm.0.cmdline=console=ttyAMA0 toroid.run={words}")
}

/// Runs the default node with `words` and checks that each was done.
fn unattended(bench: &Bench<'_>, words: &str, sets: &[String]) -> Result<()> {
    let mut all = vec![run(words)];
    all.extend_from_slice(sets);
    let session = bench.start_ready_made("default", &all)?;
    let outcome = session.finish(BOOT_TIME + COMMAND_TIME);
    ensure!(
        outcome.ending.is_success(),
        "{}\n{}",
        outcome.ending,
        outcome.tails()
    );
    let console = outcome.text("linux0");
    for word in words.split(',') {
        ensure!(
            console.contains(&format!("TOROID-RUN {word}: ok")),
            "{word} failed:\n{}",
            outcome.tails()
        );
    }
    Ok(())
}

/// A GICv2 guest on a GICv3 board: Linux on the emulated CPU interface.
fn emulated_interface(bench: &Bench<'_>) -> Result<()> {
    let sets = ["vm.0.gic=2".to_owned(), "vm.0.cpus=2".to_owned()];
    unattended(bench, "cpus,irq,stress,poweroff", &sets)
}

/// Interrupts, performance counters, memory, processes, CPUs off and on.
fn work(bench: &Bench<'_>) -> Result<()> {
    let words = "cpus,irq,perf,rtc,mem,stress,hotplug,poweroff";
    unattended(bench, words, &["vm.0.cpus=4".to_owned()])
}

/// One guest reboots; it comes up again, and the other one has noticed nothing.
fn reboot(bench: &Bench<'_>) -> Result<()> {
    let mut session = bench.start_ready_made("two-linux", &[""; 0])?;
    for vm in ["linux0", "linux1"] {
        session.wait_for(Some(vm), GUEST_UP, BOOT_TIME)?;
        session.wait_for(Some(vm), PROMPT, COMMAND_TIME)?;
    }
    session.send(1, "mark=still-here\n")?;
    session.wait_for(Some("linux1"), PROMPT, COMMAND_TIME)?;
    session.send(0, "reboot\n")?;
    session.wait_for(Some("hyp"), "linux0: reset", COMMAND_TIME)?;
    session.wait_for(Some("linux0"), GUEST_UP, BOOT_TIME)?;
    session.wait_for(Some("linux0"), PROMPT, COMMAND_TIME)?;
    session.send(1, "echo $mark; poweroff\n")?;
    session.wait_for(Some("linux1"), "^still-here$", COMMAND_TIME)?;
    session.send(0, "poweroff\n")?;
    let outcome = session.finish(COMMAND_TIME);
    ensure!(outcome.ending.is_success(), "{}", outcome.ending);
    let resets = outcome.report.map(|report| {
        let vms = report.vms.iter();
        vms.map(|vm| vm.resets).collect::<Vec<_>>()
    });
    ensure!(resets.as_deref() == Some(&[1, 0]), "resets: {resets:?}");
    Ok(())
}

/// Two guests with different kernels; one shuts down, the other goes on.
fn side_by_side(bench: &Bench<'_>) -> Result<()> {
    let mut session = bench.start_ready_made("two-linux", &[""; 0])?;
    for vm in ["linux0", "linux1"] {
        session.wait_for(Some(vm), GUEST_UP, BOOT_TIME)?;
        session.wait_for(Some(vm), PROMPT, COMMAND_TIME)?;
    }
    session.send(0, "poweroff\n")?;
    session.wait_for(Some("hyp"), "linux0: off", COMMAND_TIME)?;
    session.send(1, "uname -r; poweroff\n")?;
    session.wait_for(Some("linux1"), r"^6\.12\.", COMMAND_TIME)?;
    let outcome = session.finish(COMMAND_TIME);
    ensure!(outcome.ending.is_success(), "{}", outcome.ending);
    Ok(())
}
