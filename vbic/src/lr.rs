//! List registers and their two hardware encodings.

/// Interrupt group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Group {
    /// Group 0: signalled as FIQ where the CPU interface says so.
    #[default]
    Zero,
    /// Group 1: signalled as IRQ.
    One,
}

/// State of the interrupt that a list register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LrState {
    /// Nothing: the register is free.
    #[default]
    Invalid,
    /// Pending.
    Pending,
    /// Active.
    Active,
    /// Active, and pending again.
    PendingActive,
}

impl LrState {
    /// The state with these two properties.
    #[must_use]
    pub fn new(pending: bool, active: bool) -> Self {
        match (pending, active) {
            (false, false) => Self::Invalid,
            (true, false) => Self::Pending,
            (false, true) => Self::Active,
            (true, true) => Self::PendingActive,
        }
    }

    /// Whether the interrupt is pending.
    #[must_use]
    pub fn pending(self) -> bool {
        matches!(self, Self::Pending | Self::PendingActive)
    }

    /// Whether the interrupt is active.
    #[must_use]
    pub fn active(self) -> bool {
        matches!(self, Self::Active | Self::PendingActive)
    }

    /// The two-bit encoding, common to both architectures.
    fn encode(self) -> u32 {
        u32::from(self.pending()) | u32::from(self.active()) << 1
    }

    fn decode(bits: u32) -> Self {
        Self::new(bits & 1 != 0, bits & 2 != 0)
    }
}

/// One list register: an interrupt offered to the virtual CPU interface.
///
/// Aligned so that it is copied as two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(align(8))]
pub struct Lr {
    /// The virtual interrupt's identifier.
    pub intid: u32,
    /// Its state.
    pub state: LrState,
    /// Its priority; the low three bits are 0.
    pub priority: u8,
    /// Its group.
    pub group: Group,
    /// GICv2 SGIs: the vCPU that asked for it. 0 otherwise.
    pub source: u8,
    /// The physical interrupt that ends together with this one.
    pub hw: Option<u16>,
    /// Raise a maintenance interrupt when the guest ends it (never together
    /// with `hw`).
    pub eoi_maintenance: bool,
}

/// `GICH_LRn` fields (Arm IHI 0048B §5.3.10).
mod gich {
    pub(super) const VIRTUAL_ID: u32 = 0x3ff;
    pub(super) const PHYSICAL_ID_SHIFT: u32 = 10;
    pub(super) const PHYSICAL_ID: u32 = 0x3ff;
    pub(super) const CPUID: u32 = 0x7;
    pub(super) const EOI: u32 = 1 << 19;
    pub(super) const PRIORITY_SHIFT: u32 = 23;
    pub(super) const PRIORITY: u32 = 0x1f;
    pub(super) const STATE_SHIFT: u32 = 28;
    pub(super) const GRP1: u32 = 1 << 30;
    pub(super) const HW: u32 = 1 << 31;
}

/// `ICH_LR<n>_EL2` fields (Arm IHI 0069 §12.4.8).
mod ich {
    pub(super) const PINTID_SHIFT: u32 = 32;
    pub(super) const PINTID: u64 = 0x1fff;
    pub(super) const EOI: u64 = 1 << 41;
    pub(super) const PRIORITY_SHIFT: u32 = 48;
    pub(super) const GROUP: u64 = 1 << 60;
    pub(super) const HW: u64 = 1 << 61;
    pub(super) const STATE_SHIFT: u32 = 62;
    /// A GICv2 guest's source vCPU within vINTID (§8.2, legacy operation).
    pub(super) const CPUID_SHIFT: u32 = 10;
    pub(super) const LEGACY_ID: u32 = 0x3ff;
    pub(super) const CPUID: u32 = 0x7;
}

/// Priority bits that list registers of a GICv2 do not hold.
const UNIMPLEMENTED_PRIORITY_BITS: u32 = 3;

impl Lr {
    /// The content of a free list register.
    pub const EMPTY: Self = Self {
        intid: 0,
        state: LrState::Invalid,
        priority: 0,
        group: Group::Zero,
        source: 0,
        hw: None,
        eoi_maintenance: false,
    };

    /// Encodes for `GICH_LRn`.
    #[inline]
    #[must_use]
    pub fn to_gich(self) -> u32 {
        let physical = match self.hw {
            Some(intid) => {
                gich::HW | (u32::from(intid) & gich::PHYSICAL_ID) << gich::PHYSICAL_ID_SHIFT
            }
            None => {
                let cpuid = (u32::from(self.source) & gich::CPUID) << gich::PHYSICAL_ID_SHIFT;
                cpuid | if self.eoi_maintenance { gich::EOI } else { 0 }
            }
        };
        let priority = u32::from(self.priority) >> UNIMPLEMENTED_PRIORITY_BITS;
        let group = if self.group == Group::One {
            gich::GRP1
        } else {
            0
        };
        (self.intid & gich::VIRTUAL_ID)
            | physical
            | priority << gich::PRIORITY_SHIFT
            | self.state.encode() << gich::STATE_SHIFT
            | group
    }

    /// Decodes a `GICH_LRn` value.
    #[inline]
    #[must_use]
    pub fn from_gich(value: u32) -> Self {
        let physical = value >> gich::PHYSICAL_ID_SHIFT & gich::PHYSICAL_ID;
        let hw = value & gich::HW != 0;
        let priority = value >> gich::PRIORITY_SHIFT & gich::PRIORITY;
        Self {
            intid: value & gich::VIRTUAL_ID,
            state: LrState::decode(value >> gich::STATE_SHIFT),
            priority: (priority << UNIMPLEMENTED_PRIORITY_BITS) as u8,
            group: if value & gich::GRP1 != 0 {
                Group::One
            } else {
                Group::Zero
            },
            source: if hw {
                0
            } else {
                (physical & gich::CPUID) as u8
            },
            hw: hw.then_some(physical as u16),
            eoi_maintenance: !hw && value & gich::EOI != 0,
        }
    }

    /// Encodes for `ICH_LR<n>_EL2`. The source vCPU of a GICv2 guest's SGI goes
    /// where the legacy CPU interface expects it.
    #[inline]
    #[must_use]
    pub fn to_ich(self) -> u64 {
        let physical = match self.hw {
            Some(intid) => ich::HW | (u64::from(intid) & ich::PINTID) << ich::PINTID_SHIFT,
            None if self.eoi_maintenance => ich::EOI,
            None => 0,
        };
        let group = if self.group == Group::One {
            ich::GROUP
        } else {
            0
        };
        let source = (u32::from(self.source) & ich::CPUID) << ich::CPUID_SHIFT;
        u64::from(self.intid | source)
            | physical
            | u64::from(self.priority) << ich::PRIORITY_SHIFT
            | group
            | u64::from(self.state.encode()) << ich::STATE_SHIFT
    }

    /// Decodes an `ICH_LR<n>_EL2` value.
    #[inline]
    #[must_use]
    pub fn from_ich(value: u64) -> Self {
        let vintid = value as u32;
        let hw = value & ich::HW != 0;
        Self {
            intid: vintid & ich::LEGACY_ID,
            state: LrState::decode((value >> ich::STATE_SHIFT) as u32),
            priority: (value >> ich::PRIORITY_SHIFT) as u8,
            group: if value & ich::GROUP != 0 {
                Group::One
            } else {
                Group::Zero
            },
            source: (vintid >> ich::CPUID_SHIFT & ich::CPUID) as u8,
            hw: hw.then_some((value >> ich::PINTID_SHIFT & ich::PINTID) as u16),
            eoi_maintenance: !hw && value & ich::EOI != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMER: Lr = Lr {
        intid: 27,
        state: LrState::Pending,
        priority: 0xa0,
        group: Group::One,
        source: 0,
        hw: Some(27),
        eoi_maintenance: false,
    };
    const SGI: Lr = Lr {
        intid: 3,
        state: LrState::Active,
        priority: 0x08,
        group: Group::Zero,
        source: 5,
        hw: None,
        eoi_maintenance: true,
    };

    #[test]
    fn gicv2_encoding() {
        assert_eq!(TIMER.to_gich(), 0xda00_6c1b);
        assert_eq!(SGI.to_gich(), 0x2088_1403);
        assert_eq!(Lr::EMPTY.to_gich(), 0);
    }

    #[test]
    fn gicv3_encoding() {
        assert_eq!(TIMER.to_ich(), 0x70a0_001b_0000_001b);
        assert_eq!(SGI.to_ich(), 0x8008_0200_0000_1403);
        assert_eq!(Lr::EMPTY.to_ich(), 0);
    }

    #[test]
    fn decoding_undoes_encoding() {
        for lr in [TIMER, SGI, Lr::EMPTY] {
            assert_eq!(Lr::from_gich(lr.to_gich()), lr);
            assert_eq!(Lr::from_ich(lr.to_ich()), lr);
        }
    }

    #[test]
    fn any_value_decodes() {
        for shift in 0..64 {
            let _ = Lr::from_ich(u64::MAX << shift);
            let _ = Lr::from_gich((u64::MAX << shift) as u32);
        }
    }
}
