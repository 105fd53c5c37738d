//! Device registers through every form of load and store, most of which give a
//! hypervisor no syndrome: each does what the plain form does.

#![no_std]
#![no_main]

mod load;
mod odd;
mod store;
mod structure;

use guests::guest;

guest!("mmio", main);

fn main() {
    load::run();
    store::run();
    structure::run();
    odd::run();
}
