//! Code that executes AArch64 instructions: system registers, barriers, cache
//! maintenance, firmware calls. Everything assumes EL2 with `HCR_EL2.E2H` = 0.

pub mod cache;
pub mod cpu;
pub mod features;
pub(crate) mod gic;
pub mod psci;
pub mod semihosting;
pub mod sysreg;
pub mod timer;
pub mod workarounds;
