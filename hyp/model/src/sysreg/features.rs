//! What a VM is given of its core.

/// The features that the hypervisor grants to one VM, beyond those that every
/// guest has because they need nothing from EL2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestFeatures {
    /// The GIC CPU interface is reached through system registers (a GICv3
    /// guest).
    pub gic_v3_sysregs: bool,
    /// The performance monitors belong to the guest (`MDCR_EL2.TPM` clear,
    /// `HPMN` covers every counter).
    pub pmu: bool,
    /// The hardware breakpoints and watchpoints belong to the guest
    /// (`MDCR_EL2.TDA` clear). The architecture has no way to deny them: when
    /// clear, the smallest legal number is shown.
    pub debug: bool,
    /// SVE (`CPTR_EL2.TZ` clear); `ZCR_EL2` limits the vector length.
    pub sve: bool,
    /// Pointer authentication (`HCR_EL2.API` and `APK` set).
    pub pauth: bool,
    /// Memory copy and memory set instructions (`HCRX_EL2.MSCEn` set).
    pub mops: bool,
    /// AArch32 at EL0, where the core has it.
    pub aarch32_el0: bool,
    /// The size of the guest-physical address space in bits: what stage 2
    /// translates. Shown rounded down to a size that the architecture has.
    pub ipa_bits: u8,
}

impl GuestFeatures {
    /// Nothing beyond what every guest has, and a 40-bit address space.
    pub const MINIMAL: Self = Self {
        gic_v3_sysregs: false,
        pmu: false,
        debug: false,
        sve: false,
        pauth: false,
        mops: false,
        aarch32_el0: false,
        ipa_bits: 40,
    };

    /// `ID_AA64MMFR0_EL1.PARange` for `ipa_bits`.
    pub(super) const fn pa_range(&self) -> u64 {
        match self.ipa_bits {
            0..=35 => 0b0000,
            36..=39 => 0b0001,
            40..=41 => 0b0010,
            42..=43 => 0b0011,
            44..=47 => 0b0100,
            48..=51 => 0b0101,
            _ => 0b0110,
        }
    }
}
