//! Frames for what is made before there is an allocator: EL2's own tables and
//! stacks. Nothing of it is ever given back.

use super::{FRAME, Frames, OutOfMemory, Range};

/// Memory that is handed out from the bottom up.
pub(crate) struct Arena(Range);

impl Arena {
    /// Hands out `range`, which is free memory.
    pub(crate) fn new(range: Range) -> Self {
        Self(range)
    }
}

impl Frames for Arena {
    fn zeroed(&mut self, count: u64) -> Result<u64, OutOfMemory> {
        let size = count * FRAME;
        let start = self.0.start.next_multiple_of(size.next_power_of_two());
        if start + size > self.0.end {
            return Err(OutOfMemory);
        }
        self.0.start = start + size;
        super::zero(start, size);
        Ok(start)
    }

    fn free(&mut self, _: u64, _: u64) {}
}
