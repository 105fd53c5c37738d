//! Deciding what a vCPU is offered: filling its list registers, or finding
//! the interrupt that the software interface signals.

use crate::bits::Ones;
use crate::intid;
use crate::pass::Pass;
use crate::plan::{Key, Plan};
use crate::private::Slot;
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
        let mut plan = Plan::default();
        self.plan_private(&mut plan);
        self.plan_shared(&mut plan);
        let choice = plan.choose(self.host.lr_count());
        for (index, key) in choice.chosen.iter().enumerate() {
            self.load(index, *key, choice.pending_left);
        }
        let unused = self.own.lists.stale & !self.own.lists.used;
        for index in Ones(unused) {
            self.host.lr_write(index as usize, Lr::EMPTY);
            self.own.lists.slots[index as usize].lr = Lr::EMPTY;
        }
        self.own.lists.stale = 0;
        let mut conditions = Maintenance::empty();
        conditions.set(Maintenance::NO_PENDING, choice.pending_left);
        conditions.set(Maintenance::LIST_ENTRY_NOT_PRESENT, choice.active_left);
        self.set_maintenance(conditions);
    }

    fn plan_private(&self, plan: &mut Plan) {
        let own = &*self.own;
        let active = own.bank.active;
        Ones(active).for_each(|i| plan.add_active(own.key(i)));
        Ones(own.ready(self.groups) & !active).for_each(|i| plan.add_pending(own.key(i)));
    }

    /// Adds the shared interrupts, and forgets the hints for banks in which
    /// nothing concerns this vCPU any more.
    fn plan_shared(&mut self, plan: &mut Plan) {
        let (gic, me, groups) = (self.gic, self.me, self.groups);
        if gic.waiting().banks(me) == 0 {
            return;
        }
        let shared = self.shared();
        let hinted = gic.waiting().banks(me);
        let mut waiting = hinted;
        for number in Ones(hinted) {
            let bank = number as usize;
            let held = shared.held(bank) & !shared.loaded(me, bank);
            let active = shared.active_at[me][bank];
            let ready = shared.ready(me, bank, groups) & !shared.banks[bank].active;
            Ones(active & !held).for_each(|i| plan.add_active(shared.key(bank, i)));
            Ones(ready & !held).for_each(|i| plan.add_pending(shared.key(bank, i)));
            if active | ready == 0 {
                waiting &= !(1 << number);
            }
        }
        gic.waiting().set(me, waiting);
    }

    fn load(&mut self, index: usize, key: Key, crowded: bool) {
        let (me, groups) = (self.me, self.groups);
        let fitting = |slot: Slot| if crowded { slot.yielding() } else { slot };
        if let Some((bank, bit)) = intid::spi(key.intid()) {
            let entry = self.shared().entry(me, bank, bit.trailing_zeros(), groups);
            let slot = fitting(entry);
            self.shared().load(me, bank, bit);
            self.write(index, &slot);
            self.own.lists.place_spi(index, slot);
        } else {
            let slot = fitting(self.own.entry(key.intid(), groups));
            self.write(index, &slot);
            self.own.lists.place_private(index, slot);
        }
    }

    /// Writes a list register unless it already holds that.
    fn write(&self, index: usize, slot: &Slot) {
        if self.own.lists.slots[index].lr != slot.lr {
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
        self.own.lists.place_private(index, slot);
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
