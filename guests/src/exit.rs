//! How a guest ends.

use core::arch::asm;

use crate::{machine, psci, sysreg};

/// Semihosting operation `SYS_EXIT_EXTENDED`.
const SYS_EXIT_EXTENDED: u64 = 0x20;
/// Reason `ADP_Stopped_ApplicationExit`.
const APPLICATION_EXIT: u64 = 0x20026;

/// Ends the whole machine with a status by semihosting, or, with `exit=psci`
/// on the command line, switches the machine off.
pub fn exit(status: u32) -> ! {
    sysreg::irq_off();
    if machine::flag("exit=psci") {
        let _ = psci::call(psci::SYSTEM_OFF, [0; 3]);
    } else {
        let block = [APPLICATION_EXIT, u64::from(status)];
        // SAFETY: the semihosting call ends the program.
        unsafe {
            asm!("hlt #0xf000", in("x0") SYS_EXIT_EXTENDED, in("x1") block.as_ptr(), options(nostack));
        }
    }
    loop {
        sysreg::wfi();
    }
}
