//! Structures in vector registers, and 128-bit registers in both byte orders.

use guests::{
    check, console, el0, gic::IPRIORITYR, irq::gic, mrs, msr, probe, skip, sysreg::field, trap::ec,
};

/// `movi v0.16b, #255`
const SET_V0: u32 = 0x4f07_e7e0;
/// `movi v1.16b, #255`
const SET_V1: u32 = 0x4f07_e7e1;
/// `mov x0, v0.d[0]`
const X0_V0_LOW: u32 = 0x4e08_3c00;
/// `mov x0, v0.d[1]`
const X0_V0_HIGH: u32 = 0x4e18_3c00;
/// `mov x2, v0.d[1]`
const X2_V0_HIGH: u32 = 0x4e18_3c02;
/// `mov x3, v1.d[0]`
const X3_V1_LOW: u32 = 0x4e08_3c23;
/// `dup v0.4s, w0`
const COPY_V0_W0: u32 = 0x4e04_0c00;
/// `dup v1.4s, w3`
const COPY_V1_W3: u32 = 0x4e04_0c61;

/// Priorities that every implementation keeps.
const A: u32 = 0x4030_2010;
/// Another four.
const B: u32 = 0x8070_6050;

/// What post-index by x2 adds.
const INDEX: u64 = 0x120;

/// The identification registers of the UART: eight words.
struct Ids {
    at: u64,
    words: [u64; 8],
}

impl Ids {
    fn read() -> Self {
        let at = console::uart().at(0xfe0);
        Self {
            at: at.0 as u64,
            words: core::array::from_fn(|i| at.r32(4 * i).into()),
        }
    }

    /// Words `low` and `high` in one half of a vector register.
    fn both(&self, low: usize, high: usize) -> u64 {
        self.words[low] | self.words[high] << 32
    }
}

pub(crate) fn run() {
    let ids = Ids::read();
    vectors(&ids);
    lanes(&ids);
    copies(&ids);
    stores();
    big_endian(&ids);
}

/// A load through x1, which then has moved by `after`, into v0 and v1, which
/// were all ones: both halves of v0 and the lower one of v1.
fn load(ids: &Ids, name: &str, code: u32, after: u64, want: [u64; 3]) {
    let code = [SET_V0, SET_V1, code, X0_V0_LOW, X2_V0_HIGH, X3_V1_LOW];
    let got = probe::run(&code, [0, ids.at, INDEX, 0]);
    let ok = got.is_ok_and(|[x0, x1, x2, x3]| [x0, x2, x3] == want && x1 == ids.at + after);
    check!(ok, "{}", name; "{got:x?}, want {want:x?}");
}

const ONES: u64 = u64::MAX;

fn vectors(ids: &Ids) {
    let both = |low, high| ids.both(low, high);
    for (name, code, after, want) in [
        ("ld1 4s", 0x4c40_7820u32, 0, [both(0, 1), both(2, 3), ONES]),
        ("ld1 2s post-index", 0x0cdf_7820, 8, [both(0, 1), 0, ONES]),
        (
            "ld1 of two, post-index register",
            0x4cc2_a820,
            INDEX,
            [both(0, 1), both(2, 3), both(4, 5)],
        ),
        (
            "ld2 4s",
            0x4c40_8820,
            0,
            [both(0, 2), both(4, 6), both(1, 3)],
        ),
        (
            "ld3 2s from v31",
            0x0cdf_483f,
            24,
            [both(1, 4), 0, both(2, 5)],
        ),
        (
            "ld4 2s from v30",
            0x0cc2_083e,
            INDEX,
            [both(2, 6), 0, both(3, 7)],
        ),
    ] {
        load(ids, name, code, after, want);
    }
}

fn lanes(ids: &Ids) {
    let [first, second, ..] = ids.words;
    for (name, code, after, want) in [
        (
            "ld1 of a word lane",
            0x4ddf_8020u32,
            4,
            [ONES, ONES << 32 | first, ONES],
        ),
        (
            "ld1 of a byte lane",
            0x4d40_0420,
            0,
            [ONES, ONES & !0xff00 | (first & 0xff) << 8, ONES],
        ),
        (
            "ld2 of a lane",
            0x0de2_9020,
            INDEX,
            [ONES >> 32 | first << 32, ONES, ONES >> 32 | second << 32],
        ),
    ] {
        load(ids, name, code, after, want);
    }
}

fn copies(ids: &Ids) {
    for (name, code, after, want) in [
        (
            "ld1r 4s",
            0x4ddf_c820u32,
            4,
            [ids.both(0, 0), ids.both(0, 0), ONES],
        ),
        (
            "ld2r 2s",
            0x0d60_c820,
            0,
            [ids.both(0, 0), 0, ids.both(1, 1)],
        ),
    ] {
        load(ids, name, code, after, want);
    }
}

/// Stores to the distributor's priority registers, and of two registers at once
/// to the UART: QEMU makes one access of eight bytes of vectors that do not
/// take turns, which its GICv3 ignores.
fn stores() {
    /// SPIs whose priorities are written: 16 bytes.
    const SPI: usize = 232;
    let device = gic().dist.at(IPRIORITYR + SPI);
    for (name, code, after, want) in [
        ("st2 2s post-index", 0x0c9f_8820u32, 16, [A, B, A, B]),
        ("st2 of a lane", 0x0da2_9020, INDEX, [A, B, 0, 0]),
        ("st1 of a byte lane", 0x0d9f_1821, 1, [0x70, 0, 0, 0]),
    ] {
        for i in 0..4 {
            device.w32(4 * i, 0);
        }
        let code = [COPY_V0_W0, COPY_V1_W3, code];
        let got = probe::run(&code, [A.into(), device.0 as u64, INDEX, B.into()]);
        let now = [0, 4, 8, 12].map(|offset| device.r32(offset));
        let ok = got.is_ok_and(|r| r[1] == device.0 as u64 + after) && now == want;
        check!(ok, "{}", name; "{got:x?} {now:x?}");
    }
    baud_rate();
}

/// Stores of eight bytes that end with a baud rate register of the UART.
fn baud_rate() {
    const IBRD: usize = 0x24;
    const BEFORE: usize = 0x20;
    const RATE: u32 = 0x1234;
    let uart = console::uart();
    let old = uart.r32(IBRD);
    let at = uart.at(BEFORE).0 as u64;
    for (name, code, after) in [
        ("st1 2s post-index", 0x0c9f_7820u32, 8),
        ("st1 of a doubleword lane", 0x4d00_8420, 0),
    ] {
        uart.w32(IBRD, 1);
        let got = probe::run(&[COPY_V0_W0, code], [RATE.into(), at, 0, 0]);
        let now = uart.r32(IBRD);
        let ok = got.is_ok_and(|r| r[1] == at + after) && now == RATE;
        check!(ok, "{}", name; "{got:x?} {now:#x}");
    }
    uart.w32(IBRD, old);
}

/// Big-endian data of EL0: all 16 bytes of a register change places.
fn big_endian(ids: &Ids) {
    /// `SCTLR_EL1.E0E`
    const E0E: u64 = 1 << 24;
    const SVC: u32 = 0xd400_0001;
    const LDR_Q0: u32 = 0x3dc0_0000;
    const LD1_2D: u32 = 0x4c40_7c00;
    if field(mrs!("id_aa64mmfr0_el1"), 8) == 0 && field(mrs!("id_aa64mmfr0_el1"), 16) == 0 {
        skip!("big-endian data"; "not offered");
        return;
    }
    let [first, second] = [ids.both(0, 1), ids.both(2, 3)].map(u64::swap_bytes);
    let before = mrs!("sctlr_el1");
    for (name, code, half, want) in [
        ("low half of ldr q", LDR_Q0, X0_V0_LOW, second),
        ("high half of ldr q", LDR_Q0, X0_V0_HIGH, first),
        ("low half of ld1 2d", LD1_2D, X0_V0_LOW, first),
        ("high half of ld1 2d", LD1_2D, X0_V0_HIGH, second),
    ] {
        let start = probe::prepare(&[code, half, SVC]);
        msr!("sctlr_el1", before | E0E);
        let (x0, end) = el0::run(start as usize, el0::DEVICE_ALIAS + ids.at as usize);
        msr!("sctlr_el1", before);
        let ok = end.ec() == ec::SVC && x0 == want;
        check!(ok, "{}, big-endian", name; "{x0:#x}, want {want:#x}, {end:x?}");
    }
}
