//! What EL1 must not have: exception class 0, at the instruction, both ways.

use guests::{
    check, check_eq,
    irq::gic,
    machine,
    probe::{self, Reg},
    trap::{Syndrome, ec},
};

/// Registers of EL2 and EL3.
const HIGHER: [(&str, Reg); 34] = [
    ("VPIDR_EL2", Reg(3, 4, 0, 0, 0)),
    ("VMPIDR_EL2", Reg(3, 4, 0, 0, 5)),
    ("SCTLR_EL2", Reg(3, 4, 1, 0, 0)),
    ("ACTLR_EL2", Reg(3, 4, 1, 0, 1)),
    ("HCR_EL2", Reg(3, 4, 1, 1, 0)),
    ("MDCR_EL2", Reg(3, 4, 1, 1, 1)),
    ("CPTR_EL2", Reg(3, 4, 1, 1, 2)),
    ("HSTR_EL2", Reg(3, 4, 1, 1, 3)),
    ("HACR_EL2", Reg(3, 4, 1, 1, 7)),
    ("TTBR0_EL2", Reg(3, 4, 2, 0, 0)),
    ("TCR_EL2", Reg(3, 4, 2, 0, 2)),
    ("VTTBR_EL2", Reg(3, 4, 2, 1, 0)),
    ("VTCR_EL2", Reg(3, 4, 2, 1, 2)),
    ("SPSR_EL2", Reg(3, 4, 4, 0, 0)),
    ("ELR_EL2", Reg(3, 4, 4, 0, 1)),
    ("SP_EL1", Reg(3, 4, 4, 1, 0)),
    ("ESR_EL2", Reg(3, 4, 5, 2, 0)),
    ("FAR_EL2", Reg(3, 4, 6, 0, 0)),
    ("HPFAR_EL2", Reg(3, 4, 6, 0, 4)),
    ("MAIR_EL2", Reg(3, 4, 10, 2, 0)),
    ("VBAR_EL2", Reg(3, 4, 12, 0, 0)),
    ("ICH_HCR_EL2", Reg(3, 4, 12, 11, 0)),
    ("ICH_LR0_EL2", Reg(3, 4, 12, 12, 0)),
    ("ICC_SRE_EL2", Reg(3, 4, 12, 9, 5)),
    ("TPIDR_EL2", Reg(3, 4, 13, 0, 2)),
    ("CNTVOFF_EL2", Reg(3, 4, 14, 0, 3)),
    ("CNTHCTL_EL2", Reg(3, 4, 14, 1, 0)),
    ("CNTHP_CTL_EL2", Reg(3, 4, 14, 2, 1)),
    ("SCTLR_EL12", Reg(3, 5, 1, 0, 0)),
    ("CNTV_CTL_EL02", Reg(3, 5, 14, 3, 1)),
    ("SCTLR_EL3", Reg(3, 6, 1, 0, 0)),
    ("SCR_EL3", Reg(3, 6, 1, 1, 0)),
    ("VBAR_EL3", Reg(3, 6, 12, 0, 0)),
    ("ICC_CTLR_EL3", Reg(3, 6, 12, 12, 4)),
];

/// Encodings with no register behind them.
const UNALLOCATED: [Reg; 12] = [
    Reg(3, 0, 3, 0, 0),
    Reg(3, 0, 8, 0, 0),
    Reg(3, 0, 9, 0, 0),
    Reg(3, 1, 2, 0, 0),
    Reg(3, 1, 9, 3, 3),
    Reg(3, 2, 1, 0, 0),
    Reg(3, 2, 14, 7, 7),
    Reg(3, 3, 6, 0, 0),
    Reg(3, 3, 8, 5, 1),
    Reg(3, 7, 4, 4, 4),
    Reg(2, 5, 0, 0, 0),
    Reg(2, 7, 7, 7, 7),
];

/// System instructions of EL2.
const INSTRUCTIONS: [(&str, Reg); 7] = [
    ("at s12e1r", Reg(1, 4, 7, 8, 4)),
    ("at s1e2r", Reg(1, 4, 7, 8, 0)),
    ("tlbi alle1", Reg(1, 4, 8, 7, 4)),
    ("tlbi vmalls12e1is", Reg(1, 4, 8, 3, 6)),
    ("tlbi alle2", Reg(1, 4, 8, 7, 0)),
    ("tlbi ipas2e1is", Reg(1, 4, 8, 0, 1)),
    ("tlbi alle3", Reg(1, 6, 8, 7, 0)),
];

/// Whether it is the exception of an undefined instruction at the probe.
fn undefined(s: &Syndrome) -> bool {
    s.ec() == ec::UNKNOWN && s.iss() == 0 && s.il() && s.elr == probe::address()
}

pub(crate) fn run() {
    for (name, reg) in HIGHER {
        let read = reg.read();
        check!(read.is_err_and(|s| undefined(&s)), "{} cannot be read", name; "{read:x?}");
        let write = reg.write(0);
        check!(write.is_err_and(|s| undefined(&s)), "{} cannot be written", name; "{write:x?}");
    }
    for reg in UNALLOCATED {
        let read = reg.read();
        check!(read.is_err_and(|s| undefined(&s)), "{:?} cannot be read", reg; "{read:x?}");
        let write = reg.write(0);
        check!(write.is_err_and(|s| undefined(&s)), "{:?} cannot be written", reg; "{write:x?}");
    }
    for (name, reg) in INSTRUCTIONS {
        let got = probe::run(&[reg.msr()], [0; 4]);
        check!(got.is_err_and(|s| undefined(&s)), "{} is undefined", name; "{got:x?}");
    }
    let eret_to_el2 = probe::run(&[0xd69f_03e0 | 0x0040_0000], [0; 4]);
    check!(eret_to_el2.is_err(), "an unallocated branch is undefined"; "{eret_to_el2:x?}");
    one_way();
    implementation_defined();
    if gic().is_v2() {
        no_gic_registers();
    }
}

/// Registers with one direction.
fn one_way() {
    let read_only = [
        ("MIDR_EL1", Reg(3, 0, 0, 0, 0)),
        ("MPIDR_EL1", Reg(3, 0, 0, 0, 5)),
        ("ID_AA64PFR0_EL1", Reg(3, 0, 0, 4, 0)),
        ("CTR_EL0", Reg(3, 3, 0, 0, 1)),
        ("CNTVCT_EL0", Reg(3, 3, 14, 0, 2)),
        ("CNTPCT_EL0", Reg(3, 3, 14, 0, 1)),
        ("OSLSR_EL1", Reg(2, 0, 1, 1, 4)),
        ("CurrentEL", Reg(3, 0, 4, 2, 2)),
    ];
    for (name, reg) in read_only {
        let write = reg.write(0);
        check!(write.is_err_and(|s| undefined(&s)), "{} is read-only", name; "{write:x?}");
    }
    // Writable at the highest exception level only, which may be EL1.
    if machine::strict() {
        let write = Reg(3, 3, 14, 0, 0).write(0);
        check!(write.is_err_and(|s| undefined(&s)), "CNTFRQ_EL0 is read-only"; "{write:x?}");
    }
    let read = Reg(2, 0, 1, 0, 4).read();
    check!(read.is_err_and(|s| undefined(&s)), "OSLAR_EL1 is write-only"; "{read:x?}");
}

/// The space for registers that each core makes up: whatever is not there is
/// undefined in the same way, and nothing in it does harm.
fn implementation_defined() {
    let (mut wrong, mut there) = (0, 0);
    for op1 in 0..8 {
        for crm in 0..16 {
            for op2 in 0..8 {
                for crn in [11, 15] {
                    match Reg(3, op1, crn, crm, op2).read() {
                        Ok(_) => there += 1,
                        Err(s) => wrong += u32::from(!undefined(&s)),
                    }
                }
            }
        }
    }
    check_eq!(
        wrong,
        0,
        "implementation defined registers: there or undefined"
    );
    guests::println!("   {there} of them can be read");
    if machine::strict() {
        check!(there < 64, "hardly any of them"; "{there}");
    }
}

/// With a GICv2 the GIC's system registers do not exist.
fn no_gic_registers() {
    let registers = [
        ("ICC_PMR_EL1", Reg(3, 0, 4, 6, 0)),
        ("ICC_IAR1_EL1", Reg(3, 0, 12, 12, 0)),
        ("ICC_HPPIR0_EL1", Reg(3, 0, 12, 8, 2)),
        ("ICC_SRE_EL1", Reg(3, 0, 12, 12, 5)),
        ("ICC_IGRPEN1_EL1", Reg(3, 0, 12, 12, 7)),
    ];
    for (name, reg) in registers {
        let read = reg.read();
        check!(read.is_err_and(|s| undefined(&s)), "GICv2: no {}", name; "{read:x?}");
    }
    let send = Reg(3, 0, 12, 11, 5).write(0);
    check!(send.is_err_and(|s| undefined(&s)), "GICv2: no ICC_SGI1R_EL1"; "{send:x?}");
}
