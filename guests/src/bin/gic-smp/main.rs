//! The interrupt controller between CPUs: SGIs with their sources, routes of
//! SPIs, private interrupts of each CPU, and nothing lost under load.

#![no_std]
#![no_main]

mod load;
mod private;
mod route;
mod sgi;
mod team;

use guests::{check, guest, machine, skip};

guest!("gic-smp", main);

fn main() {
    check!(machine::get().cpus >= 1, "there is a CPU");
    if machine::get().cpus == 1 {
        skip!("everything else"; "one CPU");
        return;
    }
    if team::assemble() {
        sgi::run();
        route::run();
        private::run();
        load::run();
    }
}
