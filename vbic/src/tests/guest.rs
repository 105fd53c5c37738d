//! What guests do at the virtual CPU interface, which behaves as the
//! architecture says; or at the software interface, where that is in use.

use super::mock::{Core, Machine, NONE, STORM};
use crate::{LrState, VcpuId};
use std::vec::Vec;

impl Core {
    /// Whether a list register holds `intid` as active.
    fn holds_active(&self, intid: u32) -> bool {
        let lrs = self.lrs.borrow();
        lrs.iter()
            .any(|lr| lr.intid == intid % 1024 && lr.state.active())
    }
}

impl Machine {
    /// Software interface: both groups, through the same registers, unmasked.
    pub(super) fn open_interface(&self, vcpu: usize) {
        self.gicc_write(vcpu, 0x00, 7);
        self.gicc_write(vcpu, 0x04, 0xff);
    }

    pub(super) fn set_split(&self, vcpu: usize, split: bool) {
        self.cores[vcpu].split.set(split);
    }

    /// Running priority; 0xff when idle.
    pub(super) fn running(&self, vcpu: usize) -> u8 {
        self.cores[vcpu]
            .running
            .borrow()
            .last()
            .copied()
            .unwrap_or(0xff)
    }

    /// Acknowledges the best pending interrupt that preempts; the source of a
    /// GICv2 SGI is in bits 12:10.
    pub(super) fn ack(&self, vcpu: usize) -> u32 {
        if self.software {
            return self.gicc_read(vcpu, 0x0c);
        }
        let running = self.running(vcpu);
        let core = &self.cores[vcpu];
        let mut taken = NONE;
        {
            let mut lrs = core.lrs.borrow_mut();
            let pending = lrs.iter_mut().filter(|lr| lr.state == LrState::Pending);
            let best = pending.min_by_key(|lr| (lr.priority, lr.intid));
            if let Some(lr) = best.filter(|lr| lr.priority < running) {
                lr.state = LrState::Active;
                core.running.borrow_mut().push(lr.priority);
                taken = lr.intid | u32::from(lr.source) << 10;
            }
        }
        self.settle();
        taken
    }

    /// End of interrupt: priority drop, and deactivation unless split.
    pub(super) fn eoi(&self, vcpu: usize, intid: u32) {
        if self.software {
            self.gicc_write(vcpu, 0x10, intid);
            return;
        }
        let core = &self.cores[vcpu];
        core.running.borrow_mut().pop();
        if !core.split.get() {
            self.deactivate(vcpu, intid);
        } else if self.traps.get() && !core.holds_active(intid) {
            // As some implementations do.
            core.eoi_count.set(core.eoi_count.get() + 1);
        }
        self.settle();
    }

    /// `DIR`.
    pub(super) fn dir(&self, vcpu: usize, intid: u32) {
        if self.traps.get() {
            let id = VcpuId(vcpu as u8);
            self.gic.deactivate(&self.host(vcpu), id, intid);
        } else {
            self.deactivate(vcpu, intid);
        }
        self.settle();
    }

    fn deactivate(&self, vcpu: usize, intid: u32) {
        let core = &self.cores[vcpu];
        let mut lrs = core.lrs.borrow_mut();
        let held = lrs
            .iter_mut()
            .find(|lr| lr.intid == intid % 1024 && lr.state.active());
        let Some(lr) = held else {
            core.eoi_count.set(core.eoi_count.get() + 1);
            return;
        };
        lr.state = LrState::new(lr.state.pending(), false);
        if let Some(physical) = lr.hw {
            core.physical_active
                .set(core.physical_active.get() & !(1 << physical));
        }
    }

    /// Acknowledges and ends everything that is signalled, in order.
    pub(super) fn drain(&self, vcpu: usize) -> Vec<u32> {
        let mut taken = Vec::new();
        loop {
            let intid = self.ack(vcpu);
            if intid == NONE {
                return taken;
            }
            taken.push(intid);
            assert!(taken.len() < STORM, "never drains: {taken:?}");
            self.eoi(vcpu, intid);
        }
    }
}
