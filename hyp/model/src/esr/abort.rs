//! Instruction and data aborts from the guest.

use super::{bit, field, register};
use crate::access::{AccessSize, Extend};
use vtlb::{GuestPhys, GuestVirt};

/// What kind of fault an abort reports: `ISS.DFSC` or `ISS.IFSC`.
///
/// Levels are translation table levels, -2 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An address beyond the configured size.
    AddressSize(i8),
    /// No translation.
    Translation(i8),
    /// The access flag is clear.
    AccessFlag(i8),
    /// A translation that does not allow the access.
    Permission(i8),
    /// A synchronous external abort of the access itself.
    External,
    /// A synchronous external abort of a translation table walk.
    ExternalOnWalk(i8),
    /// A synchronous tag check fault.
    TagCheck,
    /// A synchronous parity or ECC error of the access itself.
    Parity,
    /// A synchronous parity or ECC error of a translation table walk.
    ParityOnWalk(i8),
    /// A misaligned access.
    Alignment,
    /// A granule protection fault of the access itself.
    GranuleProtection,
    /// A granule protection fault of a translation table walk.
    GranuleProtectionOnWalk(i8),
    /// Conflicting TLB entries.
    TlbConflict,
    /// A hardware update of a table entry that the memory does not support.
    UnsupportedAtomicUpdate,
    /// An implementation-defined cache lockdown fault.
    Lockdown,
    /// An exclusive or atomic access that the memory does not support.
    UnsupportedExclusive,
    /// A code that this decoder does not know.
    Other(u8),
}

/// Fault status codes that have no level.
mod code {
    pub(super) const EXTERNAL: u8 = 0b01_0000;
    pub(super) const TAG_CHECK: u8 = 0b01_0001;
    pub(super) const EXTERNAL_WALK_M2: u8 = 0b01_0010;
    pub(super) const EXTERNAL_WALK_M1: u8 = 0b01_0011;
    pub(super) const PARITY: u8 = 0b01_1000;
    pub(super) const PARITY_WALK_M2: u8 = 0b01_1010;
    pub(super) const PARITY_WALK_M1: u8 = 0b01_1011;
    pub(super) const ALIGNMENT: u8 = 0b10_0001;
    pub(super) const GRANULE_WALK_M2: u8 = 0b10_0010;
    pub(super) const GRANULE_WALK_M1: u8 = 0b10_0011;
    pub(super) const GRANULE: u8 = 0b10_1000;
    pub(super) const ADDRESS_SIZE_M1: u8 = 0b10_1001;
    pub(super) const TRANSLATION_M2: u8 = 0b10_1010;
    pub(super) const TRANSLATION_M1: u8 = 0b10_1011;
    pub(super) const ADDRESS_SIZE_M2: u8 = 0b10_1100;
    pub(super) const TLB_CONFLICT: u8 = 0b11_0000;
    pub(super) const ATOMIC_UPDATE: u8 = 0b11_0001;
    pub(super) const LOCKDOWN: u8 = 0b11_0100;
    pub(super) const EXCLUSIVE: u8 = 0b11_0101;
}

impl FaultKind {
    /// Decodes a six-bit fault status code.
    #[must_use]
    pub const fn from_status(status: u8) -> Self {
        let level = (status & 0b11).cast_signed();
        match status >> 2 {
            0b0000 => Self::AddressSize(level),
            0b0001 => Self::Translation(level),
            0b0010 => Self::AccessFlag(level),
            0b0011 => Self::Permission(level),
            0b0101 => Self::ExternalOnWalk(level),
            0b0111 => Self::ParityOnWalk(level),
            0b1001 => Self::GranuleProtectionOnWalk(level),
            _ => Self::without_level_field(status),
        }
    }

    /// The codes whose low two bits are not a level.
    const fn without_level_field(status: u8) -> Self {
        match status {
            code::EXTERNAL => Self::External,
            code::TAG_CHECK => Self::TagCheck,
            code::EXTERNAL_WALK_M2 => Self::ExternalOnWalk(-2),
            code::EXTERNAL_WALK_M1 => Self::ExternalOnWalk(-1),
            code::PARITY => Self::Parity,
            code::PARITY_WALK_M2 => Self::ParityOnWalk(-2),
            code::PARITY_WALK_M1 => Self::ParityOnWalk(-1),
            code::ALIGNMENT => Self::Alignment,
            code::GRANULE_WALK_M2 => Self::GranuleProtectionOnWalk(-2),
            code::GRANULE_WALK_M1 => Self::GranuleProtectionOnWalk(-1),
            code::GRANULE => Self::GranuleProtection,
            code::ADDRESS_SIZE_M2 => Self::AddressSize(-2),
            code::ADDRESS_SIZE_M1 => Self::AddressSize(-1),
            code::TRANSLATION_M2 => Self::Translation(-2),
            code::TRANSLATION_M1 => Self::Translation(-1),
            code::TLB_CONFLICT => Self::TlbConflict,
            code::ATOMIC_UPDATE => Self::UnsupportedAtomicUpdate,
            code::LOCKDOWN => Self::Lockdown,
            code::EXCLUSIVE => Self::UnsupportedExclusive,
            other => Self::Other(other),
        }
    }

    /// Whether stage 2 reports such a fault because of what the hypervisor
    /// mapped or did not map.
    #[must_use]
    pub const fn is_stage2(self) -> bool {
        matches!(
            self,
            Self::AddressSize(_) | Self::Translation(_) | Self::AccessFlag(_) | Self::Permission(_)
        )
    }
}

/// What the syndrome of a data abort says about the instruction, when it says
/// something: a load or store of one general-purpose register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MmioSyndrome {
    /// How much is accessed.
    pub size: AccessSize,
    /// Whether a load extends the sign.
    pub sign_extend: bool,
    /// The register, 0 to 31; 31 is the zero register.
    pub rt: u8,
    /// Whether a load writes all 64 bits of the register.
    pub sixty_four: bool,
    /// Whether the access has acquire or release semantics.
    pub acquire_release: bool,
}

impl MmioSyndrome {
    /// How a loaded value becomes the register's.
    #[must_use]
    pub const fn extend(&self) -> Extend {
        match (self.sign_extend, self.sixty_four) {
            (false, _) => Extend::Zero,
            (true, false) => Extend::SignTo32,
            (true, true) => Extend::SignTo64,
        }
    }

    /// Decodes the syndrome if `ISV` says that it is valid.
    const fn of(esr: u64) -> Option<Self> {
        const ISV: u32 = 24;
        const SAS: u32 = 22;
        const SSE: u32 = 21;
        const SRT: u32 = 16;
        const SF: u32 = 15;
        const AR: u32 = 14;
        if !bit(esr, ISV) {
            return None;
        }
        Some(Self {
            size: AccessSize::from_log2(field(esr, SAS, 2) as u32),
            sign_extend: bit(esr, SSE),
            rt: register(esr, SRT),
            sixty_four: bit(esr, SF),
            acquire_release: bit(esr, AR),
        })
    }
}

/// A data abort taken from the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataAbort {
    /// What the hardware knows of the instruction. `None`: it must be read and
    /// decoded (see [`crate::a64`]).
    pub valid: Option<MmioSyndrome>,
    /// Whether the access was a write. A cache maintenance instruction counts
    /// as a write here; see `cm`.
    pub write: bool,
    /// Whether a cache maintenance or address translation instruction faulted,
    /// not a load or store.
    pub cm: bool,
    /// Whether stage 2 faulted on an access of the guest's own table walk.
    pub s1ptw: bool,
    /// What went wrong.
    pub fault: FaultKind,
    /// Whether `far` is *not* valid.
    pub fnv: bool,
    /// The implementation-defined kind of external abort.
    pub ea: bool,
    /// The virtual address of the access, `FAR_EL2`.
    pub far: GuestVirt,
    /// The guest-physical address of the access; of the table walk when
    /// `s1ptw` is set, then exact only to the page. `None` when the hardware
    /// does not report it for this fault (permission faults, external aborts):
    /// it must then be translated from `far`.
    pub ipa: Option<GuestPhys>,
}

/// An instruction abort taken from the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionAbort {
    /// Whether stage 2 faulted on an access of the guest's own table walk.
    pub s1ptw: bool,
    /// What went wrong.
    pub fault: FaultKind,
    /// Whether `far` is *not* valid.
    pub fnv: bool,
    /// The implementation-defined kind of external abort.
    pub ea: bool,
    /// The virtual address of the fetch, `FAR_EL2`.
    pub far: GuestVirt,
    /// The guest-physical address, as in [`DataAbort::ipa`].
    pub ipa: Option<GuestPhys>,
}

/// The fault status code, 6 bits.
const STATUS: u32 = 0;
const WNR: u32 = 6;
const S1PTW: u32 = 7;
const CM: u32 = 8;
const EA: u32 = 9;
const FNV: u32 = 10;

impl DataAbort {
    pub(super) const fn of(esr: u64, far: u64, hpfar: u64) -> Self {
        let common = InstructionAbort::of(esr, far, hpfar);
        Self {
            valid: MmioSyndrome::of(esr),
            write: bit(esr, WNR),
            cm: bit(esr, CM),
            s1ptw: common.s1ptw,
            fault: common.fault,
            fnv: common.fnv,
            ea: common.ea,
            far: common.far,
            ipa: common.ipa,
        }
    }
}

impl InstructionAbort {
    pub(super) const fn of(esr: u64, far: u64, hpfar: u64) -> Self {
        let fault = FaultKind::from_status(field(esr, STATUS, 6) as u8);
        let s1ptw = bit(esr, S1PTW);
        Self {
            s1ptw,
            fault,
            fnv: bit(esr, FNV),
            ea: bit(esr, EA),
            far: GuestVirt::new(far),
            ipa: fault_ipa(fault, s1ptw, far, hpfar),
        }
    }
}

/// The faulting guest-physical address where `HPFAR_EL2` holds it: on stage 2
/// translation, access flag and address size faults, and on any stage 2 fault
/// of a stage 1 walk (Arm ARM, `HPFAR_EL2`). Bits 47 to 4 of the register are
/// bits 55 to 12 of the address.
const fn fault_ipa(fault: FaultKind, s1ptw: bool, far: u64, hpfar: u64) -> Option<GuestPhys> {
    const PAGE_SHIFT: u32 = 12;
    const FIPA: u32 = 4;
    const FIPA_WIDTH: u32 = 44;
    let reported = match fault {
        FaultKind::AddressSize(_) | FaultKind::Translation(_) | FaultKind::AccessFlag(_) => true,
        FaultKind::Permission(_) => s1ptw,
        _ => false,
    };
    if !reported {
        return None;
    }
    let page = field(hpfar, FIPA, FIPA_WIDTH) << PAGE_SHIFT;
    // The low bits of FAR belong to the access, not to a walk's descriptor.
    let within = if s1ptw { 0 } else { field(far, 0, PAGE_SHIFT) };
    Some(GuestPhys::new(page | within))
}
