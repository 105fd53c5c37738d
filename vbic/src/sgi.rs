//! Generating SGIs.

use crate::bits::Ones;
use crate::intid::SGIS;
use crate::pass::Pass;
use crate::private::Private;
use crate::{Gic, Group, Host, LrState, VcpuId};

/// GICv3 system registers that generate SGIs (Arm IHI 0069 §12.2.19 onwards).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SgiRegister {
    /// `ICC_SGI0R_EL1`: Group 0.
    Sgi0r,
    /// `ICC_SGI1R_EL1`: the target's own configuration decides the group.
    Sgi1r,
    /// `ICC_ASGI1R_EL1`: the other Security state's Group 1; with a single
    /// Security state it reaches Group 0 SGIs only.
    Asgi1r,
}

/// Fields common to the three registers.
mod sgir {
    pub(super) const TARGET_LIST: u64 = 0xffff;
    pub(super) const AFF1_SHIFT: u32 = 16;
    pub(super) const INTID_SHIFT: u32 = 24;
    pub(super) const AFF2_SHIFT: u32 = 32;
    pub(super) const IRM: u64 = 1 << 40;
    pub(super) const RS_SHIFT: u32 = 44;
    pub(super) const RS: u64 = 0xf;
    pub(super) const AFF3_SHIFT: u32 = 48;
    pub(super) const AFFINITY: u64 = 0xff;
}

/// A decoded request: which SGI, for whom.
struct Request {
    intid: u32,
    targets: u32,
}

impl Request {
    /// Decodes a GICv3 register value. Affinities that no vCPU has select
    /// nobody.
    fn decode(value: u64, sender: usize, everyone: u32) -> Self {
        let intid = (value >> sgir::INTID_SHIFT) as u32 % SGIS;
        if value & sgir::IRM != 0 {
            return Self {
                intid,
                targets: everyone & !(1 << sender),
            };
        }
        let affinity = [sgir::AFF1_SHIFT, sgir::AFF2_SHIFT, sgir::AFF3_SHIFT];
        let elsewhere = affinity.iter().any(|s| value >> s & sgir::AFFINITY != 0);
        let range = value >> sgir::RS_SHIFT & sgir::RS;
        let list = (value & sgir::TARGET_LIST) as u32;
        let targets = if elsewhere || range != 0 {
            0
        } else {
            list & everyone
        };
        Self { intid, targets }
    }
}

impl Gic {
    /// Handles a guest's write of `value` to one of the SGI registers
    /// ([`Version::V3`](crate::Version::V3) only; ignored otherwise).
    pub fn write_sgi(&self, host: &impl Host, vcpu: VcpuId, reg: SgiRegister, value: u64) {
        let Some(me) = self.index(vcpu) else { return };
        if self.version() != crate::Version::V3 {
            return;
        }
        let request = Request::decode(value, me, self.everyone());
        self.send_sgi(
            host,
            me,
            request.intid,
            request.targets,
            reg != SgiRegister::Sgi1r,
        );
    }

    /// Makes SGI `intid` of vCPU `me` pending at every vCPU in `targets`;
    /// with `group0_only`, where it is in Group 0.
    pub(crate) fn send_sgi(
        &self,
        host: &impl Host,
        me: usize,
        intid: u32,
        targets: u32,
        group0_only: bool,
    ) {
        let mut notify = 0;
        for target in Ones(targets & !(1 << me)) {
            let mut own = self.private(target as usize).lock();
            if group0_only && own.group_of(intid) != Group::Zero {
                continue;
            }
            own.raise_sgi(intid, me);
            let concerned = own.lists.resident | own.ready(self.groups());
            if concerned >> intid & 1 != 0 {
                notify |= 1 << target;
            }
        }
        if targets >> me & 1 != 0 {
            self.send_to_self(host, me, intid, group0_only);
        }
        self.kick(host, notify);
    }

    fn send_to_self(&self, host: &impl Host, me: usize, intid: u32, group0_only: bool) {
        let own = self.private(me).lock();
        if group0_only && own.group_of(intid) != Group::Zero {
            return;
        }
        let resident = own.lists.resident >> intid & 1 != 0;
        if resident && reuse(host, &own, me, intid) {
            return;
        }
        let mut pass = Pass::resume(self, host, me, own);
        if resident {
            pass.fold();
        }
        pass.raise_own_sgi(intid);
        pass.finish();
    }
}

impl<H: Host> Pass<'_, H> {
    fn raise_own_sgi(&mut self, intid: u32) {
        let me = self.me;
        self.own.raise_sgi(intid, me);
        let loadable = self.own.ready(self.groups) & !self.own.bank.active & 1 << intid != 0;
        if loadable && (self.is_folded() || !self.insert(intid)) {
            self.fold();
        }
    }
}

/// Presents SGI `intid` of vCPU `me` to itself once more if its list register
/// has been used up and would get the same value again; then no state changes.
#[inline]
fn reuse(host: &impl Host, own: &Private, me: usize, intid: u32) -> bool {
    let index = own.lists.slot_of(intid);
    let lr = own.lists.lr(index);
    let same = lr.state == LrState::Pending
        && !lr.eoi_maintenance
        && (!own.per_source || usize::from(lr.source) == me);
    if same && host.lr_empty() >> index & 1 != 0 {
        host.lr_repeat(index, &lr);
        return true;
    }
    false
}
