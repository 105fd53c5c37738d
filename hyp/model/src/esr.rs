//! Why a guest left: the syndrome of an exception to EL2, as a plain enum.
//!
//! The hypervisor reads `ESR_EL2`, `FAR_EL2` and `HPFAR_EL2` and hands their
//! values to [`decode`]. Source throughout: Arm ARM (DDI 0487), section
//! "Exception Syndrome Register (EL2)".

mod abort;
mod class;
mod condition;
mod entry;
mod exit;
mod inject;
mod reason;
mod step;

pub use abort::{DataAbort, FaultKind, InstructionAbort, MmioSyndrome};
pub use class::Class;
pub use condition::Condition;
pub use entry::{EntryFeatures, Exception, ExceptionEntry, GuestContext, enter_el1, pstate};
pub use exit::{CoprocessorForm, Exit, SysRegAccess, WaitKind, decode};
pub use inject::{ExternalFault, Syndrome};
pub use reason::Reason;
pub use step::{Resume, step_over};

/// Bit 25: the trapped instruction has 32 bits, or the class says nothing of
/// an instruction.
const IL: u64 = 1 << 25;

/// The instruction-specific syndrome, bits 24 to 0.
const ISS_MASK: u64 = (1 << 25) - 1;

/// The `width` bits of `value` from bit `low` up.
const fn field(value: u64, low: u32, width: u32) -> u64 {
    (value >> low) & ((1 << width) - 1)
}

/// Whether bit `index` of `value` is set.
const fn bit(value: u64, index: u32) -> bool {
    field(value, index, 1) != 0
}

/// The five-bit register number of `value` from bit `low` up.
const fn register(value: u64, low: u32) -> u8 {
    field(value, low, 5) as u8
}

#[cfg(test)]
mod tests;
