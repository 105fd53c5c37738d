//! The 64-bit descriptors of translation tables (Arm ARM DDI 0487, D8.3.1 and
//! D8.3.2).

use super::fault::Level;
use super::granule::Granule;
use super::rights::{LeafPermissions, TablePermissions};
use tock_registers::{LocalRegisterCopy, register_bitfields};

register_bitfields! { u64,
    /// Stage 1 descriptors. Names with `Table` are of table descriptors.
    DESCRIPTOR [
        VALID OFFSET(0) NUMBITS(1) [],
        /// A table, or at the last level a page; otherwise a block.
        TABLE OFFSET(1) NUMBITS(1) [],
        AttrIndx OFFSET(2) NUMBITS(3) [],
        AP OFFSET(6) NUMBITS(2) [],
        SH OFFSET(8) NUMBITS(2) [],
        AF OFFSET(10) NUMBITS(1) [],
        NG OFFSET(11) NUMBITS(1) [],
        /// With DS, where SH else is: address bits 51 and 50.
        OA_51_50 OFFSET(8) NUMBITS(2) [],
        /// With the 64 KiB granule: address bits 51 to 48.
        OA_51_48 OFFSET(12) NUMBITS(4) [],
        GP OFFSET(50) NUMBITS(1) [],
        DBM OFFSET(51) NUMBITS(1) [],
        CONTIGUOUS OFFSET(52) NUMBITS(1) [],
        PXN OFFSET(53) NUMBITS(1) [],
        UXN OFFSET(54) NUMBITS(1) [],
        PXNTable OFFSET(59) NUMBITS(1) [],
        UXNTable OFFSET(60) NUMBITS(1) [],
        APTable OFFSET(61) NUMBITS(2) []
    ]
}

/// AP[2]: read-only.
const READ_ONLY: u64 = 0b10;
/// AP[1]: accessible at EL0; in APTable: not accessible at EL0.
const EL0: u64 = 0b01;

/// How the descriptors of one walk hold addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// The granule.
    pub(super) granule: Granule,
    /// The effective `TCR.DS`.
    pub(super) ds: bool,
    /// FEAT_LPA.
    pub(super) lpa: bool,
}

/// What a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing: reserved encodings act so too.
    Invalid,
    /// A pointer to a table of the next level.
    Table,
    /// A block or page.
    Leaf,
}

/// A descriptor in the processor's byte order.
#[derive(Clone, Copy)]
pub(super) struct Descriptor(LocalRegisterCopy<u64, DESCRIPTOR::Register>);

impl Descriptor {
    pub(super) const fn new(raw: u64) -> Self {
        Self(LocalRegisterCopy::new(raw))
    }

    /// All of it.
    pub(super) fn raw(self) -> u64 {
        self.0.get()
    }

    /// What it is in a table of this level.
    pub(super) fn class(self, format: &Format, level: Level) -> Class {
        let last = level == Level::LAST;
        let blocks = format.granule.has_blocks(level, format.ds, format.lpa);
        match (
            self.0.is_set(DESCRIPTOR::VALID),
            self.0.is_set(DESCRIPTOR::TABLE),
        ) {
            (true, true) if last => Class::Leaf,
            (true, true) => Class::Table,
            (true, false) if blocks => Class::Leaf,
            _ => Class::Invalid,
        }
    }

    /// The address that it holds, aligned to `1 << shift` bytes.
    pub(super) fn address(self, format: &Format, shift: u32) -> u64 {
        /// Address bits that lie where they belong.
        const DIRECT: u32 = 48;
        /// The same with DS.
        const DIRECT_DS: u32 = 50;
        if format.ds {
            let high = self.0.read(DESCRIPTOR::OA_51_50) << DIRECT_DS;
            high | bits(self.0.get(), shift, DIRECT_DS)
        } else if format.lpa && format.granule == Granule::Kib64 {
            let high = self.0.read(DESCRIPTOR::OA_51_48) << DIRECT;
            high | bits(self.0.get(), shift, DIRECT)
        } else {
            bits(self.0.get(), shift, DIRECT)
        }
    }

    /// The limits that a table descriptor puts on all below it.
    pub(super) fn table_permissions(self) -> TablePermissions {
        let ap = self.0.read(DESCRIPTOR::APTable);
        let mut limits = TablePermissions::empty();
        limits.set(TablePermissions::NO_EL0, ap & EL0 != 0);
        limits.set(TablePermissions::READ_ONLY, ap & READ_ONLY != 0);
        limits.set(TablePermissions::UXN, self.0.is_set(DESCRIPTOR::UXNTable));
        limits.set(TablePermissions::PXN, self.0.is_set(DESCRIPTOR::PXNTable));
        limits
    }

    /// The permissions of a block or page. `dirty_state`: hardware manages it.
    pub(super) fn leaf_permissions(self, dirty_state: bool) -> LeafPermissions {
        let ap = self.0.read(DESCRIPTOR::AP);
        let read_only = ap & READ_ONLY != 0;
        let dbm = dirty_state && self.0.is_set(DESCRIPTOR::DBM);
        LeafPermissions {
            el0: ap & EL0 != 0,
            writable: !read_only || dbm,
            clean: read_only && dbm,
            uxn: self.0.is_set(DESCRIPTOR::UXN),
            pxn: self.0.is_set(DESCRIPTOR::PXN),
        }
    }

    /// AttrIndx\[2:0\].
    pub(super) fn attribute_index(self) -> u64 {
        self.0.read(DESCRIPTOR::AttrIndx)
    }

    /// SH, where the format has it.
    pub(super) fn shareability(self) -> u64 {
        self.0.read(DESCRIPTOR::SH)
    }

    /// AF.
    pub(super) fn accessed(self) -> bool {
        self.0.is_set(DESCRIPTOR::AF)
    }

    /// Not nG.
    pub(super) fn global(self) -> bool {
        !self.0.is_set(DESCRIPTOR::NG)
    }

    /// GP.
    pub(super) fn guarded(self) -> bool {
        self.0.is_set(DESCRIPTOR::GP)
    }

    /// The Contiguous bit, whether or not it means something.
    pub(super) fn contiguous(self) -> bool {
        self.0.is_set(DESCRIPTOR::CONTIGUOUS)
    }
}

/// Bits `low` up to, not including, `high` of `value`, in place.
pub(super) const fn bits(value: u64, low: u32, high: u32) -> u64 {
    value & below(high) & !below(low)
}

/// The mask of the bits below bit number `bit`.
pub(super) const fn below(bit: u32) -> u64 {
    match 1u64.checked_shl(bit) {
        Some(next) => next - 1,
        None => u64::MAX,
    }
}
