//! Reading the identification registers, whose numbers are part of the
//! instruction.

pub(crate) use model::sysreg::IdRegisters;
use model::sysreg::{GuestFeatures, SysReg};

/// Reads the register with these `CRm` and `op2` (op0 3, op1 0, CRn 0).
macro_rules! read {
    ($parts:expr; $($crm:literal)+) => {
        match $parts {
            $((3, 0, 0, $crm, op2) => read!(@row op2, $crm; 0 1 2 3 4 5 6 7),)+
            _ => 0,
        }
    };
    (@row $op2:ident, $crm:literal; $($n:literal)+) => {
        match $op2 {
            $($n => {
                let value: u64;
                // SAFETY: reading an identification register has no effect;
                // encodings that are reserved read as zero at EL2.
                unsafe {
                    core::arch::asm!(
                        concat!("mrs {}, S3_0_C0_C", $crm, "_", $n),
                        out(reg) value,
                        options(nomem, nostack, preserves_flags)
                    );
                }
                value
            })+
            _ => 0,
        }
    };
}

/// The hardware's value of an identification register.
fn hardware(register: SysReg) -> u64 {
    read!(register.parts(); 1 2 3 4 5 6 7)
}

/// The registers as a guest with `features` reads them.
pub(crate) fn filtered(features: &GuestFeatures) -> IdRegisters {
    IdRegisters::filtered(hardware, features)
}
