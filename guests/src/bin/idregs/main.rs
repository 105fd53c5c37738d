//! The ID registers say the truth: all can be read, what is offered works, and
//! what is not offered is not there.

#![no_std]
#![no_main]

mod instructions;
mod pointer;
mod registers;
mod space;

use guests::{guest, probe::Reg};

guest!("idregs", main);

/// The registers whose fields are looked at.
const PFR0: Reg = Reg(3, 0, 0, 4, 0);
const PFR1: Reg = Reg(3, 0, 0, 4, 1);
const DFR0: Reg = Reg(3, 0, 0, 5, 0);
const ISAR0: Reg = Reg(3, 0, 0, 6, 0);
const ISAR1: Reg = Reg(3, 0, 0, 6, 1);
const ISAR2: Reg = Reg(3, 0, 0, 6, 2);
const MMFR0: Reg = Reg(3, 0, 0, 7, 0);
const MMFR1: Reg = Reg(3, 0, 0, 7, 1);
const MMFR2: Reg = Reg(3, 0, 0, 7, 2);
const MMFR3: Reg = Reg(3, 0, 0, 7, 3);

/// A field of an ID register; 0 if the register cannot be read.
fn field(reg: Reg, shift: u32) -> u64 {
    reg.read().map_or(0, |value| value >> shift & 0xf)
}

fn main() {
    space::run();
    registers::run();
    instructions::run();
    pointer::run();
}
