//! Calls to the firmware's Power State Coordination Interface (Arm DEN 0022),
//! through the conduit that the device tree names.

use smccc::{
    Hvc, Smc,
    psci::{self, LowestAffinityLevel},
};

pub use smccc::psci::{AffinityState, Error, Version};

use crate::machine::Conduit;

/// The firmware's PSCI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Psci {
    conduit: Conduit,
}

/// Makes the same call through either conduit.
macro_rules! call {
    ($self:ident, $function:ident $(, $argument:expr)*) => {
        match $self.conduit {
            Conduit::Smc => psci::$function::<Smc>($($argument),*),
            Conduit::Hvc => psci::$function::<Hvc>($($argument),*),
        }
    };
}

impl Psci {
    /// PSCI behind `conduit`, from [`Machine::psci`](crate::machine::Machine).
    #[must_use]
    pub const fn new(conduit: Conduit) -> Self {
        Self { conduit }
    }

    /// `PSCI_VERSION`.
    ///
    /// # Errors
    ///
    /// What the firmware answers; [`Error::NotSupported`] where it has no PSCI.
    pub fn version(self) -> Result<Version, Error> {
        call!(self, version)
    }

    /// `CPU_ON`: starts the core with affinity `mpidr` at the physical address
    /// `entry`, with `context` in x0, its MMU off, at this Exception level.
    ///
    /// # Errors
    ///
    /// What the firmware answers, [`Error::AlreadyOn`] among others.
    ///
    /// # Safety
    ///
    /// `entry` is code that sets up a core from nothing, and `context` is what
    /// it expects.
    pub unsafe fn cpu_on(self, mpidr: u64, entry: u64, context: u64) -> Result<(), Error> {
        call!(self, cpu_on, mpidr, entry, context)
    }

    /// `AFFINITY_INFO` of one core.
    ///
    /// # Errors
    ///
    /// What the firmware answers.
    pub fn affinity_info(self, mpidr: u64) -> Result<AffinityState, Error> {
        call!(self, affinity_info, mpidr, LowestAffinityLevel::All)
    }

    /// `CPU_OFF`: turns the calling core off. Returns only on failure.
    ///
    /// # Errors
    ///
    /// What the firmware answers.
    pub fn cpu_off(self) -> Result<(), Error> {
        call!(self, cpu_off)
    }

    /// `SYSTEM_OFF`: turns the machine off. Returns only on failure.
    ///
    /// # Errors
    ///
    /// What the firmware answers.
    pub fn system_off(self) -> Result<(), Error> {
        call!(self, system_off)
    }

    /// `SYSTEM_RESET`: restarts the machine. Returns only on failure.
    ///
    /// # Errors
    ///
    /// What the firmware answers.
    pub fn system_reset(self) -> Result<(), Error> {
        call!(self, system_reset)
    }
}
