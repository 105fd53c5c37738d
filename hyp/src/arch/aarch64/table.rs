//! Translation tables in the VMSAv8-64 format, 4 KiB granule: one builder for
//! EL2's own stage 1 and for every VM's stage 2, which differ only in the
//! attribute bits of their leaves (Arm ARM DDI 0487, D8.3).

use crate::memory::{FRAME, Frames, OutOfMemory};

/// Descriptor bit 0: the entry is in use.
const VALID: u64 = 1 << 0;
/// Descriptor bit 1: a table at levels 0–2, a page at level 3; clear: a block.
const TABLE_OR_PAGE: u64 = 1 << 1;
/// Output address bits of a descriptor.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// log2 of the entries of a table.
const INDEX_BITS: u32 = 9;
/// log2 of the page size.
const PAGE_BITS: u32 = 12;
/// The level whose leaves are pages.
const LAST_LEVEL: u32 = 3;
/// The first level that may hold blocks (1 GiB) with this granule.
const FIRST_BLOCK_LEVEL: u32 = 1;

/// Why a range could not be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapError {
    /// No memory for a table.
    OutOfMemory,
    /// Part of the range is mapped already, at this address.
    Overlap(u64),
}

impl From<OutOfMemory> for MapError {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

/// How many bytes one entry of a table at `level` maps.
const fn entry_size(level: u32) -> u64 {
    1 << (PAGE_BITS + INDEX_BITS * (LAST_LEVEL - level))
}

/// A tree of translation tables and the memory that it lives in.
#[derive(Debug)]
pub(crate) struct Tables {
    root: u64,
    /// Level of the root table.
    level: u32,
    /// Concatenated tables at the root (stage 2 only; else 1).
    roots: u64,
}

/// A range to map and what its leaves are to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mapping {
    /// First input address, page-aligned.
    pub(crate) input: u64,
    /// First output address, page-aligned.
    pub(crate) output: u64,
    /// Bytes, a multiple of the page size.
    pub(crate) size: u64,
    /// Attribute bits of each leaf.
    pub(crate) attributes: u64,
}

impl Tables {
    /// An empty tree whose root is at `level` and made of `roots` concatenated
    /// tables (a power of two).
    pub(crate) fn new(
        frames: &mut impl Frames,
        level: u32,
        roots: u64,
    ) -> Result<Self, OutOfMemory> {
        let root = frames.zeroed(roots)?;
        Ok(Self { root, level, roots })
    }

    /// Physical address of the root, for TTBR0_EL2 or VTTBR_EL2.
    pub(crate) fn root(&self) -> u64 {
        self.root
    }

    /// Maps a range with the largest blocks that fit (1 GiB, 2 MiB, 4 KiB).
    pub(crate) fn map(
        &mut self,
        frames: &mut impl Frames,
        mut range: Mapping,
    ) -> Result<(), MapError> {
        while range.size > 0 {
            let level = leaf_level(&range);
            self.map_leaf(frames, &range, level)?;
            let step = entry_size(level);
            range.input += step;
            range.output += step;
            range.size -= step;
        }
        Ok(())
    }

    /// Writes one leaf at `level`, making the tables above it.
    fn map_leaf(
        &self,
        frames: &mut impl Frames,
        range: &Mapping,
        level: u32,
    ) -> Result<(), MapError> {
        let mut table = self.root;
        for upper in self.level..level {
            let slot = self.slot(table, range.input, upper);
            let entry = read(slot);
            table = if entry & VALID == 0 {
                let next = frames.zeroed(1)?;
                write(slot, next | VALID | TABLE_OR_PAGE);
                next
            } else if entry & TABLE_OR_PAGE != 0 {
                entry & ADDRESS
            } else {
                return Err(MapError::Overlap(range.input));
            };
        }
        let slot = self.slot(table, range.input, level);
        if read(slot) & VALID != 0 {
            return Err(MapError::Overlap(range.input));
        }
        let kind = if level == LAST_LEVEL {
            VALID | TABLE_OR_PAGE
        } else {
            VALID
        };
        write(slot, range.output | range.attributes | kind);
        Ok(())
    }

    /// Address of the entry for `input` in `table`, which is at `level`.
    fn slot(&self, table: u64, input: u64, level: u32) -> u64 {
        let entries = if level == self.level {
            self.roots << INDEX_BITS
        } else {
            1 << INDEX_BITS
        };
        table + (input / entry_size(level)) % entries * size_of::<u64>() as u64
    }

    /// Gives every table back. No translation regime may use the tree any more,
    /// and nothing may be mapped in it.
    pub(crate) fn free(&mut self, frames: &mut impl Frames) {
        for root in 0..self.roots {
            free_below(frames, self.root + root * FRAME, self.level);
        }
        frames.free(self.root, self.roots);
    }
}

/// Gives back the tables below `table`, not itself.
fn free_below(frames: &mut impl Frames, table: u64, level: u32) {
    if level == LAST_LEVEL {
        return;
    }
    for index in 0..1 << INDEX_BITS {
        let entry = read(table + index * size_of::<u64>() as u64);
        if entry & VALID != 0 && entry & TABLE_OR_PAGE != 0 {
            free_below(frames, entry & ADDRESS, level + 1);
            frames.free(entry & ADDRESS, 1);
        }
    }
}

/// The highest level whose entries fit the start of the range.
fn leaf_level(range: &Mapping) -> u32 {
    (FIRST_BLOCK_LEVEL..LAST_LEVEL)
        .find(|&level| {
            let size = entry_size(level);
            (range.input | range.output).is_multiple_of(size) && range.size >= size
        })
        .unwrap_or(LAST_LEVEL)
}

fn read(slot: u64) -> u64 {
    // SAFETY: `slot` is inside a table that this module allocated; tables are
    // frames, which are mapped one to one, readable and writable.
    unsafe { (slot as *const u64).read_volatile() }
}

fn write(slot: u64, value: u64) {
    // SAFETY: as for `read`; the tree is borrowed mutably by every writer.
    unsafe { (slot as *mut u64).write_volatile(value) }
}
