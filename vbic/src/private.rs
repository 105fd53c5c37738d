//! Private interrupts of one vCPU, and what its list registers hold.

use crate::bank::{Bank, GroupEnables, StateOp};
use crate::bits::Ones;
use crate::intid::{SGI_MASK, SGIS};
use crate::lists::{Lists, Slot};
use crate::plan::Key;
use crate::soft::CpuInterface;
use crate::{Config, Group, Link, Lr, LrState, Version};

/// Everything about a vCPU that only concerns itself.
pub(crate) struct Private {
    pub(crate) bank: Bank,
    /// GICv2: pending SGIs' sources, one bit a vCPU.
    sources: [u8; SGIS as usize],
    /// GICv2: sources that arrived while the SGI was in a list register.
    arriving: [u8; SGIS as usize],
    /// GICv2: source of each active SGI.
    active_source: [u8; SGIS as usize],
    /// SGIs are distinguished by source.
    pub(crate) per_source: bool,
    /// Interrupts wired to a physical line.
    pub(crate) linked: u32,
    /// Who ends the physical interrupts behind them.
    link: Link,
    /// Linked interrupts whose physical interrupt is active on this core.
    pub(crate) fired: u32,
    pub(crate) lists: Lists,
    /// `GICR_WAKER.ProcessorSleep`.
    pub(crate) asleep: bool,
    pub(crate) cpu: CpuInterface,
}

impl Private {
    /// The state after reset.
    pub(crate) fn new(config: &Config) -> Self {
        let per_source = config.version == Version::V2;
        let enabled = if per_source { SGI_MASK } else { 0 };
        Self {
            bank: Bank {
                enabled,
                edge: SGI_MASK,
                ..Bank::RESET
            },
            sources: [0; SGIS as usize],
            arriving: [0; SGIS as usize],
            active_source: [0; SGIS as usize],
            per_source,
            linked: config.linked,
            link: config.link,
            fired: 0,
            lists: Lists::EMPTY,
            asleep: !per_source,
            cpu: CpuInterface::RESET,
        }
    }

    /// Interrupts that behave as level-triggered.
    fn level(&self) -> u32 {
        !self.bank.edge | self.linked
    }

    /// The pending state that registers show.
    pub(crate) fn pending(&self) -> u32 {
        self.bank.latch | (self.bank.line & self.level())
    }

    /// Interrupts that are pending, enabled and forwarded, active or not. A
    /// linked line counts from when its physical interrupt was taken.
    #[inline]
    pub(crate) fn ready(&self, groups: GroupEnables) -> u32 {
        let line = self.bank.line & self.level() & (!self.linked | self.fired);
        (self.bank.latch | line) & self.bank.enabled & groups.select(self.bank.group)
    }

    /// Ordering key of an interrupt.
    pub(crate) fn key(&self, intid: u32) -> Key {
        Key::new(self.bank.priority_of(intid), intid)
    }

    /// The highest-priority active interrupt in no list register.
    pub(crate) fn first_active_outside(&self) -> Option<Key> {
        Ones(self.bank.active & !self.lists.resident)
            .map(|i| self.key(i))
            .min()
    }

    /// Makes SGI `intid` pending on behalf of vCPU `source`.
    pub(crate) fn raise_sgi(&mut self, intid: u32, source: usize) {
        let bit = 1 << (intid % SGIS);
        let resident = self.lists.resident & bit != 0;
        if self.per_source {
            let place = if resident {
                &mut self.arriving
            } else {
                &mut self.sources
            };
            place[(intid % SGIS) as usize] |= 1 << source;
            if !resident {
                self.bank.latch |= bit;
            }
        } else if resident {
            self.bank.queue(StateOp::SetPending, bit);
        } else {
            self.bank.latch |= bit;
        }
    }

    /// GICv2: pending sources of SGI `intid`, which is in no list register.
    pub(crate) fn sgi_sources(&self, intid: u32) -> u8 {
        self.sources[(intid % SGIS) as usize]
    }

    /// GICv2: replaces the pending sources of SGI `intid`, which is in no list
    /// register.
    pub(crate) fn set_sgi_sources(&mut self, intid: u32, sources: u8) {
        let sgi = intid % SGIS;
        self.sources[sgi as usize] = sources;
        self.bank.latch &= !(1 << sgi);
        self.bank.latch |= u32::from(sources != 0) << sgi;
    }

    /// Whether `intid` is an SGI whose sources are kept apart.
    fn has_sources(&self, intid: u32) -> bool {
        self.per_source && intid < SGIS
    }

    /// Acknowledges `intid` for the software interface and returns the source
    /// (0 unless it is a GICv2 SGI).
    pub(crate) fn acknowledge(&mut self, intid: u32) -> u8 {
        let bit = 1 << (intid % 32);
        self.bank.active |= bit;
        if !self.has_sources(intid) {
            self.bank.latch &= !bit;
            return 0;
        }
        let sources = self.sgi_sources(intid);
        let source = self.next_source(intid);
        self.set_sgi_sources(intid, sources & !(1 << source));
        self.active_source[(intid % SGIS) as usize] = source;
        source
    }

    /// The source that the next acknowledge of `intid` would report.
    pub(crate) fn next_source(&self, intid: u32) -> u8 {
        if self.has_sources(intid) {
            self.sgi_sources(intid).trailing_zeros() as u8 % 8
        } else {
            0
        }
    }

    /// Takes over what a list register says.
    pub(crate) fn fold(&mut self, slot: &Slot, state: LrState) {
        let intid = slot.lr.intid % 32;
        let bit = 1 << intid;
        if self.has_sources(intid) {
            self.fold_sgi(intid, slot, state);
            return;
        }
        self.bank
            .fold(bit, slot.latched, state.pending(), state.active());
        if slot.lr.hw.is_some() && state == LrState::Invalid {
            self.fired &= !bit;
        }
    }

    fn fold_sgi(&mut self, intid: u32, slot: &Slot, state: LrState) {
        let index = (intid % SGIS) as usize;
        let mut sources = self.sources[index];
        if slot.lr.state.pending() && !state.pending() {
            sources &= !(1u8 << (slot.lr.source % 8));
        }
        sources |= core::mem::take(&mut self.arriving[index]);
        if state.active() {
            self.active_source[index] = slot.lr.source;
        }
        self.bank
            .fold(1 << intid, false, state.pending(), state.active());
        self.set_sgi_sources(intid, sources);
    }

    /// What to put into a list register for `intid`.
    #[inline]
    pub(crate) fn entry(&self, intid: u32, groups: GroupEnables) -> Slot {
        let bit = 1 << (intid % 32);
        let active = self.bank.active & bit != 0;
        let ready = self.ready(groups) & bit != 0;
        let slot = |pending, latched, source, hw, eoi_maintenance| Slot {
            lr: Lr {
                intid,
                state: LrState::new(pending, active),
                priority: self.bank.priority_of(intid),
                group: self.bank.group_of(intid),
                source,
                hw,
                eoi_maintenance,
            },
            latched,
        };
        if self.has_sources(intid) {
            let (pending, source, more) = self.sgi_entry(intid, active, ready);
            return slot(pending, pending, source, None, more);
        }
        let latched = ready && self.bank.latch & bit != 0;
        if self.linked & bit == 0 {
            let level = ready && self.bank.line & self.level() & bit != 0;
            return slot(ready, latched, 0, None, level);
        }
        let fired = self.fired & bit != 0;
        // While it is active the line waits: its end, or what is done about
        // that, lets the line fire again. A list register with HW set cannot
        // be active and pending.
        let pending = ready && !active;
        if fired && self.link == Link::Hardware && !(active && latched) {
            slot(pending, latched && pending, 0, Some(intid as u16), false)
        } else {
            slot(pending || latched, latched, 0, None, fired)
        }
    }

    /// Pending state, source and "more are waiting" of a GICv2 SGI's entry.
    /// Sources take turns: the next one is loaded when the guest has ended the
    /// one before.
    fn sgi_entry(&self, intid: u32, active: bool, ready: bool) -> (bool, u8, bool) {
        let sources = self.sgi_sources(intid);
        if active {
            let source = self.active_source[(intid % SGIS) as usize];
            (false, source, ready && sources != 0)
        } else {
            (
                ready,
                self.next_source(intid),
                ready && sources.count_ones() > 1,
            )
        }
    }

    /// Group of private interrupt `intid`.
    pub(crate) fn group_of(&self, intid: u32) -> Group {
        self.bank.group_of(intid)
    }
}
