//! The node's memory: what is there, what is free, and who hands it out.
//!
//! Two allocators, both from `buddy_system_allocator`: a small heap for the
//! hypervisor's own data structures, and frames for everything else (guest RAM,
//! translation tables, stacks). Neither is used on an exit path.

mod arena;
mod frames;
mod heap;
mod ranges;

pub(crate) use arena::Arena;
pub(crate) use frames::{Frames, frames};
pub(crate) use ranges::{Range, Ranges};

/// Size of a frame, the unit of physical memory.
pub(crate) const FRAME: u64 = 4096;

/// There is not enough memory left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

impl core::fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("out of memory")
    }
}

/// Hands the free memory of the node to the allocators: `HEAP` bytes of the
/// first range that has them become the heap, the rest frames.
///
/// Fails when no range is large enough for the heap.
pub(crate) fn init(free: &mut Ranges) -> Result<(), OutOfMemory> {
    let heap = free.take(heap::SIZE, FRAME).ok_or(OutOfMemory)?;
    heap::init(heap);
    frames::init(free);
    Ok(())
}

/// Gives the heap `size` more bytes, for good.
pub(crate) fn grow_heap(size: u64) -> Result<(), OutOfMemory> {
    let count = size.div_ceil(FRAME);
    let start = frames().take(count)?;
    heap::add(Range {
        start,
        end: start + count * FRAME,
    });
    Ok(())
}

/// Fills physical memory with zeros.
///
/// The range must be frames that the caller took from the allocator.
pub(crate) fn zero(address: u64, size: u64) {
    // SAFETY: all RAM is mapped one to one; frames belong to whoever took them,
    // and no Rust reference points into guest RAM.
    unsafe { platform::cache::zero(address as *mut u8, size as usize) };
}

/// Copies `bytes` to physical memory, which must be frames of the caller.
pub(crate) fn write(address: u64, bytes: &[u8]) {
    // SAFETY: as for `zero`.
    unsafe { platform::cache::copy(bytes.as_ptr(), address as *mut u8, bytes.len()) };
}

/// Writes physical memory back and drops it from the caches.
pub(crate) fn clean(address: u64, size: u64) {
    platform::cache::clean_invalidate(address as usize, size as usize);
}

/// Reads an aligned 32-bit word of guest RAM. The guest may be writing it.
pub(crate) fn read_u32(address: u64) -> u32 {
    // SAFETY: the caller translated the address through the VM's map, so it is
    // guest RAM, which is mapped; volatile because the guest shares it.
    unsafe { (address as *const u32).read_volatile() }
}

/// Reads an aligned 64-bit word of guest RAM, likewise.
pub(crate) fn read_u64(address: u64) -> u64 {
    // SAFETY: as for `read_u32`.
    unsafe { (address as *const u64).read_volatile() }
}
