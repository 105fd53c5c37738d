//! The walk (Arm ARM DDI 0487, D8.2 "Translation process").

use super::Feature;
use super::attributes::{Attribute, Shareability};
use super::descriptor::{Class, Descriptor, below};
use super::fault::{Fault, FaultKind, Level};
use super::range::{Range, without_tag};
use super::regime::{Access, Regime};
use super::registers::SCTLR_EL1;
use super::rights::{Policy, StageRights, TablePermissions};
use super::translation::{Entry, Translation, Updates};
use crate::{GuestPhys, GuestVirt};

/// Translates `va` as stage 1 of a processor does for `access`.
///
/// `read` supplies descriptors: the eight bytes at an address that is a
/// multiple of eight, as a **little-endian** load sees them. The walk itself
/// swaps bytes where `SCTLR_EL1.EE` says that tables are big-endian. `None`
/// says that no memory answers there.
///
/// Nothing is written and nothing is remembered: updates that hardware would
/// make are in [`Translation::updates`]. Any values of registers and
/// descriptors are fine. Where the architecture leaves a choice:
///
/// - a Contiguous bit changes no address: each entry is taken for itself;
/// - bit 16 (nT) of blocks is ignored;
/// - fetches from Device memory fault only when execute-never;
/// - an access flag is not set on behalf of an access that faults.
///
/// # Errors
/// The fault that the guest gets, at the level that hardware reports.
pub fn walk(
    regime: &Regime,
    va: GuestVirt,
    access: Access,
    read: impl FnMut(GuestPhys) -> Option<u64>,
) -> Result<Translation, Fault> {
    if !regime.is_enabled() {
        return flat(regime, va, access);
    }
    let range = Range::select(regime, va, access)?;
    let leaf = descend(&range, va, regime.big_endian_tables(), read)?;
    leaf.translate(regime, &range, va, access)
}

/// The level to report when stage 2 stopped the table walk of `access` to
/// `va` (`ESR_EL2.S1PTW`): of the lookup that `read` cannot supply, or else of
/// the last one, whose descriptor hardware wanted to change.
pub fn walk_fault_level(
    regime: &Regime,
    va: GuestVirt,
    access: Access,
    read: impl FnMut(GuestPhys) -> Option<u64>,
) -> Level {
    match walk(regime, va, access, read) {
        Ok(Translation { entry, .. }) => entry.map_or(Level::ZERO, |entry| entry.level),
        Err(fault) => fault.level,
    }
}

/// With the MMU off addresses stay what they are (Arm ARM, D8.2.11).
fn flat(regime: &Regime, va: GuestVirt, access: Access) -> Result<Translation, Fault> {
    let fetch = access.is_fetch();
    let address = without_tag(regime, va, fetch);
    let reach = below(regime.id.pa_bits.into());
    if address & !reach != 0 {
        return Err(Fault::new(FaultKind::AddressSize, Level::ZERO));
    }
    let attribute = match (fetch, regime.sctlr.is_set(SCTLR_EL1::I)) {
        (true, true) => Attribute::WRITE_THROUGH,
        (true, false) => Attribute::NON_CACHEABLE,
        (false, _) => Attribute::DEVICE,
    };
    Ok(Translation {
        ipa: GuestPhys::new(address),
        size: reach.saturating_add(1),
        rights: StageRights::FULL,
        attribute,
        shareability: Shareability::Outer,
        global: true,
        asid: regime.asid(),
        updates: Updates::empty(),
        entry: None,
    })
}

/// The end of a walk: a block or page descriptor.
struct Leaf {
    descriptor: Descriptor,
    address: GuestPhys,
    level: Level,
    tables: TablePermissions,
}

/// Follows tables down to a block or page.
fn descend(
    range: &Range,
    va: GuestVirt,
    big_endian: bool,
    mut read: impl FnMut(GuestPhys) -> Option<u64>,
) -> Result<Leaf, Fault> {
    let (mut table, mut level) = (range.root, range.start_level());
    let mut tables = TablePermissions::empty();
    loop {
        let address = GuestPhys::new(table | range.offset(va, level));
        let raw = read(address).ok_or(Fault::new(FaultKind::ExternalOnWalk, level))?;
        let descriptor = Descriptor::new(if big_endian { raw.swap_bytes() } else { raw });
        match descriptor.class(&range.format, level) {
            Class::Invalid => return Err(Fault::new(FaultKind::Translation, level)),
            Class::Leaf => {
                return Ok(Leaf {
                    descriptor,
                    address,
                    level,
                    tables,
                });
            }
            // Never at the last level, so that the loop ends.
            Class::Table => {
                let next = descriptor.address(&range.format, range.format.granule.shift());
                table = range.checked(next, level)?;
                if !range.flat_permissions {
                    tables |= descriptor.table_permissions();
                }
                level = level.next();
            }
        }
    }
}

impl Leaf {
    /// Checks the access against the descriptor, in the architecture's order:
    /// address size, access flag, permission.
    fn translate(
        self,
        regime: &Regime,
        range: &Range,
        va: GuestVirt,
        access: Access,
    ) -> Result<Translation, Fault> {
        let fault = |kind| Err(Fault::new(kind, self.level));
        let shift = range.format.granule.span_shift(self.level);
        let base = self.descriptor.address(&range.format, shift);
        range.checked(base, self.level)?;
        let entry = self.entry(regime, range);
        if !entry.accessed && !regime.sets_access_flag() {
            return fault(FaultKind::AccessFlag);
        }
        let rights = self.rights(regime);
        let pan = access.pan && !access.is_fetch() && regime.id.has(Feature::PAN);
        if !rights.of(access.privileged, pan).contains(access.kind) {
            return fault(FaultKind::Permission);
        }
        let attribute = self.attribute(regime, access.is_fetch());
        Ok(Translation {
            ipa: GuestPhys::new(base | va.raw() & below(shift)),
            size: below(shift).saturating_add(1),
            rights,
            attribute,
            shareability: self.shareability(range).of(attribute),
            global: self.descriptor.global(),
            asid: regime.asid(),
            updates: updates(&entry, access),
            entry: Some(entry),
        })
    }

    fn entry(&self, regime: &Regime, range: &Range) -> Entry {
        let permissions = self
            .descriptor
            .leaf_permissions(regime.manages_dirty_state());
        let read_only = self.tables.contains(TablePermissions::READ_ONLY);
        Entry {
            address: self.address,
            value: self.descriptor.raw(),
            level: self.level,
            contiguous: if self.descriptor.contiguous() {
                range.format.granule.contiguous(self.level)
            } else {
                1
            },
            accessed: self.descriptor.accessed(),
            clean: permissions.clean && !read_only,
            guarded: self.descriptor.guarded(),
        }
    }

    fn rights(&self, regime: &Regime) -> StageRights {
        let policy = Policy {
            wxn: regime.sctlr.is_set(SCTLR_EL1::WXN),
            epan: regime.id.has(Feature::PAN3) && regime.sctlr.is_set(SCTLR_EL1::EPAN),
        };
        let leaf = self
            .descriptor
            .leaf_permissions(regime.manages_dirty_state());
        StageRights::new(leaf, self.tables, policy)
    }

    fn attribute(&self, regime: &Regime, fetch: bool) -> Attribute {
        let cache = if fetch { SCTLR_EL1::I } else { SCTLR_EL1::C };
        let off = !regime.sctlr.is_set(cache);
        Attribute::select(regime.mair, self.descriptor.attribute_index()).seen_by(fetch, off)
    }

    fn shareability(&self, range: &Range) -> Shareability {
        Shareability::decode(if range.format.ds {
            range.shareability
        } else {
            self.descriptor.shareability()
        })
    }
}

fn updates(entry: &Entry, access: Access) -> Updates {
    let mut updates = Updates::empty();
    updates.set(Updates::ACCESS_FLAG, !entry.accessed);
    updates.set(Updates::DIRTY, entry.clean && access.is_write());
    updates
}
