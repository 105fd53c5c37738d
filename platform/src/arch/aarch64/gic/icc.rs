//! The CPU interface of GICv3: system registers `ICC_*` (Arm IHI 0069, 12.2).

use tock_registers::interfaces::{Readable, Writeable};

use crate::{
    aarch64::{
        cpu,
        sysreg::{
            ICC_BPR1_EL1, ICC_CTLR_EL1, ICC_DIR_EL1, ICC_EOIR1_EL1, ICC_IAR1_EL1, ICC_IGRPEN1_EL1,
            ICC_PMR_EL1, ICC_SGI1R_EL1, ICC_SRE_EL2,
        },
    },
    gic::{Error, Iar},
};

/// `ICC_SRE_EL2.SRE`: EL2 uses system registers.
const SRE_SRE: u64 = 1 << 0;
/// `ICC_SRE_EL2.DFB`: no FIQ bypass.
const SRE_DFB: u64 = 1 << 1;
/// `ICC_SRE_EL2.DIB`: no IRQ bypass.
const SRE_DIB: u64 = 1 << 2;
/// `ICC_SRE_EL2.Enable`: EL1 accesses to `ICC_SRE_EL1` do not trap.
const SRE_ENABLE: u64 = 1 << 3;
/// `ICC_CTLR_EL1.EOImode`: end of interrupt only drops the priority.
const CTLR_EOIMODE: u64 = 1 << 1;
/// `ICC_IGRPEN1_EL1.Enable`.
const IGRPEN1_ENABLE: u64 = 1 << 0;

/// INTIDs of software generated interrupts.
pub(super) const SGI_MASK: u32 = 0xf;
/// `ICC_SGI1R_EL1.INTID`.
const SGI1R_INTID_SHIFT: u32 = 24;
/// `ICC_SGI1R_EL1.Aff1`.
const SGI1R_AFF1_SHIFT: u32 = 16;
/// `ICC_SGI1R_EL1.Aff2`.
const SGI1R_AFF2_SHIFT: u32 = 32;
/// `ICC_SGI1R_EL1.RS`: which 16 values of Aff0 the target list stands for.
const SGI1R_RS_SHIFT: u32 = 44;
/// `ICC_SGI1R_EL1.Aff3`.
const SGI1R_AFF3_SHIFT: u32 = 48;
/// Values of Aff0 in a target list.
const SGI1R_LIST_SIZE: u64 = 16;

/// Turns the interface on: system registers, every priority above `mask`, split
/// end of interrupt, Group 1.
pub(super) fn init(mask: u8) -> Result<(), Error> {
    ICC_SRE_EL2.set(SRE_SRE | SRE_DFB | SRE_DIB | SRE_ENABLE);
    cpu::isb();
    if ICC_SRE_EL2.get() & SRE_SRE == 0 {
        return Err(Error::NoSystemRegisters);
    }
    ICC_PMR_EL1.set(u64::from(mask));
    ICC_BPR1_EL1.set(0);
    ICC_CTLR_EL1.set(CTLR_EOIMODE);
    ICC_IGRPEN1_EL1.set(IGRPEN1_ENABLE);
    cpu::isb();
    Ok(())
}

/// See `set_guest_system_registers`.
#[inline]
pub(super) fn set_guest_sre(enabled: bool) {
    let own = SRE_SRE | SRE_DFB | SRE_DIB;
    ICC_SRE_EL2.set(if enabled { own | SRE_ENABLE } else { own });
}

/// Takes the most urgent pending interrupt.
#[inline(always)]
pub(super) fn acknowledge() -> Iar {
    // INTIDs have at most 24 bits.
    Iar(ICC_IAR1_EL1.get() as u32)
}

/// Drops the running priority.
#[inline(always)]
pub(super) fn drop_priority(iar: Iar) {
    ICC_EOIR1_EL1.set(u64::from(iar.0));
}

/// Ends the active state.
#[inline(always)]
pub(super) fn deactivate(iar: Iar) {
    ICC_DIR_EL1.set(u64::from(iar.0));
}

/// Value of `ICC_SGI1R_EL1`, but for the INTID, that addresses one core.
pub(super) const fn sgi_target(mpidr: u64) -> u64 {
    let aff0 = mpidr & 0xff;
    let aff1 = (mpidr >> 8) & 0xff;
    let aff2 = (mpidr >> 16) & 0xff;
    let aff3 = (mpidr >> 32) & 0xff;
    aff3 << SGI1R_AFF3_SHIFT
        | aff2 << SGI1R_AFF2_SHIFT
        | aff1 << SGI1R_AFF1_SHIFT
        | (aff0 / SGI1R_LIST_SIZE) << SGI1R_RS_SHIFT
        | 1 << (aff0 % SGI1R_LIST_SIZE)
}

/// Sends a software generated interrupt to a [`sgi_target`].
#[inline(always)]
pub(super) fn send_sgi(target: u64, id: u32) {
    ICC_SGI1R_EL1.set(target | u64::from(id & SGI_MASK) << SGI1R_INTID_SHIFT);
    cpu::isb();
}

// Host tests do not compile this module, so the compiler checks the packing.
const _: () = {
    assert!(sgi_target(0) == 1);
    let (aff3, aff2, aff1, selector, list) = (1 << 48, 2 << 32, 3 << 16, 1 << 44, 1 << 1);
    assert!(sgi_target(0x01_0002_0311) == aff3 | aff2 | aff1 | selector | list);
};
