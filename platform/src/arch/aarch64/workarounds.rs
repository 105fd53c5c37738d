//! The firmware's workarounds for speculation vulnerabilities (SMC Calling
//! Convention, Arm DEN 0028, §7.4–7.6).

use smccc::{
    Hvc, Smc,
    arch::{
        self, SMCCC_ARCH_WORKAROUND_1, SMCCC_ARCH_WORKAROUND_2, SMCCC_ARCH_WORKAROUND_3,
        SMCCC_VERSION,
    },
    psci,
};

use crate::machine::Conduit;

/// What the firmware says of a workaround.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It knows nothing of it.
    Unknown,
    /// The call exists, and this core does not need it.
    NotNeeded,
    /// The call mitigates the vulnerability on this core.
    Needed,
}

/// What the firmware says of each workaround, 1 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    conduit: Conduit,
    /// `SMCCC_ARCH_WORKAROUND_1` to `_3`.
    pub workarounds: [Answer; 3],
}

/// Makes the same call through either conduit.
macro_rules! call {
    ($conduit:expr, $($function:ident)::+ $(, $argument:expr)*) => {
        match $conduit {
            Conduit::Smc => $($function)::+::<Smc>($($argument),*),
            Conduit::Hvc => $($function)::+::<Hvc>($($argument),*),
        }
    };
}

impl Answers {
    /// Asks the firmware, for the calling core.
    #[must_use]
    pub fn of_firmware(conduit: Conduit) -> Self {
        // Firmware before SMCCC 1.1 need not survive the questions: PSCI tells.
        let can_ask = call!(conduit, psci::psci_features, SMCCC_VERSION).is_ok();
        let ask = |id| {
            if !can_ask {
                return Answer::Unknown;
            }
            match call!(conduit, arch::features, id) {
                Ok(0) => Answer::Needed,
                Ok(_) => Answer::NotNeeded,
                Err(_) => Answer::Unknown,
            }
        };
        let workarounds = [
            ask(SMCCC_ARCH_WORKAROUND_1),
            ask(SMCCC_ARCH_WORKAROUND_2),
            ask(SMCCC_ARCH_WORKAROUND_3),
        ];
        Self {
            conduit,
            workarounds,
        }
    }

    /// Calls workaround 1: branch target injection.
    pub fn branch_target(&self) {
        // The call has no result that could matter.
        let _ = call!(self.conduit, arch::arch_workaround_1);
    }

    /// Calls workaround 2: turns the mitigation of speculative store bypass on
    /// or off for the calling core.
    pub fn store_bypass(&self, enable: bool) {
        let _ = call!(self.conduit, arch::arch_workaround_2, enable);
    }

    /// Puts the calling core into the state in which firmware starts it.
    pub fn restore(&self) {
        if self.workarounds[1] == Answer::Needed {
            self.store_bypass(true);
        }
    }

    /// Calls workaround 3: branch history injection.
    pub fn branch_history(&self) {
        let _ = call!(self.conduit, arch::arch_workaround_3);
    }
}
