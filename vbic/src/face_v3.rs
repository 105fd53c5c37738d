//! The GICv3 distributor (Arm IHI 0069 §12.9): one Security state
//! (`GICD_CTLR.DS` = 1), affinity routing always on, no LPIs, no
//! message-based SPIs.

use crate::bank::GroupEnables;
use crate::face_dist::{Access, View};
use crate::intid;
use crate::regs::{IdRow, Reg, narrow};
use crate::{AccessSize, Gic, Host, INTIDS};

const CTLR: u64 = 0x0000;
const IIDR: u64 = 0x0008;
/// `GICD_IROUTER<n>` is at `IROUTER + 8 * n`, for SPIs only.
const IROUTER: u64 = 0x6000;
const IROUTER_END: u64 = IROUTER + 8 * INTIDS as u64;

/// `GICD_CTLR` bits that are always set: affinity routing, single Security
/// state.
const CTLR_FIXED: u32 = 1 << 4 | 1 << 6;

/// `GICD_TYPER` fields (§12.9.39).
mod typer {
    pub(super) const ID_BITS_SHIFT: u32 = 19;
    /// INTIDs have ten bits where there are no LPIs.
    pub(super) const ID_BITS: u32 = 10 - 1;
    /// Non-zero Aff3 is understood.
    pub(super) const A3V: u32 = 1 << 24;
}

/// `GICD_TYPER`: 288 INTIDs, no LPIs, no message-based SPIs, 1-of-N supported,
/// a single Security state. `CPUNumber` is 0 where affinity routing is always
/// on.
pub(crate) const TYPER_VALUE: u32 =
    (INTIDS / 32 - 1) | typer::ID_BITS << typer::ID_BITS_SHIFT | typer::A3V;

/// Implementer Arm, product and revision 0.
pub(crate) const IIDR_VALUE: u32 = 0x43b;

/// Peripheral and component identification of a GICv3 distributor.
const IDS: IdRow = IdRow {
    base: 0xffd0,
    bytes: [0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1],
};

/// `GICD_IROUTER<n>` fields (§12.9.22).
mod irouter {
    pub(super) const IRM: u64 = 1 << 31;
    pub(super) const AFF0: u64 = 0xff;
    pub(super) const AFF_UPPER: u64 = 0xff_00ff_ff00;
    pub(super) const WRITABLE: u64 = AFF_UPPER | IRM | AFF0;
}

impl Gic {
    pub(crate) fn ctlr_v3(&self) -> u32 {
        self.groups().0 | CTLR_FIXED
    }

    /// Reads any register but `GICD_CTLR` and `GICD_TYPER`.
    pub(crate) fn read_v3(&self, host: &impl Host, me: usize, at: u64, size: AccessSize) -> u64 {
        let access = Access {
            gic: self,
            host,
            me,
            view: View::V3,
        };
        if let Some(reg) = Reg::decode(at, size) {
            return u64::from(access.read(reg, size));
        }
        if let Some(route) = Route::decode(at, size) {
            let routes = self.shared().lock();
            let value = routes
                .routes
                .get(route.index)
                .map_or(0, |r| r >> route.shift);
            return value & route.mask;
        }
        if size != AccessSize::Word || !at.is_multiple_of(4) {
            return 0;
        }
        u64::from(match at {
            IIDR => IIDR_VALUE,
            _ => IDS.read(at).unwrap_or(0),
        })
    }

    #[inline(never)]
    pub(crate) fn write_v3(
        &self,
        host: &impl Host,
        me: usize,
        at: u64,
        size: AccessSize,
        value: u64,
    ) {
        let access = Access {
            gic: self,
            host,
            me,
            view: View::V3,
        };
        if let Some(reg) = Reg::decode(at, size) {
            access.write(reg, size, narrow(value, size));
        } else if let Some(route) = Route::decode(at, size) {
            self.write_route(host, me, &route, value);
        } else if at == CTLR && size == AccessSize::Word {
            self.set_groups(host, me, narrow(value, size) & GroupEnables::MASK);
        }
    }

    fn write_route(&self, host: &impl Host, me: usize, route: &Route, value: u64) {
        let Some((bank, bits)) = intid::spi(intid::FIRST_SPI + route.index as u32) else {
            return;
        };
        self.edit_shared(host, Some(me), bank, |shared, _| {
            let Some(old) = shared.routes.get_mut(route.index) else {
                return 0;
            };
            let kept = *old & !(route.mask << route.shift);
            let new = (kept | (value & route.mask) << route.shift) & irouter::WRITABLE;
            *old = new;
            shared.set_targets(bank, bits.trailing_zeros(), self.route_targets(new));
            bits
        });
    }

    /// vCPUs that a routing register selects: all for 1-of-N, one for an
    /// affinity, none for an affinity that no vCPU has.
    fn route_targets(&self, route: u64) -> u8 {
        if route & irouter::IRM != 0 {
            return self.everyone() as u8;
        }
        let own = route & irouter::AFF_UPPER == 0;
        let bit = 1u32
            .checked_shl((route & irouter::AFF0) as u32)
            .unwrap_or(0);
        if own {
            (bit & self.everyone()) as u8
        } else {
            0
        }
    }
}

/// Part of a routing register: 64 bits, or either half.
struct Route {
    /// Number of the SPI, from 0.
    index: usize,
    shift: u32,
    mask: u64,
}

impl Route {
    fn decode(at: u64, size: AccessSize) -> Option<Self> {
        let first = IROUTER + 8 * u64::from(intid::FIRST_SPI);
        if !(first..IROUTER_END).contains(&at) || !at.is_multiple_of(size.bytes()) {
            return None;
        }
        let index = ((at - first) / 8) as usize;
        match size {
            AccessSize::Double => Some(Self {
                index,
                shift: 0,
                mask: u64::MAX,
            }),
            AccessSize::Word => {
                let shift = (at % 8) as u32 * 8;
                Some(Self {
                    index,
                    shift,
                    mask: u64::from(u32::MAX),
                })
            }
            AccessSize::Byte | AccessSize::Half => None,
        }
    }
}
