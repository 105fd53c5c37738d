//! The state of 32 interrupts, one bit an interrupt in each word.

use crate::Group;

/// Which groups the distributor forwards (`GICD_CTLR` bits 0 and 1).
#[derive(Clone, Copy)]
pub(crate) struct GroupEnables(pub(crate) u32);

impl GroupEnables {
    /// Bits of `GICD_CTLR` that enable groups.
    pub(crate) const MASK: u32 = 0b11;

    /// The interrupts of a bank whose group is forwarded.
    #[inline]
    pub(crate) fn select(self, group: u32) -> u32 {
        let zero = if self.0 & 1 != 0 { !group } else { 0 };
        let one = if self.0 & 2 != 0 { group } else { 0 };
        zero | one
    }
}

/// A change of pending or active state that software asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StateOp {
    SetPending,
    ClearPending,
    SetActive,
    ClearActive,
}

/// Changes that wait until the vCPU whose list registers hold the interrupt
/// folds them; of two contrary changes the later one stays.
#[derive(Clone, Copy, Default)]
pub(crate) struct Queue {
    set_pending: u32,
    clear_pending: u32,
    set_active: u32,
    clear_active: u32,
}

/// Priority bits that are implemented: the upper five.
pub(crate) const PRIORITY_MASK: u8 = 0xf8;

/// 32 interrupts with consecutive identifiers.
///
/// While an interrupt is in a list register, `latch` and `active` say what was
/// put there; the list register holds the truth until it is folded back.
#[derive(Clone)]
pub(crate) struct Bank {
    pub(crate) enabled: u32,
    /// Pending state that stays until acknowledged: edges and software writes.
    pub(crate) latch: u32,
    /// Level of the input.
    pub(crate) line: u32,
    pub(crate) edge: u32,
    pub(crate) active: u32,
    pub(crate) group: u32,
    pub(crate) priority: [u8; 32],
    pub(crate) queue: Queue,
}

impl Bank {
    /// The state after reset: disabled, idle, level-triggered, Group 0,
    /// highest priority.
    pub(crate) const RESET: Self = Self {
        enabled: 0,
        latch: 0,
        line: 0,
        edge: 0,
        active: 0,
        group: 0,
        priority: [0; 32],
        queue: Queue {
            set_pending: 0,
            clear_pending: 0,
            set_active: 0,
            clear_active: 0,
        },
    };

    /// The interrupts that are pending: latched, or level-triggered with the
    /// line high (Arm IHI 0048B §4.3.8, figure 4-10).
    #[inline]
    pub(crate) fn pending(&self) -> u32 {
        self.latch | (self.line & !self.edge)
    }

    /// Group of the interrupt at `bit`.
    pub(crate) fn group_of(&self, bit: u32) -> Group {
        if self.group >> (bit % 32) & 1 != 0 {
            Group::One
        } else {
            Group::Zero
        }
    }

    /// Priority of the interrupt at `bit`.
    pub(crate) fn priority_of(&self, bit: u32) -> u8 {
        self.priority[(bit % 32) as usize]
    }

    /// Moves the line `bit` to `level`, and latches a rising edge. Returns the
    /// bit if that may matter to anyone. `loaded` are the interrupts in list
    /// registers.
    pub(crate) fn set_line(&mut self, bit: u32, level: bool, loaded: u32) -> u32 {
        if level == (self.line & bit != 0) {
            return 0;
        }
        self.line ^= bit;
        if level {
            self.change(StateOp::SetPending, bit & self.edge, loaded);
            bit
        } else {
            bit & !self.edge
        }
    }

    /// Carries out `op` now or, for the interrupts in list registers, when
    /// they are folded.
    pub(crate) fn change(&mut self, op: StateOp, bits: u32, loaded: u32) {
        self.queue(op, bits & loaded);
        self.apply(op, bits & !loaded);
    }

    /// Carries out `op` on interrupts that are in no list register.
    fn apply(&mut self, op: StateOp, bits: u32) {
        match op {
            StateOp::SetPending => self.latch |= bits,
            StateOp::ClearPending => self.latch &= !bits,
            StateOp::SetActive => self.active |= bits,
            StateOp::ClearActive => self.active &= !bits,
        }
    }

    /// Leaves `op` to the vCPU whose list registers hold these interrupts.
    pub(crate) fn queue(&mut self, op: StateOp, bits: u32) {
        let q = &mut self.queue;
        let (set, clear) = match op {
            StateOp::SetPending => (&mut q.set_pending, &mut q.clear_pending),
            StateOp::ClearPending => (&mut q.clear_pending, &mut q.set_pending),
            StateOp::SetActive => (&mut q.set_active, &mut q.clear_active),
            StateOp::ClearActive => (&mut q.clear_active, &mut q.set_active),
        };
        *set |= bits;
        *clear &= !bits;
    }

    /// Carries out what was queued for the interrupts in `bits`.
    pub(crate) fn settle(&mut self, bits: u32) {
        let q = self.queue;
        self.latch = (self.latch & !(q.clear_pending & bits)) | (q.set_pending & bits);
        self.active = (self.active & !(q.clear_active & bits)) | (q.set_active & bits);
        self.queue = Queue {
            set_pending: q.set_pending & !bits,
            clear_pending: q.clear_pending & !bits,
            set_active: q.set_active & !bits,
            clear_active: q.clear_active & !bits,
        };
    }

    /// Takes over what a list register says about the interrupt `bit`: its
    /// latch is used up when `latched` went in and is no longer pending.
    pub(crate) fn fold(&mut self, bit: u32, latched: bool, pending: bool, active: bool) {
        if latched && !pending {
            self.latch &= !bit;
        }
        self.active = if active {
            self.active | bit
        } else {
            self.active & !bit
        };
        self.settle(bit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_interrupts_follow_their_line() {
        let mut bank = Bank::RESET;
        assert_eq!(bank.set_line(1, true, 0), 1);
        assert_eq!(bank.pending(), 1);
        bank.change(StateOp::ClearPending, 1, 0);
        assert_eq!(bank.pending(), 1);
        assert_eq!(bank.set_line(1, false, 0), 1);
        assert_eq!(bank.pending(), 0);
    }

    #[test]
    fn edges_are_latched_once() {
        let mut bank = Bank {
            edge: 1,
            ..Bank::RESET
        };
        assert_eq!(bank.set_line(1, true, 0), 1);
        assert_eq!(bank.pending(), 1);
        bank.change(StateOp::ClearPending, 1, 0);
        assert_eq!(bank.set_line(1, true, 0), 0);
        assert_eq!(bank.set_line(1, false, 0), 0);
        assert_eq!(bank.pending(), 0);
    }

    #[test]
    fn an_edge_waits_while_the_interrupt_is_in_a_list_register() {
        let mut bank = Bank {
            edge: 1,
            ..Bank::RESET
        };
        bank.set_line(1, true, 1);
        assert_eq!(bank.pending(), 0);
        bank.fold(1, false, false, true);
        assert_eq!((bank.pending(), bank.active), (1, 1));
    }

    #[test]
    fn the_later_of_two_queued_changes_stays() {
        let mut bank = Bank::RESET;
        bank.queue(StateOp::SetPending, 3);
        bank.queue(StateOp::ClearPending, 1);
        bank.queue(StateOp::ClearActive, 2);
        bank.queue(StateOp::SetActive, 2);
        bank.settle(1);
        assert_eq!((bank.latch, bank.active), (0, 0));
        bank.settle(2);
        assert_eq!((bank.latch, bank.active), (2, 2));
    }

    #[test]
    fn folding_uses_up_the_latch_only_when_acknowledged() {
        let mut bank = Bank {
            latch: 1,
            ..Bank::RESET
        };
        bank.fold(1, true, true, false);
        assert_eq!(bank.latch, 1);
        bank.fold(1, true, false, true);
        assert_eq!((bank.latch, bank.active), (0, 1));
    }

    #[test]
    fn groups_are_forwarded_separately() {
        let group = 0b01;
        assert_eq!(GroupEnables(0).select(group), 0);
        assert_eq!(GroupEnables(1).select(group), !1);
        assert_eq!(GroupEnables(2).select(group), 1);
        assert_eq!(GroupEnables(3).select(group), u32::MAX);
    }
}
