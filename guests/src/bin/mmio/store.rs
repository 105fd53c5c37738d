//! Stores to the distributor's priority registers, which keep four bytes each.

use guests::{
    check,
    gic::IPRIORITYR,
    irq::{fresh, gic},
    probe,
};

/// SPIs whose priorities are written.
const SPI: usize = 232;
/// Priorities that every implementation keeps.
const A: u32 = 0x4030_2010;
/// Another four.
const B: u32 = 0x8070_6050;

fn at() -> u64 {
    (gic().dist.0 + IPRIORITYR + SPI) as u64
}

fn clear() {
    for i in [-8isize, -4, 0, 4, 8] {
        gic().dist.w32((IPRIORITYR + SPI).wrapping_add_signed(i), 0);
    }
}

fn word(i: isize) -> u32 {
    gic()
        .dist
        .r32((IPRIORITYR + SPI).wrapping_add_signed(4 * i))
}

pub(crate) fn run() {
    fresh();
    words();
    bytes();
    pairs();
    vectors();
    clear();
}

/// Stores of w0 through x1.
fn words() {
    let forms = [
        ("str", 0xb900_0020u32, 0, 0),
        ("str post-index", 0xb800_4420, 0, 4),
        ("str post-index down", 0xb81f_8420, 0, -8),
        ("str pre-index", 0xb800_8c20, 8, 0),
        ("str pre-index down", 0xb81f_cc20, -4, 0),
        ("stur", 0xb81f_c020, -4, 4),
        ("str register", 0xb822_6820, 8, -8),
        ("str register lsl", 0xb822_7820, 32, -32),
        ("str register sxtw", 0xb823_d820, -4, 4),
        ("stlr", 0x889f_fc20, 0, 0),
    ];
    for (name, code, before, after) in forms {
        clear();
        let args = [
            0xffff_ffff_0000_0000 | u64::from(A),
            at().wrapping_add_signed(-before),
            8,
            0xffff_ffff,
        ];
        let got = probe::run(&[code], args);
        let base = at().wrapping_add_signed(after);
        let ok = got.is_ok_and(|r| r[1] == base) && word(0) == A && word(1) == 0 && word(-1) == 0;
        check!(ok, "{}", name; "{got:x?} {:#x}", word(0));
    }
    clear();
    gic().dist.w32(IPRIORITYR + SPI, A);
    let got = probe::run(&[0xb900_003f], [1, at(), 0, 0]);
    check!(got.is_ok() && word(0) == 0, "str wzr"; "{got:x?}");
}

fn bytes() {
    let forms = [
        ("strb", 0x3900_0020u32, 0),
        ("strb post-index", 0x3800_1420, 1),
        ("strb register", 0x3823_6820, 0),
        ("stlrb", 0x089f_fc20, 0),
    ];
    for (name, code, after) in forms {
        clear();
        let got = probe::run(&[code], [0x1230, at() + 1, 0, 0]);
        let ok = got.is_ok_and(|r| r[1] == at() + 1 + after) && word(0) == 0x3000;
        check!(ok, "{}", name; "{got:x?} {:#x}", word(0));
    }
}

/// Stores of two registers, to the UART's two baud rate registers: QEMU makes
/// one access of eight bytes of them, which its GICv3 ignores.
fn pairs() {
    const IBRD: usize = 0x24;
    const FIRST: u32 = 0x1234;
    const SECOND: u32 = 0x2a;
    let uart = guests::console::uart().at(IBRD);
    let at = uart.0 as u64;
    let old = [uart.r32(0), uart.r32(4)];
    let forms = [
        ("stp", 0x2900_0820u32, 0, 0),
        ("stp post-index", 0x2881_0820, 0, 8),
        ("stp pre-index", 0x2981_0820, 8, 0),
        ("stp pre-index down", 0x29bf_0820, -8, 0),
        ("stnp", 0x2800_0820, 0, 0),
        ("stp of wzr", 0x2900_7c3f, 0, 0),
    ];
    for (name, code, before, after) in forms {
        uart.w32(0, 1);
        uart.w32(4, 1);
        let args = [
            FIRST.into(),
            at.wrapping_add_signed(-before),
            SECOND.into(),
            0,
        ];
        let got = probe::run(&[code], args);
        let base = at.wrapping_add_signed(after);
        let want = if name.ends_with("wzr") {
            [0, 0]
        } else {
            [FIRST, SECOND]
        };
        let now = [uart.r32(0), uart.r32(4)];
        check!(got.is_ok_and(|r| r[1] == base) && now == want, "{}", name; "{got:x?} {now:x?}");
    }
    uart.w32(0, old[0]);
    uart.w32(4, old[1]);
    unprivileged();
}

/// The forms with EL0's rights, through its mapping of the device.
fn unprivileged() {
    let user = at() + guests::el0::DEVICE_ALIAS as u64;
    for (name, code, want) in [
        ("sttr", 0xb800_0820u32, A),
        ("sttrb", 0x3800_0820, A & 0xff),
    ] {
        clear();
        let got = probe::run(&[code], [A.into(), user, 0, 0]);
        check!(got.is_ok() && word(0) == want, "{}", name; "{got:x?} {:#x}", word(0));
    }
    let got = probe::run(&[0xb840_0820], [0, user, 0, 0]);
    check!(got.is_ok_and(|r| r[0] == u64::from(word(0))), "ldtr"; "{got:x?}");
}

/// Vector registers as the source.
fn vectors() {
    /// `fmov s0, w0`
    const FMOV_S0_W0: u32 = 0x1e27_0000;
    /// `fmov s1, w2`
    const FMOV_S1_W2: u32 = 0x1e27_0041;
    let forms = [
        ("str s", 0xbd00_0020u32, 0),
        ("str s post-index", 0xbc00_4420, 4),
        ("st1 of a lane", 0x0d00_8020, 0),
    ];
    for (name, code, after) in forms {
        clear();
        let got = probe::run(&[FMOV_S0_W0, code], [A.into(), at(), 0, 0]);
        let ok = got.is_ok_and(|r| r[1] == at() + after) && word(0) == A && word(1) == 0;
        check!(ok, "{}", name; "{got:x?} {:#x}", word(0));
    }
    clear();
    let got = probe::run(
        &[FMOV_S0_W0, FMOV_S1_W2, 0x2d00_0420],
        [A.into(), at(), B.into(), 0],
    );
    check!(got.is_ok() && [word(0), word(1)] == [A, B], "stp s"; "{got:x?}");
}
