//! Two translations become one: addresses and the maps between them.
//!
//! A guest speaks of guest-virtual and guest-physical addresses, the hardware
//! of host-physical ones. This crate gives each its own type, so that one can
//! never be used for another by mistake, and holds the guest-physical map: the
//! single statement of which memory and devices a virtual machine owns.
//!
//! What the guest's own translation says is read from its page tables
//! ([`stage1`]).
//!
//! It knows no board, no register and no other part of the hypervisor.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod address;
#[cfg(feature = "alloc")]
mod map;
mod region;
mod rights;
mod search;
pub mod stage1;

pub use address::{GuestPhys, GuestVirt, HostPhys};
#[cfg(feature = "alloc")]
pub use map::{GuestMap, InsertError};
pub use region::{DeviceId, HostSpan, Region, RegionKind};
pub use rights::Rights;
pub use search::{Nearest, Neighbour, find, nearest};
