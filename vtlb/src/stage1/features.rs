//! What the processor offers to a stage 1 walk.

use bitflags::bitflags;
use tock_registers::{LocalRegisterCopy, register_bitfields};

register_bitfields! { u64,
    /// AArch64 Memory Model Feature Register 0.
    ID_AA64MMFR0_EL1 [
        PARange OFFSET(0) NUMBITS(4) [],
        ASIDBits OFFSET(4) NUMBITS(4) [Bits8 = 0, Bits16 = 2],
        TGran16 OFFSET(20) NUMBITS(4) [None = 0, Yes = 1, Lpa2 = 2],
        TGran64 OFFSET(24) NUMBITS(4) [Yes = 0, None = 15],
        TGran4 OFFSET(28) NUMBITS(4) [Yes = 0, Lpa2 = 1, None = 15]
    ],
    /// AArch64 Memory Model Feature Register 1.
    ID_AA64MMFR1_EL1 [
        HAFDBS OFFSET(0) NUMBITS(4) [None = 0, AccessFlag = 1, DirtyState = 2],
        HPDS OFFSET(12) NUMBITS(4) [None = 0],
        PAN OFFSET(20) NUMBITS(4) [None = 0, Pan = 1, Pan2 = 2, Pan3 = 3]
    ],
    /// AArch64 Memory Model Feature Register 2.
    ID_AA64MMFR2_EL1 [
        VARange OFFSET(16) NUMBITS(4) [Bits48 = 0],
        ST OFFSET(28) NUMBITS(4) [None = 0],
        E0PD OFFSET(60) NUMBITS(4) [None = 0]
    ],
    /// AArch64 Instruction Set Attribute Register 1.
    ID_AA64ISAR1_EL1 [
        APA OFFSET(4) NUMBITS(4) [None = 0],
        API OFFSET(8) NUMBITS(4) [None = 0]
    ],
    /// AArch64 Instruction Set Attribute Register 2.
    ID_AA64ISAR2_EL1 [
        APA3 OFFSET(12) NUMBITS(4) [None = 0]
    ]
}

bitflags! {
    /// Architectural features (and choices that the architecture leaves open)
    /// that change how a stage 1 walk goes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Feature: u32 {
        /// The 4 KiB granule.
        const GRANULE_4K = 1 << 0;
        /// The 16 KiB granule.
        const GRANULE_16K = 1 << 1;
        /// The 64 KiB granule.
        const GRANULE_64K = 1 << 2;
        /// FEAT_LPA2 for the 4 KiB granule: 52-bit addresses with `TCR.DS`.
        const LPA2_4K = 1 << 3;
        /// FEAT_LPA2 for the 16 KiB granule.
        const LPA2_16K = 1 << 4;
        /// FEAT_LVA: 52-bit virtual addresses with the 64 KiB granule.
        const LVA = 1 << 5;
        /// FEAT_TTST: translation tables for spaces as small as 64 KiB.
        const TTST = 1 << 6;
        /// FEAT_HPDS: hierarchical permissions can be switched off.
        const HPDS = 1 << 7;
        /// FEAT_HAFDBS: hardware sets the access flag.
        const HAF = 1 << 8;
        /// FEAT_HAFDBS: hardware also manages the dirty state.
        const DBS = 1 << 9;
        /// FEAT_PAN.
        const PAN = 1 << 10;
        /// FEAT_PAN3: `SCTLR.EPAN`.
        const PAN3 = 1 << 11;
        /// FEAT_E0PD.
        const E0PD = 1 << 12;
        /// FEAT_PAuth, and with it `TCR.TBID0` and `TCR.TBID1`.
        const PAUTH = 1 << 13;
        /// ASIDs of 16 bits.
        const ASID16 = 1 << 14;
        /// A `TnSZ` beyond its limits acts as the limit. Without this flag it
        /// gives translation faults, as it always does below the lower limit
        /// where FEAT_LVA exists. Both are allowed, and no register tells.
        const TXSZ_CLAMPED = 1 << 15;
    }
}

/// The identification registers that matter here, as raw values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdRegisters {
    /// `ID_AA64MMFR0_EL1`.
    pub mmfr0: u64,
    /// `ID_AA64MMFR1_EL1`.
    pub mmfr1: u64,
    /// `ID_AA64MMFR2_EL1`.
    pub mmfr2: u64,
    /// `ID_AA64ISAR1_EL1`.
    pub isar1: u64,
    /// `ID_AA64ISAR2_EL1`.
    pub isar2: u64,
}

/// The processor as a stage 1 walk knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Which features there are.
    pub features: Feature,
    /// Bits of a physical address, 32 to 52 (`ID_AA64MMFR0_EL1.PARange`).
    pub pa_bits: u8,
}

impl Capabilities {
    /// What these identification registers promise.
    #[must_use]
    pub fn new(id: &IdRegisters) -> Self {
        let mmfr0 = LocalRegisterCopy::new(id.mmfr0);
        Self {
            features: memory_model(mmfr0) | translation(id) | address_use(id),
            pa_bits: address_bits(mmfr0.read(ID_AA64MMFR0_EL1::PARange)),
        }
    }

    /// Whether all of `feature` is there.
    #[must_use]
    pub const fn has(&self, feature: Feature) -> bool {
        self.features.contains(feature)
    }

    /// FEAT_LPA: the 64 KiB granule has 52-bit output addresses.
    #[must_use]
    pub const fn lpa(&self) -> bool {
        self.pa_bits >= MAX_PA_BITS
    }
}

/// The longest physical address that these tables can hold.
const MAX_PA_BITS: u8 = 52;

/// The address size that `PARange` and `TCR_EL1.IPS` encode, at most 52 bits:
/// the 56 bits of FEAT_D128 are out of reach of 64-bit descriptors.
pub(super) const fn address_bits(encoded: u64) -> u8 {
    match encoded {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        5 => 48,
        _ => MAX_PA_BITS,
    }
}

/// The set of those features whose condition holds.
fn set(features: &[(bool, Feature)]) -> Feature {
    let present = features.iter().filter(|(present, _)| *present);
    present.fold(Feature::empty(), |all, &(_, feature)| all | feature)
}

fn memory_model(mmfr0: LocalRegisterCopy<u64, ID_AA64MMFR0_EL1::Register>) -> Feature {
    use ID_AA64MMFR0_EL1::{ASIDBits, TGran4, TGran16, TGran64};
    let gran4 = !mmfr0.matches_all(TGran4::None);
    let gran16 = !mmfr0.matches_all(TGran16::None);
    set(&[
        (gran4, Feature::GRANULE_4K),
        (gran16, Feature::GRANULE_16K),
        (!mmfr0.matches_all(TGran64::None), Feature::GRANULE_64K),
        (gran4 && !mmfr0.matches_all(TGran4::Yes), Feature::LPA2_4K),
        (
            gran16 && !mmfr0.matches_all(TGran16::Yes),
            Feature::LPA2_16K,
        ),
        (mmfr0.matches_all(ASIDBits::Bits16), Feature::ASID16),
    ])
}

fn translation(id: &IdRegisters) -> Feature {
    use ID_AA64MMFR1_EL1::{HAFDBS, HPDS};
    use ID_AA64MMFR2_EL1::{ST, VARange};
    let mmfr1 = LocalRegisterCopy::<_, ID_AA64MMFR1_EL1::Register>::new(id.mmfr1);
    let mmfr2 = LocalRegisterCopy::<_, ID_AA64MMFR2_EL1::Register>::new(id.mmfr2);
    let hafdbs = !mmfr1.matches_all(HAFDBS::None);
    set(&[
        (!mmfr2.matches_all(VARange::Bits48), Feature::LVA),
        (!mmfr2.matches_all(ST::None), Feature::TTST),
        (!mmfr1.matches_all(HPDS::None), Feature::HPDS),
        (hafdbs, Feature::HAF),
        (
            hafdbs && !mmfr1.matches_all(HAFDBS::AccessFlag),
            Feature::DBS,
        ),
    ])
}

fn address_use(id: &IdRegisters) -> Feature {
    use ID_AA64ISAR1_EL1::{APA, API};
    use ID_AA64ISAR2_EL1::APA3;
    use ID_AA64MMFR1_EL1::PAN;
    use ID_AA64MMFR2_EL1::E0PD;
    let mmfr1 = LocalRegisterCopy::<_, ID_AA64MMFR1_EL1::Register>::new(id.mmfr1);
    let mmfr2 = LocalRegisterCopy::<_, ID_AA64MMFR2_EL1::Register>::new(id.mmfr2);
    let isar1 = LocalRegisterCopy::<_, ID_AA64ISAR1_EL1::Register>::new(id.isar1);
    let isar2 = LocalRegisterCopy::<_, ID_AA64ISAR2_EL1::Register>::new(id.isar2);
    let no_pauth = isar1.matches_all(APA::None + API::None) && isar2.matches_all(APA3::None);
    set(&[
        (!mmfr1.matches_all(PAN::None), Feature::PAN),
        (mmfr1.read(PAN) >= PAN::Pan3.read(PAN), Feature::PAN3),
        (!mmfr2.matches_all(E0PD::None), Feature::E0PD),
        (!no_pauth, Feature::PAUTH),
    ])
}
