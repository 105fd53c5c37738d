//! Resets the machine many times in quick succession: `resets=` on the command
//! line says how often.

#![no_std]
#![no_main]

use guests::{boots, check, guest, machine, psci};

guest!("resets", main);

/// How often without a word on the command line.
const RESETS: u32 = 20;

fn main() {
    let wanted = machine::number("resets=").unwrap_or(RESETS);
    let boot = boots::number(wanted);
    if boot < wanted {
        boots::set(boot + 1);
        let result = psci::call(psci::SYSTEM_RESET, [0; 3]);
        check!(false, "SYSTEM_RESET does not return"; "{result}");
    }
    check!(true, "{} resets", boot);
}
