//! Support for tests that run whole nodes under QEMU.
//!
//! `tests/system.rs` is the table of cases; a [`Case`] gets a [`Bench`], from
//! which it starts nodes. Each case writes its consoles to
//! `target/system-tests/<case>/node-0/*.log`.

mod bench;
mod case;

pub use bench::{Bench, GUEST_TIME};
pub use case::{Case, main};
