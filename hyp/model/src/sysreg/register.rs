//! The encoding of a system register or system instruction.

use core::fmt;

/// A system register or system instruction by its encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SysReg(u16);

/// Where each part starts in the encoding: as in bits 20 to 5 of MSR and MRS.
const OP0: u32 = 14;
const OP1: u32 = 11;
const CRN: u32 = 7;
const CRM: u32 = 3;
const OP2: u32 = 0;

/// The same in the syndrome of a trapped access (Arm ARM, `ESR_EL2`, "ISS
/// encoding for an exception from MSR, MRS, or System instruction execution").
const ISS_OP0: u32 = 20;
const ISS_OP2: u32 = 17;
const ISS_OP1: u32 = 14;
const ISS_CRN: u32 = 10;
const ISS_CRM: u32 = 1;

impl SysReg {
    /// The register `S<op0>_<op1>_C<crn>_C<crm>_<op2>`. Values beyond a part's
    /// width (2, 3, 4, 4, 3 bits) are cut.
    #[must_use]
    pub const fn new(op0: u8, op1: u8, crn: u8, crm: u8, op2: u8) -> Self {
        Self(
            (op0 as u16 & 0b11) << OP0
                | (op1 as u16 & 0b111) << OP1
                | (crn as u16 & 0xf) << CRN
                | (crm as u16 & 0xf) << CRM
                | (op2 as u16 & 0b111) << OP2,
        )
    }

    /// The register in the syndrome of a trapped access.
    #[must_use]
    pub const fn from_iss(iss: u64) -> Self {
        Self::new(
            (iss >> ISS_OP0) as u8,
            (iss >> ISS_OP1) as u8,
            (iss >> ISS_CRN) as u8,
            (iss >> ISS_CRM) as u8,
            (iss >> ISS_OP2) as u8,
        )
    }

    /// The syndrome bits that name this register.
    #[must_use]
    pub const fn to_iss(self) -> u64 {
        (self.op0() as u64) << ISS_OP0
            | (self.op1() as u64) << ISS_OP1
            | (self.crn() as u64) << ISS_CRN
            | (self.crm() as u64) << ISS_CRM
            | (self.op2() as u64) << ISS_OP2
    }

    /// The 16 bits `op0:op1:CRn:CRm:op2`, as in MSR and MRS.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// `op0`, 0 to 3. (1: system instructions, 2: debug, 3: registers.)
    #[must_use]
    pub const fn op0(self) -> u8 {
        (self.0 >> OP0) as u8 & 0b11
    }

    /// `op1`, 0 to 7.
    #[must_use]
    pub const fn op1(self) -> u8 {
        (self.0 >> OP1) as u8 & 0b111
    }

    /// `CRn`, 0 to 15.
    #[must_use]
    pub const fn crn(self) -> u8 {
        (self.0 >> CRN) as u8 & 0xf
    }

    /// `CRm`, 0 to 15.
    #[must_use]
    pub const fn crm(self) -> u8 {
        (self.0 >> CRM) as u8 & 0xf
    }

    /// `op2`, 0 to 7.
    #[must_use]
    pub const fn op2(self) -> u8 {
        (self.0 >> OP2) as u8 & 0b111
    }

    /// The five parts in order.
    #[must_use]
    pub const fn parts(self) -> (u8, u8, u8, u8, u8) {
        (self.op0(), self.op1(), self.crn(), self.crm(), self.op2())
    }
}

impl fmt::Display for SysReg {
    /// Writes the register's name, or the generic `S3_0_C1_C0_1` form that
    /// assemblers accept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name() {
            return f.write_str(name);
        }
        let (op0, op1, crn, crm, op2) = self.parts();
        write!(f, "S{op0}_{op1}_C{crn}_C{crm}_{op2}")
    }
}

impl fmt::Debug for SysReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::format;

    #[test]
    fn shown_by_name_or_by_number() {
        assert_eq!(format!("{}", SysReg::ID_AA64PFR0_EL1), "ID_AA64PFR0_EL1");
        assert_eq!(format!("{}", SysReg::new(3, 1, 15, 2, 1)), "S3_1_C15_C2_1");
    }

    #[test]
    fn a_real_syndrome() {
        // `mrs x1, id_aa64pfr0_el1`, trapped by TID3, gives ESR_EL2 = 0x62300029.
        assert_eq!(SysReg::from_iss(0x6230_0029), SysReg::ID_AA64PFR0_EL1);
    }

    proptest! {
        #[test]
        fn encodings_round_trip(raw: u16) {
            let reg = SysReg(raw);
            let (op0, op1, crn, crm, op2) = reg.parts();
            prop_assert_eq!(SysReg::new(op0, op1, crn, crm, op2), reg);
            prop_assert_eq!(SysReg::from_iss(reg.to_iss()), reg);
        }

        #[test]
        fn only_the_register_bits_of_a_syndrome_count(iss: u64) {
            let reg = SysReg::from_iss(iss);
            let named = SysReg::new(3, 7, 15, 15, 7).to_iss();
            prop_assert_eq!(reg.to_iss(), iss & named);
        }
    }
}
