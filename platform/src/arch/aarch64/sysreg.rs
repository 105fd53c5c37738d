//! System registers that `aarch64-cpu` does not name.
//!
//! [`system_register!`](crate::system_register) declares a register in the
//! form which that crate uses, so that `ICC_PMR_EL1.set(0xff)` and
//! `CNTPCT_EL0.get()` look the same wherever the register comes from. Unlike
//! there, an access is not declared `nomem`: the compiler does not move memory
//! accesses across it, which interrupt acknowledgement and the sending of an
//! interrupt depend on.

pub use tock_registers::interfaces::{Readable, Writeable};

/// Declares AArch64 system registers.
///
/// Each entry is `access NAME = "assembler name"` with `access` one of `rw`,
/// `ro`, `wo`. The assembler name may be the generic form
/// `S<op0>_<op1>_<Cn>_<Cm>_<op2>` (Arm ARM DDI 0487, C5.1.2), which every
/// assembler accepts whatever extensions are enabled.
///
/// ```ignore
/// platform::system_register! {
///     /// Performance Monitors Count Enable Set register.
///     rw PMCNTENSET_EL0 = "PMCNTENSET_EL0";
/// }
/// ```
#[macro_export]
macro_rules! system_register {
    ($( $(#[$doc:meta])* $access:ident $name:ident = $asm:literal; )+) => {
        $(
            $(#[$doc])*
            #[allow(non_camel_case_types, unreachable_pub)]
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            $crate::system_register!(@$access $name, $asm);
        )+
    };
    (@rw $name:ident, $asm:literal) => {
        $crate::system_register!(@ro $name, $asm);
        $crate::system_register!(@wo $name, $asm);
    };
    (@ro $name:ident, $asm:literal) => {
        impl $crate::sysreg::Readable for $name {
            type T = u64;
            type R = ();

            #[inline(always)]
            fn get(&self) -> u64 {
                let value: u64;
                // SAFETY: reading this register has no effect on memory that
                // Rust owns.
                unsafe {
                    core::arch::asm!(
                        concat!("mrs {}, ", $asm),
                        out(reg) value,
                        options(nostack, preserves_flags)
                    );
                }
                value
            }
        }
    };
    (@wo $name:ident, $asm:literal) => {
        impl $crate::sysreg::Writeable for $name {
            type T = u64;
            type R = ();

            #[inline(always)]
            fn set(&self, value: u64) {
                // SAFETY: the registers declared so configure interrupts,
                // timers, counters and lower Exception levels, never this
                // Exception level's own translation or memory.
                unsafe {
                    core::arch::asm!(
                        concat!("msr ", $asm, ", {}"),
                        in(reg) value,
                        options(nostack, preserves_flags)
                    );
                }
            }
        }
    };
}

system_register! {
    /// Interrupt Controller Interrupt Acknowledge Register, Group 1.
    ro ICC_IAR1_EL1 = "S3_0_C12_C12_0";
    /// Interrupt Controller End Of Interrupt Register, Group 1.
    wo ICC_EOIR1_EL1 = "S3_0_C12_C12_1";
    /// Interrupt Controller Highest Priority Pending Interrupt Register, Group 1.
    ro ICC_HPPIR1_EL1 = "S3_0_C12_C12_2";
    /// Interrupt Controller Binary Point Register, Group 1.
    rw ICC_BPR1_EL1 = "S3_0_C12_C12_3";
    /// Interrupt Controller Control Register.
    rw ICC_CTLR_EL1 = "S3_0_C12_C12_4";
    /// Interrupt Controller System Register Enable register, EL1.
    rw ICC_SRE_EL1 = "S3_0_C12_C12_5";
    /// Interrupt Controller Interrupt Group 1 Enable register.
    rw ICC_IGRPEN1_EL1 = "S3_0_C12_C12_7";
    /// Interrupt Controller System Register Enable register, EL2.
    rw ICC_SRE_EL2 = "S3_4_C12_C9_5";
    /// Interrupt Controller Interrupt Priority Mask Register.
    rw ICC_PMR_EL1 = "S3_0_C4_C6_0";
    /// Interrupt Controller Deactivate Interrupt Register.
    wo ICC_DIR_EL1 = "S3_0_C12_C11_1";
    /// Interrupt Controller Running Priority Register.
    ro ICC_RPR_EL1 = "S3_0_C12_C11_3";
    /// Interrupt Controller Software Generated Interrupt Group 1 Register.
    wo ICC_SGI1R_EL1 = "S3_0_C12_C11_5";

    /// Interrupt Controller Hyp Control Register.
    rw ICH_HCR_EL2 = "S3_4_C12_C11_0";
    /// Interrupt Controller VGIC Type Register.
    ro ICH_VTR_EL2 = "S3_4_C12_C11_1";
    /// Interrupt Controller Maintenance Interrupt State Register.
    ro ICH_MISR_EL2 = "S3_4_C12_C11_2";
    /// Interrupt Controller End of Interrupt Status Register.
    ro ICH_EISR_EL2 = "S3_4_C12_C11_3";
    /// Interrupt Controller Empty List Register Status Register.
    ro ICH_ELRSR_EL2 = "S3_4_C12_C11_5";
    /// Interrupt Controller Virtual Machine Control Register.
    rw ICH_VMCR_EL2 = "S3_4_C12_C11_7";

    /// Cache Type Register.
    ro CTR_EL0 = "CTR_EL0";
    /// Data Cache Zero ID register.
    ro DCZID_EL0 = "DCZID_EL0";
    /// Performance Monitors Control Register.
    rw PMCR_EL0 = "PMCR_EL0";
    /// SVE Control Register, EL2.
    rw ZCR_EL2 = "S3_4_C1_C2_0";
    /// Extended Hypervisor Configuration Register (FEAT_HCX).
    rw HCRX_EL2 = "S3_4_C1_C2_2";
    /// Hypervisor System Trap Register.
    rw HSTR_EL2 = "HSTR_EL2";
    /// Counter-timer Hyp Physical Timer CompareValue register.
    rw CNTHP_CVAL_EL2 = "CNTHP_CVAL_EL2";

    /// AArch64 Instruction Set Attribute Register 2.
    ro ID_AA64ISAR2_EL1 = "S3_0_C0_C6_2";
    /// AArch64 SVE Feature ID Register 0.
    ro ID_AA64ZFR0_EL1 = "S3_0_C0_C4_4";
    /// AArch64 SME Feature ID Register 0.
    ro ID_AA64SMFR0_EL1 = "S3_0_C0_C4_5";
    /// AArch64 Memory Model Feature Register 3.
    ro ID_AA64MMFR3_EL1 = "S3_0_C0_C7_3";
    /// AArch64 Memory Model Feature Register 4.
    ro ID_AA64MMFR4_EL1 = "S3_0_C0_C7_4";
}
