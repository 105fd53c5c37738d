//! Random regimes, tables and accesses.

use super::reference::{self, Expected};
use super::*;
use proptest::prelude::*;
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Memory that answers any address with a descriptor of its own: often valid,
/// mostly with an address in reach.
#[derive(Clone, Copy, Debug)]
struct Noise {
    seed: u64,
    /// Bits that descriptors lack more often than not.
    rare: u64,
}

impl Noise {
    fn read(self, address: u64) -> Option<u64> {
        let random = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            (self.seed, address, salt).hash(&mut hasher);
            hasher.finish()
        };
        let rare = if random(0) % 8 == 0 { 0 } else { self.rare };
        let valid = match random(1) % 16 {
            0..10 => 0b11,
            10..14 => 0b01,
            14 => return None,
            _ => 0b00,
        };
        let accessed = if random(2) % 4 == 0 { 0 } else { AF };
        Some(random(3) & !rare & !0b11 & !AF | valid | accessed)
    }
}

fn noise() -> impl Strategy<Value = Noise> {
    let high = 0xf << 48 | 0xf << 12 | 0b11 << 8;
    let rare = prop_oneof![
        Just(0xffff_ffff_0000_0000),
        Just(high | 0xffff_0000_0000),
        Just(high),
        Just(0),
    ];
    (any::<u64>(), rare).prop_map(|(seed, rare)| Noise { seed, rare })
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    let bits = prop_oneof![Just(32u8), Just(40), Just(48), Just(52), Just(52)];
    let some = any::<u32>().prop_map(Feature::from_bits_truncate);
    let features = prop_oneof![some, Just(Feature::all()), Just(ALL.features)];
    (features, bits).prop_map(|(features, pa_bits)| Capabilities { features, pa_bits })
}

/// TCR with sizes that are often in range, and everything else at random.
fn tcr() -> impl Strategy<Value = u64> {
    let size = || prop_oneof![8 => 12u64..=48, 1 => 0u64..64];
    /// EPD0, EPD1, E0PD0 and E0PD1.
    const TROUBLE: u64 = 1 << 7 | 1 << 23 | 0b11 << 55;
    let tame = prop_oneof![3 => Just((TROUBLE, IPS_52)), 1 => Just((0, 0))];
    (any::<u64>(), size(), size(), tame).prop_map(|(other, t0sz, t1sz, (clear, set))| {
        other & !0x3f_003f & !clear | t0sz | t1sz << 16 | set
    })
}

fn regime() -> impl Strategy<Value = Regime> {
    let ttbr = || any::<u64>().prop_flat_map(|x| prop_oneof![Just(x), Just(x & !0xffff_ffff_003c)]);
    let sctlr = any::<u64>().prop_map(|x| x | 1);
    (sctlr, tcr(), ttbr(), ttbr(), any::<u64>(), capabilities()).prop_map(
        |(sctlr, tcr, ttbr0, ttbr1, mair, id)| Regime {
            sctlr: Sctlr::new(sctlr),
            tcr: Tcr::new(tcr),
            ttbr0: Ttbr::new(ttbr0),
            ttbr1: Ttbr::new(ttbr1),
            mair,
            id,
        },
    )
}

/// A regime, and an address that mostly lies in one of its ranges, now and
/// then with a tag or nonsense on top.
fn scene() -> impl Strategy<Value = (Regime, u64)> {
    (regime(), any::<u64>(), any::<bool>(), 0u32..12).prop_map(|(regime, x, upper, kind)| {
        let txsz = regime.tcr.get() >> if upper { 16 } else { 0 } & 0x3f;
        let range = u64::MAX >> txsz.clamp(9, 48);
        let inside = if upper { x | !range } else { x & range };
        let va = match kind {
            0 => x,
            1 => inside & u64::MAX >> 8 | x & 0xff << 56,
            _ => inside,
        };
        (regime, va)
    })
}

fn access() -> impl Strategy<Value = Access> {
    let kind = prop_oneof![
        Just(Rights::empty()),
        Just(Rights::READ),
        Just(Rights::WRITE),
        Just(Rights::READ_WRITE),
        Just(Rights::EXECUTE),
    ];
    (kind, any::<bool>(), any::<bool>()).prop_map(|(kind, privileged, pan)| Access {
        kind,
        privileged,
        pan,
    })
}

/// The walk's result in the reference's terms.
fn in_short(result: Result<Translation, Fault>) -> Result<Expected, (FaultKind, i8)> {
    result
        .map(|t| Expected {
            ipa: t.ipa.raw(),
            size: t.size,
            level: t.entry.unwrap().level.number(),
            el1: t.rights.el1,
            el1_pan: t.rights.el1_pan,
            el0: t.rights.el0,
            global: t.global,
            set_af: t.updates.contains(Updates::ACCESS_FLAG),
            set_dirty: t.updates.contains(Updates::DIRTY),
        })
        .map_err(|fault| (fault.kind, fault.level.number()))
}

fn run(regime: &Regime, va: u64, access: Access, noise: Noise) -> Result<Translation, Fault> {
    walk(regime, GuestVirt::new(va), access, |a| noise.read(a.raw()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_walk_agrees_with_the_reference(
        (regime, va) in scene(), access in access(), noise in noise()
    ) {
        let expected = reference::translate(&regime, va, access, &|a| noise.read(a));
        prop_assert_eq!(in_short(run(&regime, va, access, noise)), expected);
    }

    #[test]
    fn the_walk_reads_few_aligned_addresses_in_reach(
        (regime, va) in scene(), access in access(), noise in noise()
    ) {
        let asked = RefCell::new(Vec::new());
        let result = walk(&regime, GuestVirt::new(va), access, |a| {
            asked.borrow_mut().push(a);
            noise.read(a.raw())
        });
        let asked = asked.into_inner();
        prop_assert!(asked.len() <= 5);
        prop_assert!(asked.iter().all(|a| a.is_aligned(8) && a.raw() >> regime.id.pa_bits == 0));
        if let Ok(Translation { entry: Some(entry), .. }) = result {
            prop_assert_eq!(asked.last(), Some(&entry.address));
        }
    }

    #[test]
    fn any_values_are_answered(
        registers: [u64; 5], id: [u64; 5], va: u64, access in access(), memory: [u64; 7]
    ) {
        let [sctlr, tcr, ttbr0, ttbr1, mair] = registers;
        let [mmfr0, mmfr1, mmfr2, isar1, isar2] = id;
        let regime = Regime {
            sctlr: Sctlr::new(sctlr),
            tcr: Tcr::new(tcr),
            ttbr0: Ttbr::new(ttbr0),
            ttbr1: Ttbr::new(ttbr1),
            mair,
            id: Capabilities::new(&IdRegisters { mmfr0, mmfr1, mmfr2, isar1, isar2 }),
        };
        let result = walk(&regime, GuestVirt::new(va), access, |a| {
            memory.get((a.raw() >> 3) as usize % memory.len()).copied()
        });
        match result {
            Ok(found) => {
                prop_assert_eq!(found.ipa.raw() % found.size, va % found.size);
                prop_assert!(found.ipa.raw() >> regime.id.pa_bits == 0);
                let _ = found.attribute.memory();
            }
            Err(fault) => prop_assert!(fault.fault_status_code() < 0x40),
        }
    }

    #[test]
    fn a_right_that_is_reported_is_a_right_to_access(
        (regime, va) in scene(), noise in noise(), access in access()
    ) {
        // A fetch has a right of its own to an address: TBID.
        let access = Access { kind: access.kind - Rights::EXECUTE, ..access };
        let nothing = Access { kind: Rights::empty(), ..access };
        let pan = access.pan && regime.id.has(Feature::PAN);
        if let Ok(found) = run(&regime, va, nothing, noise) {
            let held = found.rights.of(access.privileged, pan).contains(access.kind);
            prop_assert_eq!(run(&regime, va, access, noise).is_ok(), held);
        }
    }

    #[test]
    fn everything_in_a_page_translates_alike(
        (regime, va) in scene(), access in access(), noise in noise(), offset: u64
    ) {
        if let Ok(found) = run(&regime, va, access, noise) {
            let inside = offset % found.size;
            let other = run(&regime, va & !(found.size - 1) | inside, access, noise).unwrap();
            let ipa = found.base().offset(inside);
            prop_assert_eq!(other, Translation { ipa, ..found });
        }
    }

    #[test]
    fn byte_order_changes_nothing_but_the_bytes(
        (regime, va) in scene(), access in access(), noise in noise()
    ) {
        let mut other = regime;
        other.sctlr = Sctlr::new(regime.sctlr.get() ^ SCTLR_EE);
        let swapped = walk(&other, GuestVirt::new(va), access, |a| {
            noise.read(a.raw()).map(u64::swap_bytes)
        });
        prop_assert_eq!(swapped, run(&regime, va, access, noise));
    }
}
