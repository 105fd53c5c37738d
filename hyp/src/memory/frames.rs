//! Physical frames: guest RAM, translation tables, stacks.

use buddy_system_allocator::FrameAllocator;
use spin::{Mutex, MutexGuard};

use super::{FRAME, OutOfMemory, Ranges};

/// Largest block: 2^(ORDER - 1) frames, 1 TiB.
const ORDER: usize = 29;

/// Somewhere to take frames from.
pub(crate) trait Frames {
    /// `count` frames in a row, aligned to their size when that is a power of
    /// two, filled with zeros. Returns the physical address of the first.
    fn zeroed(&mut self, count: u64) -> Result<u64, OutOfMemory>;

    /// Gives back `count` frames from `address` on. They must come from
    /// [`Frames::zeroed`] (or [`Pool::take`]) and be in use by nobody.
    fn free(&mut self, address: u64, count: u64);
}

/// All free frames of the node.
pub(crate) struct Pool {
    buddy: FrameAllocator<ORDER>,
    free: u64,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    buddy: FrameAllocator::new(),
    free: 0,
});

/// The node's frames.
pub(crate) fn frames() -> MutexGuard<'static, Pool> {
    POOL.lock()
}

/// Fills the pool.
pub(super) fn init(free: &Ranges) {
    let mut pool = frames();
    for range in free.iter() {
        let start = range.start.div_ceil(FRAME);
        let end = range.end / FRAME;
        if start < end {
            pool.buddy.add_frame(start as usize, end as usize);
            pool.free += end - start;
        }
    }
}

impl Pool {
    /// Frames that are free now.
    pub(crate) fn available(&self) -> u64 {
        self.free
    }

    /// Like [`Frames::zeroed`], without touching the memory: whoever takes it
    /// must fill it before anyone else can see it.
    ///
    /// The allocator deals in powers of two; what a request does not need of
    /// its block goes back at once.
    pub(crate) fn take(&mut self, count: u64) -> Result<u64, OutOfMemory> {
        let block = count.next_power_of_two();
        let first = self.buddy.alloc(block as usize).ok_or(OutOfMemory)? as u64;
        self.free -= count;
        release(&mut self.buddy, first + count, block - count);
        Ok(first * FRAME)
    }
}

impl Frames for Pool {
    fn zeroed(&mut self, count: u64) -> Result<u64, OutOfMemory> {
        let address = self.take(count)?;
        super::zero(address, count * FRAME);
        Ok(address)
    }

    fn free(&mut self, address: u64, count: u64) {
        release(&mut self.buddy, address / FRAME, count);
        self.free += count;
    }
}

/// Gives a run of frames back in the largest aligned blocks it consists of.
fn release(buddy: &mut FrameAllocator<ORDER>, mut first: u64, mut count: u64) {
    while count > 0 {
        let aligned = 1
            << first
                .trailing_zeros()
                .min(u64::BITS - 1 - count.leading_zeros());
        buddy.dealloc(first as usize, aligned as usize);
        first += aligned;
        count -= aligned;
    }
}
