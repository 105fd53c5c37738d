//! Function identifiers (Arm DEN 0022E §5.1).

use ::smccc::psci::{
    PSCI_AFFINITY_INFO_32, PSCI_AFFINITY_INFO_64, PSCI_CPU_OFF, PSCI_CPU_ON_32, PSCI_CPU_ON_64,
    PSCI_CPU_SUSPEND_32, PSCI_CPU_SUSPEND_64, PSCI_FEATURES, PSCI_MIGRATE_INFO_TYPE,
    PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2_64, PSCI_VERSION,
};

/// The PSCI functions that a guest can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `PSCI_VERSION`.
    Version,
    /// `CPU_SUSPEND`.
    CpuSuspend,
    /// `CPU_OFF`.
    CpuOff,
    /// `CPU_ON`.
    CpuOn,
    /// `AFFINITY_INFO`.
    AffinityInfo,
    /// `MIGRATE_INFO_TYPE`.
    MigrateInfoType,
    /// `SYSTEM_OFF`.
    SystemOff,
    /// `SYSTEM_RESET`.
    SystemReset,
    /// `SYSTEM_RESET2`.
    SystemReset2,
    /// `PSCI_FEATURES`.
    Features,
}

impl Function {
    /// The function with this identifier, of either register width; `None`
    /// when it is not offered.
    #[must_use]
    pub fn decode(id: u32) -> Option<Self> {
        Some(match id {
            PSCI_VERSION => Self::Version,
            PSCI_CPU_SUSPEND_32 | PSCI_CPU_SUSPEND_64 => Self::CpuSuspend,
            PSCI_CPU_OFF => Self::CpuOff,
            PSCI_CPU_ON_32 | PSCI_CPU_ON_64 => Self::CpuOn,
            PSCI_AFFINITY_INFO_32 | PSCI_AFFINITY_INFO_64 => Self::AffinityInfo,
            PSCI_MIGRATE_INFO_TYPE => Self::MigrateInfoType,
            PSCI_SYSTEM_OFF => Self::SystemOff,
            PSCI_SYSTEM_RESET => Self::SystemReset,
            PSCI_SYSTEM_RESET2_32 | PSCI_SYSTEM_RESET2_64 => Self::SystemReset2,
            PSCI_FEATURES => Self::Features,
            _ => return None,
        })
    }

    /// The arguments of a call: 32-bit functions take them from w1 to w3.
    #[must_use]
    pub(super) fn arguments(id: u32, registers: [u64; 3]) -> [u64; 3] {
        /// The identifier's bit for the 64-bit calling convention.
        const WIDE: u32 = 1 << 30;
        if id & WIDE == 0 {
            registers.map(|register| register & u64::from(u32::MAX))
        } else {
            registers
        }
    }
}
