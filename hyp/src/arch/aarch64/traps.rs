//! What a guest's processor can do, and the trap configuration that makes it so
//! (HCR_EL2, CPTR_EL2, MDCR_EL2 and friends).

use aarch64_cpu::registers::{
    CNTHCTL_EL2, CNTVOFF_EL2, CPTR_EL2, HCR_EL2, ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1,
    ID_AA64PFR1_EL1, MDCR_EL2, MIDR_EL1, VMPIDR_EL2,
};
use model::{esr::EntryFeatures, image::Granule, layout, sysreg::GuestFeatures};
use platform::{
    features::Features,
    sysreg::{HCRX_EL2, HSTR_EL2, ZCR_EL2},
};
use tock_registers::interfaces::{Readable, Writeable};

use super::idregs::{self, IdRegisters};

platform::system_register! {
    rw VPIDR_EL2 = "VPIDR_EL2";
    rw HFGRTR_EL2 = "S3_4_C1_C1_4";
    rw HFGWTR_EL2 = "S3_4_C1_C1_5";
    rw HFGITR_EL2 = "S3_4_C1_C1_6";
    rw HDFGRTR_EL2 = "S3_4_C3_C1_4";
    rw HDFGWTR_EL2 = "S3_4_C3_C1_5";
    rw HAFGRTR_EL2 = "S3_4_C3_C1_6";
    rw HDFGRTR2_EL2 = "S3_4_C3_C1_0";
    rw HDFGWTR2_EL2 = "S3_4_C3_C1_1";
    rw HFGRTR2_EL2 = "S3_4_C3_C1_2";
    rw HFGWTR2_EL2 = "S3_4_C3_C1_3";
    rw HFGITR2_EL2 = "S3_4_C3_C1_7";
    ro MPAMIDR_EL1 = "S3_0_C10_C4_4";
    rw MPAMHCR_EL2 = "S3_4_C10_C4_0";
    rw MPAM2_EL2 = "S3_4_C10_C5_0";
    rw VSESR_EL2 = "S3_4_C5_C2_3";
    rw VDISR_EL2 = "S3_4_C12_C1_1";
}

/// HCR_EL2 bits that `aarch64-cpu` gives no enumeration for.
mod hcr {
    /// Guest table walks may not touch device memory.
    pub(super) const PTW: u64 = 1 << 2;
    /// Invalidate by set and way also cleans.
    pub(super) const SWIO: u64 = 1 << 1;
    /// Trap ID group 3.
    pub(super) const TID3: u64 = 1 << 18;
    /// Trap SMC.
    pub(super) const TSC: u64 = 1 << 19;
    /// Trap implementation-defined registers.
    pub(super) const TIDCP: u64 = 1 << 20;
    /// Trap ACTLR_EL1.
    pub(super) const TACR: u64 = 1 << 21;
    /// Trap cache maintenance by set and way.
    pub(super) const TSW: u64 = 1 << 22;
    /// EL1 is AArch64.
    pub(super) const RW: u64 = 1 << 31;
    /// Trap limited ordering regions.
    pub(super) const TLOR: u64 = 1 << 35;
    /// Trap error records.
    pub(super) const TERR: u64 = 1 << 36;
    /// Pointer authentication keys are the guest's.
    pub(super) const APK: u64 = 1 << 40;
    /// Pointer authentication instructions do not trap.
    pub(super) const API: u64 = 1 << 41;
    /// Stage 2 translation; physical IRQ, FIQ and SError come to EL2.
    pub(super) const VM_AND_ROUTING: u64 = 1 | 1 << 3 | 1 << 4 | 1 << 5;
}

/// CPTR_EL2 (E2H = 0) bits: RES1, and traps for what guests are not offered.
mod cptr {
    pub(super) const RES1: u64 = 0x22ff;
    pub(super) const TZ: u64 = 1 << 8;
    pub(super) const TSM: u64 = 1 << 12;
    pub(super) const TTA: u64 = 1 << 20;
    pub(super) const TAM: u64 = 1 << 30;
}

/// MDCR_EL2 bits.
mod mdcr {
    /// HPMN: counters that the guest has.
    pub(super) const HPMN: u64 = 0x1f;
    /// Trap PMCR_EL0.
    pub(super) const TPMCR: u64 = 1 << 5;
    /// Trap the performance monitors.
    pub(super) const TPM: u64 = 1 << 6;
    /// Trap the debug ROM address registers.
    pub(super) const TDRA: u64 = 1 << 11;
    /// Trap statistical profiling.
    pub(super) const TPMS: u64 = 1 << 14;
    /// Event counters stand still at EL2.
    pub(super) const HPMD: u64 = 1 << 17;
    /// Trap the trace filter.
    pub(super) const TTRF: u64 = 1 << 19;
    /// The cycle counter stands still at EL2.
    pub(super) const HCCD: u64 = 1 << 23;
}

/// The processor that a VM's guest sees.
#[derive(Debug)]
pub(crate) struct GuestCpu {
    /// What the hardware has.
    pub(crate) hardware: Features,
    /// What of it changes exception entry.
    pub(crate) entry_features: EntryFeatures,
    /// Identification registers as the guest reads them.
    pub(crate) ids: IdRegisters,
    /// The guest has SVE.
    pub(crate) sve: bool,
    /// The GICv2 CPU interface is emulated: virtual interrupts are signalled
    /// through HCR_EL2.VI and VF.
    pub(crate) software_gic: bool,
    hcr: u64,
    cptr: u64,
    mdcr: u64,
    /// ZCR_EL2: vector length in 128-bit units, less one.
    zcr: u64,
}

impl GuestCpu {
    /// The processor for a VM made from `spec` on cores like the calling one.
    pub(crate) fn new(spec: &bundle::Vm, software_gic: bool) -> Self {
        let hardware = Features::probe();
        let sve = hardware.sve && spec.sve != Some(0);
        let pmu = hardware.pmu != 0 && spec.pmu;
        let features = GuestFeatures {
            gic_v3_sysregs: spec.gic == bundle::GicVersion::V3,
            pmu,
            debug: true,
            sve,
            pauth: hardware.pauth,
            mops: hardware.hcx,
            aarch32_el0: hardware.aarch32_el0,
            ipa_bits: super::stage2::ipa_bits(),
        };
        let pfr1 = ID_AA64PFR1_EL1.get();
        Self {
            hardware,
            entry_features: EntryFeatures::of_hardware(pfr1, ID_AA64MMFR1_EL1.get()),
            ids: idregs::filtered(&features),
            sve,
            software_gic,
            hcr: hcr_value(&hardware),
            cptr: cptr_value(&hardware, sve),
            mdcr: mdcr_value(&hardware, pmu),
            zcr: zcr_value(spec.sve),
        }
    }

    /// Whether guests can use this page size at stage 1.
    pub(crate) fn has_granule(&self, granule: Granule) -> bool {
        /// ID_AA64MMFR0_EL1 fields: where they start, and what says "absent".
        const TGRAN4: (u32, u64) = (28, 0xf);
        const TGRAN16: (u32, u64) = (20, 0x0);
        const TGRAN64: (u32, u64) = (24, 0xf);
        let (low, absent) = match granule {
            Granule::Kib4 => TGRAN4,
            Granule::Kib16 => TGRAN16,
            Granule::Kib64 => TGRAN64,
        };
        ID_AA64MMFR0_EL1.get() >> low & 0xf != absent
    }

    /// Loads it into the calling core for vCPU `index`.
    pub(super) fn load(&self, index: usize) {
        /// MPIDR_EL1: bit 31 is RES1.
        const MPIDR_RES1: u64 = 1 << 31;
        HCR_EL2.set(self.hcr);
        CPTR_EL2.set(self.cptr);
        MDCR_EL2.set(self.mdcr);
        HSTR_EL2.set(0);
        VPIDR_EL2.set(MIDR_EL1.get());
        VMPIDR_EL2.set(MPIDR_RES1 | layout::affinity(index));
        // Both counters and timers are the guest's, without an exit.
        CNTHCTL_EL2.write(CNTHCTL_EL2::EL1PCTEN::SET + CNTHCTL_EL2::EL1PCEN::SET);
        CNTVOFF_EL2.set(0);
        if self.sve {
            ZCR_EL2.set(self.zcr);
        }
        self.load_extensions();
        platform::cpu::isb();
    }

    /// Trap registers of architecture extensions, which come up unknown. Zero
    /// traps what a guest would need them for.
    fn load_extensions(&self) {
        /// HCRX_EL2.MSCEn: memory copy instructions do not trap.
        const MSCEN: u64 = 1 << 11;
        /// HCRX_EL2.TALLINT: writes of ALLINT do (no FEAT_NMI for guests).
        const TALLINT: u64 = 1 << 6;
        if self.hardware.hcx {
            HCRX_EL2.set(MSCEN | TALLINT);
        }
        if self.hardware.fgt {
            HFGRTR_EL2.set(0);
            HFGWTR_EL2.set(0);
            HFGITR_EL2.set(0);
            HDFGRTR_EL2.set(0);
            HDFGWTR_EL2.set(0);
            if self.hardware.amu {
                HAFGRTR_EL2.set(0);
            }
        }
        if self.hardware.fgt2 {
            HFGRTR2_EL2.set(0);
            HFGWTR2_EL2.set(0);
            HFGITR2_EL2.set(0);
            HDFGRTR2_EL2.set(0);
            HDFGWTR2_EL2.set(0);
        }
        if self.hardware.mpam {
            trap_mpam();
        }
        if self.hardware.ras {
            // What `inject::serror` gives a guest, which has no RAS: a syndrome
            // that says nothing.
            const IMPLEMENTATION_DEFINED: u64 = 1 << 24;
            VSESR_EL2.set(IMPLEMENTATION_DEFINED);
            VDISR_EL2.set(0);
        }
    }
}

/// Makes the registers of memory partitioning trap, all of them where the core
/// can. Guests are in the default partition.
fn trap_mpam() {
    /// MPAMIDR_EL1: MPAMHCR_EL2 exists; MPAM2_EL2.TIDR does.
    const HAS_HCR: u64 = 1 << 17;
    const HAS_TIDR: u64 = 1 << 61;
    /// MPAMHCR_EL2.TRAP_MPAMIDR_EL1.
    const TRAP_ID: u64 = 1 << 31;
    /// MPAM2_EL2: TRAPMPAM1EL1, TRAPMPAM0EL1, TIDR.
    const TRAP: u64 = 1 << 48 | 1 << 49;
    const TIDR: u64 = 1 << 58;
    let id = MPAMIDR_EL1.get();
    if id & HAS_HCR != 0 {
        MPAMHCR_EL2.set(TRAP_ID);
    }
    let trap_id = if id & HAS_TIDR != 0 { TIDR } else { 0 };
    MPAM2_EL2.set(TRAP | trap_id);
}

fn hcr_value(hardware: &Features) -> u64 {
    let mut value = hcr::VM_AND_ROUTING
        | hcr::SWIO
        | hcr::PTW
        | hcr::TID3
        | hcr::TSC
        | hcr::TIDCP
        | hcr::TACR
        | hcr::TSW
        | hcr::RW
        | hcr::TLOR;
    if hardware.pauth {
        value |= hcr::API | hcr::APK;
    }
    if hardware.ras {
        value |= hcr::TERR;
    }
    value
}

fn cptr_value(hardware: &Features, sve: bool) -> u64 {
    let mut value = cptr::RES1 | cptr::TTA | cptr::TSM;
    if !sve {
        value |= cptr::TZ;
    }
    if hardware.amu {
        value |= cptr::TAM;
    }
    value
}

fn mdcr_value(hardware: &Features, pmu: bool) -> u64 {
    let mut value = mdcr::TDRA | mdcr::TPMS | mdcr::TTRF;
    if pmu {
        value |= u64::from(hardware.pmu_counters) & mdcr::HPMN;
        if hardware.pmu_el2_prohibit {
            value |= mdcr::HPMD | mdcr::HCCD;
        }
    } else {
        value |= mdcr::TPM | mdcr::TPMCR;
    }
    value
}

/// The vector length limit: all that the core has, unless the manifest says
/// less.
fn zcr_value(bits: Option<u16>) -> u64 {
    const QUADWORD_BITS: u64 = 128;
    const LONGEST: u64 = 0xf;
    match bits {
        None | Some(0) => LONGEST,
        Some(bits) => (u64::from(bits) / QUADWORD_BITS)
            .saturating_sub(1)
            .min(LONGEST),
    }
}
