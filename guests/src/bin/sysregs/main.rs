//! System registers: those of higher exception levels and those that do not
//! exist are undefined; those of EL1 work; maintenance instructions execute.

#![no_std]
#![no_main]

mod absent;
mod maintain;
mod own;

use guests::guest;

guest!("sysregs", main);

fn main() {
    absent::run();
    own::run();
    maintain::run();
}
