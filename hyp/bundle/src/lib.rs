//! What the developer's tool hands to the hypervisor, and what comes back.
//!
//! * A **bundle** is one run of bytes behind the hypervisor's own image: a
//!   checked header, a description of the node ([`Node`]) and the files
//!   ("blobs") that its virtual machines start from. The tool writes it with
//!   `write`, the hypervisor reads it with [`parse`].
//! * [`wire`] is the format of the node's serial line, which carries the
//!   consoles of the hypervisor and of every virtual machine at once.
//! * [`report`] is the node's last word: how it ended, with exit counts. It
//!   travels on that line too.
//!
//! Everything here is total: arbitrary bytes give an error, never a panic.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod header;
mod node;
mod parse;
pub mod report;
pub mod wire;
#[cfg(feature = "write")]
mod write;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use header::{BLOB_ALIGN, HEADER_SIZE, Header, MAGIC, MAX_DESCRIPTION, VERSION};
pub use node::{
    Blob, Device, GicVersion, LogLevel, MAX_NAME, MAX_VCPUS, MAX_VMS, Node, PAGE, Paging, Vm,
};
pub use parse::{Bundle, parse};
pub use report::Report;
#[cfg(feature = "write")]
pub use write::{Writer, write};
