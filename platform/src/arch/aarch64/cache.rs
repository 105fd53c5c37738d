//! Cache maintenance by virtual address, and zeroing and copying of memory in
//! bulk.
//!
//! Data operations reach the Point of Coherency, so that cores with caches off
//! and devices see the same bytes; instruction operations reach the Point of
//! Unification of the Inner Shareable domain (Arm ARM DDI 0487, D7.5).

use core::arch::asm;

use tock_registers::interfaces::Readable;

use super::{
    cpu,
    sysreg::{CTR_EL0, DCZID_EL0},
};

/// `CTR_EL0.DminLine`: log2 of the words in the smallest data cache line.
const CTR_DMINLINE_SHIFT: u32 = 16;
/// `CTR_EL0.IminLine`: log2 of the words in the smallest instruction cache line.
const CTR_IMINLINE_SHIFT: u32 = 0;
/// Width of the two line size fields.
const CTR_LINE_MASK: u64 = 0xf;
/// `CTR_EL0.IDC`: no data clean to the Point of Unification is required.
const CTR_IDC: u64 = 1 << 28;
/// `CTR_EL0.DIC`: no instruction cache invalidation is required.
const CTR_DIC: u64 = 1 << 29;
/// `DCZID_EL0.DZP`: `DC ZVA` is prohibited.
const DCZID_DZP: u64 = 1 << 4;
/// `DCZID_EL0.BS`: log2 of the words in a `DC ZVA` block.
const DCZID_BS_MASK: u64 = 0xf;
/// Bytes in the word that the fields above count.
const WORD: usize = 4;

/// Smallest data cache line of any cache of this core, in bytes.
#[must_use]
pub fn data_line_size() -> usize {
    WORD << ((CTR_EL0.get() >> CTR_DMINLINE_SHIFT) & CTR_LINE_MASK)
}

/// Smallest instruction cache line of this core, in bytes.
#[must_use]
pub fn instruction_line_size() -> usize {
    WORD << ((CTR_EL0.get() >> CTR_IMINLINE_SHIFT) & CTR_LINE_MASK)
}

/// Applies `operation` to the address of every line that `start..start + len`
/// touches. A range that wraps around is cut off at the last line.
fn each_line(start: usize, len: usize, line: usize, mut operation: impl FnMut(usize)) {
    let Some(last) = len.checked_sub(1) else {
        return;
    };
    let mut address = start & !(line - 1);
    let last = start.saturating_add(last) & !(line - 1);
    loop {
        operation(address);
        if address >= last {
            return;
        }
        address += line;
    }
}

/// Cleans the data cache: dirty lines of the range are written to the Point of
/// Coherency and stay valid. The range must be mapped.
pub fn clean(start: usize, len: usize) {
    each_line(start, len, data_line_size(), |address| {
        // SAFETY: a clean does not change what memory holds.
        unsafe { asm!("dc cvac, {}", in(reg) address, options(nostack, preserves_flags)) };
    });
    cpu::dsb_sy();
}

/// Cleans and invalidates the data cache for the range, to the Point of
/// Coherency. The range must be mapped.
pub fn clean_invalidate(start: usize, len: usize) {
    each_line(start, len, data_line_size(), |address| {
        // SAFETY: clean and invalidate keeps what memory holds.
        unsafe { asm!("dc civac, {}", in(reg) address, options(nostack, preserves_flags)) };
    });
    cpu::dsb_sy();
}

/// Invalidates the data cache for the range without writing anything back.
///
/// # Safety
///
/// Unwritten data in the range is lost, in whole lines ([`data_line_size`]):
/// nothing that Rust relies on may share a line with the range.
pub unsafe fn invalidate(start: usize, len: usize) {
    each_line(start, len, data_line_size(), |address| {
        // SAFETY: the caller gives up the contents of these lines.
        unsafe { asm!("dc ivac, {}", in(reg) address, options(nostack, preserves_flags)) };
    });
    cpu::dsb_sy();
}

/// Makes instructions that were stored in the range visible to instruction
/// fetch on every core of the Inner Shareable domain. Other cores still need a
/// context synchronization event.
pub fn synchronize_instructions(start: usize, len: usize) {
    let ctr = CTR_EL0.get();
    if ctr & CTR_IDC == 0 {
        each_line(start, len, data_line_size(), |address| {
            // SAFETY: a clean does not change what memory holds.
            unsafe { asm!("dc cvau, {}", in(reg) address, options(nostack, preserves_flags)) };
        });
    }
    cpu::dsb_ish();
    if ctr & CTR_DIC == 0 {
        each_line(start, len, instruction_line_size(), |address| {
            // SAFETY: invalidating instructions makes the core fetch them again.
            unsafe { asm!("ic ivau, {}", in(reg) address, options(nostack, preserves_flags)) };
        });
        cpu::dsb_ish();
    }
    cpu::isb();
}

/// Invalidates every instruction cache of the Inner Shareable domain.
pub fn invalidate_instructions() {
    // SAFETY: invalidating instructions makes the cores fetch them again.
    unsafe { asm!("ic ialluis", options(nostack, preserves_flags)) };
    cpu::dsb_ish();
    cpu::isb();
}

/// Bytes that one `DC ZVA` zeroes, or `None` where the core prohibits it.
#[must_use]
pub fn zero_block_size() -> Option<usize> {
    let dczid = DCZID_EL0.get();
    (dczid & DCZID_DZP == 0).then(|| WORD << (dczid & DCZID_BS_MASK))
}

/// Fills memory with zeros, by whole blocks where the core can (`DC ZVA`).
///
/// # Safety
///
/// `start..start + len` is writable, mapped as Normal memory with the MMU on
/// (`DC ZVA` faults on Device memory), and nobody else uses it meanwhile.
pub unsafe fn zero(start: *mut u8, len: usize) {
    let Some(block) = zero_block_size() else {
        // SAFETY: the caller owns the range.
        unsafe { start.write_bytes(0, len) };
        return;
    };
    let head = start.align_offset(block).min(len);
    let blocks = (len - head) / block;
    let tail = len - head - blocks * block;
    // SAFETY: head + blocks * block + tail = len, so that each part lies in the
    // caller's range; the middle part is aligned to a block.
    unsafe {
        start.write_bytes(0, head);
        let mut middle = start.add(head);
        for _ in 0..blocks {
            asm!("dc zva, {}", in(reg) middle, options(nostack, preserves_flags));
            middle = middle.add(block);
        }
        middle.write_bytes(0, tail);
    }
}

/// Copies memory, 64 bytes at a time where both sides are aligned to 8. For
/// images of many megabytes: four times fewer instructions than `memcpy` as it
/// is compiled without vector registers.
///
/// # Safety
///
/// `len` bytes are readable at `from` and writable at `to`, the two do not
/// overlap, and nobody else writes either meanwhile.
pub unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    /// Bytes of one turn of the loop.
    const BLOCK: usize = 64;
    /// Alignment that the loop needs.
    const ALIGNMENT: usize = 8;
    let aligned = (from.addr() | to.addr()).is_multiple_of(ALIGNMENT);
    let bulk = if aligned { len & !(BLOCK - 1) } else { 0 };
    // SAFETY: bulk <= len and the caller owns both ranges; the loop turns
    // bulk / BLOCK times, and not at all if that is zero.
    unsafe {
        if bulk != 0 {
            asm!(
                "2:",
                "ldp {a}, {b}, [{from}]",
                "ldp {c}, {d}, [{from}, #16]",
                "stp {a}, {b}, [{to}]",
                "stp {c}, {d}, [{to}, #16]",
                "ldp {a}, {b}, [{from}, #32]",
                "ldp {c}, {d}, [{from}, #48]",
                "add {from}, {from}, #64",
                "stp {a}, {b}, [{to}, #32]",
                "stp {c}, {d}, [{to}, #48]",
                "add {to}, {to}, #64",
                "cmp {from}, {end}",
                "b.ne 2b",
                from = inout(reg) from => _,
                to = inout(reg) to => _,
                end = in(reg) from.add(bulk),
                a = out(reg) _,
                b = out(reg) _,
                c = out(reg) _,
                d = out(reg) _,
                options(nostack)
            );
        }
        from.add(bulk)
            .copy_to_nonoverlapping(to.add(bulk), len - bulk);
    }
}
