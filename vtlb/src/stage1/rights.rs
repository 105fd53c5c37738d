//! Who may do what: the direct permission scheme (Arm ARM DDI 0487, D8.4.1).

use crate::Rights;
use bitflags::bitflags;

bitflags! {
    /// Limits that tables put on everything below them; those of all tables on
    /// the way add up.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct TablePermissions: u8 {
        /// APTable[0]: no data access from EL0.
        const NO_EL0 = 1 << 0;
        /// APTable[1]: no stores.
        const READ_ONLY = 1 << 1;
        /// No execution at EL0.
        const UXN = 1 << 2;
        /// No execution at EL1.
        const PXN = 1 << 3;
    }
}

/// What a block or page descriptor itself permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeafPermissions {
    /// EL0 has data access.
    pub(super) el0: bool,
    /// Stores are allowed; those to a clean page too.
    pub(super) writable: bool,
    /// The first store changes the descriptor (DBM).
    pub(super) clean: bool,
    /// No execution at EL0.
    pub(super) uxn: bool,
    /// No execution at EL1.
    pub(super) pxn: bool,
}

/// The registers' part in permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// `SCTLR.WXN`.
    pub(super) wxn: bool,
    /// The effective `SCTLR.EPAN`.
    pub(super) epan: bool,
}

/// The rights that a translation gives to each kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StageRights {
    /// Accesses as EL0, the unprivileged loads and stores of EL1 included.
    pub el0: Rights,
    /// Accesses as EL1.
    pub el1: Rights,
    /// Accesses as EL1 while `PSTATE.PAN` is set.
    pub el1_pan: Rights,
}

impl StageRights {
    /// What everybody may do with the MMU off.
    pub(super) const FULL: Self = Self {
        el0: Rights::all(),
        el1: Rights::all(),
        el1_pan: Rights::all(),
    };

    /// The rights that a descriptor gives under the limits of its tables.
    pub(super) fn new(leaf: LeafPermissions, tables: TablePermissions, policy: Policy) -> Self {
        let mut data = Rights::READ;
        let writable = leaf.writable && !tables.contains(TablePermissions::READ_ONLY);
        data.set(Rights::WRITE, writable);
        let el0_data = if leaf.el0 && !tables.contains(TablePermissions::NO_EL0) {
            data
        } else {
            Rights::empty()
        };
        let ux = !leaf.uxn && !tables.contains(TablePermissions::UXN);
        // What EL0 can write, EL1 never executes.
        let px = !leaf.pxn
            && !tables.contains(TablePermissions::PXN)
            && !el0_data.contains(Rights::WRITE);
        let el1 = policy.combine(data, px);
        let guarded = !el0_data.is_empty() || policy.epan && ux;
        Self {
            el0: policy.combine(el0_data, ux),
            el1,
            el1_pan: if guarded { el1 & Rights::EXECUTE } else { el1 },
        }
    }

    /// What an access with this privilege may do.
    #[must_use]
    pub const fn of(&self, privileged: bool, pan: bool) -> Rights {
        match (privileged, pan) {
            (false, _) => self.el0,
            (true, false) => self.el1,
            (true, true) => self.el1_pan,
        }
    }
}

impl Policy {
    /// Data rights and execution together, within what WXN allows.
    fn combine(self, data: Rights, execute: bool) -> Rights {
        let kept = execute && !(self.wxn && data.contains(Rights::WRITE));
        data | if kept {
            Rights::EXECUTE
        } else {
            Rights::empty()
        }
    }
}
