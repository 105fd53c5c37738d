//! No call gets anywhere that it should not: every range of the SMC Calling
//! Convention, by HVC and SMC, is answered by `NOT_SUPPORTED` or by what its
//! specification says, registers survive, and the machine goes on.
//!
//! `hyp` on the command line: SMC is answered as well. Without it (QEMU alone,
//! no EL3) SMC is undefined.

#![no_std]
#![no_main]

mod ranges;

use guests::{
    check, check_eq, guest, machine, probe, psci,
    regs::{self, General},
    trap::{catch, ec},
};

guest!("smc", main);

/// `hvc #0`
const HVC: u32 = 0xd400_0002;
/// `smc #0`
const SMC: u32 = 0xd400_0003;

/// The call instructions that this machine answers.
fn conduits() -> &'static [(&'static str, u32)] {
    const BOTH: [(&str, u32); 2] = [("hvc", HVC), ("smc", SMC)];
    if machine::strict() {
        &BOTH
    } else {
        BOTH.get(..1).unwrap_or(&[])
    }
}

/// A value for each register that is recognised when it turns up elsewhere.
fn pattern() -> General {
    General {
        x: core::array::from_fn(|i| 0x1111_0000_0000_0000 * (i as u64 % 15) + 0xabc0 + i as u64),
        nzcv: 0xa000_0000,
    }
}

fn main() {
    if !machine::strict() {
        let got = probe::run(&[SMC], [psci::VERSION.into(), 0, 0, 0]);
        check!(got.is_err_and(|s| s.ec() == ec::UNKNOWN), "without EL3, SMC is undefined"; "{got:x?}");
    }
    for &(name, call) in conduits() {
        ranges::run(name, call);
        survive(name, call);
        immediates(name, call);
        if machine::strict() {
            narrow(name, call);
        }
    }
    check!(
        psci::call(psci::VERSION, [0; 3]) > 0,
        "PSCI answers after all that"
    );
}

/// x4 to x30 and the flags survive a call, whether it is known or not.
fn survive(name: &str, call: u32) {
    for function in [
        u64::from(psci::VERSION),
        0xc600_7777,
        0x0300_0001,
        0xdead_beef_c600_0001,
    ] {
        let mut before = pattern();
        before.x[0] = function;
        let after = regs::general(&[call], before);
        let kept = (4..31).all(|i| before.x.get(i) == after.x.get(i));
        check!(kept && before.nzcv == after.nzcv, "{} {:#x}: x4 to x30 and flags survive", name, function; "{after:x?}");
        check!(
            after.x[0] != function,
            "{} {:#x}: x0 has the result",
            name,
            function
        );
    }
}

/// Immediates other than 0 are reserved: refused, or not even defined.
fn immediates(name: &str, call: u32) {
    for imm in [1u32, 2, 0x7fff, 0xffff] {
        let got = probe::run(&[call | imm << 5], [0x8400_0fff, 0, 0, 0]);
        let ok = match got {
            Ok([x0, ..]) => x0 as i32 == -1,
            Err(s) => s.ec() == ec::UNKNOWN,
        };
        check!(ok, "{} #{:#x} of an unknown function", name, imm; "{got:x?}");
    }
}

/// The function number is w0: the upper half of x0 does not count.
fn narrow(name: &str, call: u32) {
    let want = catch(|| probe::run(&[call], [psci::VERSION.into(), 0, 0, 0]));
    let got = probe::run(
        &[call],
        [0xdead_beef_0000_0000 | u64::from(psci::VERSION), 0, 0, 0],
    );
    let same = want.ok().and_then(Result::ok).map(|r| r[0]) == got.ok().map(|r| r[0]);
    check!(same, "{}: only w0 names the function", name; "{got:x?}");
    check_eq!(got.is_ok(), true, "{}: and it is answered", name);
}
