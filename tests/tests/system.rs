//! The table of system tests.
//!
//! `cargo xtask test` runs them; `cargo test -p system-tests -- --list` names
//! them. A case's name starts with what it is about, so that a filter such as
//! `guest/gic` or `linux/` picks a group.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use system_tests::{Bench, Case};

/// Time for a Linux guest to reach its shell on a busy machine.
const BOOT_TIME: Duration = Duration::from_secs(180);
/// Time for a shell command.
const COMMAND_TIME: Duration = Duration::from_secs(30);
/// The line that the guests' `init` prints in front of the shell.
const GUEST_UP: &str = r"TOROID-GUEST-UP kernel=(\S+) cpus=(\d+)";
/// The shell's prompt.
const PROMPT: &str = r"# ";

/// Bare-metal guests: every check in them holds.
const GUESTS: &[&str] = &[
    "hello", "gic", "timers", "psci", "gic-smp", "aborts", "sysregs", "smc",
];
/// Interrupt controllers and cores that they run on.
const GICS: &[u8] = &[2, 3];
const CPUS: &[&str] = &["cortex-a53", "cortex-a72", "max"];

fn main() -> ExitCode {
    let mut cases = Vec::new();
    cases.extend(guests());
    cases.extend([1, 2, 4].map(|cpus| {
        Case::new(format!("linux/{cpus}-cpus"), move |bench| {
            linux(bench, "debian", cpus)
        })
    }));
    cases.push(Case::new("linux/6.12", |bench| {
        linux(bench, "debian-6.12", 2)
    }));
    cases.push(Case::new("linux/two-side-by-side", two_linux));
    system_tests::main(cases)
}

/// Every guest on every GIC and core.
fn guests() -> impl Iterator<Item = Case> {
    let machines = GICS
        .iter()
        .flat_map(|gic| CPUS.iter().map(move |cpu| (*gic, *cpu)));
    machines.flat_map(|(gic, cpu)| {
        GUESTS.iter().map(move |guest| {
            Case::new(format!("guest/{guest}/gicv{gic}/{cpu}"), move |bench| {
                let sets = [
                    format!("node.gic={gic}"),
                    format!("node.cpu={cpu}"),
                    "vm.0.cpus=4".to_owned(),
                ];
                bench.run_guest(guest, &sets).map(drop)
            })
        })
    })
}

/// A Linux guest reaches its shell, sees its processors and shuts down.
fn linux(bench: &Bench<'_>, kernel: &str, cpus: u8) -> Result<()> {
    let sets = [format!("vm.0.kernel={kernel}"), format!("vm.0.cpus={cpus}")];
    let mut session = bench.start_ready_made("default", &sets)?;
    let up = session.wait_for(Some("linux0"), GUEST_UP, BOOT_TIME)?;
    ensure!(
        up.groups[2] == cpus.to_string(),
        "the guest sees {} CPUs",
        up.groups[2]
    );
    session.wait_for(Some("linux0"), PROMPT, COMMAND_TIME)?;
    session.send(0, "echo $((40 + 2))\n")?;
    session.wait_for(Some("linux0"), "^42$", COMMAND_TIME)?;
    session.send(0, "poweroff\n")?;
    let outcome = session.finish(COMMAND_TIME);
    ensure!(outcome.ending.is_success(), "{}", outcome.ending);
    Ok(())
}

/// Two guests with different kernels; one shuts down, the other goes on.
fn two_linux(bench: &Bench<'_>) -> Result<()> {
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
