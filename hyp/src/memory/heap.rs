//! The hypervisor's heap: VM descriptions, device models, tables of names.

use buddy_system_allocator::LockedHeap;

use super::Range;

/// Bytes of heap to start with: cores, consoles, the description of the node.
/// What the VMs need comes on top when they are known.
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

/// Gives the heap more memory.
pub(super) fn add(range: Range) {
    // SAFETY: as above.
    unsafe {
        HEAP.lock()
            .add_to_heap(range.start as usize, range.end as usize);
    };
}
