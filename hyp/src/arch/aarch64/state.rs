//! The EL1 state in which a vCPU starts, as after a reset of the core: what the
//! architecture defines is set, everything else is cleared so that nothing of
//! an earlier guest is left (Arm ARM DDI 0487, D1.2.5 and the registers'
//! "resets to" fields).

use aarch64_cpu::registers::{
    AFSR0_EL1, AFSR1_EL1, AMAIR_EL1, CNTKCTL_EL1, CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTV_CTL_EL0,
    CNTV_CVAL_EL0, CONTEXTIDR_EL1, CPACR_EL1, CSSELR_EL1, ELR_EL1, ELR_EL2, ESR_EL1, FAR_EL1,
    MAIR_EL1, MDSCR_EL1, OSLAR_EL1, PAR_EL1, SCTLR_EL1, SP_EL0, SP_EL1, SPSR_EL1, SPSR_EL2,
    TCR_EL1, TPIDR_EL0, TPIDR_EL1, TPIDRRO_EL0, TTBR0_EL1, TTBR1_EL1, VBAR_EL1,
};
use model::esr::pstate;
use platform::features::Features;
use tock_registers::interfaces::Writeable;

core::arch::global_asm!(include_str!("fp.S"));

unsafe extern "C" {
    /// Zeroes v0–v31, FPCR and FPSR.
    safe fn fp_clear();
    /// Zeroes p0–p15 and FFR. Only on cores with SVE that EL2 may use.
    safe fn sve_clear();
    /// Stores SIMD register `index`, below 32, to `to`.
    fn simd_store(index: u64, to: *mut [u64; 2]);
    /// Loads SIMD register `index`, below 32, from `from`.
    fn simd_load(index: u64, from: *const [u64; 2]);
}

/// SIMD registers.
const SIMD_REGISTERS: u8 = 32;

/// The guest's SIMD register `index` (modulo 32), low half first.
pub(super) fn read_simd(index: u8) -> [u64; 2] {
    let mut value = [0; 2];
    // SAFETY: the index is in range and `value` has 16 bytes.
    unsafe { simd_store(u64::from(index % SIMD_REGISTERS), &raw mut value) };
    value
}

/// Sets the guest's SIMD register `index` (modulo 32).
pub(super) fn write_simd(index: u8, value: [u64; 2]) {
    // SAFETY: as above.
    unsafe { simd_load(u64::from(index % SIMD_REGISTERS), &raw const value) };
}

platform::system_register! {
    rw PMSELR_EL0 = "PMSELR_EL0";
    rw PMXEVTYPER_EL0 = "PMXEVTYPER_EL0";
    rw PMCCFILTR_EL0 = "PMCCFILTR_EL0";
    rw PMUSERENR_EL0 = "PMUSERENR_EL0";
    rw PMCNTENCLR_EL0 = "PMCNTENCLR_EL0";
    rw PMINTENCLR_EL1 = "PMINTENCLR_EL1";
    rw PMOVSCLR_EL0 = "PMOVSCLR_EL0";
    rw OSDLR_EL1 = "OSDLR_EL1";
    rw OSDTRRX_EL1 = "S2_0_C0_C0_2";
    rw OSDTRTX_EL1 = "S2_0_C0_C3_2";
    rw OSECCR_EL1 = "S2_0_C0_C6_2";
    rw MDCCINT_EL1 = "MDCCINT_EL1";
    rw DBGCLAIMCLR_EL1 = "DBGCLAIMCLR_EL1";
    rw APIAKEYLO_EL1 = "S3_0_C2_C1_0";
    rw APIAKEYHI_EL1 = "S3_0_C2_C1_1";
    rw APIBKEYLO_EL1 = "S3_0_C2_C1_2";
    rw APIBKEYHI_EL1 = "S3_0_C2_C1_3";
    rw APDAKEYLO_EL1 = "S3_0_C2_C2_0";
    rw APDAKEYHI_EL1 = "S3_0_C2_C2_1";
    rw APDBKEYLO_EL1 = "S3_0_C2_C2_2";
    rw APDBKEYHI_EL1 = "S3_0_C2_C2_3";
    rw APGAKEYLO_EL1 = "S3_0_C2_C3_0";
    rw APGAKEYHI_EL1 = "S3_0_C2_C3_1";
    rw ZCR_EL1 = "S3_0_C1_C2_0";
}

/// SCTLR_EL1 after reset: MMU, caches and alignment checks off, little-endian;
/// the RES1 bits, stack alignment checks, and WFI/WFE/CP15 barriers allowed at
/// EL0, as Cortex-A cores come up.
const SCTLR_RESET: u64 = 0x30d5_0838;
/// PMCR_EL0: P and C reset the event counters and the cycle counter.
const PMCR_RESET_COUNTERS: u64 = 0b110;
/// All bits of a 32-bit "clear" register.
const ALL: u64 = 0xffff_ffff;

/// Puts EL1 of the calling core into the reset state, about to execute `entry`.
///
/// `sve`: the guest has SVE. Where it has none, EL2 cannot use it either, and the
/// predicate registers stay as they are, out of the guest's reach.
pub(super) fn reset(features: &Features, sve: bool, entry: u64) {
    reset_translation_and_exceptions();
    reset_timers();
    reset_debug(features);
    if features.pmu != 0 {
        reset_pmu(features);
    }
    if features.pauth {
        reset_keys();
    }
    if sve {
        ZCR_EL1.set(0);
        sve_clear();
    }
    fp_clear();
    ELR_EL2.set(entry);
    SPSR_EL2.set(pstate::RESET);
}

fn reset_translation_and_exceptions() {
    SCTLR_EL1.set(SCTLR_RESET);
    CPACR_EL1.set(0);
    TTBR0_EL1.set(0);
    TTBR1_EL1.set(0);
    TCR_EL1.set(0);
    MAIR_EL1.set(0);
    AMAIR_EL1.set(0);
    CONTEXTIDR_EL1.set(0);
    ESR_EL1.set(0);
    FAR_EL1.set(0);
    AFSR0_EL1.set(0);
    AFSR1_EL1.set(0);
    PAR_EL1.set(0);
    VBAR_EL1.set(0);
    ELR_EL1.set(0);
    SPSR_EL1.set(0);
    SP_EL0.set(0);
    SP_EL1.set(0);
    TPIDR_EL0.set(0);
    TPIDR_EL1.set(0);
    TPIDRRO_EL0.set(0);
    CSSELR_EL1.set(0);
}

fn reset_timers() {
    CNTKCTL_EL1.set(0);
    CNTV_CTL_EL0.set(0);
    CNTV_CVAL_EL0.set(0);
    CNTP_CTL_EL0.set(0);
    CNTP_CVAL_EL0.set(0);
}

/// Makes every line of the guest's own low: its vCPU is going away, and nobody
/// else would know what to do with them.
pub(super) fn quiet(features: &Features) {
    CNTV_CTL_EL0.set(0);
    CNTP_CTL_EL0.set(0);
    if features.pmu != 0 {
        PMINTENCLR_EL1.set(ALL);
        PMOVSCLR_EL0.set(ALL);
        platform::sysreg::PMCR_EL0.set(0);
    }
    platform::cpu::isb();
}

fn reset_pmu(features: &Features) {
    PMCNTENCLR_EL0.set(ALL);
    PMINTENCLR_EL1.set(ALL);
    PMOVSCLR_EL0.set(ALL);
    for counter in 0..features.pmu_counters {
        PMSELR_EL0.set(u64::from(counter));
        platform::cpu::isb();
        PMXEVTYPER_EL0.set(0);
    }
    PMSELR_EL0.set(0);
    PMCCFILTR_EL0.set(0);
    PMUSERENR_EL0.set(0);
    platform::sysreg::PMCR_EL0.set(PMCR_RESET_COUNTERS);
}

/// Writes 0 to the first `$count` of the numbered registers.
macro_rules! clear_numbered {
    ($count:expr; $($n:literal)+) => {
        $(
            if $count > $n {
                // SAFETY: EL1's debug registers; no debug exception is taken
                // from EL2 with MDCR_EL2.TDE = 0.
                unsafe {
                    core::arch::asm!(
                        concat!("msr dbgbcr", $n, "_el1, xzr"),
                        concat!("msr dbgbvr", $n, "_el1, xzr"),
                        options(nomem, nostack, preserves_flags)
                    );
                }
            }
        )+
    };
    (watch $count:expr; $($n:literal)+) => {
        $(
            if $count > $n {
                // SAFETY: as above.
                unsafe {
                    core::arch::asm!(
                        concat!("msr dbgwcr", $n, "_el1, xzr"),
                        concat!("msr dbgwvr", $n, "_el1, xzr"),
                        options(nomem, nostack, preserves_flags)
                    );
                }
            }
        )+
    };
}

fn reset_debug(features: &Features) {
    /// OSLAR_EL1.OSLK: the OS lock is locked after reset.
    const LOCKED: u64 = 1;
    /// All claim tags.
    const CLAIMS: u64 = 0xff;
    MDSCR_EL1.set(0);
    MDCCINT_EL1.set(0);
    OSDTRRX_EL1.set(0);
    OSDTRTX_EL1.set(0);
    OSECCR_EL1.set(0);
    OSDLR_EL1.set(0);
    DBGCLAIMCLR_EL1.set(CLAIMS);
    clear_numbered!(features.breakpoints; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    clear_numbered!(watch features.watchpoints; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    OSLAR_EL1.set(LOCKED);
}

fn reset_keys() {
    APIAKEYLO_EL1.set(0);
    APIAKEYHI_EL1.set(0);
    APIBKEYLO_EL1.set(0);
    APIBKEYHI_EL1.set(0);
    APDAKEYLO_EL1.set(0);
    APDAKEYHI_EL1.set(0);
    APDBKEYLO_EL1.set(0);
    APDBKEYHI_EL1.set(0);
    APGAKEYLO_EL1.set(0);
    APGAKEYHI_EL1.set(0);
}
