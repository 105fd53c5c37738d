//! Loads of the UART's identification registers: 0x11, 0x10, 0x?4, 0.

use guests::{check, check_eq, el0, machine, mmio::Mmio, mrs, probe, sysreg::field, trap::ec};

/// Forms that load w0 through x1, whose value is `at - before`, and leave
/// `x1 + after`.
struct Form {
    name: &'static str,
    code: u32,
    before: i64,
    after: i64,
    /// What of the register's value arrives.
    view: fn(u32) -> u64,
}

fn whole(value: u32) -> u64 {
    value.into()
}

fn half(value: u32) -> u64 {
    u64::from(value as u16)
}

fn byte(value: u32) -> u64 {
    u64::from(value as u8)
}

const FORMS: [Form; 21] = [
    Form {
        name: "ldr post-index",
        code: 0xb840_4420,
        before: 0,
        after: 4,
        view: whole,
    },
    Form {
        name: "ldr post-index down",
        code: 0xb85f_0420,
        before: 0,
        after: -16,
        view: whole,
    },
    Form {
        name: "ldr pre-index",
        code: 0xb840_8c20,
        before: 8,
        after: 0,
        view: whole,
    },
    Form {
        name: "ldr pre-index down",
        code: 0xb85f_8c20,
        before: -8,
        after: 0,
        view: whole,
    },
    Form {
        name: "ldr unsigned offset",
        code: 0xb940_0420,
        before: 4,
        after: -4,
        view: whole,
    },
    Form {
        name: "ldur",
        code: 0xb85f_c020,
        before: -4,
        after: 4,
        view: whole,
    },
    Form {
        name: "ldr register",
        code: 0xb862_6820,
        before: 8,
        after: -8,
        view: whole,
    },
    Form {
        name: "ldr register lsl",
        code: 0xb862_7820,
        before: 32,
        after: -32,
        view: whole,
    },
    Form {
        name: "ldr register uxtw",
        code: 0xb862_5820,
        before: 32,
        after: -32,
        view: whole,
    },
    Form {
        name: "ldr register sxtw",
        code: 0xb863_d820,
        before: -4,
        after: 4,
        view: whole,
    },
    Form {
        name: "ldrh post-index",
        code: 0x7840_2420,
        before: 0,
        after: 2,
        view: half,
    },
    Form {
        name: "ldrb post-index",
        code: 0x3840_1420,
        before: 0,
        after: 1,
        view: byte,
    },
    Form {
        name: "ldrb pre-index",
        code: 0x385f_fc20,
        before: -1,
        after: 0,
        view: byte,
    },
    Form {
        name: "ldrsw",
        code: 0xb980_0020,
        before: 0,
        after: 0,
        view: whole,
    },
    Form {
        name: "ldrsw post-index",
        code: 0xb880_4420,
        before: 0,
        after: 4,
        view: whole,
    },
    Form {
        name: "ldrsb w",
        code: 0x39c0_0020,
        before: 0,
        after: 0,
        view: byte,
    },
    Form {
        name: "ldrsh x",
        code: 0x7980_0020,
        before: 0,
        after: 0,
        view: half,
    },
    Form {
        name: "ldrsb post-index",
        code: 0x3880_1420,
        before: 0,
        after: 1,
        view: byte,
    },
    Form {
        name: "ldar",
        code: 0x88df_fc20,
        before: 0,
        after: 0,
        view: whole,
    },
    Form {
        name: "ldarb",
        code: 0x08df_fc20,
        before: 0,
        after: 0,
        view: byte,
    },
    Form {
        name: "ldarh",
        code: 0x48df_fc20,
        before: 0,
        after: 0,
        view: half,
    },
];

/// The identification registers of the UART.
fn ids() -> u64 {
    machine::get().uart as u64 + 0xfe0
}

fn plain(i: usize) -> u32 {
    Mmio(ids() as usize).r32(4 * i)
}

/// `fmov w0, s0`
const FMOV_W0_S0: u32 = 0x1e26_0000;
/// `fmov w2, s1`
const FMOV_W2_S1: u32 = 0x1e26_0022;

pub(crate) fn run() {
    for form in FORMS {
        single(&form);
    }
    pairs();
    vectors();
    user();
    newer();
}

fn single(form: &Form) {
    for i in [0, 1] {
        let at = ids() + 4 * i;
        // x2 and x3 are the index registers of the forms that have one.
        let args = [
            u64::MAX,
            at.wrapping_add_signed(-form.before),
            8,
            0xffff_ffff,
        ];
        let got = probe::run(&[form.code], args);
        let base = at.wrapping_add_signed(form.after);
        let value = (form.view)(plain(i as usize));
        let ok =
            got.is_ok_and(|[x0, x1, ..]| x0 == value && (x1 == base || form.after == -form.before));
        check!(ok, "{}, register {}", form.name, i; "{got:x?}, want {value:#x}, base {base:#x}");
    }
}

/// `ldp` in all its forms: two registers of the device.
fn pairs() {
    let forms = [
        ("ldp", 0x2940_0820u32, 0, 0),
        ("ldp offset", 0x2941_0820, 8, -8),
        ("ldp post-index", 0x28c1_0820, 0, 8),
        ("ldp pre-index", 0x29c1_0820, 8, 0),
        ("ldp pre-index down", 0x29ff_0820, -8, 0),
        ("ldnp", 0x2840_0820, 0, 0),
        ("ldpsw", 0x6940_0820, 0, 0),
        ("ldpsw post-index", 0x68c1_0820, 0, 8),
    ];
    for (name, code, before, after) in forms {
        let at = ids();
        let got = probe::run(
            &[code],
            [u64::MAX, at.wrapping_add_signed(-before), u64::MAX, 0],
        );
        let base = at.wrapping_add_signed(after);
        let want = [plain(0), plain(1)].map(u64::from);
        let ok = got.is_ok_and(|[x0, x1, x2, _]| [x0, x2] == want && x1 == base);
        check!(ok, "{}", name; "{got:x?}, want {want:x?}, base {base:#x}");
    }
    // The base register among the targets, and the zero register.
    let got = probe::run(&[0x2940_0821 & !0x1f | 1], [0, ids(), 0, 0]);
    check!(got.is_ok_and(|r| r[1] == plain(0).into() && r[2] == plain(1).into()), "ldp into its base"; "{got:x?}");
    let got = probe::run(&[0x2940_083f], [0, ids(), 7, 0]);
    check!(got.is_ok_and(|r| r[2] == plain(1).into()), "ldp into wzr"; "{got:x?}");
}

/// Loads of vector registers.
fn vectors() {
    let forms = [
        ("ldr s", 0xbd40_0020u32, 4, 0),
        ("ldr s post-index", 0xbc40_4420, 4, 4),
        ("ldr s pre-index", 0xbc5f_cc20, 4, -4),
        ("ldr h", 0x7d40_0020, 2, 0),
        ("ldr b", 0x3d40_0020, 1, 0),
        ("ldur s", 0xbc40_0020, 4, 0),
    ];
    for (name, code, size, change) in forms {
        let at = ids() + 4;
        let got = probe::run(
            &[code, FMOV_W0_S0],
            [0, at.wrapping_add_signed(-change.min(0)), 0, 0],
        );
        let mask = if size == 4 {
            u32::MAX
        } else {
            (1 << (8 * size)) - 1
        };
        let want = u64::from(plain(1) & mask);
        let ok =
            got.is_ok_and(|[x0, x1, ..]| x0 == want && x1 == at.wrapping_add_signed(change.max(0)));
        check!(ok, "{}", name; "{got:x?}");
    }
    let got = probe::run(&[0x2d40_0420, FMOV_W0_S0, FMOV_W2_S1], [0, ids(), 0, 0]);
    check!(got.is_ok_and(|r| [r[0], r[2]] == [plain(0), plain(1)].map(u64::from)), "ldp s"; "{got:x?}");
    // movi v0, 0; ld1 {v0.s}[0], [x1]
    let got = probe::run(&[0x4f00_0400, 0x0d40_8020, FMOV_W0_S0], [0, ids(), 0, 0]);
    check!(got.is_ok_and(|r| r[0] == plain(0).into()), "ld1 of a lane"; "{got:x?}");
}

/// From EL0, whose translation of code and device differs from EL1's.
fn user() {
    const SVC: u32 = 0xd400_0001;
    let device = el0::DEVICE_ALIAS + ids() as usize;
    for (name, code) in [
        ("ldr", 0xb940_0000u32),
        ("ldp", 0x2940_0800),
        ("ldr post-index", 0xb840_4402),
    ] {
        // The value ends in x0: as target, or moved there.
        let code = if code & 0x1f == 2 {
            [0xb840_4402, 0xaa02_03e0]
        } else {
            [code, 0xd503_201f]
        };
        let start = probe::prepare(&[code[0], code[1], SVC]);
        let (x0, end) = el0::run(start as usize, device);
        check!(end.ec() == ec::SVC && x0 == plain(0).into(), "{} at EL0", name; "{x0:#x} {end:x?}");
    }
    check_eq!(plain(0) & 0xff, 0x11, "the device is a PL011");
}

/// Forms of later architecture versions, where the CPU has them.
fn newer() {
    let isar1 = mrs!("id_aa64isar1_el1");
    if field(isar1, 20) >= 1 {
        let got = probe::run(&[0xb8bf_c020], [0, ids(), 0, 0]);
        check!(got.is_ok_and(|r| r[0] == plain(0).into()), "ldapr"; "{got:x?}");
    }
    if field(isar1, 20) >= 2 {
        let got = probe::run(&[0x9940_4020], [0, ids(), 0, 0]);
        check!(got.is_ok_and(|r| r[0] == plain(1).into()), "ldapur"; "{got:x?}");
    }
}
