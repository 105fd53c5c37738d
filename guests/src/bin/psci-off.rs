//! `SYSTEM_OFF` ends the machine and never returns.

#![no_std]
#![no_main]

use guests::{guest, println, psci};

guest!("psci-off", main);

fn main() {
    println!("PASS psci-off: switching off");
    let result = psci::call(psci::SYSTEM_OFF, [0; 3]);
    println!("not ok - SYSTEM_OFF returned {result}");
}
