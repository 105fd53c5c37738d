//! The part of the register map that the distributors of both versions and
//! the redistributors' SGI frames share (Arm IHI 0048B §4.3, IHI 0069 §12.9
//! and §12.11): bitmaps, priorities and triggers at the same offsets.

use crate::AccessSize;

/// A word of one bit an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bitmap {
    Group,
    SetEnable,
    ClearEnable,
    SetPending,
    ClearPending,
    SetActive,
    ClearActive,
}

/// A register of the common part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reg {
    /// A bitmap word; the index is that of its 32 interrupts.
    Bitmap(Bitmap, usize),
    /// Priorities, one byte an interrupt, from this INTID on.
    Priority(u32),
    /// GICv2 target masks, one byte an interrupt, from this INTID on.
    Targets(u32),
    /// Triggers, two bits an interrupt, of 16 interrupts.
    Config(usize),
}

const IGROUPR: u64 = 0x080;
const ISENABLER: u64 = 0x100;
const ICENABLER: u64 = 0x180;
const ISPENDR: u64 = 0x200;
const ICPENDR: u64 = 0x280;
const ISACTIVER: u64 = 0x300;
const ICACTIVER: u64 = 0x380;
const IPRIORITYR: u64 = 0x400;
const ITARGETSR: u64 = 0x800;
const ICFGR: u64 = 0xc00;
/// End of the trigger registers.
const COMMON_END: u64 = 0xd00;

impl Reg {
    /// Finds the register at `offset`; nothing where there is none or an access
    /// of `size` is not allowed. Byte accesses are for priorities and targets.
    pub(crate) fn decode(offset: u64, size: AccessSize) -> Option<Self> {
        let bytewise = (IPRIORITYR..ICFGR).contains(&offset);
        let allowed = match size {
            AccessSize::Word => offset.is_multiple_of(4),
            AccessSize::Byte => bytewise,
            AccessSize::Half | AccessSize::Double => false,
        };
        if !allowed {
            return None;
        }
        let bitmap = |kind, base| Self::Bitmap(kind, ((offset - base) / 4) as usize);
        Some(match offset {
            IGROUPR..ISENABLER => bitmap(Bitmap::Group, IGROUPR),
            ISENABLER..ICENABLER => bitmap(Bitmap::SetEnable, ISENABLER),
            ICENABLER..ISPENDR => bitmap(Bitmap::ClearEnable, ICENABLER),
            ISPENDR..ICPENDR => bitmap(Bitmap::SetPending, ISPENDR),
            ICPENDR..ISACTIVER => bitmap(Bitmap::ClearPending, ICPENDR),
            ISACTIVER..ICACTIVER => bitmap(Bitmap::SetActive, ISACTIVER),
            ICACTIVER..IPRIORITYR => bitmap(Bitmap::ClearActive, ICACTIVER),
            IPRIORITYR..ITARGETSR => Self::Priority((offset - IPRIORITYR) as u32),
            ITARGETSR..ICFGR => Self::Targets((offset - ITARGETSR) as u32),
            ICFGR..COMMON_END => Self::Config(((offset - ICFGR) / 4) as usize),
            _ => return None,
        })
    }
}

/// The 32-bit or narrower part of `value` that an access of `size` carries.
pub(crate) fn narrow(value: u64, size: AccessSize) -> u32 {
    match size {
        AccessSize::Byte => value as u32 & 0xff,
        AccessSize::Half => value as u32 & 0xffff,
        AccessSize::Word | AccessSize::Double => value as u32,
    }
}

/// A row of identification registers: eight peripheral ID bytes starting at
/// PIDR4, then the four component ID bytes, one in each word.
pub(crate) struct IdRow {
    pub(crate) base: u64,
    pub(crate) bytes: [u8; 12],
}

impl IdRow {
    /// The register at `offset`, if it is one of this row.
    pub(crate) fn read(&self, offset: u64) -> Option<u32> {
        let index = offset.checked_sub(self.base)? / 4;
        self.bytes
            .get(usize::try_from(index).ok()?)
            .map(|b| u32::from(*b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_are_words() {
        let set_enable = Some(Reg::Bitmap(Bitmap::SetEnable, 1));
        assert_eq!(Reg::decode(0x104, AccessSize::Word), set_enable);
        for size in [AccessSize::Byte, AccessSize::Half, AccessSize::Double] {
            assert_eq!(Reg::decode(0x104, size), None);
        }
        assert_eq!(Reg::decode(0x106, AccessSize::Word), None);
    }

    #[test]
    fn priorities_and_targets_have_byte_access() {
        assert_eq!(
            Reg::decode(0x423, AccessSize::Byte),
            Some(Reg::Priority(0x23))
        );
        assert_eq!(
            Reg::decode(0x8ff, AccessSize::Byte),
            Some(Reg::Targets(0xff))
        );
        assert_eq!(Reg::decode(0x423, AccessSize::Word), None);
    }

    #[test]
    fn nothing_is_outside() {
        assert_eq!(Reg::decode(0x7c, AccessSize::Word), None);
        assert_eq!(Reg::decode(0xd00, AccessSize::Word), None);
        assert_eq!(Reg::decode(u64::MAX - 3, AccessSize::Word), None);
    }
}
