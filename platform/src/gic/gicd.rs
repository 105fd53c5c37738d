//! The distributor (`GICD_*`): SPIs of either version, and on GICv2 also the
//! banked registers of the calling core's SGIs and PPIs.

use core::ptr::NonNull;

use tock_registers::{
    interfaces::{Readable, Writeable},
    register_bitfields, register_structs,
    registers::{ReadOnly, ReadWrite, WriteOnly},
};

use super::{DEFAULT_PRIORITY, FIRST_SPI, poll, private};
use crate::machine::Trigger;

register_bitfields! {u32,
    /// Distributor Control Register, as Non-secure software or a distributor
    /// with one Security state presents it.
    pub(crate) GICD_CTLR [
        /// GICv2: forwards the interrupts that this software owns: Group 1 for
        /// Non-secure accesses, Group 0 without Security Extensions.
        Enable OFFSET(0) NUMBITS(1) [],
        /// GICv3 with affinity routing: forwards Group 1 (`EnableGrp1A`, or
        /// `EnableGrp1` with one Security state).
        EnableGrp1A OFFSET(1) NUMBITS(1) [],
        /// Affinity routing (`ARE_NS`, or `ARE` with one Security state).
        ARE OFFSET(4) NUMBITS(1) [],
        /// One Security state only.
        DS OFFSET(6) NUMBITS(1) [],
        /// An earlier write is still on its way.
        RWP OFFSET(31) NUMBITS(1) [],
    ],
    /// Interrupt Controller Type Register.
    pub(crate) GICD_TYPER [
        /// SPIs: (value + 1) * 32 INTIDs including the private ones.
        ITLinesNumber OFFSET(0) NUMBITS(5) [],
        /// GICv2: CPU interfaces minus one.
        CPUNumber OFFSET(5) NUMBITS(3) [],
        /// Two Security states.
        SecurityExtn OFFSET(10) NUMBITS(1) [],
    ],
}

register_structs! {
    /// Distributor register map.
    pub(crate) Registers {
        (0x0000 => pub(crate) ctlr: ReadWrite<u32, GICD_CTLR::Register>),
        (0x0004 => pub(crate) typer: ReadOnly<u32, GICD_TYPER::Register>),
        (0x0008 => pub(crate) iidr: ReadOnly<u32>),
        (0x000c => _reserved0),
        (0x0080 => pub(crate) igroupr: [ReadWrite<u32>; 32]),
        (0x0100 => pub(crate) isenabler: [ReadWrite<u32>; 32]),
        (0x0180 => pub(crate) icenabler: [ReadWrite<u32>; 32]),
        (0x0200 => pub(crate) ispendr: [ReadWrite<u32>; 32]),
        (0x0280 => pub(crate) icpendr: [ReadWrite<u32>; 32]),
        (0x0300 => pub(crate) isactiver: [ReadWrite<u32>; 32]),
        (0x0380 => pub(crate) icactiver: [ReadWrite<u32>; 32]),
        (0x0400 => pub(crate) ipriorityr: [ReadWrite<u8>; 1024]),
        (0x0800 => pub(crate) itargetsr: [ReadWrite<u8>; 1024]),
        (0x0c00 => pub(crate) icfgr: [ReadWrite<u32>; 64]),
        (0x0d00 => pub(crate) igrpmodr: [ReadWrite<u32>; 32]),
        (0x0d80 => _reserved1),
        (0x0f00 => pub(crate) sgir: WriteOnly<u32>),
        (0x0f04 => _reserved2),
        (0x0f10 => pub(crate) cpendsgir: [ReadWrite<u8>; 16]),
        (0x0f20 => pub(crate) spendsgir: [ReadWrite<u8>; 16]),
        (0x0f30 => _reserved3),
        (0x6000 => pub(crate) irouter: [ReadWrite<u64>; 1020]),
        (0x7fe0 => _reserved4),
        (0x8000 => @END),
    }
}

/// Bytes of the register map that GICv2 has; `irouter` lies beyond.
pub const V2_SIZE: u64 = 0x1000;

/// INTIDs that one `ITLinesNumber` step stands for.
const LINES_STEP: u32 = 32;
/// Largest number of INTIDs below the special ones.
const MAX_LINES: u32 = 1020;
/// `GICD_IROUTER`: affinity fields.
const ROUTE_MASK: u64 = 0xff_00ff_ffff;
/// `GICD_SGIR`: position of the CPU target list.
pub const SGIR_TARGETS_SHIFT: u32 = 16;
/// An INTID of each register with one bit an interrupt.
const WORD_STEP: usize = 32;

/// The distributor.
#[derive(Clone, Copy, Debug)]
pub struct Distributor {
    registers: NonNull<Registers>,
}

// SAFETY: the pointer leads to device registers that are valid on every core
// for as long as the machine runs; each access is one volatile load or store,
// and the registers keep their own consistency.
unsafe impl Send for Distributor {}
// SAFETY: as above.
unsafe impl Sync for Distributor {}

impl Distributor {
    /// The distributor whose registers are mapped at `registers`.
    ///
    /// # Safety
    ///
    /// A distributor is mapped there as Device memory for good: [`V2_SIZE`]
    /// bytes for GICv2, 64 KiB for GICv3.
    pub const unsafe fn new(registers: NonNull<u8>) -> Self {
        Self {
            registers: registers.cast(),
        }
    }

    /// The registers.
    #[inline(always)]
    #[must_use]
    pub(crate) fn registers(&self) -> &Registers {
        // SAFETY: `new` was promised that they are mapped; all fields are cells
        // of integers, for which every value is valid.
        unsafe { self.registers.as_ref() }
    }

    /// First INTID after the SPIs that are implemented.
    #[must_use]
    pub fn lines(&self) -> u32 {
        let blocks = self.registers().typer.read(GICD_TYPER::ITLinesNumber) + 1;
        (blocks * LINES_STEP).min(MAX_LINES)
    }

    /// Waits until the effects of earlier writes are visible (GICv3).
    pub fn wait(&self) {
        poll(|| !self.registers().ctlr.is_set(GICD_CTLR::RWP));
    }

    /// GICv2: all SPIs disabled, inactive, at default priority, without target;
    /// forwarding on.
    ///
    /// Everything goes to Group 0, which without Security Extensions is
    /// signalled as IRQ like any other; with them the write is ignored and
    /// interrupts stay in the group that Secure software gave us.
    pub fn init_v2(&self) {
        self.registers().ctlr.set(0);
        self.init_spis(0);
        for intid in FIRST_SPI..self.lines() {
            private::write_byte(&self.registers().itargetsr, intid, 0);
        }
        self.registers().ctlr.write(GICD_CTLR::Enable::SET);
    }

    /// GICv3: as [`init_v2`](Self::init_v2), with affinity routing, every SPI
    /// in Non-secure Group 1 (ignored where Secure software decides that) and
    /// routed to the core with affinity `mpidr`.
    pub fn init_v3(&self, mpidr: u64) {
        let registers = self.registers();
        // Affinity routing may only change while all groups are disabled.
        registers.ctlr.set(0);
        self.wait();
        registers.ctlr.write(GICD_CTLR::ARE::SET);
        self.wait();
        self.init_spis(u32::MAX);
        for register in words(&registers.igrpmodr, self.lines()) {
            register.set(0);
        }
        for intid in FIRST_SPI..self.lines() {
            self.route_v3(intid, mpidr);
        }
        registers
            .ctlr
            .write(GICD_CTLR::ARE::SET + GICD_CTLR::EnableGrp1A::SET);
        self.wait();
    }

    /// Quiet state for all SPIs, in the groups given a bit each.
    fn init_spis(&self, group: u32) {
        let registers = self.registers();
        let lines = self.lines();
        for array in [
            &registers.icenabler,
            &registers.icpendr,
            &registers.icactiver,
        ] {
            for register in words(array, lines) {
                register.set(u32::MAX);
            }
        }
        for register in words(&registers.igroupr, lines) {
            register.set(group);
        }
        for intid in FIRST_SPI..lines {
            private::write_byte(&registers.ipriorityr, intid, DEFAULT_PRIORITY);
        }
    }

    /// Enables an interrupt: an SPI, or on GICv2 the calling core's private one.
    #[inline]
    pub fn enable(&self, intid: u32) {
        private::write_bit(&self.registers().isenabler, intid);
    }

    /// Disables an interrupt. On GICv3, [`wait`](Self::wait) for the effect.
    #[inline]
    pub fn disable(&self, intid: u32) {
        private::write_bit(&self.registers().icenabler, intid);
    }

    /// Sets an interrupt's priority; 0 is the most urgent.
    #[inline]
    pub fn set_priority(&self, intid: u32, priority: u8) {
        private::write_byte(&self.registers().ipriorityr, intid, priority);
    }

    /// Sets what makes an interrupt pending. It must be disabled. Reads, then
    /// writes a register of 16 interrupts: callers serialize.
    pub fn set_trigger(&self, intid: u32, trigger: Trigger) {
        private::write_trigger(&self.registers().icfgr, intid, trigger);
    }

    /// GICv2: sends an SPI to the CPU interfaces of the bit mask `targets`.
    #[inline]
    pub fn route_v2(&self, intid: u32, targets: u8) {
        if intid >= FIRST_SPI {
            private::write_byte(&self.registers().itargetsr, intid, targets);
        }
    }

    /// GICv3: sends an SPI to the core with affinity `mpidr`.
    #[inline]
    pub fn route_v3(&self, intid: u32, mpidr: u64) {
        if intid >= FIRST_SPI
            && let Some(register) = self.registers().irouter.get(intid as usize)
        {
            register.set(mpidr & ROUTE_MASK);
        }
    }

    /// Whether an interrupt is active.
    #[inline]
    #[must_use]
    pub fn is_active(&self, intid: u32) -> bool {
        private::read_bit(&self.registers().isactiver, intid)
    }

    /// Ends an interrupt's active state.
    #[inline]
    pub fn clear_active(&self, intid: u32) {
        private::write_bit(&self.registers().icactiver, intid);
    }

    /// Makes an interrupt active, as if it had been acknowledged.
    #[inline]
    pub fn set_active(&self, intid: u32) {
        private::write_bit(&self.registers().isactiver, intid);
    }

    /// Whether an interrupt is pending.
    #[inline]
    #[must_use]
    pub fn is_pending(&self, intid: u32) -> bool {
        private::read_bit(&self.registers().ispendr, intid)
    }

    /// Ends an interrupt's pending state, unless its line holds it.
    #[inline]
    pub fn clear_pending(&self, intid: u32) {
        private::write_bit(&self.registers().icpendr, intid);
    }

    /// GICv2: sets up the calling core's SGIs and PPIs (banked registers), and
    /// returns the core's bit in target masks.
    #[must_use]
    pub fn init_banked_v2(&self) -> Option<u8> {
        let registers = self.registers();
        let [icenabler, icpendr, icactiver, igroupr] = [
            registers.icenabler.first()?,
            registers.icpendr.first()?,
            registers.icactiver.first()?,
            registers.igroupr.first()?,
        ];
        icenabler.set(u32::MAX);
        icpendr.set(u32::MAX);
        icactiver.set(u32::MAX);
        igroupr.set(0);
        for sources in &registers.cpendsgir {
            sources.set(u8::MAX);
        }
        for intid in 0..FIRST_SPI {
            self.set_priority(intid, DEFAULT_PRIORITY);
        }
        // SGIs are always enabled on some implementations, never on others.
        for sgi in 0..super::FIRST_PPI {
            self.enable(sgi);
        }
        // Private interrupts target the core that reads the register. With a
        // single core the field reads as zero.
        let target = registers.itargetsr.iter().take(FIRST_SPI as usize);
        match target.fold(0, |mask, register| mask | register.get()) {
            0 if registers.typer.read(GICD_TYPER::CPUNumber) == 0 => Some(1),
            0 => None,
            mask => Some(mask),
        }
    }
}

/// The registers of an array with one bit an interrupt that hold SPIs.
fn words(array: &[ReadWrite<u32>], lines: u32) -> &[ReadWrite<u32>] {
    let count = (lines as usize).div_ceil(WORD_STEP);
    array.get(1..count).unwrap_or_default()
}
