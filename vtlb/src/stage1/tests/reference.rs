//! A slow and obvious stage 1 walk: the tables of the Arm ARM's D8 chapter as
//! tables, one field after the other by its bit numbers.

use super::*;

/// Bits `high` to `low`, as the manual writes `value<high:low>`.
fn field(value: u64, high: u32, low: u32) -> u64 {
    (u128::from(value) >> low & ((1 << (high - low + 1)) - 1)) as u64
}

fn bit(value: u64, number: u32) -> bool {
    field(value, number, number) == 1
}

/// The lookups of a granule from the last level upwards: level, and the
/// highest and lowest address bit of the index.
type Lookups = &'static [(i8, u32, u32)];

const LOOKUPS_4K: Lookups = &[
    (3, 20, 12),
    (2, 29, 21),
    (1, 38, 30),
    (0, 47, 39),
    (-1, 51, 48),
];
const LOOKUPS_16K: Lookups = &[(3, 24, 14), (2, 35, 25), (1, 46, 36), (0, 51, 47)];
const LOOKUPS_64K: Lookups = &[(3, 28, 16), (2, 41, 29), (1, 51, 42)];

/// What the walk is expected to say.
#[derive(Debug, PartialEq)]
pub(super) struct Expected {
    pub(super) ipa: u64,
    pub(super) size: u64,
    pub(super) level: i8,
    pub(super) el1: Rights,
    pub(super) el1_pan: Rights,
    pub(super) el0: Rights,
    pub(super) global: bool,
    pub(super) set_af: bool,
    pub(super) set_dirty: bool,
}

struct Setup {
    lookups: Lookups,
    page_bits: u32,
    address_bits: u32,
    ds: bool,
    output_bits: u32,
    ttbr: u64,
    hpd: bool,
}

type Outcome<T> = Result<T, (FaultKind, i8)>;

const NONE: (FaultKind, i8) = (FaultKind::Translation, 0);

fn granule_kib(regime: &Regime, upper: bool) -> u32 {
    let tcr = regime.tcr.get();
    let wanted = if upper {
        [0, 16, 4, 64][field(tcr, 31, 30) as usize]
    } else {
        [4, 64, 16, 0][field(tcr, 15, 14) as usize]
    };
    let mut there = Vec::new();
    for (kib, feature) in [
        (4, Feature::GRANULE_4K),
        (16, Feature::GRANULE_16K),
        (64, Feature::GRANULE_64K),
    ] {
        if regime.id.has(feature) {
            there.push(kib);
        }
    }
    if there.contains(&wanted) {
        wanted
    } else {
        there.first().copied().unwrap_or(4)
    }
}

fn size_of_ps(encoded: u64) -> u32 {
    [32, 36, 40, 42, 44, 48, 52, 52][encoded as usize]
}

fn setup(regime: &Regime, va: u64, access: Access) -> Outcome<Setup> {
    let (tcr, id) = (regime.tcr.get(), regime.id);
    let upper = bit(va, 55);
    let pick = |lower_bit, upper_bit| bit(tcr, if upper { upper_bit } else { lower_bit });
    let kib = granule_kib(regime, upper);
    let lpa2 = match kib {
        4 => id.has(Feature::LPA2_4K),
        16 => id.has(Feature::LPA2_16K),
        _ => false,
    };
    let ds = lpa2 && bit(tcr, 59);

    let mut txsz = if upper {
        field(tcr, 21, 16)
    } else {
        field(tcr, 5, 0)
    };
    let lva64 = kib == 64 && id.has(Feature::LVA);
    let min = if ds || lva64 { 12 } else { 16 };
    let max = match (id.has(Feature::TTST), kib) {
        (false, _) => 39,
        (true, 64) => 47,
        (true, _) => 48,
    };
    let clamps = id.has(Feature::TXSZ_CLAMPED);
    if txsz < min {
        if id.has(Feature::LVA) || !clamps {
            return Err(NONE);
        }
        txsz = min;
    }
    if txsz > max {
        if !clamps {
            return Err(NONE);
        }
        txsz = max;
    }

    let address_bits = 64 - txsz as u32;
    let tbi = pick(37, 38);
    let tbid = pick(51, 52) && id.has(Feature::PAUTH);
    let top_ignored = tbi && !(tbid && access.kind.contains(Rights::EXECUTE));
    for number in address_bits..if top_ignored { 56 } else { 64 } {
        if bit(va, number) != upper {
            return Err(NONE);
        }
    }
    if id.has(Feature::E0PD) && !access.privileged && pick(55, 56) {
        return Err(NONE);
    }
    if pick(7, 23) {
        return Err(NONE);
    }

    let mut output_bits = size_of_ps(field(tcr, 34, 32)).min(u32::from(id.pa_bits));
    let any_lpa2 = id.has(Feature::LPA2_4K) || id.has(Feature::LPA2_16K);
    if kib != 64 && !any_lpa2 {
        output_bits = output_bits.min(48);
    }
    Ok(Setup {
        lookups: match kib {
            4 => LOOKUPS_4K,
            16 => LOOKUPS_16K,
            _ => LOOKUPS_64K,
        },
        page_bits: kib.ilog2() + 10,
        address_bits,
        ds,
        output_bits,
        ttbr: if upper {
            regime.ttbr1.get()
        } else {
            regime.ttbr0.get()
        },
        hpd: pick(41, 42) && id.has(Feature::HPDS),
    })
}

impl Setup {
    fn fits(&self, address: u64) -> bool {
        (self.output_bits..64).all(|number| !bit(address, number))
    }

    /// The address in a descriptor, without the bits below `low`.
    fn output(&self, descriptor: u64, low: u32, lpa: bool) -> u64 {
        let mut address = field(descriptor, 47, low) << low;
        if self.ds {
            address |= field(descriptor, 49, 48) << 48 | field(descriptor, 9, 8) << 50;
        } else if self.page_bits == 16 && lpa {
            address |= field(descriptor, 15, 12) << 48;
        }
        address
    }

    fn block_allowed(&self, level: i8, lpa: bool) -> bool {
        match (self.page_bits, level) {
            (12, 1 | 2) | (14 | 16, 2) => true,
            (12, 0) | (14, 1) => self.ds,
            (16, 1) => lpa,
            _ => false,
        }
    }
}

/// What the tables on the way forbid.
#[derive(Default)]
struct Forbidden {
    el0: bool,
    write: bool,
    ux: bool,
    px: bool,
}

/// The whole translation.
pub(super) fn translate(
    regime: &Regime,
    va: u64,
    access: Access,
    read: &dyn Fn(u64) -> Option<u64>,
) -> Outcome<Expected> {
    let (tcr, big_endian) = (regime.tcr.get(), bit(regime.sctlr.get(), 25));
    let setup = setup(regime, va, access)?;
    let lpa = regime.id.pa_bits == 52;
    let mut lookups = Vec::from(setup.lookups);
    lookups.retain(|(_, _, low)| *low < setup.address_bits);
    lookups.reverse();

    let entries = 1u64 << (setup.address_bits - lookups.first().unwrap().2);
    let wide = setup.ds || setup.page_bits == 16 && lpa && field(tcr, 34, 32) >= 6;
    let mut table = field(setup.ttbr, 47, 1) << 1;
    if wide {
        table = field(setup.ttbr, 47, 6) << 6 | field(setup.ttbr, 5, 2) << 48;
    }
    table -= table % (entries * 8);
    if !setup.fits(table) {
        return Err((FaultKind::AddressSize, 0));
    }

    let mut forbidden = Forbidden::default();
    for (level, high, low) in lookups {
        let index = field(va, high.min(setup.address_bits - 1), low);
        let raw = read(table + index * 8).ok_or((FaultKind::ExternalOnWalk, level))?;
        let descriptor = if big_endian { raw.swap_bytes() } else { raw };
        match (field(descriptor, 1, 0), level) {
            (0b11, 3) => {}
            (0b01, _) if setup.block_allowed(level, lpa) => {}
            (0b11, _) => {
                table = setup.output(descriptor, setup.page_bits, lpa);
                if !setup.fits(table) {
                    return Err((FaultKind::AddressSize, level));
                }
                forbidden.el0 |= bit(descriptor, 61) && !setup.hpd;
                forbidden.write |= bit(descriptor, 62) && !setup.hpd;
                forbidden.ux |= bit(descriptor, 60) && !setup.hpd;
                forbidden.px |= bit(descriptor, 59) && !setup.hpd;
                continue;
            }
            _ => return Err((FaultKind::Translation, level)),
        }
        let base = setup.output(descriptor, low, lpa);
        if !setup.fits(base) {
            return Err((FaultKind::AddressSize, level));
        }
        return leaf(regime, descriptor, &forbidden, access)
            .map_err(|kind| (kind, level))
            .map(|found| Expected {
                ipa: base + va % (1 << low),
                size: 1 << low,
                level,
                ..found
            });
    }
    unreachable!("the last level has no tables")
}

fn rights(r: bool, w: bool, x: bool) -> Rights {
    let mut rights = Rights::empty();
    rights.set(Rights::READ, r);
    rights.set(Rights::WRITE, w);
    rights.set(Rights::EXECUTE, x);
    rights
}

/// What a block or page descriptor says, addresses aside.
fn leaf(
    regime: &Regime,
    descriptor: u64,
    forbidden: &Forbidden,
    access: Access,
) -> Result<Expected, FaultKind> {
    let (tcr, sctlr, id) = (regime.tcr.get(), regime.sctlr.get(), regime.id);
    let ha = id.has(Feature::HAF) && bit(tcr, 39);
    let hd = ha && id.has(Feature::DBS) && bit(tcr, 40);
    if !bit(descriptor, 10) && !ha {
        return Err(FaultKind::AccessFlag);
    }
    let dbm = hd && bit(descriptor, 51);
    let write = (!bit(descriptor, 7) || dbm) && !forbidden.write;
    let user = bit(descriptor, 6) && !forbidden.el0;
    let ux = !(bit(descriptor, 54) || forbidden.ux);
    let px = !(bit(descriptor, 53) || forbidden.px || user && write);
    let wxn = bit(sctlr, 19);
    let epan = id.has(Feature::PAN3) && bit(sctlr, 57);
    let el1_x = px && !(wxn && write);
    let kept_out = user || epan && ux;
    let expected = Expected {
        ipa: 0,
        size: 0,
        level: 0,
        el1: rights(true, write, el1_x),
        el1_pan: rights(!kept_out, write && !kept_out, el1_x),
        el0: rights(user, user && write, ux && !(wxn && user && write)),
        global: !bit(descriptor, 11),
        set_af: !bit(descriptor, 10),
        set_dirty: dbm && bit(descriptor, 7) && access.kind.contains(Rights::WRITE),
    };
    let pan = access.pan && id.has(Feature::PAN) && !access.kind.contains(Rights::EXECUTE);
    let held = match (access.privileged, pan) {
        (true, true) => expected.el1_pan,
        (true, false) => expected.el1,
        (false, _) => expected.el0,
    };
    if held.contains(access.kind) {
        Ok(expected)
    } else {
        Err(FaultKind::Permission)
    }
}
