//! Redistributors of GICv3 (`GICR_*`): one a core, each with a control frame
//! and a frame for the core's SGIs and PPIs.

use core::ptr::NonNull;

use tock_registers::{
    interfaces::{ReadWriteable, Readable, Writeable},
    register_bitfields, register_structs,
    registers::{ReadOnly, ReadWrite},
};

use super::{DEFAULT_PRIORITY, Error, FIRST_SPI, poll, private};
use crate::machine::Trigger;

register_bitfields! {u32,
    /// Redistributor Control Register.
    pub(crate) GICR_CTLR [
        /// An earlier write to the private interrupts is still on its way.
        RWP OFFSET(3) NUMBITS(1) [],
    ],
    /// Redistributor Wake Register.
    pub(crate) GICR_WAKER [
        /// The core is asleep.
        ProcessorSleep OFFSET(1) NUMBITS(1) [],
        /// The interface to the core is quiescent.
        ChildrenAsleep OFFSET(2) NUMBITS(1) [],
    ],
}

register_bitfields! {u64,
    /// Redistributor Type Register.
    pub(crate) GICR_TYPER [
        /// Virtual LPIs (GICv4): the redistributor has four frames, not two.
        VLPIS OFFSET(1) NUMBITS(1) [],
        /// The last redistributor of its region.
        Last OFFSET(4) NUMBITS(1) [],
        /// Affinity of the core: Aff3, Aff2, Aff1, Aff0.
        Affinity OFFSET(32) NUMBITS(32) [],
    ],
}

register_structs! {
    /// Register map of a redistributor: `RD_base` and `SGI_base` frames.
    pub(crate) Registers {
        (0x00000 => pub(crate) ctlr: ReadWrite<u32, GICR_CTLR::Register>),
        (0x00004 => pub(crate) iidr: ReadOnly<u32>),
        (0x00008 => pub(crate) typer: ReadOnly<u64, GICR_TYPER::Register>),
        (0x00010 => _reserved0),
        (0x00014 => pub(crate) waker: ReadWrite<u32, GICR_WAKER::Register>),
        (0x00018 => _reserved1),
        (0x10080 => pub(crate) igroupr0: ReadWrite<u32>),
        (0x10084 => _reserved2),
        (0x10100 => pub(crate) isenabler0: [ReadWrite<u32>; 1]),
        (0x10104 => _reserved3),
        (0x10180 => pub(crate) icenabler0: [ReadWrite<u32>; 1]),
        (0x10184 => _reserved4),
        (0x10200 => pub(crate) ispendr0: [ReadWrite<u32>; 1]),
        (0x10204 => _reserved5),
        (0x10280 => pub(crate) icpendr0: [ReadWrite<u32>; 1]),
        (0x10284 => _reserved6),
        (0x10300 => pub(crate) isactiver0: [ReadWrite<u32>; 1]),
        (0x10304 => _reserved7),
        (0x10380 => pub(crate) icactiver0: [ReadWrite<u32>; 1]),
        (0x10384 => _reserved8),
        (0x10400 => pub(crate) ipriorityr: [ReadWrite<u8>; 32]),
        (0x10420 => _reserved9),
        (0x10c00 => pub(crate) icfgr: [ReadWrite<u32>; 2]),
        (0x10c08 => _reserved10),
        (0x10d00 => pub(crate) igrpmodr0: ReadWrite<u32>),
        (0x10d04 => _reserved11),
        (0x20000 => @END),
    }
}

/// Bytes of a redistributor without virtual LPIs.
pub const SIZE: u64 = 0x2_0000;
/// Bytes of a redistributor with virtual LPIs.
pub const SIZE_VLPI: u64 = 0x4_0000;

/// The redistributor of one core.
#[derive(Clone, Copy, Debug)]
pub struct Redistributor {
    registers: NonNull<Registers>,
}

// SAFETY: the pointer leads to device registers that are valid on every core
// for as long as the machine runs; each access is one volatile load or store,
// and the registers keep their own consistency.
unsafe impl Send for Redistributor {}
// SAFETY: as above.
unsafe impl Sync for Redistributor {}

/// `MPIDR_EL1` affinity fields in the order of `GICR_TYPER`.
const fn packed_affinity(mpidr: u64) -> u64 {
    ((mpidr >> 32) & 0xff) << 24 | (mpidr & 0xff_ffff)
}

impl Redistributor {
    /// The redistributor whose registers are mapped at `registers`.
    ///
    /// # Safety
    ///
    /// A redistributor is mapped there as Device memory for good.
    pub const unsafe fn new(registers: NonNull<u8>) -> Self {
        Self {
            registers: registers.cast(),
        }
    }

    /// Looks through a region of `size` bytes at `region` for the redistributor
    /// of the core with affinity `mpidr`. Frames follow one another at `stride`
    /// bytes, or as far apart as each one's type says.
    ///
    /// # Safety
    ///
    /// A redistributor region is mapped there as Device memory for good.
    #[must_use]
    pub unsafe fn find(
        region: NonNull<u8>,
        size: u64,
        stride: Option<u64>,
        mpidr: u64,
    ) -> Option<Self> {
        let mut offset = 0u64;
        while size.checked_sub(SIZE).is_some_and(|last| offset <= last) {
            // SAFETY: this redistributor lies inside the region.
            let here = unsafe { Self::new(region.byte_add(offset as usize)) };
            let typer = here.registers().typer.extract();
            if typer.read(GICR_TYPER::Affinity) == packed_affinity(mpidr) {
                return Some(here);
            }
            if typer.is_set(GICR_TYPER::Last) {
                return None;
            }
            offset = offset.checked_add(match stride {
                Some(stride) => stride.max(SIZE),
                None if typer.is_set(GICR_TYPER::VLPIS) => SIZE_VLPI,
                None => SIZE,
            })?;
        }
        None
    }

    /// The registers.
    #[inline(always)]
    #[must_use]
    pub(crate) fn registers(&self) -> &Registers {
        // SAFETY: `new` was promised that they are mapped; all fields are cells
        // of integers, for which every value is valid.
        unsafe { self.registers.as_ref() }
    }

    /// Waits until the effects of earlier writes are visible.
    pub fn wait(&self) {
        poll(|| !self.registers().ctlr.is_set(GICR_CTLR::RWP));
    }

    /// Wakes the redistributor up and puts the core's private interrupts into a
    /// quiet state: Non-secure Group 1, PPIs disabled, SGIs enabled, all
    /// inactive and at default priority.
    ///
    /// # Errors
    ///
    /// [`Error::RedistributorAsleep`].
    pub fn init(&self, mpidr: u64) -> Result<(), Error> {
        let registers = self.registers();
        registers.waker.modify(GICR_WAKER::ProcessorSleep::CLEAR);
        if !poll(|| !registers.waker.is_set(GICR_WAKER::ChildrenAsleep)) {
            return Err(Error::RedistributorAsleep { mpidr });
        }
        for array in [
            &registers.icenabler0,
            &registers.icpendr0,
            &registers.icactiver0,
        ] {
            for register in array {
                register.set(u32::MAX);
            }
        }
        registers.igroupr0.set(u32::MAX);
        registers.igrpmodr0.set(0);
        for intid in 0..FIRST_SPI {
            self.set_priority(intid, DEFAULT_PRIORITY);
        }
        for sgi in 0..super::FIRST_PPI {
            self.enable(sgi);
        }
        self.wait();
        Ok(())
    }

    /// Enables a private interrupt.
    #[inline]
    pub fn enable(&self, intid: u32) {
        private::write_bit(&self.registers().isenabler0, intid);
    }

    /// Disables a private interrupt. [`wait`](Self::wait) for the effect.
    #[inline]
    pub fn disable(&self, intid: u32) {
        private::write_bit(&self.registers().icenabler0, intid);
    }

    /// Sets a private interrupt's priority; 0 is the most urgent.
    #[inline]
    pub fn set_priority(&self, intid: u32, priority: u8) {
        private::write_byte(&self.registers().ipriorityr, intid, priority);
    }

    /// Sets what makes a PPI pending. It must be disabled.
    pub fn set_trigger(&self, intid: u32, trigger: Trigger) {
        private::write_trigger(&self.registers().icfgr, intid, trigger);
    }

    /// Whether a private interrupt is active.
    #[inline]
    #[must_use]
    pub fn is_active(&self, intid: u32) -> bool {
        private::read_bit(&self.registers().isactiver0, intid)
    }

    /// Ends a private interrupt's active state.
    #[inline]
    pub fn clear_active(&self, intid: u32) {
        private::write_bit(&self.registers().icactiver0, intid);
    }

    /// Makes a private interrupt active, as if it had been acknowledged.
    #[inline]
    pub fn set_active(&self, intid: u32) {
        private::write_bit(&self.registers().isactiver0, intid);
    }

    /// Whether a private interrupt is pending.
    #[inline]
    #[must_use]
    pub fn is_pending(&self, intid: u32) -> bool {
        private::read_bit(&self.registers().ispendr0, intid)
    }

    /// Ends a private interrupt's pending state, unless its line holds it.
    #[inline]
    pub fn clear_pending(&self, intid: u32) {
        private::write_bit(&self.registers().icpendr0, intid);
    }
}
