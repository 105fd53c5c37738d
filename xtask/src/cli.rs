//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::image::Format;
use crate::manifest::Problems;

/// How the tool ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Success,
    /// The node, an expectation or a test failed.
    Failure,
    /// The command line or the manifest is wrong.
    Usage,
    /// Set-up or a build failed.
    Setup,
    /// The time was over.
    Timeout,
    /// The user or a signal ended it.
    Interrupted,
    /// The status with which a guest ended QEMU by semihosting.
    Guest(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Setup => 3,
            Exit::Timeout => 4,
            Exit::Interrupted => 130,
            Exit::Guest(status) => status,
        })
    }
}

/// The last part of `--help`.
const STATUS: &str = "Exit status: 0 success, 1 the node or a test failed, 2 wrong command line or manifest, \
3 set-up or build failed, 4 the time was over, 130 interrupted. A guest that ends QEMU by semihosting \
sets the status itself.";

/// Builds, runs and tests Toroid nodes.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, after_help = STATUS)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Boot a node under QEMU and attach the terminal
    Run(RunArgs),
    /// Run every test; the last line says `N passed, N failed`
    Test(TestArgs),
    /// Make the bootable image of a node
    Image(ImageArgs),
    /// Only do the set-up: toolchain, QEMU, guest files
    Setup,
    /// Check format, lints and documentation of all source
    Lint,
}

/// The manifest and changes to it.
#[derive(Debug, Args)]
pub(crate) struct ManifestArgs {
    /// Override a manifest key, such as vm.0.memory=1G or vm.linux0.kernel=./Image
    /// (paths are relative to the current directory)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Use this hypervisor ELF file instead of building one
    #[arg(long, value_name = "ELF")]
    pub(crate) hypervisor: Option<PathBuf>,
}

/// `cargo xtask run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub(crate) struct RunArgs {
    /// The node's description [default: manifests/default.toml]
    pub(crate) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: ManifestArgs,
    /// Succeed as soon as this regular expression was seen on some console
    /// (repeatable: all of them, in any order)
    #[arg(long, value_name = "REGEX")]
    pub(crate) expect: Vec<String>,
    /// Stop the node after this time [default: 120 with --expect, else none]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// Write one log file a console: DIR/node-0/hyp.log, DIR/node-0/<vm>.log, …
    #[arg(long, value_name = "DIR")]
    pub(crate) log: Option<PathBuf>,
    /// Run deterministically: one instruction is one nanosecond
    #[arg(long)]
    pub(crate) icount: bool,
    /// Write exit statistics as JSON when the node stops
    #[arg(long, value_name = "FILE")]
    pub(crate) stats: Option<PathBuf>,
    /// Wait for a debugger on this local TCP port before the first instruction
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "1234")]
    pub(crate) gdb: Option<u16>,
    /// One more argument for QEMU, as it is
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) qemu_arg: Vec<String>,
}

const RUN_HELP: &str =
    "At a terminal: Ctrl-] q quits, Ctrl-] 0..9 goes to that machine, Ctrl-] ? lists them, \
Ctrl-] Ctrl-] sends Ctrl-]. Ctrl-C goes to the guest.

Examples:
  cargo xtask run
  cargo xtask run manifests/two-linux.toml --log /tmp/logs
  cargo xtask run --set vm.0.kernel=./Image --set vm.0.cmdline=console=ttyAMA0
  cargo xtask run --expect 'Linux version' --timeout 60";

/// `cargo xtask test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Only tests whose name contains this
    pub(crate) filter: Option<String>,
    /// Also the long ones
    #[arg(long)]
    pub(crate) long: bool,
}

/// `cargo xtask image`.
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// The node's description
    pub(crate) manifest: PathBuf,
    #[command(flatten)]
    pub(crate) source: ManifestArgs,
    /// The image file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Kind of image
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Parses the process's arguments and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("{}", message(&error));
            let wrong = error.downcast_ref::<Problems>().is_some();
            ExitCode::from(if wrong { Exit::Usage } else { Exit::Setup })
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => commands::run(&args),
        Command::Test(args) => commands::test(&args),
        Command::Image(args) => commands::image(&args),
        Command::Setup => commands::setup(),
        Command::Lint => commands::lint(),
    }
}

/// An error with its causes, the outermost first. Problems of a manifest are
/// complete as they are.
fn message(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Problems>() {
        Some(problems) => format!("error: the manifest is wrong\n{problems}"),
        None => format!("error: {error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_is_taken() {
        let line = "xtask run m.toml --set a.b=1 --set c=2 --expect x --expect y --timeout 5 \
                    --log d --icount --stats f --gdb --qemu-arg -d --qemu-arg int";
        let Command::Run(args) = Cli::parse_from(line.split_whitespace()).command else {
            panic!("not run");
        };
        assert_eq!(args.source.set, ["a.b=1", "c=2"]);
        assert_eq!(
            (args.expect.len(), args.timeout, args.gdb),
            (2, Some(5), Some(1234))
        );
        assert_eq!(args.qemu_arg, ["-d", "int"]);
    }
}
