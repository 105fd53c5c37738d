//! The table of system tests.
//!
//! `cargo xtask test` runs them; `cargo test -p system-tests -- --list` names
//! them. A case's name starts with what it is about, so that a filter such as
//! `guest/gic` or `linux/` picks a group.

mod bad_input;
mod blob;
mod guests;
mod isolation;
mod linux;
mod node;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cases = guests::cases()
        .chain(linux::cases())
        .chain(node::cases())
        .chain(isolation::cases())
        .chain(bad_input::cases());
    system_tests::main(cases.collect())
}
