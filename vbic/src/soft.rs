//! The software CPU interface: priority mask, preemption, acknowledge and end
//! of interrupt for boards whose interrupt controller has no virtual CPU
//! interface (Arm IHI 0048B §4.4, single Security state with grouping).

use crate::bank::GroupEnables;
use crate::intid::{self, SPURIOUS, SPURIOUS_GROUP1};
use crate::pass::Pass;
use crate::plan::Key;
use crate::{Group, Host, INTIDS, Signal};

/// `GICC_CTLR` bits (Arm IHI 0048B §4.4.1).
mod ctlr {
    pub(super) const GROUPS: u32 = 0b11;
    pub(super) const ACK_CTL: u32 = 1 << 2;
    pub(super) const FIQ_EN: u32 = 1 << 3;
    pub(super) const CBPR: u32 = 1 << 4;
    pub(super) const EOI_MODE: u32 = 1 << 9;
    pub(super) const WRITABLE: u32 = GROUPS | ACK_CTL | FIQ_EN | CBPR | EOI_MODE;
}

/// Smallest binary points with five priority bits: all five take part in
/// preemption.
const MIN_BPR: u8 = 2;
const MIN_ABPR: u8 = 3;
/// Largest value of a binary point register.
const MAX_BPR: u32 = 7;
/// `GICC_RPR` when nothing is active.
const IDLE_PRIORITY: u8 = 0xff;
/// Distance between adjacent priorities.
const PRIORITY_STEP_SHIFT: u32 = 3;
/// INTID field of `GICC_IAR`, `GICC_EOIR` and `GICC_DIR`.
const INTID_FIELD: u32 = 0x3ff;
/// Position of the source vCPU in `GICC_IAR`.
const CPUID_SHIFT: u32 = 10;

/// A pending interrupt.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) key: Key,
    pub(crate) group: Group,
}

/// Registers of one vCPU's CPU interface.
pub(crate) struct CpuInterface {
    ctlr: u32,
    pmr: u8,
    bpr: u8,
    abpr: u8,
    /// Active priorities of Group 0 and Group 1, one bit a preemption level.
    apr: [u32; 2],
}

impl CpuInterface {
    /// The state after reset: everything disabled and masked.
    pub(crate) const RESET: Self = Self {
        ctlr: 0,
        pmr: 0,
        bpr: MIN_BPR,
        abpr: MIN_ABPR,
        apr: [0; 2],
    };

    pub(crate) fn ctlr(&self) -> u32 {
        self.ctlr
    }

    pub(crate) fn set_ctlr(&mut self, value: u32) {
        self.ctlr = value & ctlr::WRITABLE;
    }

    /// Groups that this interface signals.
    pub(crate) fn groups(&self) -> GroupEnables {
        GroupEnables(self.ctlr & ctlr::GROUPS)
    }

    pub(crate) fn pmr(&self) -> u8 {
        self.pmr
    }

    pub(crate) fn set_pmr(&mut self, value: u32) {
        self.pmr = value as u8 & crate::bank::PRIORITY_MASK;
    }

    /// Binary point of Group 0 or, with `alias`, of Group 1.
    pub(crate) fn bpr(&self, alias: bool) -> u8 {
        if alias { self.abpr } else { self.bpr }
    }

    pub(crate) fn set_bpr(&mut self, alias: bool, value: u32) {
        let value = (value & MAX_BPR) as u8;
        if alias {
            self.abpr = value.max(MIN_ABPR);
        } else {
            self.bpr = value.max(MIN_BPR);
        }
    }

    /// Active priorities of a group.
    pub(crate) fn apr(&self, group: Group) -> u32 {
        self.apr[group as usize]
    }

    pub(crate) fn set_apr(&mut self, group: Group, value: u32) {
        self.apr[group as usize] = value;
    }

    /// Priority of what is being handled, [`IDLE_PRIORITY`] if nothing.
    pub(crate) fn running_priority(&self) -> u8 {
        let active = self.apr[0] | self.apr[1];
        if active == 0 {
            return IDLE_PRIORITY;
        }
        (active.trailing_zeros() << PRIORITY_STEP_SHIFT) as u8
    }

    /// The priority bits that take part in preemption.
    fn group_priority(&self, group: Group, priority: u8) -> u8 {
        let shift = if group == Group::Zero || self.ctlr & ctlr::CBPR != 0 {
            u32::from(self.bpr) + 1
        } else {
            u32::from(self.abpr)
        };
        priority & (u32::from(u8::MAX) << shift) as u8
    }

    /// Whether a pending interrupt is above the mask.
    fn unmasked(&self, candidate: Candidate) -> bool {
        candidate.key.priority() < self.pmr
    }

    /// Whether a pending interrupt is above the mask and preempts what is
    /// active.
    fn accepts(&self, candidate: Candidate) -> bool {
        let level = self.group_priority(candidate.group, candidate.key.priority());
        self.unmasked(candidate) && level < self.running_priority()
    }

    /// The exception that the best pending interrupt raises.
    pub(crate) fn signal(&self, best: Option<Candidate>) -> Signal {
        let Some(candidate) = best.filter(|c| self.accepts(*c)) else {
            return Signal::default();
        };
        let fiq = candidate.group == Group::Zero && self.ctlr & ctlr::FIQ_EN != 0;
        Signal { irq: !fiq, fiq }
    }

    /// Whether the aliased or the ordinary register may show an interrupt of
    /// `group`, or else what it reads as (Arm IHI 0048B table 3-2).
    fn hidden(&self, alias: bool, group: Group) -> Option<u32> {
        match (alias, group) {
            (true, Group::Zero) => Some(SPURIOUS),
            (false, Group::One) if self.ctlr & ctlr::ACK_CTL == 0 => Some(SPURIOUS_GROUP1),
            _ => None,
        }
    }

    /// Notes that an interrupt became active.
    fn push(&mut self, candidate: Candidate) {
        let level = self.group_priority(candidate.group, candidate.key.priority());
        self.apr[candidate.group as usize] |= 1 << (level >> PRIORITY_STEP_SHIFT);
    }

    /// Priority drop: forgets the highest active priority. Says whether there
    /// was one.
    fn drop_priority(&mut self) -> bool {
        let active = self.apr[0] | self.apr[1];
        let highest = active & active.wrapping_neg();
        self.apr[0] &= !highest;
        self.apr[1] &= !highest;
        active != 0
    }

    fn splits_eoi(&self) -> bool {
        self.ctlr & ctlr::EOI_MODE != 0
    }
}

impl<H: Host> Pass<'_, H> {
    /// `GICC_IAR`, or `GICC_AIAR` with `alias`.
    pub(crate) fn acknowledge(&mut self, alias: bool) -> u32 {
        self.fold();
        let best = self.best();
        let Some(candidate) = best.filter(|c| self.own.cpu.accepts(*c)) else {
            return SPURIOUS;
        };
        if let Some(special) = self.own.cpu.hidden(alias, candidate.group) {
            return special;
        }
        self.own.cpu.push(candidate);
        let intid = candidate.key.intid();
        let me = self.me;
        if let Some((bank, bit)) = intid::spi(intid) {
            self.shared().acknowledge(me, bank, bit);
            intid
        } else {
            intid | u32::from(self.own.acknowledge(intid)) << CPUID_SHIFT
        }
    }

    /// `GICC_HPPIR`, or `GICC_AHPPIR` with `alias`.
    pub(crate) fn highest_pending(&mut self, alias: bool) -> u32 {
        self.fold();
        let best = self.best();
        let Some(candidate) = best.filter(|c| self.own.cpu.unmasked(*c)) else {
            return SPURIOUS;
        };
        if let Some(special) = self.own.cpu.hidden(alias, candidate.group) {
            return special;
        }
        let intid = candidate.key.intid();
        intid | u32::from(self.own.next_source(intid)) << CPUID_SHIFT
    }

    /// `GICC_EOIR`, or `GICC_AEOIR` with `alias`.
    ///
    /// The priority drops even if software has already made the interrupt
    /// inactive through the distributor.
    pub(crate) fn end(&mut self, alias: bool, value: u32) {
        self.fold();
        let intid = value & INTID_FIELD;
        if intid >= INTIDS {
            return;
        }
        if alias && self.group_of(intid) == Group::Zero {
            return;
        }
        let ended = self.own.cpu.drop_priority() && !self.own.cpu.splits_eoi();
        if ended && self.is_active_here(intid) {
            self.deactivate(intid);
        }
    }

    /// `GICC_DIR`: ignored unless end of interrupt is split.
    pub(crate) fn deactivate_split(&mut self, value: u32) {
        self.fold();
        if self.own.cpu.splits_eoi() {
            self.deactivate(value & INTID_FIELD);
        }
    }

    fn is_active_here(&mut self, intid: u32) -> bool {
        let me = self.me;
        match intid::spi(intid) {
            Some((bank, bit)) => self.shared().active_at[me][bank] & bit != 0,
            None => self.own.bank.active >> (intid % 32) & 1 != 0,
        }
    }

    fn group_of(&mut self, intid: u32) -> Group {
        match intid::spi(intid) {
            Some((bank, bit)) => self.shared().banks[bank].group_of(bit.trailing_zeros()),
            None => self.own.group_of(intid),
        }
    }

    fn deactivate(&mut self, intid: u32) {
        if let Some((bank, bit)) = intid::spi(intid) {
            self.shared().deactivate(bank, bit);
            self.touch(bank, bit);
        } else if let Some(bit) = intid::private(intid) {
            self.own.bank.active &= !bit;
            if self.own.fired & bit != 0 {
                self.own.fired &= !bit;
                self.host.deactivate(intid);
            }
        }
    }
}
