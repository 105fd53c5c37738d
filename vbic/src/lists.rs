//! Bookkeeping of the list registers of the core that a vCPU runs on.

use crate::{Lr, LrState, MAX_LIST_REGISTERS, Maintenance};

/// What was put into a list register.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) lr: Lr,
    /// The pending state came (also) from the latch, which is used up when the
    /// guest acknowledges.
    pub(crate) latched: bool,
}

impl Slot {
    /// The same for when pending interrupts wait outside: what is active and
    /// pending becomes active only, and its end is noticed. Otherwise it would
    /// turn pending by itself and come before what waits outside.
    pub(crate) fn yielding(mut self) -> Self {
        if self.lr.state == LrState::PendingActive {
            self.lr.state = LrState::Active;
            self.lr.eoi_maintenance = true;
            self.latched = false;
        }
        self
    }
}

/// A [`Slot`] in one word: the `ICH_LR<n>_EL2` encoding, and `latched` in a bit
/// that is reserved there. Copies and comparisons are then single instructions.
#[derive(Clone, Copy)]
struct Packed(u64);

impl Packed {
    const LATCHED: u64 = 1 << 45;

    #[inline]
    fn new(lr: Lr, latched: bool) -> Self {
        Self(lr.to_ich() | if latched { Self::LATCHED } else { 0 })
    }

    #[inline]
    fn lr(self) -> Lr {
        Lr::from_ich(self.0)
    }
}

/// What the list registers hold.
#[derive(Clone)]
pub(crate) struct Lists {
    slots: [Packed; MAX_LIST_REGISTERS],
    /// List registers that were filled since the last fold.
    pub(crate) used: u32,
    /// List registers that hold something that was folded.
    pub(crate) stale: u32,
    /// Private interrupts in list registers.
    pub(crate) resident: u32,
    /// Those of `resident` that are linked, were loaded as pending and have no
    /// latch: when their line fires again, the list register has been used up
    /// and takes the same value once more.
    pub(crate) quick: u32,
    /// List register of each private interrupt in `resident`.
    slot_of: [u8; 32],
    pub(crate) maintenance: Maintenance,
}

impl Lists {
    pub(crate) const EMPTY: Self = Self {
        slots: [Packed(0); MAX_LIST_REGISTERS],
        used: 0,
        stale: 0,
        resident: 0,
        quick: 0,
        slot_of: [0; 32],
        maintenance: Maintenance::empty(),
    };

    /// The list register that holds private interrupt `intid`, if it is in
    /// [`Self::resident`].
    #[inline]
    pub(crate) fn slot_of(&self, intid: u32) -> usize {
        usize::from(self.slot_of[(intid % 32) as usize]) % MAX_LIST_REGISTERS
    }

    /// The value last known to be in list register `index`.
    #[inline]
    pub(crate) fn lr(&self, index: usize) -> Lr {
        self.slots[index % MAX_LIST_REGISTERS].lr()
    }

    /// Whether list register `index` is known to hold `lr`.
    #[inline]
    pub(crate) fn holds(&self, index: usize, lr: Lr) -> bool {
        self.slots[index % MAX_LIST_REGISTERS].0 & !Packed::LATCHED == lr.to_ich()
    }

    /// Notes what list register `index` holds now, and returns what was put
    /// there.
    pub(crate) fn replace(&mut self, index: usize, now: Lr) -> Slot {
        let place = &mut self.slots[index % MAX_LIST_REGISTERS];
        let old = core::mem::replace(place, Packed::new(now, false));
        Slot {
            lr: old.lr(),
            latched: old.0 & Packed::LATCHED != 0,
        }
    }

    /// Notes that everything was folded: nothing is in list registers that
    /// counts; those of `stale` still hold something.
    pub(crate) fn clear(&mut self, stale: u32) {
        self.stale |= stale;
        self.used = 0;
        self.resident = 0;
        self.quick = 0;
    }

    /// Notes that list register `index` holds an interrupt.
    #[inline]
    pub(crate) fn place(&mut self, index: usize, slot: &Slot) {
        let lr = slot.lr;
        self.slots[index % MAX_LIST_REGISTERS] = Packed::new(lr, slot.latched);
        self.used |= 1 << index;
        let Some(bit) = crate::intid::private(lr.intid) else {
            return;
        };
        self.resident |= bit;
        self.slot_of[(lr.intid % 32) as usize] = index as u8;
        if lr.hw.is_some() && lr.state == LrState::Pending && !slot.latched {
            self.quick |= bit;
        }
    }

    /// Whether an interrupt is offered that is not active.
    pub(crate) fn offers(&self) -> bool {
        crate::bits::Ones(self.used).any(|i| self.lr(i as usize).state == LrState::Pending)
    }
}
