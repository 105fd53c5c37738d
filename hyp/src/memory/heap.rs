//! The hypervisor's heap: VM descriptions, device models, tables of names.

use buddy_system_allocator::LockedHeap;

use super::Range;

/// Bytes of heap. A VM takes some 20 KiB of it; making its device tree 64 KiB
/// for a moment.
pub(super) const SIZE: u64 = 512 << 10;

/// Largest allocation, as a power of two.
const ORDER: usize = 24;

#[global_allocator]
static HEAP: LockedHeap<ORDER> = LockedHeap::empty();

/// Gives the heap its memory.
pub(super) fn init(range: Range) {
    // SAFETY: the range is free RAM, mapped one to one, and given to nobody else.
    unsafe {
        HEAP.lock()
            .init(range.start as usize, range.size() as usize);
    };
}
