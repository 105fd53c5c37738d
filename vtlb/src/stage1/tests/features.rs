//! What identification registers promise.

use super::*;

#[test]
fn cortex_a53() {
    let id = IdRegisters {
        mmfr0: 0x0000_1122,
        ..IdRegisters::default()
    };
    assert_eq!(Capabilities::new(&id), V8_0);
    assert!(!V8_0.lpa());
}

#[test]
fn a_processor_with_everything() {
    let id = IdRegisters {
        mmfr0: 0x1020_0026,
        mmfr1: 0x0030_1002,
        mmfr2: 1 << 60 | 1 << 28 | 1 << 16,
        isar1: 0,
        isar2: 1 << 12,
    };
    assert_eq!(Capabilities::new(&id), ALL);
    assert!(ALL.lpa());
}

#[test]
fn granules_have_one_encoding_each() {
    let granules = |mmfr0| {
        let id = IdRegisters {
            mmfr0,
            ..IdRegisters::default()
        };
        let all = Feature::GRANULE_4K
            | Feature::GRANULE_16K
            | Feature::GRANULE_64K
            | Feature::LPA2_4K
            | Feature::LPA2_16K;
        Capabilities::new(&id).features & all
    };
    assert_eq!(granules(0xff00_0000), Feature::empty());
    assert_eq!(
        granules(0x0f10_0000),
        Feature::GRANULE_4K | Feature::GRANULE_16K
    );
    assert_eq!(granules(0xf000_0000), Feature::GRANULE_64K);
}

#[test]
fn address_sizes() {
    let bits = |range| {
        let id = IdRegisters {
            mmfr0: range,
            ..IdRegisters::default()
        };
        Capabilities::new(&id).pa_bits
    };
    let all: Vec<_> = (0..8).map(bits).collect();
    assert_eq!(all, [32, 36, 40, 42, 44, 48, 52, 52]);
}

#[test]
fn access_flag_and_dirty_state_are_two_steps() {
    let steps = |mmfr1| {
        let id = IdRegisters {
            mmfr1,
            ..IdRegisters::default()
        };
        Capabilities::new(&id).features & (Feature::HAF | Feature::DBS)
    };
    assert_eq!(steps(0), Feature::empty());
    assert_eq!(steps(1), Feature::HAF);
    assert_eq!(steps(2), Feature::HAF | Feature::DBS);
    assert_eq!(steps(3), Feature::HAF | Feature::DBS);
}
