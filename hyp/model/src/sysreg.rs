//! System registers that trap: which ones the guest has, and what the
//! identification registers tell it.
//!
//! The hypervisor sets `HCR_EL2.TID3`, `TIDCP`, `TSC`, `TACR`, `TLOR`, `TERR`
//! and `TSW`; a trapped access is looked up with [`classify`]. What traps and
//! is not known is UNDEFINED for the guest, as the architecture prescribes for
//! a feature that is not implemented.

mod action;
mod features;
mod filter;
mod ids;
mod name;
mod register;
mod tables32;
mod tables64;

pub use action::{SgiRegister, SysregAction, TimerRegister, VmRegister, classify};
pub use features::GuestFeatures;
pub use filter::filter_id;
pub use ids::IdRegisters;
pub use register::SysReg;
