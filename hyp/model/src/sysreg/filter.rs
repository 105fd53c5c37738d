//! From the hardware's identification registers to the guest's.
//!
//! Every field is named with what the guest may see at most; what is not named
//! reads as zero. So a feature of a future core stays hidden until somebody
//! has thought about it.

use super::{GuestFeatures, SysReg, tables32, tables64};

/// How one field of an identification register is filtered.
#[derive(Clone, Copy)]
pub(super) struct Field {
    /// The number of the field's lowest bit.
    low: u32,
    /// What happens to it.
    rule: Rule,
    /// Whether the guest has the feature at all.
    given: fn(&GuestFeatures) -> bool,
}

/// What the guest sees of a four-bit field.
#[derive(Clone, Copy)]
enum Rule {
    /// The hardware's value, but no more than this.
    AtMost(u64),
    /// The same for a signed field, where -1 (0b1111) means "not implemented".
    /// Other negative values are read as that.
    SignedAtMost(u64),
    /// The hardware's value: it describes and offers nothing.
    Same,
    /// This value.
    Fixed(u64),
    /// The hardware's value, but no more than `PARange` for the VM's address
    /// space.
    PhysicalRange,
    /// `PMUVer` or `PerfMon`: 0b1111 is an implementation-defined PMU, and the
    /// guest gets none.
    PmuVersion(u64),
}

/// Fields are four bits wide.
const WIDTH_MASK: u64 = 0xf;
/// -1: the feature is not implemented, in a signed field.
const NOT_IMPLEMENTED: u64 = 0xf;
/// The sign bit of a signed field.
const SIGN: u64 = 0x8;

/// A feature that every guest has.
fn always(_: &GuestFeatures) -> bool {
    true
}

impl Field {
    const fn new(low: u32, rule: Rule) -> Self {
        Self {
            low,
            rule,
            given: always,
        }
    }

    /// Unsigned: at most `max`.
    pub(super) const fn at_most(low: u32, max: u64) -> Self {
        Self::new(low, Rule::AtMost(max))
    }

    /// Signed: "not implemented", or at most `max`.
    pub(super) const fn signed_at_most(low: u32, max: u64) -> Self {
        Self::new(low, Rule::SignedAtMost(max))
    }

    /// As the hardware.
    pub(super) const fn same(low: u32) -> Self {
        Self::new(low, Rule::Same)
    }

    /// Always `value`.
    pub(super) const fn fixed(low: u32, value: u64) -> Self {
        Self::new(low, Rule::Fixed(value))
    }

    /// `PARange`.
    pub(super) const fn physical_range(low: u32) -> Self {
        Self::new(low, Rule::PhysicalRange)
    }

    /// The PMU's version, at most `max`.
    pub(super) const fn pmu_version(low: u32, max: u64) -> Self {
        Self::new(low, Rule::PmuVersion(max))
    }

    /// Zero unless the VM is given the feature.
    pub(super) const fn if_given(mut self, given: fn(&GuestFeatures) -> bool) -> Self {
        self.given = given;
        self
    }

    /// The field as the guest sees it, in its place.
    fn apply(&self, hardware: u64, features: &GuestFeatures) -> u64 {
        if !(self.given)(features) {
            return 0;
        }
        let value = (hardware >> self.low) & WIDTH_MASK;
        let shown = match self.rule {
            Rule::AtMost(max) => value.min(max),
            Rule::SignedAtMost(_) if value & SIGN != 0 => NOT_IMPLEMENTED,
            Rule::SignedAtMost(max) => value.min(max),
            Rule::Same => value,
            Rule::Fixed(value) => value,
            Rule::PhysicalRange => value.min(features.pa_range()),
            Rule::PmuVersion(_) if value == NOT_IMPLEMENTED => 0,
            Rule::PmuVersion(max) => value.min(max),
        };
        shown << self.low
    }
}

/// The value that a guest reads from an identification register (`op0` 3,
/// `op1` 0, `CRn` 0, `CRm` 1 to 7), given the hardware's.
///
/// Registers and fields that this filter does not know read as zero.
#[must_use]
pub fn filter_id(reg: SysReg, hardware_value: u64, features: &GuestFeatures) -> u64 {
    fields(reg, features).iter().fold(0, |value, field| {
        value | field.apply(hardware_value, features)
    })
}

/// The fields of a register that the guest may see.
fn fields(reg: SysReg, features: &GuestFeatures) -> &'static [Field] {
    if let Some(fields) = tables64::fields(reg) {
        return fields;
    }
    // Without AArch32 at any level these registers are UNKNOWN: show zeros.
    match tables32::fields(reg) {
        Some(fields) if features.aarch32_el0 => fields,
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
