//! Text on the PL011.

use core::{
    fmt::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{machine, mmio::Mmio};

/// Data register.
pub const DR: usize = 0x00;
/// Flag register.
pub const FR: usize = 0x18;
/// Flag register: transmit FIFO full.
pub const FR_TXFF: u32 = 1 << 5;
/// Flag register: receive FIFO empty.
pub const FR_RXFE: u32 = 1 << 4;
/// Line control: FIFOs enabled, 8 bits.
const LCR_H: (usize, u32) = (0x2c, 0x70);
/// Control: UART, transmit and receive enabled.
const CR: (usize, u32) = (0x30, 0x301);

/// One printer at a time.
static BUSY: AtomicBool = AtomicBool::new(false);

/// The UART's registers.
#[must_use]
pub fn uart() -> Mmio {
    Mmio(machine::get().uart)
}

/// Switches the UART on; interrupts stay off.
pub fn init() {
    uart().w32(LCR_H.0, LCR_H.1);
    uart().w32(CR.0, CR.1);
}

/// Sends one byte.
pub fn put(byte: u8) {
    while uart().r32(FR) & FR_TXFF != 0 {}
    uart().w32(DR, u32::from(byte));
}

/// Takes a received byte if there is one.
#[must_use]
pub fn get() -> Option<u8> {
    (uart().r32(FR) & FR_RXFE == 0).then(|| uart().r32(DR) as u8)
}

struct Out;

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                put(b'\r');
            }
            put(byte);
        }
        Ok(())
    }
}

/// Prints, whole, without another CPU's text in between.
pub fn print(args: fmt::Arguments<'_>) {
    while BUSY.swap(true, Ordering::Acquire) {
        core::hint::spin_loop();
    }
    let _ = Out.write_fmt(args);
    BUSY.store(false, Ordering::Release);
}

/// Prints a line on the console.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => { $crate::console::print(format_args!("{}\n", format_args!($($arg)*))) };
}
