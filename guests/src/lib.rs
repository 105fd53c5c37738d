//! Support for the bare-metal test guests.
//!
//! A guest is an EL1 program for a machine compatible with QEMU's `virt`. It
//! runs with and without a hypervisor underneath and must say the same in both
//! cases. Everything it needs to know about the machine comes from the device
//! tree; it prints one line a check and ends with a status.

#![cfg(target_os = "none")]
#![no_std]

pub mod boots;
pub mod console;
pub mod el0;
pub mod exit;
pub mod exits;
pub mod gic;
pub mod hook;
pub mod irq;
pub mod log;
pub mod machine;
pub mod mmio;
pub mod probe;
pub mod psci;
pub mod regs;
pub mod report;
pub mod smp;
mod start;
pub mod sysreg;
pub mod table;
pub mod timer;
pub mod trap;

use core::panic::PanicInfo;

/// Names the guest and its main function.
///
/// `guest!("hello", main)` where `main` is `fn()`: support code is ready when
/// it is called, and the verdict is printed when it returns.
#[macro_export]
macro_rules! guest {
    ($name:literal, $main:path) => {
        /// Called by the support library on the boot CPU.
        #[unsafe(no_mangle)]
        extern "Rust" fn guest_main() {
            $main();
        }
        /// The guest's name for the verdict line.
        #[unsafe(no_mangle)]
        static GUEST_NAME: &str = $name;
    };
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("not ok - panic: {info}");
    exit::exit(1)
}
