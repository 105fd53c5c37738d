//! The sweep over all function identifiers' fields.

use guests::{check, check_eq, probe, psci};

/// Function numbers tried for each owner: edges of what owners define.
const NUMBERS: [u32; 22] = [
    0x0000, 0x0001, 0x0002, 0x0003, 0x0010, 0x001f, 0x0020, 0x0021, 0x0050, 0x0053, 0x0080, 0x3f02,
    0x5a5a, 0x7fff, 0x8000, 0xc000, 0xfeff, 0xff00, 0xff01, 0xff03, 0xff10, 0xffff,
];

/// Owner of PSCI: standard secure services.
const STANDARD: u32 = 4;
/// Owner of the architecture calls.
const ARCHITECTURE: u32 = 0;
/// Owner of the hypervisor's own calls.
const VENDOR_HYPERVISOR: u32 = 6;
/// Function numbers below this are PSCI's in the standard range.
const PSCI_END: u32 = 0x20;
/// PSCI functions that would end or suspend the caller, or start a CPU.
const ENDING: [u32; 9] = [0x01, 0x02, 0x03, 0x08, 0x09, 0x0b, 0x0c, 0x0e, 0x12];

/// One call with arguments that look like addresses of this guest.
fn call(code: u32, function: u32) -> Option<u64> {
    let args = [
        u64::from(function),
        0x4008_0000,
        0x4000_0000,
        0xffff_ffff_ffff_f000,
    ];
    probe::run(&[code], args).ok().map(|r| r[0])
}

/// Whether a result is `NOT_SUPPORTED` in the width of the call.
fn refused(result: Option<u64>) -> bool {
    result.is_some_and(|x0| x0 as u32 == u32::MAX)
}

/// What is defined in an owner's range and may be answered.
fn may_answer(owner: u32, number: u32) -> bool {
    match owner {
        ARCHITECTURE => number <= 4 || number >= 0x3f00,
        VENDOR_HYPERVISOR => true,
        STANDARD => !(PSCI_END..0x50).contains(&number),
        // Every owner may say who it is (count, UID, revision).
        _ => (0xff00..=0xff03).contains(&number) || owner == 5,
    }
}

pub(crate) fn run(name: &str, code: u32) {
    let (mut tried, mut wrong, mut first) = (0, 0, 0);
    for owner in 0..64 {
        for kind in [0x8000_0000u32, 0xc000_0000, 0, 0x4000_0000] {
            for number in NUMBERS {
                if owner == STANDARD && kind >> 31 == 1 && ENDING.contains(&number) {
                    continue;
                }
                let function = kind | owner << 24 | number;
                let result = call(code, function);
                let fast = kind >> 31 == 1;
                let good = refused(result) || fast && may_answer(owner, number) && result.is_some();
                tried += 1;
                if !good {
                    wrong += 1;
                    first = if wrong == 1 { function } else { first };
                }
            }
        }
    }
    check!(wrong == 0, "{}: {} functions of 64 owners: refused or as specified", name, tried;
        "{wrong} others, first {first:#x}");
    standard(name, code);
}

/// PSCI's own range: each is answered in its own way, none ends the machine.
fn standard(name: &str, code: u32) {
    let mut odd = 0;
    for number in (0..PSCI_END).filter(|n| !ENDING.contains(n)) {
        for kind in [0x8400_0000, 0xc400_0000] {
            let result = call(code, kind | number).map(|x0| x0 as i32);
            odd += u32::from(!result.is_some_and(|r| (-10..=0x1_0100).contains(&r)));
        }
    }
    check_eq!(
        odd,
        0,
        "{}: the PSCI range answers with its own codes",
        name
    );
    let version = call(code, psci::VERSION);
    check!(version.is_some_and(|v| v >= 0x1_0000), "{}: PSCI_VERSION", name; "{version:x?}");
}
