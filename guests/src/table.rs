//! The guest's level 1 translation table: 1 GiB an entry, some of them free.

use core::arch::asm;

unsafe extern "C" {
    static mut level1: [u64; 512];
}

/// Valid block, access flag, inner shareable, Normal write-back.
pub const NORMAL: u64 = 1 << 10 | 3 << 8 | 1 << 2 | 1;
/// Valid block, access flag, Device-nGnRE.
pub const DEVICE: u64 = 1 << 10 | 1;
/// A table, not a block.
pub const TABLE: u64 = 3;
/// Never executable.
pub const NEVER_EXECUTE: u64 = 3 << 53;
/// Guarded page (`FEAT_BTI`).
pub const GUARDED: u64 = 1 << 50;
/// Start of RAM: the physical address of the block with this program.
pub const RAM: u64 = 0x4000_0000;

/// The address that an entry translates.
#[must_use]
pub const fn base(entry: usize) -> u64 {
    (entry as u64) << 30
}

/// Changes one of the free entries (0x180 to 0x1bf) for all CPUs, break before
/// make. Others are left alone.
pub fn set(entry: usize, descriptor: u64) {
    if !(0x180..0x1c0).contains(&entry) {
        return;
    }
    for value in [0, descriptor] {
        // SAFETY: nothing of the program itself is reached by this entry.
        unsafe {
            (&raw mut level1)
                .cast::<u64>()
                .add(entry)
                .write_volatile(value);
            asm!(
                "dsb ish",
                "tlbi vmalle1is",
                "dsb ish",
                "isb",
                options(nostack)
            );
        }
    }
}
