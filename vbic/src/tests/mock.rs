//! A machine to test on: cores with list registers, a virtual CPU interface
//! that behaves as the architecture says, physical lines, and guests.

use crate::{
    AccessSize, Config, Frame, Gic, Host, Interface, Link, Lr, LrState, Maintenance, VcpuId,
    Version,
};
use std::cell::{Cell, RefCell};
use std::vec::Vec;

/// More rounds than any settling needs; beyond, something feeds itself.
pub(super) const STORM: usize = 200;

#[derive(Default)]
pub(super) struct Core {
    pub(super) lrs: RefCell<Vec<Lr>>,
    pub(super) maintenance: Cell<Maintenance>,
    pub(super) eoi_count: Cell<u32>,
    /// Priorities of what was acknowledged and not yet ended.
    pub(super) running: RefCell<Vec<u8>>,
    /// `EOImode`.
    pub(super) split: Cell<bool>,
    lines: Cell<u32>,
    pub(super) physical_active: Cell<u32>,
    kicked: Cell<bool>,
    /// List-register accesses, for tests of the fast paths.
    pub(super) writes: Cell<u32>,
    pub(super) reads: Cell<u32>,
}

pub(super) struct Machine {
    pub(super) gic: Gic,
    pub(super) cores: Vec<Core>,
    pub(super) software: bool,
    link: Link,
    /// Kicks are served by [`Machine::settle`] only when set.
    pub(super) prompt: Cell<bool>,
    pub(super) kicks: Cell<u32>,
    /// Deactivations trap.
    pub(super) traps: Cell<bool>,
}

/// The interrupts that the machine links: virtual timer, physical timer.
pub(super) const LINKED: u32 = 1 << 27 | 1 << 30;
/// "Nothing to acknowledge".
pub(super) const NONE: u32 = 1023;

pub(super) struct CoreHost<'a> {
    machine: &'a Machine,
    me: usize,
}

impl CoreHost<'_> {
    fn core(&self) -> &Core {
        &self.machine.cores[self.me]
    }
}

impl Host for CoreHost<'_> {
    fn lr_count(&self) -> usize {
        assert!(!self.machine.software);
        self.core().lrs.borrow().len()
    }

    fn lr_read(&self, index: usize) -> Lr {
        self.core().reads.set(self.core().reads.get() + 1);
        let lr = self.core().lrs.borrow()[index];
        // What comes back went through the hardware's encodings.
        assert_eq!(Lr::from_gich(lr.to_gich()), lr);
        assert_eq!(Lr::from_ich(lr.to_ich()), lr);
        lr
    }

    fn lr_write(&self, index: usize, lr: Lr) {
        let both = lr.hw.is_some() && lr.state == LrState::PendingActive;
        let link = self.machine.link;
        assert!(lr.hw.is_none() || link == Link::Hardware);
        assert!(!both, "linked list register active and pending");
        assert!(!(lr.hw.is_some() && lr.eoi_maintenance));
        self.core().writes.set(self.core().writes.get() + 1);
        self.core().lrs.borrow_mut()[index] = lr;
    }

    fn lr_empty(&self) -> u32 {
        let lrs = self.core().lrs.borrow();
        let empty = |lr: &Lr| lr.state == LrState::Invalid && !lr.eoi_maintenance;
        lrs.iter()
            .enumerate()
            .map(|(i, lr)| u32::from(empty(lr)) << i)
            .sum()
    }

    fn set_maintenance(&self, conditions: Maintenance) {
        self.core().maintenance.set(conditions);
    }

    fn take_eoi_count(&self) -> u32 {
        self.core().eoi_count.take()
    }

    fn splits_end(&self) -> bool {
        self.machine.traps.get() && self.core().split.get()
    }

    fn kick(&self, target: VcpuId) {
        assert_ne!(target.index(), self.me, "kicked itself");
        self.machine.assert_unlocked();
        self.machine.kicks.set(self.machine.kicks.get() + 1);
        self.machine.cores[target.index()].kicked.set(true);
    }

    fn sync_remote(&self, target: VcpuId) {
        assert_ne!(target.index(), self.me);
        self.machine.assert_unlocked();
        self.machine.cores[target.index()].kicked.set(false);
        self.machine.sync(target.index());
    }

    fn line(&self, intid: u32) -> bool {
        self.core().lines.get() >> intid & 1 != 0
    }

    fn deactivate(&self, intid: u32) {
        let active = self.core().physical_active.get();
        assert!(active >> intid & 1 != 0, "deactivated twice");
        self.core().physical_active.set(active & !(1 << intid));
    }
}

impl Machine {
    pub(super) fn new(version: Version, vcpus: usize, lrs: usize) -> Self {
        Self::linked_by(Link::Hardware, version, vcpus, lrs)
    }

    /// A machine on which linked interrupts end in a certain way.
    pub(super) fn linked_by(link: Link, version: Version, vcpus: usize, lrs: usize) -> Self {
        let config = Config {
            version,
            interface: Interface::Hardware,
            vcpus,
            linked: LINKED,
            link,
        };
        Self::with(config, lrs)
    }

    pub(super) fn software(vcpus: usize) -> Self {
        let (version, interface) = (Version::V2, Interface::Software);
        Self::with(
            Config {
                version,
                interface,
                vcpus,
                linked: LINKED,
                link: Link::Hardware,
            },
            0,
        )
    }

    fn with(config: Config, lrs: usize) -> Self {
        let core = || Core {
            lrs: RefCell::new(std::vec![Lr::EMPTY; lrs]),
            ..Core::default()
        };
        Self {
            gic: Gic::new(config),
            cores: (0..config.vcpus).map(|_| core()).collect(),
            software: config.interface == Interface::Software,
            link: config.link,
            prompt: Cell::new(true),
            kicks: Cell::new(0),
            traps: Cell::new(true),
        }
    }

    /// A machine whose distributor forwards both groups.
    pub(super) fn enabled(version: Version, vcpus: usize, lrs: usize) -> Self {
        let machine = Self::new(version, vcpus, lrs);
        machine.write(0, 0, 3);
        machine
    }

    pub(super) fn host(&self, me: usize) -> CoreHost<'_> {
        CoreHost { machine: self, me }
    }

    fn assert_unlocked(&self) {
        assert!(!self.gic.shared().is_locked(), "shared lock held");
        let locked = (0..self.cores.len()).any(|v| self.gic.private(v).is_locked());
        assert!(!locked, "vCPU lock held");
    }

    pub(super) fn sync(&self, vcpu: usize) {
        self.gic.sync(&self.host(vcpu), VcpuId(vcpu as u8));
    }

    // Register accesses, all by word unless said.

    pub(super) fn access_read(&self, vcpu: usize, frame: Frame, at: u64, size: AccessSize) -> u64 {
        let value = self
            .gic
            .read(&self.host(vcpu), VcpuId(vcpu as u8), frame, at, size);
        self.settle();
        value
    }

    pub(super) fn access_write(
        &self,
        vcpu: usize,
        frame: Frame,
        at: u64,
        size: AccessSize,
        value: u64,
    ) {
        self.gic
            .write(&self.host(vcpu), VcpuId(vcpu as u8), frame, at, size, value);
        self.settle();
    }

    pub(super) fn read(&self, vcpu: usize, at: u64) -> u32 {
        self.access_read(vcpu, Frame::Distributor, at, AccessSize::Word) as u32
    }

    pub(super) fn write(&self, vcpu: usize, at: u64, value: u32) {
        self.access_write(vcpu, Frame::Distributor, at, AccessSize::Word, value.into());
    }

    pub(super) fn write_byte(&self, vcpu: usize, at: u64, value: u8) {
        self.access_write(vcpu, Frame::Distributor, at, AccessSize::Byte, value.into());
    }

    pub(super) fn redist_read(&self, vcpu: usize, at: u64) -> u32 {
        self.access_read(vcpu, Frame::Redistributors, at, AccessSize::Word) as u32
    }

    pub(super) fn redist_write(&self, vcpu: usize, at: u64, value: u32) {
        self.access_write(
            vcpu,
            Frame::Redistributors,
            at,
            AccessSize::Word,
            value.into(),
        );
    }

    pub(super) fn gicc_read(&self, vcpu: usize, at: u64) -> u32 {
        self.access_read(vcpu, Frame::CpuInterface, at, AccessSize::Word) as u32
    }

    pub(super) fn gicc_write(&self, vcpu: usize, at: u64, value: u32) {
        self.access_write(
            vcpu,
            Frame::CpuInterface,
            at,
            AccessSize::Word,
            value.into(),
        );
    }

    // Devices and lines.

    pub(super) fn spi(&self, intid: u32, level: bool) {
        self.gic
            .set_spi(&self.host(0), Some(VcpuId(0)), intid, level);
        self.settle();
    }

    pub(super) fn ppi(&self, vcpu: usize, intid: u32, level: bool) {
        self.gic
            .set_ppi(&self.host(vcpu), VcpuId(vcpu as u8), intid, level);
        self.settle();
    }

    /// Moves a physical line of a linked interrupt.
    pub(super) fn line(&self, vcpu: usize, intid: u32, level: bool) {
        let lines = &self.cores[vcpu].lines;
        lines.set((lines.get() & !(1 << intid)) | u32::from(level) << intid);
        self.settle();
    }

    pub(super) fn physically_active(&self, vcpu: usize, intid: u32) -> bool {
        self.cores[vcpu].physical_active.get() >> intid & 1 != 0
    }

    /// Whether the maintenance interrupt is asserted.
    fn maintenance(&self, vcpu: usize) -> bool {
        let core = &self.cores[vcpu];
        let lrs = core.lrs.borrow();
        let on = core.maintenance.get();
        let ended = lrs
            .iter()
            .any(|lr| lr.state == LrState::Invalid && lr.eoi_maintenance);
        let pending = lrs.iter().any(|lr| lr.state == LrState::Pending);
        let valid = lrs.iter().filter(|lr| lr.state != LrState::Invalid).count();
        ended
            || on.contains(Maintenance::NO_PENDING) && !pending
            || on.contains(Maintenance::LIST_ENTRY_NOT_PRESENT) && core.eoi_count.get() > 0
            || on.contains(Maintenance::UNDERFLOW) && valid <= 1
    }

    /// Lets everything asynchronous happen: physical interrupts, kicks (when
    /// prompt), maintenance interrupts.
    pub(super) fn settle(&self) {
        for _ in 0..STORM {
            let busy = (0..self.cores.len()).any(|v| self.step(v));
            if !busy {
                return;
            }
        }
        panic!("interrupts never settle");
    }

    fn step(&self, vcpu: usize) -> bool {
        let core = &self.cores[vcpu];
        let fires = core.lines.get() & LINKED & !core.physical_active.get();
        if fires != 0 {
            let intid = fires.trailing_zeros();
            core.physical_active
                .set(core.physical_active.get() | 1 << intid);
            self.gic
                .linked_fired(&self.host(vcpu), VcpuId(vcpu as u8), intid);
            return true;
        }
        let kicked = self.prompt.get() && core.kicked.take();
        if kicked || self.maintenance(vcpu) {
            self.sync(vcpu);
            return true;
        }
        false
    }
}
