//! Whatever guests and devices do, the controller delivers exactly what the
//! slow reference delivers: nothing lost, nothing while disabled, in order of
//! priority, levels again while high.

use super::mock::{LINKED, Machine, NONE};
use super::reference::Reference;
use crate::{AccessSize, Frame, Link, SgiRegister, VcpuId, Version};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// The interrupts that take part: SGIs, an emulated and two linked PPIs, SPIs
/// of two banks.
pub(super) const INTIDS: [u32; 12] = [1, 2, 23, 27, 30, 32, 33, 34, 35, 64, 65, 95];

#[derive(Clone, Debug)]
pub(super) enum Step {
    Groups(u32),
    Enable(u32, bool),
    Pending(u32, bool),
    Active(u32, bool),
    Line(u32, bool),
    Edge(u32, bool),
    Priority(u32, u8),
    Group(u32, bool),
    Targets(u32, u8),
    Sgi(usize, u32),
    Ack,
    End,
    Drop,
    Deactivate(usize),
    Check,
    Sync,
    Reload,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let intid = || prop::sample::select(INTIDS.to_vec());
    let mostly = prop::bool::weighted(0.8);
    prop_oneof![
        1 => (0..8u32).prop_map(|g| Step::Groups(if g > 3 { 3 } else { g })),
        4 => (intid(), mostly).prop_map(|(i, on)| Step::Enable(i, on)),
        4 => (intid(), any::<bool>()).prop_map(|(i, on)| Step::Pending(i, on)),
        2 => (intid(), any::<bool>()).prop_map(|(i, on)| Step::Active(i, on)),
        8 => (intid(), any::<bool>()).prop_map(|(i, on)| Step::Line(i, on)),
        2 => (intid(), any::<bool>()).prop_map(|(i, on)| Step::Edge(i, on)),
        4 => (intid(), 0..6u8).prop_map(|(i, p)| Step::Priority(i, p * 0x20)),
        1 => (intid(), any::<bool>()).prop_map(|(i, on)| Step::Group(i, on)),
        3 => (intid(), any::<u8>()).prop_map(|(i, t)| Step::Targets(i, t)),
        4 => (0..4usize, 1..3u32).prop_map(|(to, i)| Step::Sgi(to, i)),
        12 => Just(Step::Ack),
        8 => Just(Step::End),
        2 => Just(Step::Drop),
        2 => any::<usize>().prop_map(Step::Deactivate),
        2 => Just(Step::Check),
        1 => Just(Step::Sync),
        1 => Just(Step::Reload),
    ]
}

/// The controller and the reference, driven in step.
pub(super) struct Pair {
    pub(super) m: Machine,
    r: Reference,
    pub(super) version: Version,
    pub(super) vcpus: usize,
    /// List registers never run out: steps whose effect depends on knowing
    /// which interrupt ended are allowed.
    roomy: bool,
    /// What each vCPU acknowledged and did not end.
    pub(super) handling: Vec<Vec<u32>>,
    /// What each vCPU ended without deactivating.
    dropped: Vec<Vec<u32>>,
}

impl Pair {
    pub(super) fn new(version: Version, vcpus: usize, lrs: usize) -> Self {
        Self::linked_by(Link::Hardware, version, vcpus, lrs)
    }

    /// With linked interrupts that end in a certain way.
    fn linked_by(link: Link, version: Version, vcpus: usize, lrs: usize) -> Self {
        let roomy = lrs >= INTIDS.len();
        let m = Machine::linked_by(link, version, vcpus, lrs);
        m.write(0, 0, 3);
        Self::start(m, version, vcpus, roomy)
    }

    /// With the software CPU interface instead of list registers.
    fn software(vcpus: usize) -> Self {
        let m = Machine::software(vcpus);
        m.write(0, 0, 3);
        (0..vcpus).for_each(|v| m.open_interface(v));
        Self::start(m, Version::V2, vcpus, true)
    }

    fn start(m: Machine, version: Version, vcpus: usize, roomy: bool) -> Self {
        let mut pair = Self {
            m,
            r: Reference::new(version, vcpus),
            version,
            vcpus,
            roomy,
            handling: vec![Vec::new(); vcpus],
            dropped: vec![Vec::new(); vcpus],
        };
        pair.r.set_groups(3);
        for v in 0..vcpus {
            INTIDS.iter().for_each(|i| pair.enable(v, *i, true));
        }
        pair
    }

    /// The frame and offset of a register; private ones of a GICv3 are in the
    /// redistributor.
    fn place(&self, v: usize, intid: u32, at: u64) -> (Frame, u64) {
        if intid < 32 && self.version == Version::V3 {
            (Frame::Redistributors, v as u64 * 0x2_0000 + 0x1_0000 + at)
        } else {
            (Frame::Distributor, at)
        }
    }

    fn write_bit(&self, v: usize, intid: u32, base: u64) {
        let (frame, at) = self.place(v, intid, base + u64::from(intid / 32) * 4);
        self.m
            .access_write(v, frame, at, AccessSize::Word, 1 << (intid % 32));
    }

    pub(super) fn read_bit(&self, v: usize, intid: u32, base: u64) -> bool {
        let (frame, at) = self.place(v, intid, base + u64::from(intid / 32) * 4);
        self.m.access_read(v, frame, at, AccessSize::Word) >> (intid % 32) & 1 != 0
    }

    /// Replaces `width` bits of a register with as many bits an interrupt.
    fn write_field(&self, v: usize, intid: u32, base: u64, width: u32, value: u64) {
        let bit = intid * width;
        let (frame, at) = self.place(v, intid, base + u64::from(bit / 32) * 4);
        let mask = ((1u64 << width) - 1) << (bit % 32);
        let old = self.m.access_read(v, frame, at, AccessSize::Word);
        let new = (old & !mask) | (value << (bit % 32) & mask);
        self.m.access_write(v, frame, at, AccessSize::Word, new);
    }

    pub(super) fn enable(&mut self, v: usize, intid: u32, on: bool) {
        if self.version == Version::V2 && intid < 16 {
            return;
        }
        self.write_bit(v, intid, if on { 0x100 } else { 0x180 });
        self.r.enable(v, intid, on);
    }

    fn pending(&mut self, v: usize, intid: u32, on: bool) {
        if self.version == Version::V2 && intid < 16 {
            return;
        }
        self.write_bit(v, intid, if on { 0x200 } else { 0x280 });
        self.r.set_pending(v, intid, on);
    }

    fn line(&mut self, v: usize, intid: u32, on: bool) {
        self.r.line(v, intid, on);
        if intid < 32 && LINKED >> intid & 1 != 0 {
            self.m.line(v, intid, on);
            // Hardware shows a line that fell to the guest only with the next
            // pass; the reference at once.
            self.m.sync(v);
            self.m.settle();
        } else if intid < 32 {
            self.m.ppi(v, intid, on);
        } else {
            self.m
                .gic
                .set_spi(&self.m.host(v), Some(VcpuId(v as u8)), intid, on);
            self.m.settle();
        }
    }

    pub(super) fn targets(&mut self, v: usize, intid: u32, targets: u8) {
        let everyone = ((1u32 << self.vcpus) - 1) as u8;
        match self.version {
            Version::V2 if self.vcpus > 1 => {
                self.write_field(v, intid, 0x800, 8, targets.into());
                self.r.targets(intid, targets & everyone);
            }
            Version::V2 => {}
            Version::V3 => {
                let vcpu = usize::from(targets) % (self.vcpus + 1);
                let at = 0x6000 + 8 * u64::from(intid);
                self.m
                    .access_write(v, Frame::Distributor, at, AccessSize::Double, vcpu as u64);
                self.r.targets(intid, 1 << vcpu & everyone);
            }
        }
    }

    pub(super) fn sgi(&mut self, v: usize, to: usize, intid: u32) {
        let to = to % self.vcpus;
        match self.version {
            Version::V2 => self.m.write(v, 0xf00, 1 << (16 + to) | intid),
            Version::V3 => {
                let value = 1 << to | u64::from(intid) << 24;
                self.m
                    .gic
                    .write_sgi(&self.m.host(v), VcpuId(v as u8), SgiRegister::Sgi1r, value);
                self.m.settle();
            }
        }
        self.r.sgi(v, to, intid);
    }

    fn ack(&mut self, v: usize) -> u32 {
        let (got, expected) = (self.m.ack(v), self.r.ack(v));
        assert_eq!(got, expected, "acknowledged by vCPU {v}");
        if got != NONE {
            self.handling[v].push(got);
        }
        got
    }

    fn end(&mut self, v: usize, split: bool) {
        let split = self.may_split(v, split);
        let Some(intid) = self.handling[v].pop() else {
            return;
        };
        self.m.set_split(v, split);
        self.m.eoi(v, intid);
        self.r.drop_priority(v);
        if split {
            self.dropped[v].push(intid);
        } else {
            self.r.deactivate(v, intid);
        }
    }

    /// The mode to end the next interrupt in when `wanted` is asked for. What is
    /// active outside the list registers has to end in the mode it began in.
    fn may_split(&self, v: usize, wanted: bool) -> bool {
        let alone = self.handling[v].len() == 1 && self.dropped[v].is_empty();
        if self.roomy || alone {
            wanted
        } else {
            self.m.cores[v].split.get()
        }
    }

    fn deactivate(&mut self, v: usize, which: usize) {
        if self.dropped[v].is_empty() {
            return;
        }
        let which = which % self.dropped[v].len();
        let intid = self.dropped[v].swap_remove(which);
        self.m.set_split(v, true);
        self.m.dir(v, intid);
        self.r.deactivate(v, intid);
    }

    fn check(&mut self, v: usize) {
        for intid in INTIDS {
            let state = (
                self.read_bit(v, intid, 0x200),
                self.read_bit(v, intid, 0x300),
            );
            let expected = (self.r.is_pending(v, intid), self.r.is_active(v, intid));
            assert_eq!(state, expected, "pending and active of {intid} at vCPU {v}");
        }
    }

    pub(super) fn perform(&mut self, v: usize, step: &Step) {
        match *step {
            Step::Groups(g) => {
                self.m.write(v, 0, g);
                self.r.set_groups(g);
            }
            Step::Enable(i, on) => self.enable(v, i, on),
            Step::Pending(i, on) => self.pending(v, i, on),
            Step::Active(i, on) if self.roomy => {
                self.write_bit(v, i, if on { 0x300 } else { 0x380 });
                self.r.set_active(v, i, on);
            }
            Step::Line(i, on) if i >= 16 => self.line(v, i, on),
            Step::Edge(i, on) if i >= 16 && (i >= 32 || LINKED >> i & 1 == 0) => {
                self.write_field(v, i, 0xc00, 2, u64::from(on) << 1);
                self.r.edge(v, i, on);
            }
            Step::Priority(i, p) if self.roomy || !self.r.is_active(v, i) => {
                self.write_field(v, i, 0x400, 8, p.into());
                self.r.priority(v, i, p);
            }
            Step::Group(i, on) => {
                self.write_field(v, i, 0x080, 1, on.into());
                self.r.group(v, i, on);
            }
            Step::Targets(i, t) if i >= 32 => self.targets(v, i, t),
            Step::Sgi(to, i) => self.sgi(v, to, i),
            Step::Ack => drop(self.ack(v)),
            Step::End => self.end(v, false),
            Step::Drop if !self.m.software && (self.roomy || self.m.traps.get()) => {
                self.end(v, true);
            }
            Step::Deactivate(which) => self.deactivate(v, which),
            Step::Check => self.check(v),
            Step::Sync => self.m.sync(v),
            Step::Reload => {
                self.m.gic.unload(&self.m.host(v), VcpuId(v as u8));
                self.m.sync(v);
                self.m.settle();
            }
            _ => {}
        }
    }

    /// Ends everything, then takes what is left, lowering lines.
    fn finish(mut self) {
        for v in 0..self.vcpus {
            while !(self.handling[v].is_empty() && self.dropped[v].is_empty()) {
                self.end(v, false);
                self.deactivate(v, 0);
            }
            self.check(v);
        }
        for v in 0..self.vcpus {
            loop {
                let intid = self.ack(v) % 1024;
                if intid == NONE {
                    break;
                }
                if intid >= 16 {
                    self.line(v, intid, false);
                }
                self.end(v, false);
            }
            self.check(v);
        }
    }
}

proptest! {
    #[test]
    fn delivers_what_the_reference_delivers(
        v3 in any::<bool>(),
        by_hardware in any::<bool>(),
        traps in any::<bool>(),
        vcpus in 1..=4usize,
        lrs in prop_oneof![3 => 1..=4usize, 1 => Just(16)],
        steps in prop::collection::vec((0..4usize, step()), 1..200),
    ) {
        let version = if v3 { Version::V3 } else { Version::V2 };
        let link = if by_hardware { Link::Hardware } else { Link::Maintenance };
        let mut pair = Pair::linked_by(link, version, vcpus, lrs);
        pair.m.traps.set(traps);
        steps.iter().for_each(|(v, step)| pair.perform(v % vcpus, step));
        pair.finish();
    }
    #[test]
    fn the_software_interface_delivers_the_same(
        vcpus in 1..=4usize,
        steps in prop::collection::vec((0..4usize, step()), 1..200),
    ) {
        let mut pair = Pair::software(vcpus);
        steps.iter().for_each(|(v, step)| pair.perform(v % vcpus, step));
        pair.finish();
    }
}
