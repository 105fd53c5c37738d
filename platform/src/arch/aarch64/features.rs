//! What this core implements, as its identification registers say.
//!
//! One plain record read once a core. Boards may mix cores, so that the
//! hypervisor compares the records of all cores it starts.

use aarch64_cpu::registers::{
    ID_AA64DFR0_EL1, ID_AA64ISAR1_EL1, ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1, ID_AA64MMFR2_EL1,
    ID_AA64PFR0_EL1, ID_AA64PFR1_EL1,
};
use tock_registers::interfaces::Readable;

use super::sysreg::{ID_AA64ISAR2_EL1, PMCR_EL0};

/// Width of an identification register field.
const FIELD_MASK: u64 = 0xf;
/// `PMUVer` of a performance monitor that is not the architecture's.
const PMU_IMPLEMENTATION_DEFINED: u8 = 0xf;
/// `PMUVer` from which HPMN can be zero and HPMD exists (FEAT_PMUv3p1).
const PMU_V3P1: u8 = 4;
/// `PMCR_EL0.N`: number of event counters.
const PMCR_N_SHIFT: u32 = 11;
/// Width of `PMCR_EL0.N`.
const PMCR_N_MASK: u64 = 0x1f;

/// `ID_AA64MMFR0_EL1.FGT` from which FEAT_FGT2 exists.
const FGT2: u8 = 2;

/// The features of a core that a hypervisor's choices depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Physical address width in bits (`ID_AA64MMFR0_EL1.PARange`).
    pub physical_address_bits: u8,
    /// Width of a VMID in bits: 8 or 16.
    pub vmid_bits: u8,
    /// The core can run EL2 as a host (FEAT_VHE).
    pub vhe: bool,
    /// `HCR_EL2.E2H` is fixed to 1 (FEAT_E2H0 absent): EL2 without VHE is not
    /// possible on such a core.
    pub e2h_fixed: bool,
    /// Execute-never has separate EL1 and EL0 control at stage 2 (FEAT_XNX).
    pub xnx: bool,
    /// Stage 2 can force Write-Back (FEAT_S2FWB).
    pub stage2_fwb: bool,
    /// Enhanced virtualization traps level: 0, 1 (FEAT_EVT) or 2.
    pub evt: u8,
    /// Fine-grained traps (FEAT_FGT).
    pub fgt: bool,
    /// More fine-grained traps (FEAT_FGT2).
    pub fgt2: bool,
    /// Enhanced counter virtualization level: 0, 1 or 2 (with `CNTPOFF_EL2`).
    pub ecv: u8,
    /// `HCRX_EL2` exists (FEAT_HCX).
    pub hcx: bool,
    /// Nested virtualization support (`ID_AA64MMFR2_EL1.NV`).
    pub nested: u8,
    /// The GIC CPU interface has system registers.
    pub gic_system_registers: bool,
    /// AArch32 is implemented at EL1.
    pub aarch32_el1: bool,
    /// AArch32 is implemented at EL0.
    pub aarch32_el0: bool,
    /// Scalable Vector Extension.
    pub sve: bool,
    /// Scalable Matrix Extension.
    pub sme: bool,
    /// Floating point and Advanced SIMD.
    pub fp: bool,
    /// Address authentication (FEAT_PAuth), with any algorithm.
    pub pauth: bool,
    /// Memory tagging level (`ID_AA64PFR1_EL1.MTE`).
    pub mte: u8,
    /// RAS extension (error synchronization, `ESB`).
    pub ras: bool,
    /// Activity monitors.
    pub amu: bool,
    /// Memory system resource partitioning and monitoring (FEAT_MPAM), of any
    /// version.
    pub mpam: bool,
    /// Statistical profiling.
    pub spe: bool,
    /// Trace buffer.
    pub trace_buffer: bool,
    /// Self-hosted trace filter (FEAT_TRF).
    pub trace_filter: bool,
    /// System register access to a trace unit.
    pub trace_registers: bool,
    /// Performance monitor version (`PMUVer`), 0 when absent or not the
    /// architecture's: 1 is PMUv3, 4 is v3p1, 5 is v3p4, 6 is v3p5.
    pub pmu: u8,
    /// Event counters of the performance monitor, without the cycle counter.
    pub pmu_counters: u8,
    /// Event counting at EL2 can be prohibited (`MDCR_EL2.HPMD`, FEAT_PMUv3p1).
    pub pmu_el2_prohibit: bool,
    /// `MDCR_EL2.HPMN` may be zero (FEAT_HPMN0).
    pub hpmn_zero: bool,
    /// Hardware breakpoints.
    pub breakpoints: u8,
    /// Hardware watchpoints.
    pub watchpoints: u8,
    /// Double lock or OS lock behaviour: debug architecture version.
    pub debug_version: u8,
}

/// The 4-bit field of an identification register that starts at bit `shift`.
const fn field(register: u64, shift: u32) -> u8 {
    ((register >> shift) & FIELD_MASK) as u8
}

/// Physical address width that an encoded `PARange` stands for, in bits.
#[must_use]
pub const fn physical_address_bits(parange: u8) -> u8 {
    match parange {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        5 => 48,
        6 => 52,
        _ => 56,
    }
}

impl Features {
    /// Reads the identification registers of the calling core.
    #[must_use]
    pub fn probe() -> Self {
        let isar1 = ID_AA64ISAR1_EL1.get();
        let isar2 = ID_AA64ISAR2_EL1.get();
        let mut features = Self::NONE;
        features.probe_memory();
        features.probe_processor();
        features.probe_debug();
        // APA, API, GPA, GPI; APA3, GPA3.
        features.pauth = [4, 8, 24, 28].into_iter().any(|at| field(isar1, at) != 0)
            || [12, 8].into_iter().any(|at| field(isar2, at) != 0);
        features
    }

    /// A core without any of the features.
    const NONE: Self = Self {
        physical_address_bits: 32,
        vmid_bits: 8,
        vhe: false,
        e2h_fixed: false,
        xnx: false,
        stage2_fwb: false,
        evt: 0,
        fgt: false,
        fgt2: false,
        ecv: 0,
        hcx: false,
        nested: 0,
        gic_system_registers: false,
        aarch32_el1: false,
        aarch32_el0: false,
        sve: false,
        sme: false,
        fp: false,
        pauth: false,
        mte: 0,
        ras: false,
        amu: false,
        mpam: false,
        spe: false,
        trace_buffer: false,
        trace_filter: false,
        trace_registers: false,
        pmu: 0,
        pmu_counters: 0,
        pmu_el2_prohibit: false,
        hpmn_zero: false,
        breakpoints: 0,
        watchpoints: 0,
        debug_version: 0,
    };

    /// Memory model: `ID_AA64MMFR0_EL1` to `ID_AA64MMFR2_EL1`, and `MMFR4`.
    fn probe_memory(&mut self) {
        let mmfr0 = ID_AA64MMFR0_EL1.get();
        let mmfr1 = ID_AA64MMFR1_EL1.get();
        let mmfr2 = ID_AA64MMFR2_EL1.get();
        let mmfr4 = super::sysreg::ID_AA64MMFR4_EL1.get();
        self.physical_address_bits = physical_address_bits(field(mmfr0, 0));
        self.fgt = field(mmfr0, 56) != 0;
        self.fgt2 = field(mmfr0, 56) >= FGT2;
        self.ecv = field(mmfr0, 60);
        self.vmid_bits = if field(mmfr1, 4) == 2 { 16 } else { 8 };
        self.vhe = field(mmfr1, 8) != 0;
        self.xnx = field(mmfr1, 28) != 0;
        self.hcx = field(mmfr1, 40) != 0;
        self.nested = field(mmfr2, 24);
        self.stage2_fwb = field(mmfr2, 40) != 0;
        self.evt = field(mmfr2, 56);
        // E2H0 is a signed field: negative when E2H cannot be 0.
        self.e2h_fixed = field(mmfr4, 24) & 0b1000 != 0;
    }

    /// Processor features: `ID_AA64PFR0_EL1` and `ID_AA64PFR1_EL1`.
    fn probe_processor(&mut self) {
        /// EL0 or EL1 field value that says AArch64 and AArch32.
        const BOTH_STATES: u8 = 2;
        /// FP and AdvSIMD field value that says not implemented.
        const NO_FP: u8 = 0xf;
        let pfr0 = ID_AA64PFR0_EL1.get();
        let pfr1 = ID_AA64PFR1_EL1.get();
        self.aarch32_el0 = field(pfr0, 0) == BOTH_STATES;
        self.aarch32_el1 = field(pfr0, 4) == BOTH_STATES;
        self.fp = field(pfr0, 16) != NO_FP;
        self.gic_system_registers = field(pfr0, 24) != 0;
        self.ras = field(pfr0, 28) != 0;
        self.sve = field(pfr0, 32) != 0;
        self.amu = field(pfr0, 44) != 0;
        self.mpam = field(pfr0, 40) != 0 || field(pfr1, 16) != 0;
        self.mte = field(pfr1, 8);
        self.sme = field(pfr1, 24) != 0;
    }

    /// Debug, trace and performance monitors: `ID_AA64DFR0_EL1`.
    fn probe_debug(&mut self) {
        let dfr0 = ID_AA64DFR0_EL1.get();
        self.debug_version = field(dfr0, 0);
        self.trace_registers = field(dfr0, 4) != 0;
        self.breakpoints = field(dfr0, 12) + 1;
        self.watchpoints = field(dfr0, 20) + 1;
        self.spe = field(dfr0, 32) != 0;
        self.trace_filter = field(dfr0, 40) != 0;
        self.trace_buffer = field(dfr0, 44) != 0;
        self.hpmn_zero = field(dfr0, 60) != 0;
        self.pmu = match field(dfr0, 8) {
            PMU_IMPLEMENTATION_DEFINED => 0,
            version => version,
        };
        self.pmu_el2_prohibit = self.pmu >= PMU_V3P1;
        if self.pmu != 0 {
            self.pmu_counters = ((PMCR_EL0.get() >> PMCR_N_SHIFT) & PMCR_N_MASK) as u8;
        }
    }
}
