//! One vCPU's pass over its state: lock, fold the list registers into it,
//! change it, refill the list registers, unlock, tell other vCPUs.

use crate::bank::GroupEnables;
use crate::bits::Ones;
use crate::intid::{self, SPI_BANKS};
use crate::private::Private;
use crate::shared::Shared;
use crate::{Gic, Host, Interface, Lr, Maintenance, VcpuId};
use spin::MutexGuard;

/// A pass in progress, holding the vCPU's lock and, from when it is needed,
/// the shared one. Ends with [`Pass::finish`].
pub(crate) struct Pass<'g, H> {
    pub(crate) gic: &'g Gic,
    pub(crate) host: &'g H,
    pub(crate) me: usize,
    pub(crate) own: MutexGuard<'g, Private>,
    pub(crate) shared: Option<MutexGuard<'g, Shared>>,
    pub(crate) groups: GroupEnables,
    folded: bool,
    /// Shared interrupts that were in list registers when the pass folded.
    pub(crate) freed: [u32; SPI_BANKS],
    /// Other vCPUs to kick at the end.
    pub(crate) notify: u32,
}

impl<'g, H: Host> Pass<'g, H> {
    /// Locks vCPU `me`, the calling one.
    pub(crate) fn begin(gic: &'g Gic, host: &'g H, me: usize) -> Self {
        Self::resume(gic, host, me, gic.private(me).lock())
    }

    /// The same with the lock already taken.
    pub(crate) fn resume(
        gic: &'g Gic,
        host: &'g H,
        me: usize,
        own: MutexGuard<'g, Private>,
    ) -> Self {
        Self {
            gic,
            host,
            me,
            own,
            shared: None,
            groups: gic.groups(),
            folded: false,
            freed: [0; SPI_BANKS],
            notify: 0,
        }
    }

    /// Whether the list registers have been folded.
    pub(crate) fn is_folded(&self) -> bool {
        self.folded
    }

    /// The shared interrupts, locked until the end of the pass.
    pub(crate) fn shared(&mut self) -> &mut Shared {
        let gic = self.gic;
        self.shared.get_or_insert_with(|| gic.shared().lock())
    }

    /// Takes the content of the list registers into the model, once a pass.
    /// From here on the model is exact for everything that this vCPU held.
    pub(crate) fn fold(&mut self) {
        if core::mem::replace(&mut self.folded, true) {
            return;
        }
        if self.gic.interface() == Interface::Hardware {
            self.fold_lists();
        }
        // Of the others, the lines only matter to who reads them.
        self.sample(self.own.fired);
    }

    fn fold_lists(&mut self) {
        let used = self.own.lists.used;
        let empty = if used == 0 { 0 } else { self.host.lr_empty() };
        self.retire();
        for index in Ones(used) {
            let lr = if empty >> index & 1 != 0 {
                Lr::EMPTY
            } else {
                self.host.lr_read(index as usize)
            };
            self.fold_one(index as usize, lr);
        }
        self.own.lists.clear(used & !empty);
    }

    fn fold_one(&mut self, index: usize, lr: Lr) {
        let slot = self.own.lists.replace(index, lr);
        if let Some((bank, bit)) = intid::spi(slot.lr.intid) {
            let me = self.me;
            self.freed[bank] |= bit;
            self.shared().fold(me, bank, bit, &slot, lr.state);
        } else {
            self.own.fold(&slot, lr.state);
        }
    }

    /// Ends active interrupts that the guest ended while no list register held
    /// them. The hardware only counts those: they are taken to be the
    /// highest-priority ones, as nesting implies.
    ///
    /// With the end split in two there is no nesting, but what is deactivated
    /// is told by name. Some implementations count priority drops then.
    fn retire(&mut self) {
        if !self
            .own
            .lists
            .maintenance
            .contains(Maintenance::LIST_ENTRY_NOT_PRESENT)
        {
            return;
        }
        let count = self.host.take_eoi_count();
        if count == 0 || self.host.splits_end() {
            return;
        }
        for _ in 0..count {
            let me = self.me;
            let shared = self.shared().first_active_outside(me);
            let Some(key) = shared
                .into_iter()
                .chain(self.own.first_active_outside())
                .min()
            else {
                return;
            };
            if let Some((bank, bit)) = intid::spi(key.intid()) {
                self.freed[bank] |= bit;
                self.shared().deactivate(bank, bit);
            } else {
                self.own.bank.active &= !(1 << key.intid());
            }
        }
    }

    /// Samples the lines of all linked interrupts, for their pending state to
    /// be read by this vCPU or another.
    pub(crate) fn sample_lines(&mut self) {
        self.sample(self.own.linked);
    }

    fn sample(&mut self, linked: u32) {
        let host = self.host;
        let high = Ones(linked)
            .filter(|i| host.line(*i))
            .fold(0, |all, i| all | 1 << i);
        self.own.bank.line = (self.own.bank.line & !linked) | high;
    }

    /// Lets linked interrupts fire again whose line fell before the guest saw
    /// them, or that software ended.
    fn free_lines(&mut self) {
        let (own, host) = (&mut *self.own, self.host);
        let over = own.fired & !own.bank.line & !own.bank.active;
        own.fired &= !over;
        Ones(over).for_each(|i| host.deactivate(i));
    }

    /// Notes that the shared interrupts in `bits` of `bank` changed; folds, so
    /// that the end of the pass refills, when that concerns this vCPU.
    pub(crate) fn touch(&mut self, bank: usize, bits: u32) {
        let (gic, me) = (self.gic, self.me);
        let concerned = gic.touch(self.shared(), bank, bits);
        self.notify |= concerned & !(1 << me);
        if concerned >> me & 1 != 0 {
            self.fold();
        }
    }

    /// Refills the list registers if they were folded, unlocks, and kicks the
    /// vCPUs that have to follow.
    pub(crate) fn finish(mut self) {
        if self.folded {
            self.settle();
        }
        self.release();
    }

    /// Refills the list registers after they were folded.
    pub(crate) fn settle(&mut self) {
        self.folded = false;
        self.free_lines();
        self.refill();
        self.hand_over();
    }

    /// Empties the list registers for good: the vCPU leaves its core.
    pub(crate) fn finish_unloaded(mut self) {
        self.fold();
        for index in Ones(core::mem::take(&mut self.own.lists.stale)) {
            self.host.lr_write(index as usize, Lr::EMPTY);
            self.own.lists.replace(index as usize, Lr::EMPTY);
        }
        let fired = core::mem::take(&mut self.own.fired);
        Ones(fired).for_each(|i| self.host.deactivate(i));
        if self.gic.interface() == Interface::Hardware {
            self.set_maintenance(Maintenance::empty());
        }
        self.hand_over();
        self.release();
    }

    /// Tells other vCPUs about interrupts that this one no longer holds.
    fn hand_over(&mut self) {
        for bank in 0..SPI_BANKS {
            let me = self.me;
            let freed = self.freed[bank];
            if freed == 0 {
                continue;
            }
            let gic = self.gic;
            let shared = self.shared();
            let gone = freed & !shared.loaded(me, bank);
            let concerned = gic.touch(shared, bank, gone);
            self.notify |= concerned & !(1 << me);
        }
    }

    fn release(self) {
        let Self {
            gic,
            host,
            me,
            own,
            shared,
            notify,
            ..
        } = self;
        drop(shared);
        drop(own);
        gic.kick(host, notify & !(1 << me));
    }

    pub(crate) fn set_maintenance(&mut self, conditions: Maintenance) {
        let old = core::mem::replace(&mut self.own.lists.maintenance, conditions);
        if old != conditions {
            if (conditions - old).contains(Maintenance::LIST_ENTRY_NOT_PRESENT) {
                // Until now every active interrupt was in a list register: what
                // was counted are ends of interrupts that were not active.
                let _ = self.host.take_eoi_count();
            }
            self.host.set_maintenance(conditions);
        }
    }
}

impl Gic {
    /// Kicks the vCPUs of a mask; call with no lock held.
    pub(crate) fn kick(&self, host: &impl Host, vcpus: u32) {
        for vcpu in Ones(vcpus) {
            host.kick(VcpuId(vcpu as u8));
        }
    }
}
