//! The debug registers: how many, and that they keep what is written.

use guests::{check, check_eq, mrs, msr, probe::Reg, trap::ec};

/// Breakpoints of this CPU.
pub(crate) fn breakpoints() -> u8 {
    (mrs!("id_aa64dfr0_el1") >> 12 & 0xf) as u8 + 1
}

/// Watchpoints of this CPU.
pub(crate) fn watchpoints() -> u8 {
    (mrs!("id_aa64dfr0_el1") >> 20 & 0xf) as u8 + 1
}

/// Breakpoint `n`: value and control; watchpoint `n`: value and control.
pub(crate) fn bvr(n: u8) -> Reg {
    Reg(2, 0, 0, n, 4)
}
pub(crate) fn bcr(n: u8) -> Reg {
    Reg(2, 0, 0, n, 5)
}
pub(crate) fn wvr(n: u8) -> Reg {
    Reg(2, 0, 0, n, 6)
}
pub(crate) fn wcr(n: u8) -> Reg {
    Reg(2, 0, 0, n, 7)
}

pub(crate) fn run() {
    check!(
        (6..=11).contains(&(mrs!("id_aa64dfr0_el1") & 0xf)),
        "ID_AA64DFR0 offers v8 debug"
    );
    guests::println!(
        "   {} breakpoints, {} watchpoints",
        breakpoints(),
        watchpoints()
    );
    check!(
        breakpoints() >= 2 && watchpoints() >= 2,
        "at least two of each"
    );
    let address = 0x0000_1234_5678_9abc;
    let mut kept = 0;
    for n in 0..breakpoints() {
        kept += u8::from(bvr(n).write(address).is_ok() && bvr(n).read() == Ok(address));
        let _ = bcr(n).write(0);
    }
    check_eq!(kept, breakpoints(), "each breakpoint keeps its address");
    kept = 0;
    for n in 0..watchpoints() {
        kept += u8::from(wvr(n).write(address & !7).is_ok() && wvr(n).read() == Ok(address & !7));
        let _ = wcr(n).write(0);
    }
    check_eq!(kept, watchpoints(), "each watchpoint keeps its address");
    if breakpoints() < 16 {
        let beyond = bvr(breakpoints()).read();
        check!(beyond.is_err_and(|s| s.ec() == ec::UNKNOWN), "no more breakpoints than that"; "{beyond:x?}");
    }
    lock();
    check_eq!(
        mrs!("mdccsr_el0") & (3 << 29),
        0,
        "MDCCSR: no debugger talks to us"
    );
    check!(Reg(2, 0, 1, 0, 0).read().is_ok(), "MDRAR is readable");
}

/// The OS lock.
fn lock() {
    msr!("oslar_el1", 1);
    check_eq!(mrs!("oslsr_el1") & 2, 2, "OSLAR locks, OSLSR shows it");
    msr!("oslar_el1", 0);
    check_eq!(mrs!("oslsr_el1") & 2, 0, "OSLAR unlocks");
    check!(
        mrs!("oslsr_el1") & 0b1001 != 0,
        "OSLSR: the lock is implemented"
    );
}
