//! The inputs of a translation: registers and the access.

use super::features::{Capabilities, Feature};
use super::registers::{SCTLR_EL1, Sctlr, TCR_EL1, TTBR_EL1, Tcr, Ttbr};
use crate::Rights;

/// The state of the EL1&0 translation regime.
///
/// Features beyond [`Feature`] count as absent, in particular FEAT_D128,
/// FEAT_S1PIE, FEAT_S1POE, FEAT_AIE, FEAT_HAFT and FEAT_MTE4; `HCR_EL2.DC` and
/// `HCR_EL2.NV1` as zero.
#[derive(Clone, Copy, Debug)]
pub struct Regime {
    /// `SCTLR_EL1`.
    pub sctlr: Sctlr,
    /// `TCR_EL1`.
    pub tcr: Tcr,
    /// `TTBR0_EL1`.
    pub ttbr0: Ttbr,
    /// `TTBR1_EL1`.
    pub ttbr1: Ttbr,
    /// `MAIR_EL1`: eight attribute bytes.
    pub mair: u64,
    /// The processor.
    pub id: Capabilities,
}

impl Regime {
    /// Whether stage 1 translates at all.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.sctlr.is_set(SCTLR_EL1::M)
    }

    /// Whether translation tables are big-endian.
    #[must_use]
    pub fn big_endian_tables(&self) -> bool {
        self.sctlr.is_set(SCTLR_EL1::EE)
    }

    /// The current address space identifier (Arm ARM DDI 0487, D8.14).
    #[must_use]
    pub fn asid(&self) -> u16 {
        const SHORT_ASID: u64 = 0xff;
        let ttbr = if self.tcr.is_set(TCR_EL1::A1) {
            self.ttbr1
        } else {
            self.ttbr0
        };
        let asid = ttbr.read(TTBR_EL1::ASID);
        let long = self.id.has(Feature::ASID16) && self.tcr.is_set(TCR_EL1::AS);
        (if long { asid } else { asid & SHORT_ASID }) as u16
    }

    /// Whether hardware sets access flags.
    pub(super) fn sets_access_flag(&self) -> bool {
        self.id.has(Feature::HAF) && self.tcr.is_set(TCR_EL1::HA)
    }

    /// Whether hardware manages the dirty state.
    pub(super) fn manages_dirty_state(&self) -> bool {
        self.id.has(Feature::DBS) && self.sets_access_flag() && self.tcr.is_set(TCR_EL1::HD)
    }
}

/// What wants to be translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// What the access does: [`Rights::READ`], [`Rights::WRITE`], both for an
    /// atomic one, [`Rights::EXECUTE`] alone for an instruction fetch. Nothing
    /// at all asks for the translation without a check of permissions, as for
    /// cache maintenance from EL1.
    pub kind: Rights,
    /// Whether it is made as EL1. The unprivileged loads and stores of EL1
    /// (LDTR, STTR) are not, unless `PSTATE.UAO` says so.
    pub privileged: bool,
    /// `PSTATE.PAN`, where it applies: not to fetches, nor to address
    /// translation instructions but AT S1E1RP and AT S1E1WP.
    pub pan: bool,
}

impl Access {
    /// An access as EL1 with PAN clear.
    #[must_use]
    pub const fn el1(kind: Rights) -> Self {
        Self {
            kind,
            privileged: true,
            pan: false,
        }
    }

    /// An access as EL0.
    #[must_use]
    pub const fn el0(kind: Rights) -> Self {
        Self {
            kind,
            privileged: false,
            pan: false,
        }
    }

    /// Whether this is an instruction fetch.
    #[must_use]
    pub const fn is_fetch(self) -> bool {
        self.kind.contains(Rights::EXECUTE)
    }

    /// Whether this is a store, or an atomic access.
    #[must_use]
    pub const fn is_write(self) -> bool {
        self.kind.contains(Rights::WRITE)
    }
}
