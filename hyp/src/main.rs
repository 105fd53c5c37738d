//! Toroid, a type-1 hypervisor for the nodes of custom supercomputers.
//!
//! A VM exit goes down one path and comes straight back: vector → what the
//! handler needs is saved → the syndrome becomes a plain enum → the device or
//! CPU model changes its state and says what to do → resume. Nothing calls
//! upwards.
//!
//! What a guest sees and may do is decided in portable, safe crates (`vtlb`,
//! `vbic`, `model`); `platform` knows the board; this program connects the two,
//! and holds all code that needs `unsafe` to do so.

#![no_std]
#![no_main]

extern crate alloc;

mod arch;
mod boot;
mod console;
mod cores;
mod log;
mod memory;
mod node;
mod panic;
mod vm;
