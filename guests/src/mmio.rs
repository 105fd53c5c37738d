//! Device registers: each access is exactly one plain load or store.

use core::arch::asm;

/// A window of device registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mmio(pub usize);

macro_rules! accessors {
    ($read:ident, $write:ident, $type:ty, $load:literal, $store:literal) => {
        #[doc = concat!("Reads a `", stringify!($type), "` at a byte offset.")]
        #[must_use]
        pub fn $read(self, offset: usize) -> $type {
            let value: u64;
            // SAFETY: a device register, which is no Rust object.
            unsafe {
                asm!($load, out(reg) value, in(reg) self.0 + offset, options(nostack));
            }
            value as $type
        }
        #[doc = concat!("Writes a `", stringify!($type), "` at a byte offset.")]
        pub fn $write(self, offset: usize, value: $type) {
            // SAFETY: a device register, which is no Rust object; the barrier
            // before orders earlier writes to memory.
            unsafe {
                asm!("dsb sy", $store, in(reg) u64::from(value), in(reg) self.0 + offset, options(nostack));
            }
        }
    };
}

impl Mmio {
    accessors!(r8, w8, u8, "ldrb {0:w}, [{1}]", "strb {0:w}, [{1}]");
    accessors!(r16, w16, u16, "ldrh {0:w}, [{1}]", "strh {0:w}, [{1}]");
    accessors!(r32, w32, u32, "ldr {0:w}, [{1}]", "str {0:w}, [{1}]");
    accessors!(r64, w64, u64, "ldr {0}, [{1}]", "str {0}, [{1}]");

    /// The window `bytes` further on.
    #[must_use]
    pub fn at(self, bytes: usize) -> Self {
        Self(self.0 + bytes)
    }
}
