//! `cargo xtask`: the command line of the house.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::cli::main()
}
