//! What a guest sees: the portable model of the guest machine.
//!
//! Nothing here touches hardware. The hypervisor gives these modules register
//! values, memory and time, and they answer what an AArch64 machine would do;
//! so every rule of the guest-visible machine is tested on the developer's own
//! computer.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod a64;
pub mod access;
pub mod esr;
pub mod image;
pub mod layout;
pub mod pl011;
pub mod pl031;
mod primecell;
pub mod psci;
pub mod smccc;
pub mod sysreg;
pub mod tree;
