//! Kicks that arrive late: what was raised is delivered all the same, by one
//! vCPU at a time.

use super::mock::NONE;
use super::property::{INTIDS, Pair, Step, step};
use crate::{VcpuId, Version};
use proptest::prelude::*;
use std::vec::Vec;

/// A controller whose other vCPUs follow only now and then.
struct Late {
    pair: Pair,
    /// Raised and not yet acknowledged since: (receiver of an SGI, INTID).
    owed: Vec<(usize, u32)>,
}

impl Late {
    fn perform(&mut self, v: usize, step: &Step) {
        let handled = matches!(*step, Step::Priority(intid, _) if self.handled(intid));
        let pair = &mut self.pair;
        match *step {
            Step::Line(intid, _) if intid >= 32 => {
                let (host, vcpu) = (pair.m.host(v), Some(VcpuId(v as u8)));
                pair.m.gic.set_spi(&host, vcpu, intid, false);
                pair.m.gic.set_spi(&host, vcpu, intid, true);
                pair.m.settle();
                self.owed.push((0, intid));
            }
            Step::Sgi(to, intid) => {
                let to = to % pair.vcpus;
                pair.sgi(v, to, intid);
                self.owed.push((to, intid));
            }
            Step::Ack => self.ack(v),
            // Which interrupt ended outside list registers is told by priority.
            Step::Priority(..) if handled => {}
            Step::Targets(..) | Step::Enable(..) | Step::Priority(..) => pair.perform(v, step),
            Step::End | Step::Check | Step::Sync | Step::Reload => {
                // The reference is of no use here; only the machine's side.
                match step {
                    Step::End => self.end(v),
                    Step::Check => drop(pair.read_bit(v, 32, 0x200)),
                    Step::Sync => pair.m.sync(v),
                    _ => pair.perform(v, step),
                }
            }
            Step::Deactivate(_) => {
                pair.m.prompt.set(true);
                pair.m.settle();
                pair.m.prompt.set(false);
            }
            _ => {}
        }
    }

    fn handled(&self, intid: u32) -> bool {
        self.pair
            .handling
            .iter()
            .flatten()
            .any(|i| i % 1024 == intid)
    }

    fn ack(&mut self, v: usize) {
        let taken = self.pair.m.ack(v);
        let intid = taken % 1024;
        if intid == NONE {
            return;
        }
        let receiver = if intid < 16 { v } else { 0 };
        self.owed.retain(|owed| *owed != (receiver, intid));
        let active = self.handled(intid);
        assert!(intid < 32 || !active, "{intid} is active elsewhere");
        self.pair.handling[v].push(taken);
    }

    fn end(&mut self, v: usize) {
        if let Some(intid) = self.pair.handling[v].pop() {
            self.pair.m.eoi(v, intid);
        }
    }

    fn finish(mut self) {
        let vcpus = self.pair.vcpus;
        for v in 0..vcpus {
            for intid in INTIDS {
                self.pair.enable(v, intid, true);
            }
        }
        for intid in INTIDS.into_iter().filter(|i| *i >= 32) {
            // A mask of vCPU 0, or its number.
            let first = u8::from(self.pair.version == Version::V2);
            self.pair.targets(0, intid, first);
        }
        self.pair.m.prompt.set(true);
        self.pair.m.settle();
        for v in 0..vcpus {
            while !self.pair.handling[v].is_empty() {
                self.end(v);
            }
        }
        for v in 0..vcpus {
            loop {
                self.ack(v);
                if self.pair.handling[v].is_empty() {
                    break;
                }
                self.end(v);
            }
        }
        assert!(self.owed.is_empty(), "lost: {:?}", self.owed);
    }
}

proptest! {
    #[test]
    fn late_kicks_lose_nothing(
        v3 in any::<bool>(),
        vcpus in 1..=4usize,
        lrs in 1..=4usize,
        steps in prop::collection::vec((0..4usize, step()), 1..200),
    ) {
        let version = if v3 { Version::V3 } else { Version::V2 };
        let pair = Pair::new(version, vcpus, lrs);
        for intid in [32u32, 64, 80] {
            let at = 0xc00 + u64::from(intid / 16) * 4;
            pair.m.write(0, at, u32::MAX);
        }
        pair.m.prompt.set(false);
        let mut late = Late { pair, owed: Vec::new() };
        steps.iter().for_each(|(v, step)| late.perform(v % vcpus, step));
        late.finish();
    }
}
