//! A driver for both GIC versions, close to the registers.
//!
//! Offsets are those of the distributor in Arm IHI 0048B §4.1.2, which GICv3
//! (Arm IHI 0069) keeps and repeats in each redistributor's SGI frame for the
//! private interrupts.

mod cpu;
mod redist;

use crate::{mmio::Mmio, sysreg::cpu};

/// Control.
pub const CTLR: usize = 0x000;
/// Type.
pub const TYPER: usize = 0x004;
/// Implementer.
pub const IIDR: usize = 0x008;
/// Group, one bit an interrupt.
pub const IGROUPR: usize = 0x080;
/// Set-enable.
pub const ISENABLER: usize = 0x100;
/// Clear-enable.
pub const ICENABLER: usize = 0x180;
/// Set-pending.
pub const ISPENDR: usize = 0x200;
/// Clear-pending.
pub const ICPENDR: usize = 0x280;
/// Set-active.
pub const ISACTIVER: usize = 0x300;
/// Clear-active.
pub const ICACTIVER: usize = 0x380;
/// Priority, a byte an interrupt.
pub const IPRIORITYR: usize = 0x400;
/// Target CPUs, a byte an interrupt (GICv2).
pub const ITARGETSR: usize = 0x800;
/// Level or edge, two bits an interrupt.
pub const ICFGR: usize = 0xc00;
/// Software-generated interrupt (GICv2).
pub const SGIR: usize = 0xf00;
/// Clear SGI pending by source (GICv2).
pub const CPENDSGIR: usize = 0xf10;
/// Set SGI pending by source (GICv2).
pub const SPENDSGIR: usize = 0xf20;
/// Route of an SPI (GICv3), 8 bytes an interrupt.
pub const IROUTER: usize = 0x6000;

/// What an acknowledge returns when nothing is pending.
pub const SPURIOUS: u32 = 1023;
/// First shared interrupt.
pub const FIRST_SPI: u32 = 32;

/// `GICD_CTLR.EnableGrp0` and `EnableGrp1`.
const ENABLE_GROUPS: u32 = 3;
/// `GICD_CTLR.ARE` with one security state (GICv3).
const ARE: u32 = 1 << 4;

/// GIC architecture version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// GICv2: memory-mapped CPU interface.
    V2,
    /// GICv3: system registers, redistributors.
    V3,
}

/// Interrupt group: 0 arrives as FIQ, 1 as IRQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// FIQ
    Zero,
    /// IRQ
    One,
}

/// The interrupt controller.
#[derive(Clone, Copy, Debug)]
pub struct Gic {
    /// Version.
    pub version: Version,
    /// Distributor.
    pub dist: Mmio,
    /// CPU interface (GICv2) or first redistributor (GICv3).
    pub second: Mmio,
}

impl Gic {
    /// A controller at two addresses.
    #[must_use]
    pub const fn new(version: Version, dist: usize, second: usize) -> Self {
        Self {
            version,
            dist: Mmio(dist),
            second: Mmio(second),
        }
    }

    /// Whether it is a GICv2.
    #[must_use]
    pub fn is_v2(&self) -> bool {
        self.version == Version::V2
    }

    /// Distributor on, every SPI off, group 1, priority 0xa0, level, to this CPU.
    pub fn init(&self) {
        self.dist.w32(CTLR, 0);
        self.wait_write();
        if !self.is_v2() {
            self.dist.w32(CTLR, ARE);
            self.wait_write();
        }
        for intid in (FIRST_SPI..self.lines()).step_by(32) {
            let word = intid as usize / 8;
            self.dist.w32(ICENABLER + word, u32::MAX);
            self.dist.w32(ICPENDR + word, u32::MAX);
            self.dist.w32(ICACTIVER + word, u32::MAX);
            self.dist.w32(IGROUPR + word, u32::MAX);
        }
        for intid in FIRST_SPI..self.lines() {
            self.set_priority(intid, 0xa0);
            self.set_target(intid, cpu());
        }
        let are = if self.is_v2() { 0 } else { ARE };
        self.dist.w32(CTLR, are | ENABLE_GROUPS);
        self.wait_write();
        self.init_cpu();
    }

    /// This CPU's private interrupts and interface: group 1 (IRQ), all
    /// priorities let through, EOI drops and deactivates.
    pub fn init_cpu(&self) {
        if !self.is_v2() {
            self.wake_redistributor();
        }
        let bank = self.bank(0);
        bank.w32(ICENABLER, u32::MAX);
        bank.w32(ICPENDR, u32::MAX);
        bank.w32(ICACTIVER, u32::MAX);
        bank.w32(IGROUPR, u32::MAX);
        for intid in 0..FIRST_SPI {
            self.set_priority(intid, 0xa0);
        }
        self.wait_write();
        self.init_interface();
    }

    /// The registers of an interrupt: the distributor, or on GICv3 this CPU's
    /// SGI frame for a private one.
    #[must_use]
    pub fn bank(&self, intid: u32) -> Mmio {
        if self.is_v2() || intid >= FIRST_SPI {
            self.dist
        } else {
            self.sgi_frame(cpu())
        }
    }

    /// Interrupts that the distributor has: the end of the INTIDs.
    #[must_use]
    pub fn lines(&self) -> u32 {
        ((self.dist.r32(TYPER) & 0x1f) + 1) * 32
    }

    /// Waits until writes to the distributor have taken effect.
    pub fn wait_write(&self) {
        const RWP: u32 = 1 << 31;
        if !self.is_v2() {
            while self.dist.r32(CTLR) & RWP != 0 {}
        }
    }

    /// Reads an interrupt's bit in a one-bit-an-interrupt register.
    #[must_use]
    pub fn bit(&self, register: usize, intid: u32) -> bool {
        self.bank(intid).r32(register + intid as usize / 32 * 4) & 1 << (intid % 32) != 0
    }

    /// Writes one there (only that bit: for set and clear registers).
    pub fn poke(&self, register: usize, intid: u32) {
        self.bank(intid)
            .w32(register + intid as usize / 32 * 4, 1 << (intid % 32));
    }

    /// Enables an interrupt.
    pub fn enable(&self, intid: u32) {
        self.poke(ISENABLER, intid);
    }

    /// Disables an interrupt and waits until that is so.
    pub fn disable(&self, intid: u32) {
        self.poke(ICENABLER, intid);
        self.wait_write();
    }

    /// Whether it is pending.
    #[must_use]
    pub fn pending(&self, intid: u32) -> bool {
        self.bit(ISPENDR, intid)
    }

    /// Whether it is active.
    #[must_use]
    pub fn active(&self, intid: u32) -> bool {
        self.bit(ISACTIVER, intid)
    }

    /// Sets the group.
    pub fn set_group(&self, intid: u32, group: Group) {
        let (bank, offset) = (self.bank(intid), IGROUPR + intid as usize / 32 * 4);
        let bit = 1 << (intid % 32);
        let old = bank.r32(offset);
        bank.w32(
            offset,
            if group == Group::One {
                old | bit
            } else {
                old & !bit
            },
        );
    }

    /// Sets the priority by a byte access.
    pub fn set_priority(&self, intid: u32, priority: u8) {
        self.bank(intid).w8(IPRIORITYR + intid as usize, priority);
    }

    /// The priority.
    #[must_use]
    pub fn priority(&self, intid: u32) -> u8 {
        self.bank(intid).r8(IPRIORITYR + intid as usize)
    }

    /// Makes it edge- or level-sensitive.
    pub fn set_edge(&self, intid: u32, edge: bool) {
        let (bank, offset) = (self.bank(intid), ICFGR + intid as usize / 16 * 4);
        let bit = 2 << (intid % 16 * 2);
        let old = bank.r32(offset);
        bank.w32(offset, if edge { old | bit } else { old & !bit });
    }

    /// Whether it is edge-sensitive.
    #[must_use]
    pub fn is_edge(&self, intid: u32) -> bool {
        self.bank(intid).r32(ICFGR + intid as usize / 16 * 4) & 2 << (intid % 16 * 2) != 0
    }

    /// Routes a shared interrupt to one CPU.
    pub fn set_target(&self, intid: u32, cpu: usize) {
        if self.is_v2() {
            self.dist.w8(ITARGETSR + intid as usize, 1 << cpu);
        } else {
            self.dist.w64(IROUTER + intid as usize * 8, cpu as u64);
        }
    }

    /// Sends an SGI to the CPUs of a mask.
    pub fn send(&self, intid: u32, mask: u8) {
        if self.is_v2() {
            self.dist.w32(SGIR, u32::from(mask) << 16 | intid);
        } else {
            self.send_v3(u64::from(intid) << 24 | u64::from(mask));
        }
    }

    /// Sends an SGI to all other CPUs.
    pub fn send_others(&self, intid: u32) {
        if self.is_v2() {
            self.dist.w32(SGIR, 1 << 24 | intid);
        } else {
            self.send_v3(u64::from(intid) << 24 | 1 << 40);
        }
    }

    /// Sends an SGI to this CPU.
    pub fn send_self(&self, intid: u32) {
        if self.is_v2() {
            self.dist.w32(SGIR, 2 << 24 | intid);
        } else {
            self.send(intid, 1 << cpu());
        }
    }
}
