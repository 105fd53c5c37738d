//! Arm semihosting: a program under a debugger or emulator asks the host.
//!
//! Without a host that listens, the call is an undefined instruction; use it
//! only where the node's description allows it.

use core::arch::asm;

/// `SYS_EXIT_EXTENDED`: end the program with a reason and a status.
const SYS_EXIT_EXTENDED: usize = 0x20;
/// `ADP_Stopped_ApplicationExit`: the reason that carries an exit status.
const APPLICATION_EXIT: u64 = 0x2_0026;

/// Ends the emulator with the exit status `code`.
///
/// Returns only if the host ignores the call.
pub fn exit(code: u32) {
    let block = [APPLICATION_EXIT, u64::from(code)];
    // SAFETY: the host reads the two words of `block`; x0 is the only register
    // that a semihosting call changes.
    unsafe {
        asm!(
            "hlt #0xf000",
            inout("x0") SYS_EXIT_EXTENDED => _,
            in("x1") block.as_ptr(),
            options(nostack)
        );
    }
}
