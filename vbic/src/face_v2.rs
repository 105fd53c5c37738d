//! The GICv2 distributor (Arm IHI 0048B §4.3), one Security state.

use crate::bank::GroupEnables;
use crate::face_dist::{Access, View, le_bytes};
use crate::intid::{self, FIRST_SPI, SGIS, SPI_BANKS};
use crate::pass::Pass;
use crate::regs::{IdRow, Reg, narrow};
use crate::{AccessSize, Gic, Host, INTIDS};

const CTLR: u64 = 0x000;
const IIDR: u64 = 0x008;
pub(crate) const SGIR: u64 = 0xf00;
const CPENDSGIR: u64 = 0xf10;
const SPENDSGIR: u64 = 0xf20;
const SGI_PENDING_END: u64 = 0xf30;

/// Implementer Arm, product and revision 0.
const IIDR_VALUE: u32 = 0x43b;

/// Peripheral and component identification of a GICv2.
const IDS: IdRow = IdRow {
    base: 0xfd0,
    bytes: [0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1],
};

/// `GICD_TYPER.CPUNumber`.
const CPU_NUMBER_SHIFT: u32 = 5;

/// `GICD_SGIR` fields (§4.3.15).
mod sgir {
    pub(super) const FILTER_SHIFT: u32 = 24;
    pub(super) const FILTER: u32 = 0b11;
    pub(super) const FILTER_LIST: u32 = 0;
    pub(super) const FILTER_OTHERS: u32 = 1;
    pub(super) const FILTER_SELF: u32 = 2;
    pub(super) const TARGETS_SHIFT: u32 = 16;
    pub(super) const TARGETS: u32 = 0xff;
}

impl Gic {
    pub(crate) fn typer_v2(&self) -> u32 {
        (INTIDS / 32 - 1) | (self.vcpus() as u32 - 1) << CPU_NUMBER_SHIFT
    }

    /// Reads any register but `GICD_CTLR` and `GICD_TYPER`.
    pub(crate) fn read_v2(&self, host: &impl Host, me: usize, at: u64, size: AccessSize) -> u32 {
        let access = Access {
            gic: self,
            host,
            me,
            view: View::V2,
        };
        match Reg::decode(at, size) {
            Some(Reg::Targets(intid)) => self.read_targets(me, intid, size),
            Some(reg) => access.read(reg, size),
            None => self.read_v2_other(host, me, at, size),
        }
    }

    fn read_v2_other(&self, host: &impl Host, me: usize, at: u64, size: AccessSize) -> u32 {
        if let Some(first) = sgi_pending(at, size) {
            return self.read_sgi_sources(host, me, first, size);
        }
        if size != AccessSize::Word || !at.is_multiple_of(4) {
            return 0;
        }
        match at {
            IIDR => IIDR_VALUE,
            _ => IDS.read(at).unwrap_or(0),
        }
    }

    /// Writes any register but `GICD_SGIR`.
    #[inline(never)]
    pub(crate) fn write_v2(
        &self,
        host: &impl Host,
        me: usize,
        at: u64,
        size: AccessSize,
        value: u64,
    ) {
        let value = narrow(value, size);
        let access = Access {
            gic: self,
            host,
            me,
            view: View::V2,
        };
        match Reg::decode(at, size) {
            Some(Reg::Targets(intid)) => self.write_targets(host, me, intid, size, value),
            Some(reg) => access.write(reg, size, value),
            None => self.write_v2_other(host, me, at, size, value),
        }
    }

    fn write_v2_other(&self, host: &impl Host, me: usize, at: u64, size: AccessSize, value: u32) {
        if at == CTLR && size == AccessSize::Word {
            self.set_groups(host, me, value & GroupEnables::MASK);
        } else if let Some(first) = sgi_pending(at, size) {
            let set = at >= SPENDSGIR;
            self.write_sgi_sources(host, me, first, size, value, set);
        }
    }

    /// `GICD_ITARGETSR`: the reader's own bit for private interrupts; all zero
    /// on a uniprocessor (§4.3.12).
    fn read_targets(&self, me: usize, intid: u32, size: AccessSize) -> u32 {
        if self.vcpus() == 1 {
            return 0;
        }
        if intid < FIRST_SPI {
            return le_bytes(&[1 << me; 4], 0, size);
        }
        let bank = (intid / 32) as usize - 1;
        if bank >= SPI_BANKS {
            return 0;
        }
        let shared = self.shared().lock();
        let row: [u8; 4] = core::array::from_fn(|i| shared.targets(bank, intid % 32 + i as u32));
        le_bytes(&row, 0, size)
    }

    fn write_targets(&self, host: &impl Host, me: usize, intid: u32, size: AccessSize, value: u32) {
        let Some((bank, _)) = intid::spi(intid) else {
            return;
        };
        if self.vcpus() == 1 {
            return;
        }
        let first = intid % 32;
        let count = size.bytes() as u32;
        let bits = ((1 << count) - 1) << first;
        let everyone = self.everyone() as u8;
        self.edit_shared(host, Some(me), bank, |shared, _| {
            let masks = value.to_le_bytes().into_iter();
            for (bit, mask) in (first..first + count).zip(masks) {
                shared.set_targets(bank, bit, mask & everyone);
            }
            bits
        });
    }

    /// Pending sources of the reader's SGIs, from `first` on.
    fn read_sgi_sources(&self, host: &impl Host, me: usize, first: u32, size: AccessSize) -> u32 {
        let mut pass = Pass::begin(self, host, me);
        pass.fold();
        let row: [u8; 4] = core::array::from_fn(|i| pass.own.sgi_sources(first + i as u32));
        pass.finish();
        le_bytes(&row, 0, size)
    }

    fn write_sgi_sources(
        &self,
        host: &impl Host,
        me: usize,
        first: u32,
        size: AccessSize,
        value: u32,
        set: bool,
    ) {
        let everyone = self.everyone() as u8;
        let mut pass = Pass::begin(self, host, me);
        pass.fold();
        let count = size.bytes() as u32;
        for (sgi, mask) in (first..first + count).zip(value.to_le_bytes()) {
            let old = pass.own.sgi_sources(sgi);
            let new = if set {
                old | (mask & everyone)
            } else {
                old & !mask
            };
            pass.own.set_sgi_sources(sgi, new);
        }
        pass.finish();
    }

    /// `GICD_SGIR`.
    pub(crate) fn write_sgir(&self, host: &impl Host, me: usize, value: u32) {
        let targets = match value >> sgir::FILTER_SHIFT & sgir::FILTER {
            sgir::FILTER_LIST => value >> sgir::TARGETS_SHIFT & sgir::TARGETS,
            sgir::FILTER_OTHERS => !(1 << me),
            sgir::FILTER_SELF => 1 << me,
            _ => 0,
        };
        self.send_sgi(host, me, value % SGIS, targets & self.everyone(), false);
    }
}

/// First SGI of a `GICD_CPENDSGIRn` or `GICD_SPENDSGIRn` access; these have
/// byte access.
fn sgi_pending(at: u64, size: AccessSize) -> Option<u32> {
    let allowed = match size {
        AccessSize::Byte => true,
        AccessSize::Word => at.is_multiple_of(4),
        AccessSize::Half | AccessSize::Double => false,
    };
    let inside = (CPENDSGIR..SGI_PENDING_END).contains(&at);
    (allowed && inside).then(|| (at - CPENDSGIR) as u32 % SGIS)
}
