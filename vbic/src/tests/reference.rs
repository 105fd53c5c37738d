//! The slow, obvious interrupt controller: one record an interrupt, no list
//! registers, every effect immediate.

use super::mock::NONE;
use crate::Version;
use std::vec::Vec;

#[derive(Clone, Default)]
struct Irq {
    enabled: bool,
    latch: bool,
    /// GICv2 SGIs: who asked.
    sources: u8,
    active_source: u32,
    line: bool,
    edge: bool,
    priority: u8,
    group1: bool,
    targets: u8,
    /// The vCPU on which it is active.
    active_on: Option<usize>,
}

impl Irq {
    fn pending(&self) -> bool {
        self.latch || self.sources != 0 || (self.line && !self.edge)
    }
}

pub(super) struct Reference {
    version: Version,
    groups: u32,
    private: Vec<Vec<Irq>>,
    shared: Vec<Irq>,
    /// Priorities of what each vCPU handles.
    running: Vec<Vec<u8>>,
}

impl Reference {
    pub(super) fn new(version: Version, vcpus: usize) -> Self {
        let v2 = version == Version::V2;
        let private = |i| Irq {
            enabled: v2 && i < 16,
            edge: i < 16,
            ..Irq::default()
        };
        let targets = u8::from(!v2 || vcpus == 1);
        Self {
            version,
            groups: 0,
            private: std::vec![(0..32).map(private).collect(); vcpus],
            shared: std::vec![Irq { targets, ..Irq::default() }; 256],
            running: std::vec![Vec::new(); vcpus],
        }
    }

    fn irq(&mut self, vcpu: usize, intid: u32) -> &mut Irq {
        match intid {
            0..32 => &mut self.private[vcpu][intid as usize],
            _ => &mut self.shared[intid as usize - 32],
        }
    }

    pub(super) fn set_groups(&mut self, groups: u32) {
        self.groups = groups;
    }

    pub(super) fn enable(&mut self, vcpu: usize, intid: u32, on: bool) {
        self.irq(vcpu, intid).enabled = on;
    }

    pub(super) fn set_pending(&mut self, vcpu: usize, intid: u32, on: bool) {
        self.irq(vcpu, intid).latch = on;
    }

    pub(super) fn set_active(&mut self, vcpu: usize, intid: u32, on: bool) {
        let goes_to = if intid < 32 {
            Some(vcpu)
        } else {
            self.target(intid)
        };
        let irq = self.irq(vcpu, intid);
        // Active nowhere is still active.
        let place = irq.active_on.or(goes_to).unwrap_or(usize::MAX);
        irq.active_on = on.then_some(place);
    }

    pub(super) fn line(&mut self, vcpu: usize, intid: u32, level: bool) {
        let irq = self.irq(vcpu, intid);
        irq.latch |= irq.edge && level && !irq.line;
        irq.line = level;
    }

    pub(super) fn edge(&mut self, vcpu: usize, intid: u32, edge: bool) {
        self.irq(vcpu, intid).edge = edge;
    }

    pub(super) fn priority(&mut self, vcpu: usize, intid: u32, priority: u8) {
        self.irq(vcpu, intid).priority = priority & 0xf8;
    }

    pub(super) fn group(&mut self, vcpu: usize, intid: u32, group1: bool) {
        self.irq(vcpu, intid).group1 = group1;
    }

    pub(super) fn targets(&mut self, intid: u32, targets: u8) {
        self.irq(0, intid).targets = targets;
    }

    pub(super) fn sgi(&mut self, from: usize, to: usize, intid: u32) {
        let v2 = self.version == Version::V2;
        let irq = self.irq(to, intid);
        if v2 {
            irq.sources |= 1 << from;
        } else {
            irq.latch = true;
        }
    }

    /// The vCPU that a shared interrupt goes to: the lowest it may go to.
    fn target(&mut self, intid: u32) -> Option<usize> {
        let targets = self.irq(0, intid).targets;
        (targets != 0).then(|| targets.trailing_zeros() as usize)
    }

    pub(super) fn is_pending(&mut self, vcpu: usize, intid: u32) -> bool {
        self.irq(vcpu, intid).pending()
    }

    pub(super) fn is_active(&mut self, vcpu: usize, intid: u32) -> bool {
        self.irq(vcpu, intid).active_on.is_some()
    }

    fn deliverable(&mut self, vcpu: usize, intid: u32) -> bool {
        let here = intid < 32 || self.target(intid) == Some(vcpu);
        let groups = self.groups;
        let irq = self.irq(vcpu, intid);
        let forwarded = groups >> u32::from(irq.group1) & 1 != 0;
        here && forwarded && irq.enabled && irq.pending() && irq.active_on.is_none()
    }

    pub(super) fn ack(&mut self, vcpu: usize) -> u32 {
        let ready: Vec<u32> = (0..288).filter(|i| self.deliverable(vcpu, *i)).collect();
        let best = ready
            .into_iter()
            .min_by_key(|i| (self.irq(vcpu, *i).priority, *i));
        let running = self.running[vcpu].last().copied().unwrap_or(0xff);
        let Some(intid) = best.filter(|i| self.irq(vcpu, *i).priority < running) else {
            return NONE;
        };
        let irq = self.irq(vcpu, intid);
        irq.latch = false;
        irq.active_on = Some(vcpu);
        let priority = irq.priority;
        let source = if irq.sources == 0 {
            0
        } else {
            irq.sources.trailing_zeros()
        };
        irq.sources &= irq.sources.wrapping_sub(1);
        irq.active_source = source;
        self.running[vcpu].push(priority);
        intid | source << 10
    }

    pub(super) fn drop_priority(&mut self, vcpu: usize) {
        self.running[vcpu].pop();
    }

    pub(super) fn deactivate(&mut self, vcpu: usize, intid: u32) {
        let irq = self.irq(vcpu, intid % 1024);
        if irq.active_on == Some(vcpu) {
            irq.active_on = None;
        }
    }
}
