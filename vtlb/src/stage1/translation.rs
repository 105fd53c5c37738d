//! The result of a successful walk.

use super::attributes::{Attribute, Shareability};
use super::fault::Level;
use super::rights::StageRights;
use crate::GuestPhys;
use bitflags::bitflags;

bitflags! {
    /// What hardware would write into the descriptor on behalf of the access
    /// (FEAT_HAFDBS).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Updates: u8 {
        /// Set the access flag, bit 10.
        const ACCESS_FLAG = 1 << 0;
        /// Clear the read-only bit AP\[2\], bit 7: the page becomes dirty.
        const DIRTY = 1 << 1;
    }
}

/// The descriptor that gave a translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Where it lies.
    pub address: GuestPhys,
    /// Its value in the processor's byte order.
    pub value: u64,
    /// Of which level the table is.
    pub level: Level,
    /// How many entries, this one included, the table claims to map a single
    /// naturally aligned range (the Contiguous bit); 1 for none.
    pub contiguous: u64,
    /// Whether the access flag is set.
    pub accessed: bool,
    /// Whether the page is clean and becomes dirty by the first store, which
    /// hardware allows: [`StageRights`] contains this store.
    pub clean: bool,
    /// Whether the page is guarded: indirect branches must land on BTI.
    pub guarded: bool,
}

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Translation {
    /// The output address: the guest-physical address of the very byte.
    pub ipa: GuestPhys,
    /// The bytes that the page or block maps, a power of two; with the MMU off
    /// all that a physical address can reach. Virtual and output address are
    /// equal below it.
    pub size: u64,
    /// Who may do what.
    pub rights: StageRights,
    /// The memory type that the access sees.
    pub attribute: Attribute,
    /// The shareability that the access sees.
    pub shareability: Shareability,
    /// Whether it holds for all address space identifiers.
    pub global: bool,
    /// The current address space identifier.
    pub asid: u16,
    /// What hardware would change in the descriptor now. The walk itself
    /// changes nothing.
    pub updates: Updates,
    /// The block or page descriptor; `None` with the MMU off.
    pub entry: Option<Entry>,
}

impl Translation {
    /// The first address of the page or block that holds `ipa`.
    #[must_use]
    pub const fn base(&self) -> GuestPhys {
        self.ipa.align_down(self.size)
    }
}
