//! The hardware under the hypervisor: what the board has, and how to drive it.
//!
//! Nothing here knows about virtual machines. [`machine`] reads the firmware's
//! device tree into plain data; the drivers ([`uart`], [`gic`], and on AArch64
//! `psci`, `timer`, `cpu`, `cache`, `features`, `semihosting`, `sysreg`) take
//! addresses and interrupt numbers from it, never from constants.
//!
//! Memory-mapped parts are portable and tested on the developer's machine
//! against memory that stands in for the registers. Whatever executes an
//! instruction of one architecture is under `arch/`.

#![no_std]

#[cfg(test)]
extern crate std;

pub mod gic;
pub mod machine;
pub mod rtc;
pub mod uart;

#[cfg(target_arch = "aarch64")]
#[path = "arch/aarch64/mod.rs"]
mod aarch64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::{cache, cpu, features, psci, semihosting, sysreg, timer, workarounds};
