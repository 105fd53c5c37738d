//! The lower and the upper range of virtual addresses, and how each is set up.

use super::descriptor::{Format, below, bits};
use super::fault::{Fault, FaultKind, Level};
use super::features::{Capabilities, Feature, address_bits};
use super::granule::{self, DESCRIPTOR_SHIFT, Granule};
use super::regime::{Access, Regime};
use super::registers::{TCR_EL1, TTBR_EL1, Tcr, Ttbr};
use crate::GuestVirt;

/// The address bit that tells the ranges apart.
const SELECT: u32 = 55;

/// The fields of `TCR_EL1` for one range.
struct Controls {
    granule: Option<Granule>,
    txsz: u64,
    disabled: bool,
    ignore_top: bool,
    top_for_data_only: bool,
    no_el0: bool,
    flat_permissions: bool,
    shareability: u64,
}

impl Controls {
    fn lower(tcr: Tcr) -> Self {
        Self {
            granule: match tcr.read_as_enum(TCR_EL1::TG0) {
                Some(TCR_EL1::TG0::Value::Kib4) => Some(Granule::Kib4),
                Some(TCR_EL1::TG0::Value::Kib16) => Some(Granule::Kib16),
                Some(TCR_EL1::TG0::Value::Kib64) => Some(Granule::Kib64),
                None => None,
            },
            txsz: tcr.read(TCR_EL1::T0SZ),
            disabled: tcr.is_set(TCR_EL1::EPD0),
            ignore_top: tcr.is_set(TCR_EL1::TBI0),
            top_for_data_only: tcr.is_set(TCR_EL1::TBID0),
            no_el0: tcr.is_set(TCR_EL1::E0PD0),
            flat_permissions: tcr.is_set(TCR_EL1::HPD0),
            shareability: tcr.read(TCR_EL1::SH0),
        }
    }

    fn upper(tcr: Tcr) -> Self {
        Self {
            granule: match tcr.read_as_enum(TCR_EL1::TG1) {
                Some(TCR_EL1::TG1::Value::Kib4) => Some(Granule::Kib4),
                Some(TCR_EL1::TG1::Value::Kib16) => Some(Granule::Kib16),
                Some(TCR_EL1::TG1::Value::Kib64) => Some(Granule::Kib64),
                None => None,
            },
            txsz: tcr.read(TCR_EL1::T1SZ),
            disabled: tcr.is_set(TCR_EL1::EPD1),
            ignore_top: tcr.is_set(TCR_EL1::TBI1),
            top_for_data_only: tcr.is_set(TCR_EL1::TBID1),
            no_el0: tcr.is_set(TCR_EL1::E0PD1),
            flat_permissions: tcr.is_set(TCR_EL1::HPD1),
            shareability: tcr.read(TCR_EL1::SH1),
        }
    }
}

/// How one address is to be translated.
pub(super) struct Range {
    /// Granule and format of the descriptors.
    pub(super) format: Format,
    /// Bits of a virtual address in this range.
    pub(super) bits: u32,
    /// The address of the first table.
    pub(super) root: u64,
    /// Bits of an output address.
    pub(super) output_bits: u32,
    /// Tables put no limits on what is below (HPD).
    pub(super) flat_permissions: bool,
    /// TCR's SH field, which with DS is that of the pages.
    pub(super) shareability: u64,
}

/// The index of the top bit of `va` that counts.
fn top_bit(controls: &Controls, fetch: bool, id: &Capabilities) -> u32 {
    let for_data_only = controls.top_for_data_only && id.has(Feature::PAUTH);
    if controls.ignore_top && !(fetch && for_data_only) {
        SELECT
    } else {
        u64::BITS - 1
    }
}

/// Whether `va` lies in the upper range.
fn is_upper(va: GuestVirt) -> bool {
    va.raw() >> SELECT & 1 != 0
}

fn controls(regime: &Regime, va: GuestVirt) -> (Controls, Ttbr) {
    if is_upper(va) {
        (Controls::upper(regime.tcr), regime.ttbr1)
    } else {
        (Controls::lower(regime.tcr), regime.ttbr0)
    }
}

/// The address with those bits cleared that the MMU ignores even when it is
/// off.
pub(super) fn without_tag(regime: &Regime, va: GuestVirt, fetch: bool) -> u64 {
    let (controls, _) = controls(regime, va);
    va.raw() & below(top_bit(&controls, fetch, &regime.id) + 1)
}

impl Range {
    /// The range that `va` lies in.
    ///
    /// # Errors
    /// When the set-up gives no translation to this address or access at all.
    pub(super) fn select(regime: &Regime, va: GuestVirt, access: Access) -> Result<Self, Fault> {
        const NOTHING: Fault = Fault::new(FaultKind::Translation, Level::ZERO);
        let (controls, ttbr) = controls(regime, va);
        let id = &regime.id;
        let granule = granule::effective(controls.granule, id);
        let ds = has_lpa2(granule, id) && regime.tcr.is_set(TCR_EL1::DS);
        let bits = address_space_bits(controls.txsz, granule, ds, id).ok_or(NOTHING)?;
        let top = top_bit(&controls, access.is_fetch(), id);
        let barred = !access.privileged && controls.no_el0 && id.has(Feature::E0PD);
        if !is_sign_extended(va, bits, top) || barred || controls.disabled {
            return Err(NOTHING);
        }
        let output_bits = output_bits(regime.tcr.read(TCR_EL1::IPS), granule, id);
        let format = Format {
            granule,
            ds,
            lpa: id.lpa(),
        };
        let range = Self {
            format,
            bits,
            root: root(ttbr, &format, output_bits, bits),
            output_bits,
            flat_permissions: controls.flat_permissions && id.has(Feature::HPDS),
            shareability: controls.shareability,
        };
        range.checked(range.root, Level::ZERO)?;
        Ok(range)
    }

    /// `address`, if output addresses are long enough for it.
    ///
    /// # Errors
    /// An address size fault of this level.
    pub(super) fn checked(&self, address: u64, level: Level) -> Result<u64, Fault> {
        if address & !below(self.output_bits) == 0 {
            Ok(address)
        } else {
            Err(Fault::new(FaultKind::AddressSize, level))
        }
    }

    /// The level of the first table.
    pub(super) fn start_level(&self) -> Level {
        self.format.granule.start_level(self.bits)
    }

    /// Where in its table the descriptor for `va` lies, in bytes.
    pub(super) fn offset(&self, va: GuestVirt, level: Level) -> u64 {
        let shift = self.format.granule.span_shift(level);
        let end = self.bits.min(shift + self.format.granule.stride());
        bits(va.raw(), shift, end) >> shift << DESCRIPTOR_SHIFT
    }
}

/// FEAT_LPA2 for this granule.
fn has_lpa2(granule: Granule, id: &Capabilities) -> bool {
    match granule {
        Granule::Kib4 => id.has(Feature::LPA2_4K),
        Granule::Kib16 => id.has(Feature::LPA2_16K),
        Granule::Kib64 => false,
    }
}

/// Bits of an address in the range; `None` when TnSZ gives no range (Arm ARM
/// DDI 0487, D8.2.1).
fn address_space_bits(txsz: u64, granule: Granule, ds: bool, id: &Capabilities) -> Option<u32> {
    let large = ds || granule == Granule::Kib64 && id.has(Feature::LVA);
    let least = if large { 12 } else { 16 };
    let most = match granule {
        _ if !id.has(Feature::TTST) => 39,
        Granule::Kib64 => 47,
        _ => 48,
    };
    let effective = txsz.clamp(least, most);
    let must_fault = txsz < least && id.has(Feature::LVA);
    let valid = effective == txsz || id.has(Feature::TXSZ_CLAMPED) && !must_fault;
    valid.then(|| u64::BITS.saturating_sub(effective as u32))
}

/// Whether bits `bits` to `top` all equal the bit that selects the range.
fn is_sign_extended(va: GuestVirt, bits: u32, top: u32) -> bool {
    let sign = if is_upper(va) { !va.raw() } else { va.raw() };
    self::bits(sign, bits, top + 1) == 0
}

/// The output address size in bits (Arm ARM, D8.2.2 `TCR_EL1.IPS`).
fn output_bits(ips: u64, granule: Granule, id: &Capabilities) -> u32 {
    /// What descriptors hold without any extension.
    const DIRECT: u8 = 48;
    let lpa2 = id.features.intersects(Feature::LPA2_4K | Feature::LPA2_16K);
    let format = if granule == Granule::Kib64 || lpa2 {
        u8::MAX
    } else {
        DIRECT
    };
    address_bits(ips).min(id.pa_bits).min(format).into()
}

/// The address in TTBR, aligned to the size of the first table, at least to 64
/// bytes where addresses have 52 bits.
fn root(ttbr: Ttbr, format: &Format, output_bits: u32, bits: u32) -> u64 {
    const HIGH: u32 = 48;
    const LARGE_ALIGN: u32 = 6;
    let granule = format.granule;
    let resolved = bits.saturating_sub(granule.span_shift(granule.start_level(bits)));
    let size = resolved + DESCRIPTOR_SHIFT;
    let large = format.ds || granule == Granule::Kib64 && output_bits > HIGH;
    if large {
        let high = ttbr.read(TTBR_EL1::BADDR_HIGH) << HIGH;
        high | self::bits(ttbr.get(), size.max(LARGE_ALIGN), HIGH)
    } else {
        self::bits(ttbr.get(), size, HIGH)
    }
}
