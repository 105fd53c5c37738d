//! Loads and stores of structures: the plans, and what becomes of registers and
//! memory when they are carried out.

use super::*;
use std::vec::Vec;

mod table;

#[test]
fn structures_decode_as_assembled() {
    for (word, text, meaning) in table::INSTRUCTIONS {
        assert_eq!(show(&decode(*word)), *meaning, "{word:#010x} {text}");
    }
}

/// SIMD registers, and the memory that an instruction accesses.
#[derive(Clone, Debug, PartialEq)]
struct Machine {
    v: [u128; 32],
    memory: [u8; 64],
}

impl Machine {
    /// All registers are `v`; every byte of the memory is its offset.
    fn new(v: u128) -> Self {
        Self {
            v: [v; 32],
            memory: std::array::from_fn(|at| at as u8),
        }
    }

    /// Carries an instruction out as a hypervisor has to.
    fn run(mut self, word: u32, big_endian: bool) -> Self {
        let transfer = transfer(word);
        for access in transfer.accesses(big_endian) {
            let Target::V { index, lane } = access.target else {
                panic!("{word:#010x} has general registers");
            };
            let v = &mut self.v[usize::from(index)];
            let memory = &mut self.memory[usize::from(access.offset)..];
            let bytes = &mut memory[..access.size.bytes() as usize];
            if transfer.direction == Direction::Load {
                *v = lane.set(*v, access.size, number(bytes, big_endian));
            } else {
                let value = lane.get(*v, access.size).to_le_bytes();
                bytes.copy_from_slice(&value[..bytes.len()]);
                if big_endian {
                    bytes.reverse();
                }
            }
        }
        self
    }
}

/// Bytes in memory as a number.
fn number(bytes: &[u8], big_endian: bool) -> u64 {
    let add = |all, byte: &u8| all << 8 | u64::from(*byte);
    if big_endian {
        bytes.iter().fold(0, add)
    } else {
        bytes.iter().rev().fold(0, add)
    }
}

/// The first `count` registers after a load into ones that are all ones; the
/// others stay so.
fn loaded(word: u32, big_endian: bool, count: usize) -> Vec<u128> {
    let after = Machine::new(u128::MAX).run(word, big_endian);
    let (loaded, others) = after.v.split_at(count);
    assert!(others.iter().all(|v| *v == u128::MAX), "{word:#010x}");
    loaded.to_vec()
}

const LITTLE: bool = false;
const BIG: bool = true;

#[test]
fn each_register_gets_its_elements() {
    assert_eq!(
        loaded(0x4c402820, LITTLE, 4),
        [
            0x0f0e0d0c_0b0a0908_07060504_03020100,
            0x1f1e1d1c_1b1a1918_17161514_13121110,
            0x2f2e2d2c_2b2a2928_27262524_23222120,
            0x3f3e3d3c_3b3a3938_37363534_33323130,
        ],
        "ld1 {{v0.4s-v3.4s}}, [x1]: one after the other"
    );
    assert_eq!(
        loaded(0x4c400820, LITTLE, 4),
        [
            0x33323130_23222120_13121110_03020100,
            0x37363534_27262524_17161514_07060504,
            0x3b3a3938_2b2a2928_1b1a1918_0b0a0908,
            0x3f3e3d3c_2f2e2d2c_1f1e1d1c_0f0e0d0c,
        ],
        "ld4 {{v0.4s-v3.4s}}, [x1]: in turn"
    );
    assert_eq!(
        loaded(0x4c404420, LITTLE, 3),
        [
            0x2b2a_2524_1f1e_1918_1312_0d0c_0706_0100,
            0x2d2c_2726_2120_1b1a_1514_0f0e_0908_0302,
            0x2f2e_2928_2322_1d1c_1716_1110_0b0a_0504,
        ],
        "ld3 {{v0.8h-v2.8h}}, [x1]"
    );
}

#[test]
fn vectors_of_64_bits_clear_the_upper_half() {
    assert_eq!(
        loaded(0x0c407020, LITTLE, 1),
        [0x0706050403020100],
        "ld1 {{v0.8b}}, [x1]"
    );
    assert_eq!(
        loaded(0x0c408820, LITTLE, 2),
        [0x0b0a0908_03020100, 0x0f0e0d0c_07060504],
        "ld2 {{v0.2s, v1.2s}}, [x1]"
    );
}

#[test]
fn lanes_leave_the_rest() {
    assert_eq!(
        loaded(0x4d604820, LITTLE, 2),
        [
            0xffff_ffff_0100_ffff_ffff_ffff_ffff_ffff,
            0xffff_ffff_0302_ffff_ffff_ffff_ffff_ffff,
        ],
        "ld2 {{v0.h, v1.h}}[5], [x1]"
    );
    assert_eq!(
        loaded(0x4d401c20, LITTLE, 1),
        [u128::MAX >> 8],
        "ld1 {{v0.b}}[15], [x1]"
    );
}

#[test]
fn replication_fills_the_vector() {
    assert_eq!(
        loaded(0x4d60c420, LITTLE, 2),
        [
            0x0100_0100_0100_0100_0100_0100_0100_0100,
            0x0302_0302_0302_0302_0302_0302_0302_0302,
        ],
        "ld2r {{v0.8h, v1.8h}}, [x1]"
    );
    assert_eq!(
        loaded(0x0d40c820, LITTLE, 1),
        [0x03020100_03020100],
        "ld1r {{v0.2s}}, [x1]"
    );
    assert_eq!(
        loaded(0x0d40cc20, LITTLE, 1),
        [0x0706050403020100],
        "ld1r {{v0.1d}}, [x1]"
    );
}

#[test]
fn big_endian_data_reverses_elements_but_not_their_order() {
    assert_eq!(
        loaded(0x4c407c20, BIG, 1),
        [0x08090a0b0c0d0e0f_0001020304050607],
        "ld1 {{v0.2d}}, [x1]"
    );
    assert_eq!(
        loaded(0x0c408020, BIG, 2),
        loaded(0x0c408020, LITTLE, 2),
        "ld2 {{v0.8b, v1.8b}}, [x1]"
    );
}

#[test]
fn big_endian_data_reverses_all_of_a_128_bit_register() {
    assert_eq!(
        loaded(0x3dc00020, LITTLE, 1),
        [0x0f0e0d0c0b0a0908_0706050403020100],
        "ldr q0, [x1]"
    );
    assert_eq!(
        loaded(0x3dc00020, BIG, 1),
        [0x0001020304050607_08090a0b0c0d0e0f],
        "ldr q0, [x1]"
    );
    assert_eq!(
        loaded(0xad400420, BIG, 2),
        [
            0x0001020304050607_08090a0b0c0d0e0f,
            0x1011121314151617_18191a1b1c1d1e1f,
        ],
        "ldp q0, q1, [x1]: the registers keep their order"
    );
    assert_eq!(
        loaded(0xfd400020, BIG, 1),
        [0x0001020304050607],
        "ldr d0, [x1]"
    );
}

/// `L` of structures and pairs: a load, otherwise the same.
const LOAD: u32 = 1 << 22;

/// Stores among the words that have `group` in the bits of `mask`.
fn stores(mask: u32, group: u32) -> impl Strategy<Value = u32> {
    any::<u32>()
        .prop_map(move |w| w & !mask & !LOAD | group)
        .prop_filter("allocated", |w| {
            matches!(decode(*w), Instruction::Transfer(_))
        })
}

fn structure() -> impl Strategy<Value = u32> {
    stores(0xbe00_0000, 0x0c00_0000)
}

fn pair() -> impl Strategy<Value = u32> {
    stores(0x3e00_0000, 0x2c00_0000)
}

proptest! {
    #[test]
    fn a_load_reverses_the_store_of_its_form(
        word in prop_oneof![structure(), pair()],
        v: [u128; 32],
        memory: [[u8; 32]; 2],
        big_endian: bool,
    ) {
        let memory = std::array::from_fn(|at| memory[at / 32][at % 32]);
        let before = Machine { v, memory };
        let stored = before.clone().run(word, big_endian);
        prop_assert_eq!(stored.v, before.v);
        let bytes = transfer(word).bytes() as usize;
        prop_assert_eq!(&stored.memory[bytes..], &before.memory[bytes..]);

        let loaded = stored.clone().run(word | LOAD, big_endian);
        prop_assert_eq!(loaded.memory, stored.memory);
        for (after, before) in loaded.v.into_iter().zip(before.v) {
            // The upper bits may have become zero.
            prop_assert_eq!(after & before, after);
        }
        prop_assert_eq!(loaded.run(word, big_endian).memory, stored.memory);
    }

    #[test]
    fn elements_are_moved_once_each(word in structure(), big_endian: bool) {
        let mut seen = Vec::new();
        for access in transfer(word).accesses(big_endian) {
            let Target::V { index, lane } = access.target else { unreachable!() };
            prop_assert!(!seen.contains(&(index, lane.number)));
            seen.push((index, lane.number));
        }
    }
}
