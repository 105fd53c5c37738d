//! The GICv3 redistributors (Arm IHI 0069 §12.11): an RD frame and an SGI
//! frame a vCPU, without LPIs.

use crate::face_dist::{Access, View};
use crate::face_v3::IIDR_VALUE;
use crate::regs::{IdRow, Reg, narrow};
use crate::{AccessSize, Gic, Host};

/// Distance between two vCPUs' frames.
pub(crate) const STRIDE: u64 = 2 * FRAME;
/// Size of one frame.
const FRAME: u64 = 0x1_0000;

const IIDR: u64 = 0x0004;
const TYPER: u64 = 0x0008;
const TYPER_HIGH: u64 = 0x000c;
const WAKER: u64 = 0x0014;

/// `GICR_TYPER` fields (§12.11.35).
mod typer {
    pub(super) const LAST: u64 = 1 << 4;
    pub(super) const PROCESSOR_NUMBER_SHIFT: u32 = 8;
    pub(super) const AFFINITY_SHIFT: u32 = 32;
}

/// `GICR_WAKER` fields (§12.11.42).
mod waker {
    pub(super) const PROCESSOR_SLEEP: u32 = 1 << 1;
    pub(super) const CHILDREN_ASLEEP: u32 = 1 << 2;
}

/// Peripheral and component identification of a GICv3 redistributor.
const IDS: IdRow = IdRow {
    base: 0xffd0,
    bytes: [0x44, 0, 0, 0, 0x93, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1],
};

impl Gic {
    pub(crate) fn read_redist(
        &self,
        host: &impl Host,
        me: usize,
        at: u64,
        size: AccessSize,
    ) -> u64 {
        let Some((vcpu, at)) = self.locate(at) else {
            return 0;
        };
        if at >= FRAME {
            let access = Access {
                gic: self,
                host,
                me,
                view: View::Redistributor(vcpu),
            };
            let reg = Reg::decode(at - FRAME, size);
            return reg.map_or(0, |reg| u64::from(access.read(reg, size)));
        }
        match (at, size) {
            (TYPER, AccessSize::Double) => self.redist_typer(vcpu),
            (_, AccessSize::Word) if at.is_multiple_of(4) => u64::from(self.read_rd(vcpu, at)),
            _ => 0,
        }
    }

    fn read_rd(&self, vcpu: usize, at: u64) -> u32 {
        match at {
            IIDR => IIDR_VALUE,
            TYPER => self.redist_typer(vcpu) as u32,
            TYPER_HIGH => (self.redist_typer(vcpu) >> 32) as u32,
            WAKER if self.private(vcpu).lock().asleep => {
                waker::PROCESSOR_SLEEP | waker::CHILDREN_ASLEEP
            }
            _ => IDS.read(at).unwrap_or(0),
        }
    }

    #[inline(never)]
    pub(crate) fn write_redist(
        &self,
        host: &impl Host,
        me: usize,
        at: u64,
        size: AccessSize,
        value: u64,
    ) {
        let Some((vcpu, at)) = self.locate(at) else {
            return;
        };
        let value = narrow(value, size);
        if at >= FRAME {
            let access = Access {
                gic: self,
                host,
                me,
                view: View::Redistributor(vcpu),
            };
            if let Some(reg) = Reg::decode(at - FRAME, size) {
                access.write(reg, size, value);
            }
        } else if at == WAKER && size == AccessSize::Word {
            let asleep = value & waker::PROCESSOR_SLEEP != 0;
            self.private(vcpu).lock().asleep = asleep;
            self.set_awake(host, me, vcpu, !asleep);
        }
    }

    /// The vCPU whose frames contain an offset, and the offset in its frames.
    fn locate(&self, at: u64) -> Option<(usize, u64)> {
        let vcpu = usize::try_from(at / STRIDE).ok()?;
        (vcpu < self.vcpus()).then_some((vcpu, at % STRIDE))
    }

    fn redist_typer(&self, vcpu: usize) -> u64 {
        let last = if vcpu + 1 == self.vcpus() {
            typer::LAST
        } else {
            0
        };
        let number = vcpu as u64;
        last | number << typer::PROCESSOR_NUMBER_SHIFT | number << typer::AFFINITY_SHIFT
    }
}
