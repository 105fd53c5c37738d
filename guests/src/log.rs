//! What handlers saw, in order.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Entries kept.
const SIZE: usize = 128;

/// An append-only list that interrupt handlers fill and tests read.
pub struct Log {
    used: AtomicUsize,
    entries: [AtomicU32; SIZE],
}

impl Log {
    /// An empty log.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self {
            used: AtomicUsize::new(0),
            entries: [const { AtomicU32::new(0) }; SIZE],
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.used.store(0, Ordering::Release);
    }

    /// Adds an entry; what does not fit is only counted.
    pub fn push(&self, value: u32) {
        let i = self.used.fetch_add(1, Ordering::AcqRel);
        if let Some(entry) = self.entries.get(i) {
            entry.store(value, Ordering::Release);
        }
    }

    /// Entries so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `i`-th entry.
    #[must_use]
    pub fn at(&self, i: usize) -> Option<u32> {
        (i < self.len()).then(|| self.entries.get(i).map(|e| e.load(Ordering::Acquire)))?
    }

    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).filter_map(|i| self.at(i))
    }

    /// Whether exactly these happened in this order.
    #[must_use]
    pub fn is(&self, want: &[u32]) -> bool {
        self.len() == want.len() && self.iter().eq(want.iter().copied())
    }
}

impl core::fmt::Debug for Log {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
