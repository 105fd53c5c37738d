//! Specification tests: each states one rule of the architecture or of the
//! contract with the hypervisor, against a model of the hardware.

mod delivery;
mod guest;
mod late;
mod linked;
mod mock;
mod overflow;
mod property;
mod reference;
mod relayed;
mod remote;
mod soft;
mod split;
mod totality;
mod v2;
mod v3;
