//! The registers that rule a stage 1 walk of the EL1&0 regime, as far as the
//! walk looks at them (Arm ARM DDI 0487, D19.2 "General system control
//! registers").

use tock_registers::{LocalRegisterCopy, register_bitfields};

register_bitfields! { u64,
    /// System Control Register.
    pub SCTLR_EL1 [
        /// Stage 1 is on.
        M OFFSET(0) NUMBITS(1) [],
        /// Data accesses, those of the walk included, may be cacheable.
        C OFFSET(2) NUMBITS(1) [],
        /// Instruction fetches may be cacheable.
        I OFFSET(12) NUMBITS(1) [],
        /// What is writable cannot be executed.
        WXN OFFSET(19) NUMBITS(1) [],
        /// Translation tables, and EL1's data, are big-endian.
        EE OFFSET(25) NUMBITS(1) [],
        /// PAN also covers what EL0 can only execute (FEAT_PAN3).
        EPAN OFFSET(57) NUMBITS(1) []
    ],
    /// Translation Control Register.
    pub TCR_EL1 [
        /// Size offset of the lower range: it has 2^(64 - T0SZ) bytes.
        T0SZ OFFSET(0) NUMBITS(6) [],
        /// No walks through TTBR0_EL1.
        EPD0 OFFSET(7) NUMBITS(1) [],
        /// Shareability of walks through TTBR0_EL1, and of the pages with DS.
        SH0 OFFSET(12) NUMBITS(2) [],
        /// Granule of the lower range.
        TG0 OFFSET(14) NUMBITS(2) [
            Kib4 = 0b00,
            Kib64 = 0b01,
            Kib16 = 0b10
        ],
        /// Size offset of the upper range: it has 2^(64 - T1SZ) bytes.
        T1SZ OFFSET(16) NUMBITS(6) [],
        /// The ASID is the one in TTBR1_EL1.
        A1 OFFSET(22) NUMBITS(1) [],
        /// No walks through TTBR1_EL1.
        EPD1 OFFSET(23) NUMBITS(1) [],
        /// Shareability of walks through TTBR1_EL1, and of the pages with DS.
        SH1 OFFSET(28) NUMBITS(2) [],
        /// Granule of the upper range: not encoded as TG0 is.
        TG1 OFFSET(30) NUMBITS(2) [
            Kib16 = 0b01,
            Kib4 = 0b10,
            Kib64 = 0b11
        ],
        /// Size of output addresses.
        IPS OFFSET(32) NUMBITS(3) [],
        /// ASIDs have 16 bits.
        AS OFFSET(36) NUMBITS(1) [],
        /// The top byte of addresses in the lower range is ignored.
        TBI0 OFFSET(37) NUMBITS(1) [],
        /// The top byte of addresses in the upper range is ignored.
        TBI1 OFFSET(38) NUMBITS(1) [],
        /// Hardware sets the access flag (FEAT_HAFDBS).
        HA OFFSET(39) NUMBITS(1) [],
        /// Hardware manages the dirty state (FEAT_HAFDBS).
        HD OFFSET(40) NUMBITS(1) [],
        /// No hierarchical permissions in the lower range (FEAT_HPDS).
        HPD0 OFFSET(41) NUMBITS(1) [],
        /// No hierarchical permissions in the upper range (FEAT_HPDS).
        HPD1 OFFSET(42) NUMBITS(1) [],
        /// TBI0 is for data only (FEAT_PAuth).
        TBID0 OFFSET(51) NUMBITS(1) [],
        /// TBI1 is for data only (FEAT_PAuth).
        TBID1 OFFSET(52) NUMBITS(1) [],
        /// EL0 has no access to the lower range (FEAT_E0PD).
        E0PD0 OFFSET(55) NUMBITS(1) [],
        /// EL0 has no access to the upper range (FEAT_E0PD).
        E0PD1 OFFSET(56) NUMBITS(1) [],
        /// Descriptors hold 52-bit addresses (FEAT_LPA2).
        DS OFFSET(59) NUMBITS(1) []
    ],
    /// Translation Table Base Register, of either range.
    pub TTBR_EL1 [
        /// Bits 51 to 48 of a 52-bit base address.
        BADDR_HIGH OFFSET(2) NUMBITS(4) [],
        /// Bits 47 to 1 of the base address; a 52-bit one begins at bit 6.
        BADDR OFFSET(1) NUMBITS(47) [],
        /// Address space identifier.
        ASID OFFSET(48) NUMBITS(16) []
    ]
}

/// A value of `SCTLR_EL1`.
pub type Sctlr = LocalRegisterCopy<u64, SCTLR_EL1::Register>;
/// A value of `TCR_EL1`.
pub type Tcr = LocalRegisterCopy<u64, TCR_EL1::Register>;
/// A value of `TTBR0_EL1` or `TTBR1_EL1`.
pub type Ttbr = LocalRegisterCopy<u64, TTBR_EL1::Register>;
