//! Both EL1 timers: registers, firing, the line's level in the interrupt
//! controller, and waking from `wfi`.

#![no_std]
#![no_main]

mod fire;
mod line;
mod registers;

use guests::{guest, timer::Timer};

guest!("timers", main);

/// Both timers.
const BOTH: [Timer; 2] = [Timer::Virtual, Timer::Physical];

fn main() {
    registers::counters();
    for timer in BOTH {
        registers::run(timer);
        line::run(timer);
        fire::run(timer);
    }
    fire::together();
    for timer in BOTH {
        timer.stop();
    }
}
