//! The CPU interface: `GICC_*` registers or `ICC_*_EL1`.

use super::{Gic, Group};
use crate::{mrs, msr, sysreg::dsb};

/// `GICC_CTLR`
pub(super) const CTLR: usize = 0x00;
const PMR: usize = 0x04;
const BPR: usize = 0x08;
const IAR: usize = 0x0c;
const EOIR: usize = 0x10;
const RPR: usize = 0x14;
const HPPIR: usize = 0x18;
const ABPR: usize = 0x1c;
const DIR: usize = 0x1000;

/// `GICC_CTLR`: both groups on, group 0 as FIQ, and `AckCtl`: `GICC_IAR` serves
/// both groups. (The aliased registers would do, but QEMU's GICv2 has none.)
const CTLR_ON: u32 = 1 | 1 << 1 | CTLR_ACKCTL | 1 << 3;
/// `GICC_CTLR.AckCtl`
const CTLR_ACKCTL: u32 = 1 << 2;
/// `GICC_CTLR.EOImodeS` and, where there is one, `EOImodeNS`.
const CTLR_EOIMODE: u32 = 1 << 9;
/// `GICC_CTLR.CBPR`
const CTLR_CBPR: u32 = 1 << 4;
/// `ICC_CTLR_EL1.EOImode`
const ICC_EOIMODE: u64 = 1 << 1;
/// `ICC_CTLR_EL1.CBPR`
const ICC_CBPR: u64 = 1;

impl Gic {
    /// Everything let through, EOI drops and deactivates.
    pub(super) fn init_interface(&self) {
        if !self.is_v2() {
            msr!("icc_sre_el1", mrs!("icc_sre_el1") | 1);
        }
        self.set_interface(false, false);
        self.set_pmr(0xff);
        self.set_bpr(Group::Zero, 0);
        self.set_bpr(Group::One, 0);
        self.set_groups(true, true);
    }

    /// Sets `EOImode` and `CBPR`.
    pub fn set_interface(&self, eoimode: bool, cbpr: bool) {
        if self.is_v2() {
            let mut value = CTLR_ON;
            value |= if eoimode { CTLR_EOIMODE } else { 0 };
            value |= if cbpr { CTLR_CBPR } else { 0 };
            self.second.w32(CTLR, value);
        } else {
            let mut value = mrs!("icc_ctlr_el1") & !(ICC_EOIMODE | ICC_CBPR);
            value |= if eoimode { ICC_EOIMODE } else { 0 };
            value |= if cbpr { ICC_CBPR } else { 0 };
            msr!("icc_ctlr_el1", value);
        }
    }

    /// Enables signalling of the groups at the CPU interface.
    pub fn set_groups(&self, zero: bool, one: bool) {
        if self.is_v2() {
            let value = self.second.r32(CTLR) & !3;
            self.second
                .w32(CTLR, value | u32::from(zero) | u32::from(one) << 1);
        } else {
            msr!("icc_igrpen0_el1", u64::from(zero));
            msr!("icc_igrpen1_el1", u64::from(one));
        }
    }

    /// Sets the priority mask.
    pub fn set_pmr(&self, mask: u8) {
        if self.is_v2() {
            self.second.w32(PMR, u32::from(mask));
        } else {
            msr!("icc_pmr_el1", u64::from(mask));
        }
    }

    /// The priority mask.
    #[must_use]
    pub fn pmr(&self) -> u8 {
        (if self.is_v2() {
            self.second.r32(PMR)
        } else {
            mrs!("icc_pmr_el1") as u32
        }) as u8
    }

    /// Sets a group's binary point.
    pub fn set_bpr(&self, group: Group, point: u8) {
        match (self.is_v2(), group) {
            (true, Group::Zero) => self.second.w32(BPR, u32::from(point)),
            (true, Group::One) => self.second.w32(ABPR, u32::from(point)),
            (false, Group::Zero) => msr!("icc_bpr0_el1", u64::from(point)),
            (false, Group::One) => msr!("icc_bpr1_el1", u64::from(point)),
        }
    }

    /// A group's binary point.
    #[must_use]
    pub fn bpr(&self, group: Group) -> u8 {
        (match (self.is_v2(), group) {
            (true, Group::Zero) => self.second.r32(BPR),
            (true, Group::One) => self.second.r32(ABPR),
            (false, Group::Zero) => mrs!("icc_bpr0_el1") as u32,
            (false, Group::One) => mrs!("icc_bpr1_el1") as u32,
        }) as u8
    }

    /// Acknowledges: the whole register value (on GICv2 with the source CPU of
    /// an SGI in bits 12 to 10), to be handed to [`Gic::eoi`].
    #[must_use]
    pub fn ack(&self, group: Group) -> u32 {
        let value = match (self.is_v2(), group) {
            (true, _) => self.second.r32(IAR),
            (false, Group::Zero) => mrs!("icc_iar0_el1") as u32,
            (false, Group::One) => mrs!("icc_iar1_el1") as u32,
        };
        dsb();
        value
    }

    /// End of interrupt: priority drop, and deactivation unless split.
    pub fn eoi(&self, group: Group, acked: u32) {
        match (self.is_v2(), group) {
            (true, _) => self.second.w32(EOIR, acked),
            (false, Group::Zero) => msr!("icc_eoir0_el1", u64::from(acked)),
            (false, Group::One) => msr!("icc_eoir1_el1", u64::from(acked)),
        }
    }

    /// Deactivates after a split end of interrupt.
    pub fn deactivate(&self, acked: u32) {
        if self.is_v2() {
            self.second.w32(DIR, acked);
        } else {
            msr!("icc_dir_el1", u64::from(acked));
        }
    }

    /// The running priority.
    #[must_use]
    pub fn rpr(&self) -> u8 {
        (if self.is_v2() {
            self.second.r32(RPR)
        } else {
            mrs!("icc_rpr_el1") as u32
        }) as u8
    }

    /// The highest-priority pending interrupt of a group.
    #[must_use]
    pub fn hppir(&self, group: Group) -> u32 {
        match (self.is_v2(), group) {
            (true, _) => self.second.r32(HPPIR),
            (false, Group::Zero) => mrs!("icc_hppir0_el1") as u32,
            (false, Group::One) => mrs!("icc_hppir1_el1") as u32,
        }
    }

    /// Writes `ICC_SGI1R_EL1`.
    pub(super) fn send_v3(&self, value: u64) {
        dsb();
        msr!("icc_sgi1r_el1", value);
    }
}
