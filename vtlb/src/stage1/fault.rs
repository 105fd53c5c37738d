//! How a walk can end without a translation.

use core::fmt;

/// The level of a table lookup: -1 (the root of a 52-bit space with FEAT_LPA2)
/// to 3 (the last).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(i8);

impl Level {
    /// The level above level 0.
    pub const MINUS_ONE: Self = Self(-1);
    /// Level 0, where faults are reported that precede the first lookup.
    pub const ZERO: Self = Self(0);
    /// The level whose descriptors are pages.
    pub const LAST: Self = Self(3);

    /// The level from which `below` more levels lead to the last one. There
    /// are never more than four.
    pub(super) const fn above_last(below: u32) -> Self {
        match below {
            0 => Self::LAST,
            1 => Self(2),
            2 => Self(1),
            3 => Self::ZERO,
            _ => Self::MINUS_ONE,
        }
    }

    /// How many levels there are below this one.
    pub(super) const fn levels_below(self) -> u32 {
        Self::LAST.0.abs_diff(self.0) as u32
    }

    /// The level of the tables that this level's table descriptors point to.
    pub(super) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number, -1 to 3.
    #[must_use]
    pub const fn number(self) -> i8 {
        self.0
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Why there is no translation, or none for this access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// An address of a table, or the output address, has bits beyond the
    /// configured size.
    AddressSize,
    /// No valid descriptor, or no table for the address at all.
    Translation,
    /// The access flag is clear, and hardware does not set it.
    AccessFlag,
    /// The access is not allowed.
    Permission,
    /// A descriptor lies where no memory is.
    ExternalOnWalk,
}

/// A stage 1 fault as the exception syndrome reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Of which lookup.
    pub level: Level,
}

impl Fault {
    pub(super) const fn new(kind: FaultKind, level: Level) -> Self {
        Self { kind, level }
    }

    /// The six-bit fault status code: `ESR_ELx.DFSC` or `IFSC`, `PAR_EL1.FST`
    /// (Arm ARM DDI 0487, D19.2.37, ISS encoding of data aborts).
    #[must_use]
    pub const fn fault_status_code(self) -> u8 {
        match (self.kind, self.level) {
            (FaultKind::AddressSize, Level::MINUS_ONE) => 0b10_1001,
            (FaultKind::Translation, Level::MINUS_ONE) => 0b10_1011,
            (FaultKind::ExternalOnWalk, Level::MINUS_ONE) => 0b01_0011,
            (FaultKind::AddressSize, level) => level.code(),
            (FaultKind::Translation, level) => 0b00_0100 | level.code(),
            (FaultKind::AccessFlag, level) => 0b00_1000 | level.code(),
            (FaultKind::Permission, level) => 0b00_1100 | level.code(),
            (FaultKind::ExternalOnWalk, level) => 0b01_0100 | level.code(),
        }
    }
}

impl Level {
    /// The two low bits of most fault status codes.
    const fn code(self) -> u8 {
        self.0.cast_unsigned() & 0b11
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            FaultKind::AddressSize => "address size fault",
            FaultKind::Translation => "translation fault",
            FaultKind::AccessFlag => "access flag fault",
            FaultKind::Permission => "permission fault",
            FaultKind::ExternalOnWalk => "external abort on table walk",
        };
        write!(f, "{kind}, level {}", self.level)
    }
}

impl core::error::Error for Fault {}
