//! Running a node under QEMU: consoles, input, how it ended.
//!
//! [`Session`] is a running node. It needs no terminal and any number of them
//! run side by side; the system tests use it directly, `cargo xtask run` puts
//! a terminal around it.

mod child;
mod consoles;
mod display;
mod keys;
mod pump;
mod qemu;
mod report;
mod search;
mod session;
mod shared;
mod terminal;

#[cfg(test)]
mod tests;

pub use consoles::{HYPERVISOR, QEMU, TAIL_LINES, Transcript};
pub use display::Display;
pub use keys::{Action, Keys};
pub use qemu::{MachineOptions, command as qemu_command};
pub use report::{json as report_json, table as report_table};
pub use search::{Hit, compile as compile_expression};
pub use session::{Options, Session, Tap};
pub use shared::{Controller, Ending, Outcome};
pub use terminal::RawTerminal;
