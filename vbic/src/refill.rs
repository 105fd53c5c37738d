//! Deciding what a vCPU is offered: filling its list registers, or finding
//! the interrupt that the software interface signals.

use crate::bits::Ones;
use crate::intid::{self, SPI_BANKS, of_spi};
use crate::lists::Slot;
use crate::pass::Pass;
use crate::plan::{Key, Plan};
use crate::soft::Candidate;
use crate::{Group, Host, Interface, Lr, MAX_LIST_REGISTERS, Maintenance};

impl<H: Host> Pass<'_, H> {
    /// Offers the folded state to the guest.
    pub(crate) fn refill(&mut self) {
        match self.gic.interface() {
            Interface::Hardware => self.refill_lists(),
            Interface::Software => {
                let best = self.best();
                let signal = self.own.cpu.signal(best);
                self.gic.set_signal(self.me, signal);
            }
        }
    }

    fn refill_lists(&mut self) {
        let own = self.own.ready(self.groups) | self.own.bank.active;
        let (shared, shared_count) = self.shared_candidates();
        let count = (own.count_ones() + shared_count) as usize;
        let room = self.host.lr_count().min(MAX_LIST_REGISTERS);
        let conditions = if count <= room {
            self.load_all(own, &shared);
            Maintenance::empty()
        } else {
            self.load_best(own, &shared, room)
        };
        let unused = self.own.lists.stale & !self.own.lists.used;
        for index in Ones(unused) {
            self.host.lr_write(index as usize, Lr::EMPTY);
            self.own.lists.replace(index as usize, Lr::EMPTY);
        }
        self.own.lists.stale = 0;
        self.set_maintenance(conditions);
    }

    /// The shared interrupts that want a list register, and their number.
    /// Forgets the hints for banks in which nothing concerns this vCPU any
    /// more.
    fn shared_candidates(&mut self) -> ([u32; SPI_BANKS], u32) {
        let (gic, me, groups) = (self.gic, self.me, self.groups);
        let mut candidates = [0; SPI_BANKS];
        if gic.waiting().banks(me) == 0 {
            return (candidates, 0);
        }
        let shared = self.shared();
        let hinted = gic.waiting().banks(me);
        let (mut waiting, mut count) = (hinted, 0);
        for number in Ones(hinted) {
            let bank = number as usize % SPI_BANKS;
            let elsewhere = shared.held(bank) & !shared.loaded(me, bank);
            let ready = shared.ready(me, bank, groups) & !shared.banks[bank].active;
            let wanted = shared.active_at[me][bank] | ready;
            candidates[bank] = wanted & !elsewhere;
            count += candidates[bank].count_ones();
            if wanted == 0 {
                waiting &= !(1 << number);
            }
        }
        gic.waiting().set(me, waiting);
        (candidates, count)
    }

    /// Loads everything: it fits.
    fn load_all(&mut self, own: u32, shared: &[u32; SPI_BANKS]) {
        let spis = shared.iter().enumerate();
        let spis = spis.flat_map(|(bank, bits)| Ones(*bits).map(move |bit| of_spi(bank, bit)));
        for (index, intid) in Ones(own).chain(spis).enumerate() {
            self.load(index, intid, false);
        }
    }

    /// Loads what is best when there is not enough room.
    fn load_best(&mut self, own: u32, shared: &[u32; SPI_BANKS], room: usize) -> Maintenance {
        let mut plan = Plan::default();
        for intid in Ones(own) {
            plan.add(self.own.key(intid), self.own.bank.active >> intid & 1 != 0);
        }
        for (bank, bits) in shared.iter().enumerate() {
            for bit in Ones(*bits) {
                let state = self.shared();
                plan.add(
                    state.key(bank, bit),
                    state.banks[bank].active >> bit & 1 != 0,
                );
            }
        }
        let choice = plan.choose(room);
        for (index, key) in choice.chosen.iter().enumerate() {
            self.load(index, key.intid(), choice.pending_left);
        }
        let mut conditions = Maintenance::empty();
        conditions.set(Maintenance::NO_PENDING, choice.pending_left);
        conditions.set(Maintenance::LIST_ENTRY_NOT_PRESENT, choice.active_left);
        conditions
    }

    fn load(&mut self, index: usize, intid: u32, crowded: bool) {
        let (me, groups) = (self.me, self.groups);
        let fitting = |slot: Slot| if crowded { slot.yielding() } else { slot };
        if let Some((bank, bit)) = intid::spi(intid) {
            let entry = self.shared().entry(me, bank, bit.trailing_zeros(), groups);
            let slot = fitting(entry);
            self.shared().load(me, bank, bit);
            self.write(index, &slot);
            self.own.lists.place(index, &slot);
        } else {
            let slot = fitting(self.own.entry(intid, groups));
            self.write(index, &slot);
            self.own.lists.place(index, &slot);
        }
    }

    /// Writes a list register unless it already holds that.
    fn write(&self, index: usize, slot: &Slot) {
        if !self.own.lists.holds(index, slot.lr) {
            self.host.lr_write(index, slot.lr);
        }
    }

    /// Puts private interrupt `intid` into a free list register at once, when
    /// nothing competes for list registers. Says whether that was possible.
    ///
    /// The caller has made sure that it is in none.
    #[inline]
    pub(crate) fn insert(&mut self, intid: u32) -> bool {
        if self.gic.interface() == Interface::Software {
            return false;
        }
        let lists = &self.own.lists;
        let count = self.host.lr_count().min(MAX_LIST_REGISTERS);
        let index = lists.used.trailing_ones() as usize;
        if index >= count || lists.stale != 0 || !lists.maintenance.is_empty() {
            return false;
        }
        let slot = self.own.entry(intid, self.groups);
        self.host.lr_write(index, slot.lr);
        self.own.lists.place(index, &slot);
        true
    }

    /// The pending interrupt that the software interface would acknowledge
    /// next, whatever its mask and running priority say.
    pub(crate) fn best(&mut self) -> Option<Candidate> {
        let (me, groups) = (self.me, self.groups);
        let enabled = self.own.cpu.groups();
        let own = &*self.own;
        let idle = own.ready(groups) & enabled.select(own.bank.group) & !own.bank.active;
        let mut best = Ones(idle)
            .map(|i| (own.key(i), own.group_of(i)))
            .min_by_key(|(k, _)| *k);
        let hinted = self.gic.waiting().banks(me);
        for bank in Ones(hinted) {
            let bank = bank as usize;
            let shared = &*self.shared();
            let state = &shared.banks[bank];
            let ready = shared.ready(me, bank, groups) & !state.active;
            let found = Ones(ready & enabled.select(state.group))
                .map(|i| (shared.key(bank, i), state.group_of(i)));
            best = best.into_iter().chain(found).min_by_key(|(k, _)| *k);
        }
        best.map(|(key, group): (Key, Group)| Candidate { key, group })
    }
}
