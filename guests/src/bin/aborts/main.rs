//! Accesses that no memory or device answers, and other faults: the right
//! exception with the right syndrome at the right instruction, and life goes on.

#![no_std]
#![no_main]

mod data;
mod fetch;
mod stage1;
mod user;

use guests::{
    check, guest,
    trap::{Syndrome, ec},
};

guest!("aborts", main);

/// Nothing on `virt`, mapped as Device memory.
const HOLE_DEVICE: u64 = 0x0b00_0000;
/// Nothing on `virt`, mapped as Normal executable memory: 448 GiB.
const HOLE_NORMAL: u64 = 0x70_0000_0000;
/// Fault status: synchronous external abort.
const EXTERNAL: u64 = 0x10;
/// Fault status: synchronous external abort on a level 2 table walk.
const EXTERNAL_WALK: u64 = 0x16;
/// `ISS.WnR` of a data abort.
const WRITE: u64 = 1 << 6;
/// `ISS.FnV`: FAR is not valid.
const FAR_INVALID: u64 = 1 << 10;
/// `ISS.ISV`, zero for an abort taken to EL1.
const ISV: u64 = 1 << 24;

/// Checks an abort's syndrome.
fn check_abort(name: &str, got: Option<Syndrome>, class: u64, fsc: u64, far: u64, elr: u64) {
    let Some(s) = got else {
        check!(false, "{}", name; "no exception");
        return;
    };
    let data = matches!(class, ec::DABT | ec::DABT_EL0);
    let ok = s.ec() == class
        && s.fsc() == fsc
        && s.il()
        && s.far == far
        && s.elr == elr
        && s.iss() & FAR_INVALID == 0
        && (!data || s.iss() & ISV == 0);
    check!(ok, "{}", name; "{s:x?}, want EC {class:#x} FSC {fsc:#x} FAR {far:#x} ELR {elr:#x}");
}

fn main() {
    data::run();
    fetch::run();
    stage1::run();
    user::run();
}
