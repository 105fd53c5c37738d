//! QEMU's command line.

use std::path::Path;
use std::process::Command;

use bundle::GicVersion;

use crate::manifest::{Board, Node};

/// Reproducible runs: one instruction is one nanosecond, the clock and all
/// randomness are fixed.
const DETERMINISTIC: [&str; 6] = [
    "-icount",
    "shift=0,sleep=off",
    "-rtc",
    "base=2026-01-01T00:00:00,clock=vm",
    "-seed",
    "1",
];

/// Wishes about the machine that are not in the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineOptions {
    /// Run deterministically, counting instructions.
    pub icount: bool,
    /// Wait for a debugger on this TCP port of the local host.
    pub gdb: Option<u16>,
    /// More arguments, as they are.
    pub extra: Vec<String>,
}

/// The command that runs `image` on the node. The node's serial line is the
/// process's standard input and output; semihosting output goes to standard
/// error.
#[must_use]
pub fn command(program: &Path, node: &Node, image: &Path, options: &MachineOptions) -> Command {
    let mut command = Command::new(program);
    command.args([
        "-M",
        &machine(node),
        "-cpu",
        &node.cpu,
        "-smp",
        &node.cpus.to_string(),
    ]);
    command.args(["-m", &format!("{}M", node.memory >> 20)]);
    command.args([
        "-display",
        "none",
        "-monitor",
        "none",
        "-parallel",
        "none",
        "-nic",
        "none",
    ]);
    command.args([
        "-chardev",
        "stdio,id=uart,signal=off",
        "-serial",
        "chardev:uart",
        "-no-reboot",
    ]);
    if node.semihosting {
        command.args(["-semihosting-config", "enable=on,target=native"]);
    }
    if options.icount {
        command.args(DETERMINISTIC);
    }
    if let Some(port) = options.gdb {
        command.args(["-S", "-gdb", &format!("tcp:127.0.0.1:{port}")]);
    }
    command.args(&options.extra).arg("-kernel").arg(image);
    command
}

fn machine(node: &Node) -> String {
    let Board::QemuVirt = node.board;
    let gic = match node.gic {
        GicVersion::V2 => 2,
        GicVersion::V3 => 3,
    };
    format!("virt,virtualization=on,gic-version={gic},dtb-randomness=off")
}
