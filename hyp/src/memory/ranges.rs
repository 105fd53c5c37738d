//! A small set of address ranges, for the time before there is an allocator.

use platform::machine;

/// How many separate ranges a node's free memory may fall into: every range of
/// memory and every hole in one can make another, and the hypervisor's own parts
/// a few more.
const CAPACITY: usize = machine::MAX_MEMORY + machine::MAX_RESERVED + 16;

/// Addresses from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// First byte.
    pub(crate) start: u64,
    /// One past the last byte.
    pub(crate) end: u64,
}

impl From<platform::machine::Range> for Range {
    fn from(range: platform::machine::Range) -> Self {
        Self {
            start: range.base,
            end: range.end(),
        }
    }
}

impl Range {
    /// Bytes in the range.
    pub(crate) fn size(&self) -> u64 {
        self.end - self.start
    }
}

/// Disjoint ranges of free memory.
#[derive(Debug, Default)]
pub(crate) struct Ranges(heapless::Vec<Range, CAPACITY>);

impl Ranges {
    /// Adds a range that overlaps no other. What does not fit into the set is
    /// lost: the node then has a little less memory.
    pub(crate) fn add(&mut self, range: Range) {
        if range.start < range.end {
            let _full = self.0.push(range);
        }
    }

    /// Takes `hole` out, whatever of it is there.
    pub(crate) fn remove(&mut self, hole: Range) {
        let old = core::mem::take(&mut self.0);
        for range in old {
            self.add(Range {
                start: range.start,
                end: range.end.min(hole.start),
            });
            self.add(Range {
                start: range.start.max(hole.end),
                end: range.end,
            });
        }
    }

    /// Takes `size` bytes aligned to `align` (a power of two) from the lowest
    /// range that has them.
    pub(crate) fn take(&mut self, size: u64, align: u64) -> Option<Range> {
        let found = self.0.iter().find_map(|range| {
            let start = range.start.next_multiple_of(align);
            let end = start.checked_add(size)?;
            (end <= range.end).then_some(Range { start, end })
        })?;
        self.remove(found);
        Some(found)
    }

    /// The ranges.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Range> {
        self.0.iter()
    }

    /// Bytes in all ranges.
    pub(crate) fn total(&self) -> u64 {
        self.iter().map(Range::size).sum()
    }
}
