//! The GICv2 CPU interface frame (Arm IHI 0048B §4.4) of the software CPU
//! interface.

use crate::pass::Pass;
use crate::regs::narrow;
use crate::{AccessSize, Gic, Group, Host, Interface};

const CTLR: u64 = 0x0000;
const PMR: u64 = 0x0004;
const BPR: u64 = 0x0008;
const IAR: u64 = 0x000c;
const EOIR: u64 = 0x0010;
const RPR: u64 = 0x0014;
const HPPIR: u64 = 0x0018;
const ABPR: u64 = 0x001c;
const AIAR: u64 = 0x0020;
const AEOIR: u64 = 0x0024;
const AHPPIR: u64 = 0x0028;
/// First active priorities register; the others would hold priority levels
/// that five priority bits do not have.
const APR0: u64 = 0x00d0;
/// The same for Group 1.
const NSAPR0: u64 = 0x00e0;
const IIDR: u64 = 0x00fc;
const DIR: u64 = crate::GICC_DIR;

/// Architecture version 2, implementer Arm.
const IIDR_VALUE: u32 = 0x0002_043b;

impl Gic {
    pub(crate) fn read_gicc(&self, host: &impl Host, me: usize, at: u64, size: AccessSize) -> u32 {
        if size != AccessSize::Word || self.interface() != Interface::Software {
            return 0;
        }
        let mut pass = Pass::begin(self, host, me);
        let value = match at {
            CTLR => pass.own.cpu.ctlr(),
            PMR => pass.own.cpu.pmr().into(),
            BPR | ABPR => pass.own.cpu.bpr(at == ABPR).into(),
            IAR | AIAR => pass.acknowledge(at == AIAR),
            RPR => pass.own.cpu.running_priority().into(),
            HPPIR | AHPPIR => pass.highest_pending(at == AHPPIR),
            APR0 => pass.own.cpu.apr(Group::Zero),
            NSAPR0 => pass.own.cpu.apr(Group::One),
            IIDR => IIDR_VALUE,
            _ => 0,
        };
        pass.finish();
        value
    }

    #[inline(never)]
    pub(crate) fn write_gicc(
        &self,
        host: &impl Host,
        me: usize,
        at: u64,
        size: AccessSize,
        value: u64,
    ) {
        if size != AccessSize::Word {
            return;
        }
        let value = narrow(value, size);
        if self.interface() != Interface::Software {
            if at == DIR {
                self.deactivate_at(host, me, value);
            }
            return;
        }
        let mut pass = Pass::begin(self, host, me);
        match at {
            CTLR => pass.own.cpu.set_ctlr(value),
            PMR => pass.own.cpu.set_pmr(value),
            BPR | ABPR => pass.own.cpu.set_bpr(at == ABPR, value),
            EOIR | AEOIR => pass.end(at == AEOIR, value),
            APR0 => pass.own.cpu.set_apr(Group::Zero, value),
            NSAPR0 => pass.own.cpu.set_apr(Group::One, value),
            DIR => pass.deactivate_split(value),
            _ => {}
        }
        pass.fold();
        let awake = pass.own.cpu.groups().0 != 0;
        pass.finish();
        if at == CTLR {
            self.set_awake(host, me, me, awake);
        }
    }
}
