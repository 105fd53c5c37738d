//! Choosing what goes into the list registers when more is waiting than fits.

use crate::MAX_LIST_REGISTERS;
use heapless::Vec;

/// Priority and INTID in one word that orders as delivery does: higher
/// priority (lower value) first, then lower INTID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key(u32);

impl Key {
    const PRIORITY_SHIFT: u32 = 16;

    pub(crate) fn new(priority: u8, intid: u32) -> Self {
        Self(u32::from(priority) << Self::PRIORITY_SHIFT | intid)
    }

    pub(crate) fn priority(self) -> u8 {
        (self.0 >> Self::PRIORITY_SHIFT) as u8
    }

    pub(crate) fn intid(self) -> u32 {
        self.0 & ((1 << Self::PRIORITY_SHIFT) - 1)
    }
}

/// The best [`MAX_LIST_REGISTERS`] of any number of interrupts, in order.
#[derive(Default)]
struct Best {
    keys: Vec<Key, MAX_LIST_REGISTERS>,
    count: usize,
}

impl Best {
    fn add(&mut self, key: Key) {
        self.count += 1;
        let place = self.keys.iter().take_while(|k| **k < key).count();
        if self.keys.is_full() {
            if place == self.keys.len() {
                return;
            }
            self.keys.pop();
        }
        // Cannot fail: there is room, and `place` is at most the length.
        let _ = self.keys.insert(place, key);
    }
}

/// Interrupts that want a list register.
#[derive(Default)]
pub(crate) struct Plan {
    pending: Best,
    active: Best,
}

/// What [`Plan::choose`] decided.
pub(crate) struct Choice {
    /// Interrupts to load.
    pub(crate) chosen: Vec<Key, MAX_LIST_REGISTERS>,
    /// A pending interrupt found no place.
    pub(crate) pending_left: bool,
    /// An active interrupt found no place.
    pub(crate) active_left: bool,
}

impl Plan {
    /// Adds an interrupt that is active, or else only pending.
    pub(crate) fn add(&mut self, key: Key, active: bool) {
        let list = if active {
            &mut self.active
        } else {
            &mut self.pending
        };
        list.add(key);
    }

    /// Fills `room` list registers: the first pending interrupt, which may
    /// preempt whatever is active; then active ones, whose end is expensive to
    /// follow outside list registers; then the other pending ones.
    ///
    /// As long as a pending interrupt stays outside, one is inside, so that the
    /// "no pending" maintenance condition fires only after progress.
    pub(crate) fn choose(&self, room: usize) -> Choice {
        let mut chosen = Vec::new();
        let room = room.min(MAX_LIST_REGISTERS);
        let first = self.pending.keys.len().min(1).min(room);
        let actives = self.active.keys.len().min(room - first);
        let rest = (self.pending.keys.len() - first).min(room - first - actives);
        let (head, tail) = self.pending.keys.split_at(first);
        let picked = head
            .iter()
            .chain(self.active.keys.iter().take(actives))
            .chain(tail.iter().take(rest));
        chosen.extend(picked.copied());
        Choice {
            pending_left: self.pending.count > first + rest,
            active_left: self.active.count > actives,
            chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(pending: &[u32], active: &[u32]) -> Plan {
        let mut plan = Plan::default();
        pending
            .iter()
            .for_each(|i| plan.add(Key::new(0, *i), false));
        active.iter().for_each(|i| plan.add(Key::new(0, *i), true));
        plan
    }

    fn intids(choice: &Choice) -> std::vec::Vec<u32> {
        choice.chosen.iter().map(|k| k.intid()).collect()
    }

    #[test]
    fn priority_comes_before_number() {
        assert!(Key::new(0x08, 200) < Key::new(0x10, 1));
        assert!(Key::new(0x10, 1) < Key::new(0x10, 2));
    }

    #[test]
    fn everything_is_loaded_when_it_fits() {
        let choice = plan(&[40, 33], &[50]).choose(4);
        assert_eq!(intids(&choice), [33, 50, 40]);
        assert!(!choice.pending_left && !choice.active_left);
    }

    #[test]
    fn the_first_pending_interrupt_always_has_a_place() {
        let choice = plan(&[40, 41], &[50, 51]).choose(1);
        assert_eq!(intids(&choice), [40]);
        assert!(choice.pending_left && choice.active_left);
    }

    #[test]
    fn active_interrupts_come_before_further_pending_ones() {
        let choice = plan(&[40, 41], &[50, 51]).choose(3);
        assert_eq!(intids(&choice), [40, 50, 51]);
        assert!(choice.pending_left && !choice.active_left);
    }

    #[test]
    fn more_than_a_full_set_is_counted() {
        let many: std::vec::Vec<u32> = (32..80).rev().collect();
        let choice = plan(&many, &[]).choose(16);
        assert_eq!(intids(&choice), (32..48).collect::<std::vec::Vec<_>>());
        assert!(choice.pending_left);
    }
}
