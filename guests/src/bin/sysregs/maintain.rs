//! Cache and TLB maintenance.

use guests::{
    check, check_eq, mrs, msr,
    probe::{self, Reg},
};

/// Data that all the maintenance must not change.
static DATA: [u64; 64] = [0x0123_4567_89ab_cdef; 64];

pub(crate) fn run() {
    types();
    set_way();
    by_address();
    tlb();
    let same = DATA.iter().all(|d| {
        // SAFETY: a plain read that the compiler may not predict.
        unsafe { core::ptr::read_volatile(d) == 0x0123_4567_89ab_cdef }
    });
    check!(same, "memory is unchanged");
}

fn types() {
    let ctr = mrs!("ctr_el0");
    check!((1..=9).contains(&(ctr & 0xf)) && (1..=9).contains(&(ctr >> 16 & 0xf)), "CTR_EL0: line sizes"; "{ctr:#x}");
    check!(ctr & 1 << 31 != 0, "CTR_EL0 bit 31 is one");
    check!(mrs!("dczid_el0") & 0xf <= 9, "DCZID_EL0: block size");
    let clidr = mrs!("clidr_el1");
    check!(clidr & 7 != 0, "CLIDR_EL1: there is a first level");
    msr!("csselr_el1", 0);
    let ccsidr = mrs!("ccsidr_el1");
    check!(ccsidr & 7 <= 4 && ccsidr >> 3 != 0, "CCSIDR_EL1: the first level has a shape"; "{ccsidr:#x}");
}

/// Clean and invalidate whole caches the old way, a few sets of each level.
fn set_way() {
    let clidr = mrs!("clidr_el1");
    let mut failed = 0;
    let mut done = 0;
    for level in 0..7 {
        let kind = clidr >> (3 * level) & 7;
        if kind < 2 {
            continue;
        }
        msr!("csselr_el1", level << 1);
        let shape = mrs!("ccsidr_el1");
        let line = (shape & 7) + 4;
        let ways = (shape >> 3 & 0x3ff) + 1;
        let shift = (ways as u32 - 1).leading_zeros().min(31);
        for way in 0..ways {
            for set in 0..4 {
                let operand = way << shift | set << line | level << 1;
                // isw may turn into cisw under a hypervisor; data of this
                // guest would be lost natively by a real isw, so only clean.
                for code in [Reg(1, 0, 7, 14, 2), Reg(1, 0, 7, 10, 2)] {
                    failed += u32::from(probe::run(&[code.msr()], [operand, 0, 0, 0]).is_err());
                    done += 1;
                }
            }
        }
    }
    check!(failed == 0 && done > 0, "dc cisw and dc csw execute"; "{failed} of {done} failed");
}

fn by_address() {
    let at = DATA.as_ptr() as u64;
    for (name, reg) in [
        ("dc civac", Reg(1, 3, 7, 14, 1)),
        ("dc cvac", Reg(1, 3, 7, 10, 1)),
        ("dc cvau", Reg(1, 3, 7, 11, 1)),
        ("ic ivau", Reg(1, 3, 7, 5, 1)),
        ("ic iallu", Reg(1, 0, 7, 5, 0)),
        ("ic ialluis", Reg(1, 0, 7, 1, 0)),
    ] {
        let got = probe::run(&[reg.msr()], [at, 0, 0, 0]);
        check!(got.is_ok(), "{} executes", name; "{got:x?}");
    }
    zero();
}

/// `dc zva` zeroes its block and nothing else.
fn zero() {
    let dczid = mrs!("dczid_el0");
    if dczid & 0x10 != 0 {
        guests::skip!("dc zva"; "prohibited by DCZID_EL0");
        return;
    }
    #[repr(align(2048))]
    struct Block([u8; 6144]);
    let mut block = Block([0xaa; 6144]);
    let size = 4usize << (dczid & 0xf);
    let at = (&raw mut block) as u64 + 2048;
    let got = probe::run(&[Reg(1, 3, 7, 4, 1).msr()], [at + 5, 0, 0, 0]);
    let bytes = core::hint::black_box(&block);
    let zeroed = bytes.0.iter().skip(2048).take(size).all(|b| *b == 0);
    let kept = bytes.0.iter().filter(|b| **b == 0xaa).count();
    check!(got.is_ok() && zeroed, "dc zva zeroes its block"; "{got:x?}");
    check_eq!(kept, 6144 - size, "and nothing else");
}

fn tlb() {
    for (name, reg) in [
        ("vmalle1", Reg(1, 0, 8, 7, 0)),
        ("vmalle1is", Reg(1, 0, 8, 3, 0)),
        ("vae1", Reg(1, 0, 8, 7, 1)),
        ("vae1is", Reg(1, 0, 8, 3, 1)),
        ("aside1", Reg(1, 0, 8, 7, 2)),
        ("aside1is", Reg(1, 0, 8, 3, 2)),
        ("vaae1", Reg(1, 0, 8, 7, 3)),
        ("vaale1is", Reg(1, 0, 8, 3, 7)),
    ] {
        let got = probe::run(&[reg.msr()], [0x4_0080, 0, 0, 0]);
        guests::sysreg::dsb();
        check!(got.is_ok(), "tlbi {} executes", name; "{got:x?}");
    }
}
