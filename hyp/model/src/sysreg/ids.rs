//! The identification registers of one VM, computed once.

use super::{GuestFeatures, SysReg, filter_id};

/// The first and last `CRm` of the space that `HCR_EL2.TID3` traps.
const FIRST_CRM: u8 = 1;
const LAST_CRM: u8 = 7;
/// `op2` has this many values.
const OP2_COUNT: usize = 8;
/// The number of encodings in the space.
const COUNT: usize = (LAST_CRM - FIRST_CRM + 1) as usize * OP2_COUNT;

impl SysReg {
    /// Whether this is in the identification space, reserved encodings
    /// included: `op0` 3, `op1` 0, `CRn` 0, `CRm` 1 to 7.
    #[must_use]
    pub const fn is_id(self) -> bool {
        self.id_index().is_some()
    }

    /// The index in the identification space.
    const fn id_index(self) -> Option<usize> {
        match self.parts() {
            (3, 0, 0, crm @ FIRST_CRM..=LAST_CRM, op2) => {
                Some((crm - FIRST_CRM) as usize * OP2_COUNT + op2 as usize)
            }
            _ => None,
        }
    }
}

/// What a VM reads from each identification register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRegisters {
    values: [u64; COUNT],
}

impl IdRegisters {
    /// Filters the hardware's registers, which `hardware` reads; it is asked
    /// once for each of the 56 encodings, all of which are readable at EL2
    /// (those that are reserved read as zero).
    ///
    /// The guest gets AArch32 at EL0 only where the hardware has it as well.
    #[must_use]
    pub fn filtered(mut hardware: impl FnMut(SysReg) -> u64, features: &GuestFeatures) -> Self {
        const EL0_MASK: u64 = 0xf;
        const EL0_AARCH32: u64 = 2;
        let has_aarch32 = hardware(SysReg::ID_AA64PFR0_EL1) & EL0_MASK == EL0_AARCH32;
        let features = GuestFeatures {
            aarch32_el0: features.aarch32_el0 && has_aarch32,
            ..*features
        };
        let mut values = [0; COUNT];
        for (reg, value) in Self::encodings().zip(&mut values) {
            *value = filter_id(reg, hardware(reg), &features);
        }
        Self { values }
    }

    /// The value that the guest reads; zero outside the space.
    #[must_use]
    pub fn read(&self, reg: SysReg) -> u64 {
        reg.id_index()
            .and_then(|i| self.values.get(i))
            .copied()
            .unwrap_or(0)
    }

    /// Every encoding of the space, in the order of the table.
    fn encodings() -> impl Iterator<Item = SysReg> {
        (FIRST_CRM..=LAST_CRM)
            .flat_map(|crm| (0..OP2_COUNT as u8).map(move |op2| SysReg::new(3, 0, 0, crm, op2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_place_for_each_encoding() {
        let places: std::vec::Vec<_> = IdRegisters::encodings()
            .filter_map(SysReg::id_index)
            .collect();
        assert_eq!(places, (0..COUNT).collect::<std::vec::Vec<_>>());
        assert!(!SysReg::MIDR_EL1.is_id() && !SysReg::CLIDR_EL1.is_id());
        assert!(SysReg::ID_PFR0_EL1.is_id() && SysReg::new(3, 0, 0, 7, 7).is_id());
    }

    #[test]
    fn reads_give_the_filtered_value() {
        let hardware = |reg: SysReg| {
            if reg == SysReg::ID_AA64ISAR0_EL1 {
                0x10
            } else {
                0
            }
        };
        let ids = IdRegisters::filtered(hardware, &GuestFeatures::MINIMAL);
        assert_eq!(ids.read(SysReg::ID_AA64ISAR0_EL1), 0x10);
        assert_eq!(ids.read(SysReg::MIDR_EL1), 0);
    }

    #[test]
    fn aarch32_registers_read_as_zero_without_aarch32() {
        let features = GuestFeatures {
            aarch32_el0: true,
            ..GuestFeatures::MINIMAL
        };
        let with = IdRegisters::filtered(
            |reg| {
                if reg == SysReg::ID_AA64PFR0_EL1 {
                    0x22
                } else {
                    0x1111_1111
                }
            },
            &features,
        );
        let without = IdRegisters::filtered(|_| 0x1111_1111, &features);
        assert_eq!(with.read(SysReg::ID_AA64PFR0_EL1) & 0xff, 0x12);
        assert_eq!(with.read(SysReg::ID_ISAR0_EL1), 0x1111_1111);
        assert_eq!(without.read(SysReg::ID_AA64PFR0_EL1) & 0xff, 0x11);
        assert_eq!(without.read(SysReg::ID_ISAR0_EL1), 0);
    }
}
