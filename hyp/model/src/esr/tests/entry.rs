//! Injected syndromes, exception entries and skipped instructions.

use super::super::*;
use proptest::prelude::*;

#[test]
fn injected_syndromes() {
    let (el0, el1, el0_32) = (pstate::EL0T, pstate::EL1H, pstate::AARCH32);
    let access = ExternalFault::Access;
    assert_eq!(Syndrome::undefined().raw(), 0x0200_0000);
    assert_eq!(Syndrome::data_abort(el1, access, false).raw(), 0x9600_0010);
    assert_eq!(Syndrome::data_abort(el0, access, true).raw(), 0x9200_0050);
    assert_eq!(
        Syndrome::data_abort(el0_32, access, false).raw(),
        0x9200_0010
    );
    assert_eq!(
        Syndrome::data_abort(el1, ExternalFault::Walk(2), false).raw(),
        0x9600_0016
    );
    assert_eq!(
        Syndrome::data_abort(el1, ExternalFault::Exclusive, true).raw(),
        0x9600_0075
    );
    assert_eq!(Syndrome::instruction_abort(el1, access).raw(), 0x8600_0010);
    assert_eq!(
        Syndrome::instruction_abort(pstate::EL1T, access).raw(),
        0x8600_0010
    );
    assert_eq!(
        Syndrome::instruction_abort(el0, ExternalFault::Walk(3)).raw(),
        0x8200_0017
    );
    assert_eq!(Syndrome::sve().raw(), 0x6600_0000);
    assert_eq!(Syndrome::fp().raw(), 0x1fe0_0000);
    assert_eq!(Syndrome::illegal_state().raw(), 0x3a00_0000);
    assert_eq!(Syndrome::serror().raw(), 0xbe00_0000);
}

const ALL_FEATURES: EntryFeatures = EntryFeatures {
    pan: true,
    ssbs: true,
    mte: true,
    nmi: true,
};
const SPAN: u64 = 1 << 23;
const DSSBS: u64 = 1 << 44;

fn enter(
    exception: Exception,
    pstate: u64,
    sctlr_el1: u64,
    features: EntryFeatures,
) -> ExceptionEntry {
    let from = GuestContext {
        pstate,
        pc: 0x4008_0004,
        vbar_el1: 0xffff_8000_0001_0800,
        sctlr_el1,
    };
    enter_el1(exception, &from, features)
}

#[test]
fn the_vector_depends_on_source_and_kind() {
    let offset = |exception, pstate| {
        enter(exception, pstate, 0, EntryFeatures::default()).pc - 0xffff_8000_0001_0800
    };
    assert_eq!(offset(Exception::Synchronous, pstate::EL1T), 0x000);
    assert_eq!(offset(Exception::Synchronous, pstate::EL1H), 0x200);
    assert_eq!(offset(Exception::Synchronous, pstate::EL0T), 0x400);
    assert_eq!(offset(Exception::Synchronous, pstate::AARCH32), 0x600);
    assert_eq!(offset(Exception::Irq, pstate::EL1H), 0x280);
    assert_eq!(offset(Exception::Fiq, pstate::EL0T), 0x500);
    assert_eq!(offset(Exception::SError, pstate::EL1H), 0x380);
}

#[test]
fn the_reserved_bits_of_the_vector_base_are_ignored() {
    let from = GuestContext {
        pstate: pstate::EL1H,
        pc: 0,
        vbar_el1: 0x7ff | 0x800,
        sctlr_el1: 0,
    };
    assert_eq!(
        enter_el1(Exception::Synchronous, &from, EntryFeatures::default()).pc,
        0xa00
    );
}

#[test]
fn the_old_state_is_saved() {
    let before = pstate::NZCV | 1 << 21 | 1 << 20 | 0b11 << 10 | pstate::EL0T;
    let entry = enter(Exception::Synchronous, before, 0, ALL_FEATURES);
    assert_eq!((entry.spsr_el1, entry.elr_el1), (before, 0x4008_0004));
}

#[test]
fn step_illegal_uao_and_btype_do_not_survive_but_flags_and_dit_do() {
    let lost = 1 << 21 | 1 << 20 | 1 << 23 | 0b11 << 10;
    let kept = 0b1010 << 28 | pstate::DIT;
    let entry = enter(
        Exception::Synchronous,
        lost | kept | pstate::EL0T,
        SPAN,
        EntryFeatures::default(),
    );
    assert_eq!(entry.pstate, kept | pstate::EL1H | pstate::DAIF);
}

#[test]
fn aarch32_fields_do_not_survive() {
    let thumb_big_endian = pstate::AARCH32 | 1 << 5 | 1 << 9 | 0x3f << 10 | 0b11 << 25 | 0xf << 16;
    let entry = enter(
        Exception::Synchronous,
        thumb_big_endian,
        SPAN,
        EntryFeatures::default(),
    );
    assert_eq!(entry.pstate, pstate::EL1H | pstate::DAIF);
}

#[test]
fn features_set_their_bits() {
    let new = |old, sctlr, features| {
        enter(Exception::Irq, old | pstate::EL1H, sctlr, features).pstate
            & !(pstate::EL1H | pstate::DAIF)
    };
    let only = EntryFeatures::default();
    let pan = EntryFeatures { pan: true, ..only };
    assert_eq!(new(0, 0, pan), pstate::PAN);
    assert_eq!(new(0, SPAN, pan), 0, "SPAN leaves PAN alone");
    assert_eq!(
        new(pstate::PAN, SPAN, pan),
        pstate::PAN,
        "SPAN leaves PAN alone"
    );
    assert_eq!(new(0, 0, only), 0, "without FEAT_PAN");
    let ssbs = EntryFeatures { ssbs: true, ..only };
    assert_eq!(new(pstate::SSBS, SPAN, ssbs), 0, "DSSBS decides");
    assert_eq!(new(0, SPAN | DSSBS, ssbs), pstate::SSBS, "DSSBS decides");
    assert_eq!(new(0, DSSBS | SPAN, only), 0, "without FEAT_SSBS");
    assert_eq!(
        new(0, SPAN, EntryFeatures { mte: true, ..only }),
        pstate::TCO
    );
    let nmi = EntryFeatures { nmi: true, ..only };
    assert_eq!(new(0, SPAN, nmi), pstate::ALLINT);
    assert_eq!(new(0, SPAN | 1 << 62, nmi), 0, "SPINTMASK");
}

#[test]
fn entry_features_come_from_the_identification_registers() {
    assert_eq!(EntryFeatures::of_hardware(0, 0), EntryFeatures::default());
    assert_eq!(
        EntryFeatures::of_hardware(1 << 36 | 2 << 8 | 2 << 4, 3 << 20),
        ALL_FEATURES
    );
}

#[test]
fn an_emulated_instruction_is_stepped_over() {
    const IL_CLEAR: u64 = 0;
    let (ss, btype) = (1 << 21, 0b11 << 10);
    let a64 = step_over(esr_of_32_bits(), pstate::EL1H | ss | btype, 0x1000);
    assert_eq!(
        a64,
        Resume {
            pstate: pstate::EL1H,
            pc: 0x1004
        }
    );
    let t16 = step_over(IL_CLEAR, pstate::AARCH32 | 1 << 5, 0x1000);
    assert_eq!(
        t16,
        Resume {
            pstate: pstate::AARCH32 | 1 << 5,
            pc: 0x1002
        }
    );
}

const fn esr_of_32_bits() -> u64 {
    1 << 25
}

#[test]
fn a_t32_it_block_advances() {
    /// `IT[7:0]` in its two places in an AArch32 `SPSR`.
    const fn with_it(it: u64) -> u64 {
        pstate::AARCH32 | 1 << 5 | (it >> 2) << 10 | (it & 0b11) << 25
    }
    let after = |it| step_over(esr_of_32_bits(), with_it(it), 0).pstate;
    assert_eq!(after(0b0000_0000), with_it(0b0000_0000), "no block");
    assert_eq!(after(0b0000_0110), with_it(0b0000_1100), "the mask shifts");
    assert_eq!(
        after(0b0001_0100),
        with_it(0b0000_1000),
        "the mask gives the next condition"
    );
    assert_eq!(after(0b0001_1000), with_it(0), "last");
}

proptest! {
    #[test]
    fn handlers_start_at_el1_with_everything_masked(old: u64, sctlr: u64) {
        let entry = enter(Exception::Synchronous, old, sctlr, ALL_FEATURES);
        prop_assert_eq!(entry.pstate & 0x1f, pstate::EL1H);
        prop_assert_eq!(entry.pstate & pstate::DAIF, pstate::DAIF);
        prop_assert_eq!(entry.spsr_el1, old);
    }

    #[test]
    fn injected_syndromes_decode_to_what_was_injected(old: u64, level in -1i8..4, write: bool) {
        let syndrome = Syndrome::data_abort(old, ExternalFault::Walk(level), write).raw();
        let status = (syndrome & 0x3f) as u8;
        prop_assert_eq!(FaultKind::from_status(status), FaultKind::ExternalOnWalk(level));
        let lower = Class::of(syndrome) == Class::DATA_ABORT_LOWER;
        prop_assert_eq!(lower, pstate::is_el0(old));
    }
}
