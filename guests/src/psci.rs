//! PSCI and SMC Calling Convention calls (Arm DEN0022, DEN0028).

use core::arch::asm;

use crate::machine::{self, Conduit};

/// `PSCI_VERSION`
pub const VERSION: u32 = 0x8400_0000;
/// `CPU_SUSPEND`, 64-bit
pub const CPU_SUSPEND: u32 = 0xc400_0001;
/// `CPU_OFF`
pub const CPU_OFF: u32 = 0x8400_0002;
/// `CPU_ON`, 64-bit
pub const CPU_ON: u32 = 0xc400_0003;
/// `AFFINITY_INFO`, 64-bit
pub const AFFINITY_INFO: u32 = 0xc400_0004;
/// `MIGRATE_INFO_TYPE`
pub const MIGRATE_INFO_TYPE: u32 = 0x8400_0006;
/// `SYSTEM_OFF`
pub const SYSTEM_OFF: u32 = 0x8400_0008;
/// `SYSTEM_RESET`
pub const SYSTEM_RESET: u32 = 0x8400_0009;
/// `SYSTEM_RESET2`, 64-bit; reset type 0 is an architectural warm reset
pub const SYSTEM_RESET2: u32 = 0xc400_0012;
/// `PSCI_FEATURES`
pub const FEATURES: u32 = 0x8400_000a;
/// `SMCCC_VERSION`
pub const SMCCC_VERSION: u32 = 0x8000_0000;
/// `SMCCC_ARCH_FEATURES`
pub const SMCCC_ARCH_FEATURES: u32 = 0x8000_0001;

/// `SUCCESS`
pub const SUCCESS: i64 = 0;
/// `NOT_SUPPORTED`
pub const NOT_SUPPORTED: i64 = -1;
/// `INVALID_PARAMETERS`
pub const INVALID_PARAMETERS: i64 = -2;
/// `DENIED`
pub const DENIED: i64 = -3;
/// `ALREADY_ON`
pub const ALREADY_ON: i64 = -4;
/// `ON_PENDING`
pub const ON_PENDING: i64 = -5;
/// `INVALID_ADDRESS`
pub const INVALID_ADDRESS: i64 = -9;

/// Calls firmware by the machine's conduit; 32-bit error codes come sign-extended.
pub fn call(function: u32, args: [u64; 3]) -> i64 {
    let result = call_by(machine::get().conduit, u64::from(function), args);
    i64::from(result as i32)
}

/// Calls firmware by a given conduit and returns the whole of x0.
pub fn call_by(conduit: Conduit, function: u64, args: [u64; 3]) -> u64 {
    let mut x0 = function;
    let [a, b, c] = args;
    // SAFETY: the convention lets the call change x0 to x17 and nothing else;
    // memory named by the arguments is not Rust's.
    unsafe {
        match conduit {
            Conduit::Hvc => asm!("hvc #0", inout("x0") x0, inout("x1") a => _, inout("x2") b => _,
                inout("x3") c => _, clobber_abi("C"), options(nostack)),
            Conduit::Smc => asm!("smc #0", inout("x0") x0, inout("x1") a => _, inout("x2") b => _,
                inout("x3") c => _, clobber_abi("C"), options(nostack)),
        }
    }
    x0
}
