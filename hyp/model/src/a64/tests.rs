//! The decoder against instructions as an assembler encodes them.

use super::*;
use crate::access::{AccessSize, Extend};
use proptest::prelude::*;
use std::format;
use std::string::String;

mod structure;
mod table;

fn gpr(gpr: Gpr) -> String {
    match gpr {
        Gpr::X(n) => format!("x{n}"),
        Gpr::Sp => "sp".into(),
        Gpr::Zero => "xzr".into(),
    }
}

/// An address as `[x2+8]`, `[x2+sxtw x3<<2]` or `[pc-4]`.
fn show_address(address: Address) -> String {
    match address {
        Address::Offset { base, offset: 0 } => format!("[{}]", gpr(base)),
        Address::Offset { base, offset } => format!("[{}{offset:+}]", gpr(base)),
        Address::Literal { offset } => format!("[pc{offset:+}]"),
        Address::Indexed {
            base,
            index,
            extend,
            shift,
        } => {
            let extend = match extend {
                IndexExtend::Uxtw => "uxtw ",
                IndexExtend::Sxtw => "sxtw ",
                IndexExtend::Full => "",
            };
            format!("[{}+{extend}{}<<{shift}]", gpr(base), gpr(index))
        }
    }
}

/// An access as `x1:8`, with `w1:s1` and `x1:s1` for sign extension, `v1:8` for
/// a SIMD register of which the rest becomes zero, `v1[1]:8` for its second
/// element, `v1*16:8` for copies of one, and `@8` for its offset.
fn show_access(access: &Access) -> String {
    let register = match access.target {
        Target::X {
            index,
            extend: Extend::Zero,
        } => format!("x{index}:"),
        Target::X {
            index,
            extend: Extend::SignTo32,
        } => format!("w{index}:s"),
        Target::X {
            index,
            extend: Extend::SignTo64,
        } => format!("x{index}:s"),
        Target::V { index, lane } => match lane.rest {
            Rest::Zero => format!("v{index}:"),
            Rest::Keep => format!("v{index}[{}]:", lane.number),
            Rest::Copies { bytes } => format!("v{index}*{bytes}:"),
        },
    };
    let offset = if access.offset == 0 {
        String::new()
    } else {
        format!("@{}", access.offset)
    };
    format!("{register}{}{offset}", access.size.bytes())
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Load => "load",
        Direction::Store => "store",
    }
}

fn show_transfer(transfer: &Transfer) -> String {
    let mut text = String::from(direction(transfer.direction));
    for access in transfer.accesses(false) {
        text += &format!(" {}", show_access(&access));
    }
    text += &format!(" {}", show_address(transfer.address));
    match transfer.writeback {
        Some(Writeback {
            base,
            amount: Amount::Constant(bytes),
        }) => text + &format!(", {}{bytes:+}", gpr(base)),
        Some(Writeback {
            base,
            amount: Amount::Register(index),
        }) => text + &format!(", {}+{}", gpr(base), gpr(index)),
        None => text,
    }
}

fn show(instruction: &Instruction) -> String {
    match instruction {
        Instruction::Transfer(transfer) => show_transfer(transfer),
        Instruction::Prefetch => "prefetch".into(),
        Instruction::Exclusive { direction: d } => format!("exclusive {}", direction(*d)),
        Instruction::Atomic => "atomic".into(),
        Instruction::ZeroBlock { rt } => format!("zero block x{rt}"),
        Instruction::CacheMaintenance => "cache maintenance".into(),
        Instruction::Unsupported(name) => format!("unsupported: {name}"),
        Instruction::NotMemory => "-".into(),
    }
}

#[test]
fn instructions_decode_as_assembled() {
    for (word, text, meaning) in table::INSTRUCTIONS {
        assert_eq!(show(&decode(*word)), *meaning, "{word:#010x} {text}");
    }
}

#[test]
fn unallocated_encodings_are_not_memory() {
    let unallocated = [
        (0x0000_0000, "udf"),
        (0xf9c0_0000, "unsigned offset, size 3, opc 3"),
        (0xb9c0_0000, "unsigned offset, size 2, opc 3"),
        (0xfd80_0000, "SIMD unsigned offset, size 3, opc 2"),
        (0xf880_0400, "post-index prefetch"),
        (0xf860_0800, "register offset, option 0"),
        (0xdc00_0000, "SIMD literal, opc 3"),
        (0x6840_0000, "non-temporal LDPSW"),
        (0x3c00_0800, "unprivileged SIMD"),
        (0x0820_0c00, "CASP with Rt2 other than 31"),
        (0xd980_0000, "LDAPUR, size 3, opc 2"),
        (0x0c40_8c00, "LD2 of 1D"),
        (0x0c00_0c00, "ST4 of 1D"),
        (0x0c40_1000, "LD structures, opcode 1"),
        (0x0c41_7000, "LD1 without post-index, Rm 1"),
        (0x0ca0_7000, "ST1 post-index, bit 21"),
        (0x0d00_c000, "replicate store"),
        (0x0d40_d000, "LD1R, S 1"),
        (0x0d40_4400, "LD1 of a 16-bit lane, size 1"),
        (0x0d40_8800, "LD1 of a 32-bit lane, size 2"),
        (0x0d40_9400, "LD1 of a 64-bit lane, S 1"),
        (0x0d41_8000, "LDAP1 of a 32-bit lane"),
        (0x0d61_8400, "LDAP1 of two registers"),
        (0x0d43_8400, "LD1 of a lane, Rm 3"),
        (0x8c40_7000, "LD1 with bit 31"),
    ];
    for (word, text) in unallocated {
        assert_eq!(decode(word), Instruction::NotMemory, "{word:#010x} {text}");
    }
}

fn transfer(word: u32) -> Transfer {
    match decode(word) {
        Instruction::Transfer(transfer) => transfer,
        other => panic!("{word:#010x}: {other:?}"),
    }
}

/// Registers with tell-tale values: `Xn` holds `n * 0x1000`.
fn registers(gpr: Gpr) -> u64 {
    match gpr {
        Gpr::X(n) => u64::from(n) * 0x1000,
        Gpr::Sp => 0x8_0000,
        Gpr::Zero => panic!("the zero register is not read"),
    }
}

#[test]
fn addresses_come_from_registers() {
    let address = |word, pc| transfer(word).address.resolve(pc, registers).raw();
    assert_eq!(address(0xf85f8441, 0), 0x2000, "ldr x1, [x2], #-8");
    assert_eq!(address(0xb8004c41, 0), 0x2004, "str w1, [x2, #4]!");
    assert_eq!(
        address(0xf8637841, 0),
        0x2000 + 0x3000 * 8,
        "ldr x1, [x2, x3, lsl #3]"
    );
    assert_eq!(address(0x387f6841, 0), 0x2000, "ldrb w1, [x2, xzr]");
    assert_eq!(
        address(0xf83efbe1, 0),
        0x8_0000 + 30 * 0x8000,
        "str x1, [sp, x30, sxtx #3]"
    );
    assert_eq!(address(0x18ffffe1, 0x4000), 0x3ffc, "ldr w1, .-4");
    assert_eq!(address(0x18ffffe1, 0), u64::MAX - 3, "addresses wrap");
}

#[test]
fn index_registers_extend() {
    let with = |word, index| {
        transfer(word)
            .address
            .resolve(0, |gpr| if gpr == Gpr::X(3) { index } else { 0x10_0000 })
            .raw()
    };
    let (uxtw, sxtw) = (0xb8634841, 0xb863d841);
    assert_eq!(
        with(uxtw, 0xabcd_0000_0000_0010),
        0x10_0010,
        "ldr w1, [x2, w3, uxtw]"
    );
    assert_eq!(
        with(uxtw, 0xffff_ffff),
        0x1_000f_ffff,
        "ldr w1, [x2, w3, uxtw]"
    );
    assert_eq!(
        with(sxtw, 0xffff_ffff),
        0x10_0000 - 4,
        "ldr w1, [x2, w3, sxtw #2]"
    );
}

#[test]
fn writeback_adds_to_the_old_base() {
    let after = |word| {
        let writeback = transfer(word).writeback.unwrap();
        writeback.resolve(registers)
    };
    assert_eq!(after(0xf85f8441), 0x2000 - 8, "ldr x1, [x2], #-8");
    assert_eq!(
        after(0xa9bf7bfd),
        0x8_0000 - 16,
        "stp x29, x30, [sp, #-16]!"
    );
    assert_eq!(after(0x4cc37041), 0x5000, "ld1 {{v1.16b}}, [x2], x3");
    assert_eq!(after(0x4cc27041), 0x4000, "ld1 {{v1.16b}}, [x2], x2");
    assert_eq!(transfer(0xf9400041).writeback, None, "ldr x1, [x2]");
}

/// Words of which most are loads and stores.
fn word() -> impl Strategy<Value = u32> {
    let load_store = any::<u32>().prop_map(|w| (w & !0x0a00_0000) | 0x0800_0000);
    prop_oneof![4 => load_store, 1 => any::<u32>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn every_word_decodes_to_something_sound(word in word(), big_endian: bool) {
        let Instruction::Transfer(transfer) = decode(word) else { return Ok(()) };
        prop_assert!((1..=64).contains(&transfer.accesses(big_endian).count()));
        for access in transfer.accesses(big_endian) {
            if let Target::V { lane, .. } = access.target {
                prop_assert!(lane.number < 16 >> access.size.log2());
            }
            let (Target::X { index, .. } | Target::V { index, .. }) = access.target;
            prop_assert!(index < 32);
        }
        if let Some(writeback) = transfer.writeback {
            prop_assert!(!matches!(writeback.base, Gpr::Zero | Gpr::X(31..)));
            let _ = writeback.resolve(|_| u64::MAX);
        }
        let _ = transfer.address.resolve(u64::MAX, |_| u64::MAX);
    }

    #[test]
    fn accesses_are_contiguous_from_the_address(word in word(), big_endian: bool) {
        let Instruction::Transfer(transfer) = decode(word) else { return Ok(()) };
        let mut next = 0;
        for access in transfer.accesses(big_endian) {
            prop_assert_eq!(u64::from(access.offset), next);
            next += access.size.bytes();
        }
        prop_assert_eq!(transfer.bytes(), next);
    }

    #[test]
    fn only_loads_extend_the_sign_and_never_beyond_their_register(word in word()) {
        let Instruction::Transfer(transfer) = decode(word) else { return Ok(()) };
        for access in transfer.accesses(false) {
            let Target::X { extend, .. } = access.target else { continue };
            if extend != Extend::Zero {
                prop_assert_eq!(transfer.direction, Direction::Load);
                prop_assert!(access.size < AccessSize::Double);
            }
            if extend == Extend::SignTo32 {
                prop_assert!(access.size < AccessSize::Word);
            }
        }
    }
}
