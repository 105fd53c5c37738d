//! A bad neighbour: floods its console, reaches for what is not there, and
//! resets itself, for ever.

#![no_std]
#![no_main]

use guests::{console, guest, mmio::Mmio, println, psci, trap};

guest!("flood", main);

/// What it does of each before it resets.
const LINES: u32 = 20;
const BAD_ACCESSES: u32 = 100;
const UART_ACCESSES: u32 = 300;
/// A hole of `virt`'s memory map, see `guests/README.md`.
const NOTHING: usize = 0x0b00_0000;

fn main() {
    println!("flood: here it comes");
    for line in 0..LINES {
        println!("flood {line}: the quick brown fox jumps over the lazy dog");
    }
    for access in 0..BAD_ACCESSES {
        let _ = trap::catch(|| Mmio(NOTHING + access as usize * 8).w32(0, access));
    }
    for _ in 0..UART_ACCESSES {
        let _ = console::get();
    }
    let result = psci::call(psci::SYSTEM_RESET, [0; 3]);
    println!("not ok - SYSTEM_RESET returned {result}");
}
