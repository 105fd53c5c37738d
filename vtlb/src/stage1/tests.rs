//! The walk against hand-built tables and against a reference that is written
//! another way.

mod attributes;
mod faults;
mod features;
mod formats;
mod permissions;
mod properties;
mod ranges;
mod reference;

use super::*;
use crate::{GuestPhys, GuestVirt, Rights};
use std::collections::BTreeMap;

/// A processor with everything.
const ALL: Capabilities = Capabilities {
    features: Feature::all().difference(Feature::TXSZ_CLAMPED),
    pa_bits: 52,
};
/// A processor such as Cortex-A53: Armv8.0, 40-bit physical addresses.
const V8_0: Capabilities = Capabilities {
    features: Feature::GRANULE_4K
        .union(Feature::GRANULE_64K)
        .union(Feature::ASID16),
    pa_bits: 40,
};

const SCTLR_M_C_I: u64 = 1 | 1 << 2 | 1 << 12;
const SCTLR_WXN: u64 = 1 << 19;
const SCTLR_EE: u64 = 1 << 25;
const SCTLR_EPAN: u64 = 1 << 57;

const TG0_4K: u64 = 0;
const TG0_64K: u64 = 1 << 14;
const TG0_16K: u64 = 2 << 14;
const IPS_48: u64 = 5 << 32;
const IPS_52: u64 = 6 << 32;
const HA: u64 = 1 << 39;
const HD: u64 = 1 << 40;
const DS: u64 = 1 << 59;

const TABLE: u64 = 0b11;
const PAGE: u64 = 0b11 | AF;
const BLOCK: u64 = 0b01 | AF;
const AF: u64 = 1 << 10;
const AP_EL0: u64 = 1 << 6;
const AP_READ_ONLY: u64 = 1 << 7;
const NG: u64 = 1 << 11;
const GP: u64 = 1 << 50;
const DBM: u64 = 1 << 51;
const CONTIGUOUS: u64 = 1 << 52;
const PXN: u64 = 1 << 53;
const UXN: u64 = 1 << 54;

/// Attribute 0 is write-back memory, 1 Device-nGnRnE, 2 non-cacheable.
const MAIR: u64 = 0x44_00_ff;

/// A regime and the memory that its tables lie in. Memory that nobody wrote
/// reads as zero, unless it lies beyond the end.
#[derive(Clone)]
struct Machine {
    regime: Regime,
    memory: BTreeMap<u64, u64>,
    end: u64,
}

impl Machine {
    /// MMU and caches on, tables of both ranges at `root`.
    fn new(id: Capabilities, tcr: u64, root: u64) -> Self {
        Self {
            regime: Regime {
                sctlr: Sctlr::new(SCTLR_M_C_I),
                tcr: Tcr::new(tcr),
                ttbr0: Ttbr::new(root),
                ttbr1: Ttbr::new(root),
                mair: MAIR,
                id,
            },
            memory: BTreeMap::new(),
            end: u64::MAX,
        }
    }

    /// 4 KiB granule, 39-bit addresses, root table at 0x1000.
    fn small() -> Self {
        Self::new(ALL, 25 | IPS_48, 0x1000)
    }

    /// The same with one page: `descriptor` for virtual addresses 0x1000 to
    /// 0x1fff, below two tables.
    fn one_page(descriptor: u64) -> Self {
        Self::small()
            .put(0x1000, 0x2000 | TABLE)
            .put(0x2000, 0x3000 | TABLE)
            .put(0x3008, descriptor)
    }

    fn put(mut self, address: u64, descriptor: u64) -> Self {
        self.memory.insert(address, descriptor);
        self
    }

    fn sctlr(mut self, bits: u64) -> Self {
        self.regime.sctlr = Sctlr::new(SCTLR_M_C_I | bits);
        self
    }

    fn tcr(mut self, bits: u64) -> Self {
        self.regime.tcr = Tcr::new(self.regime.tcr.get() | bits);
        self
    }

    fn id(mut self, id: Capabilities) -> Self {
        self.regime.id = id;
        self
    }

    fn load(&self, address: GuestPhys) -> Option<u64> {
        let address = address.raw();
        (address < self.end).then(|| self.memory.get(&address).copied().unwrap_or(0))
    }

    fn access(&self, va: u64, access: Access) -> Result<Translation, Fault> {
        walk(&self.regime, GuestVirt::new(va), access, |a| self.load(a))
    }

    fn read(&self, va: u64) -> Result<Translation, Fault> {
        self.access(va, Access::el1(Rights::READ))
    }

    /// Where a load from EL1 ends.
    fn ipa(&self, va: u64) -> u64 {
        self.read(va).unwrap().ipa.raw()
    }

    /// The fault of a load from EL1 as kind and level.
    fn fault(&self, va: u64) -> (FaultKind, i8) {
        parts(self.read(va))
    }
}

/// The fault as kind and level.
fn parts(result: Result<Translation, Fault>) -> (FaultKind, i8) {
    let fault = result.unwrap_err();
    (fault.kind, fault.level.number())
}
