//! Finding room in guest RAM.

use super::Error;
use crate::layout::Window;
use alloc::vec::Vec;
use core::ops::Range;
use vtlb::GuestPhys;

/// Guest RAM and what of it is taken.
pub(super) struct Ram {
    all: Range<GuestPhys>,
    /// Ascending; claims are disjoint except for empty ones.
    taken: Vec<Range<GuestPhys>>,
}

impl Ram {
    /// RAM of which nothing is taken.
    pub(super) fn new(ram: Window) -> Result<Self, Error> {
        let end = ram.end().ok_or(Error::Ram { size: ram.size })?;
        Ok(Self {
            all: ram.base..end,
            taken: Vec::new(),
        })
    }

    /// Takes `size` bytes at `start`, which the caller knows to be free.
    pub(super) fn claim(&mut self, start: GuestPhys, size: u64) {
        let at = self.taken.partition_point(|range| range.start < start);
        self.taken.insert(at, start..start.offset(size));
    }

    /// Takes `size` bytes at exactly `start`, if they are free RAM.
    pub(super) fn place_at(&mut self, start: GuestPhys, size: u64) -> Option<GuestPhys> {
        let end = start.checked_add(size)?;
        let free = self.blocker(start, end).is_none();
        (start >= self.all.start && end <= self.all.end && free).then(|| {
            self.claim(start, size);
            start
        })
    }

    /// Takes the lowest free `size` bytes from `from` up at a multiple of
    /// `align`.
    pub(super) fn place(&mut self, size: u64, align: u64, from: GuestPhys) -> Option<GuestPhys> {
        self.first_fit(size, from, |candidate| candidate.align_up(align))
    }

    /// Takes the lowest free `size` bytes at a multiple of `align` that do not
    /// cross a multiple of `block`.
    pub(super) fn place_within_block(
        &mut self,
        size: u64,
        align: u64,
        block: u64,
    ) -> Option<GuestPhys> {
        self.first_fit(size, self.all.start, |candidate| {
            let start = candidate.align_up(align)?;
            let last = start.checked_add(size.saturating_sub(1))?;
            if start.align_down(block) == last.align_down(block) {
                Some(start)
            } else {
                start.align_up(block)
            }
        })
    }

    /// Takes the lowest free `size` bytes from `from` up. `adjust` moves a
    /// candidate up to the next address that suits.
    fn first_fit(
        &mut self,
        size: u64,
        from: GuestPhys,
        adjust: impl Fn(GuestPhys) -> Option<GuestPhys>,
    ) -> Option<GuestPhys> {
        let mut candidate = from;
        loop {
            let start = adjust(candidate)?;
            let end = start.checked_add(size)?;
            if end > self.all.end {
                return None;
            }
            match self.blocker(start, end) {
                // Every blocker ends further up than the candidate, so this ends.
                Some(blocker) => candidate = blocker,
                None => return self.place_at(start, size),
            }
        }
    }

    /// The end of a claim that overlaps `start..end`.
    fn blocker(&self, start: GuestPhys, end: GuestPhys) -> Option<GuestPhys> {
        self.taken
            .iter()
            .find(|range| range.start < end && range.end > start && !range.is_empty())
            .map(|range| range.end)
    }
}
