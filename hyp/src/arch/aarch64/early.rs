//! The first translation tables: just enough to run Rust with caches on.
//!
//! Exclusive accesses (locks, atomics) need Normal cacheable memory, so the
//! MMU comes on before anything else happens. The tables map two 1 GiB blocks
//! one to one, the one with this image and the one with the device tree, and
//! one with the UART that the board may have, as a device. They
//! live for a few thousand instructions, until [`super::mmu`] knows the memory
//! map and installs the real ones (W^X, guard pages, devices).

use core::ptr::addr_of_mut;

use aarch64_cpu::{
    asm::barrier,
    registers::{MAIR_EL2, SCTLR_EL2, TCR_EL2, TTBR0_EL2, VBAR_EL2},
};
use tock_registers::interfaces::{ReadWriteable, Writeable};

use super::mmu;

core::arch::global_asm!(
    ".equ EARLY_UART, {uart}",
    include_str!("start.S"),
    uart = const EARLY_UART,
);

/// Size of the region that one entry of a level 1 table maps.
const GIB: u64 = 1 << 30;
/// Entries of a translation table with 4 KiB granule.
const ENTRIES: u64 = 512;
/// Where the board's linker script expects a UART; see [`crate::boot`].
pub(crate) const EARLY_UART: u64 = parse_hex(env!("TOROID_EARLY_UART"));

/// The value of `0x…`.
const fn parse_hex(text: &str) -> u64 {
    match text.as_bytes() {
        [b'0', b'x', digits @ ..] => match core::str::from_utf8(digits) {
            Ok(digits) => match u64::from_str_radix(digits, 16) {
                Ok(value) => value,
                Err(_) => panic!("EARLY_UART is not a hexadecimal number"),
            },
            Err(_) => panic!("EARLY_UART is not text"),
        },
        _ => panic!("EARLY_UART does not start with 0x"),
    }
}

/// Magic number of a flattened device tree, as its bytes read on a
/// little-endian core (Devicetree Specification §5.2: 0xd00dfeed big-endian).
const FDT_MAGIC: u32 = 0xd00d_feed_u32.swap_bytes();

#[repr(C, align(4096))]
struct Table([u64; ENTRIES as usize]);

static mut LEVEL0: Table = Table([0; ENTRIES as usize]);
static mut LEVEL1: Table = Table([0; ENTRIES as usize]);

unsafe extern "C" {
    static __image_start: u8;
    static __rodata_end: u8;
    static __image_end: u8;
    static vectors: u8;
}

/// First Rust code of the first core: turns the MMU on and goes on to
/// [`crate::boot::boot`].
#[unsafe(no_mangle)]
extern "C" fn boot_primary(fdt: u64) -> ! {
    let image = &raw const __image_start as u64;
    let gib = image & !(GIB - 1);
    let tree_gib = if fdt == 0 { gib } else { fdt & !(GIB - 1) };
    // SAFETY: MMU off, one core, and nothing else uses the tables yet.
    unsafe { map_and_enable([gib, tree_gib]) };
    VBAR_EL2.set(&raw const vectors as u64);
    barrier::isb(barrier::SY);
    let fdt = if fdt == 0 { tree_at(gib) } else { Some(fdt) };
    crate::boot::boot(fdt)
}

/// The device tree at the start of the RAM block of the image, where boards
/// whose loader starts an ELF with x0 = 0 leave it (QEMU `virt` does).
fn tree_at(address: u64) -> Option<u64> {
    // SAFETY: this gibibyte has just been mapped, and it contains the image, so
    // it has RAM; reading it has no side effects.
    let magic = unsafe { (address as *const u32).read_volatile() };
    (magic == FDT_MAGIC).then_some(address)
}

/// Drops what caches may still hold of data, tables and stack: until now we
/// wrote past the caches, and are about to read through them.
fn forget_cached_data() {
    let start = &raw const __rodata_end as usize;
    let end = &raw const __image_end as usize;
    platform::cpu::dsb_sy();
    // SAFETY: all of our data is in memory: the boot protocol has the loader
    // write the image there, and with the MMU off nothing stops at a cache. Data
    // has pages of its own.
    unsafe { platform::cache::invalidate(start, end - start) };
}

/// Installs one-to-one 1 GiB blocks for `blocks` and turns on MMU and caches.
///
/// # Safety
/// Only the first core may call it, once, with the MMU off.
unsafe fn map_and_enable(memory: [u64; 2]) {
    let level0 = addr_of_mut!(LEVEL0).cast::<u64>();
    let level1 = addr_of_mut!(LEVEL1).cast::<u64>();
    // SAFETY: both tables are ours alone (see above), the indexes are in range.
    unsafe {
        level0.write_volatile(level1 as u64 | mmu::TABLE);
        // The device block first: where it is also memory, memory wins, and
        // nothing can be said before the device tree is understood.
        let device = [(EARLY_UART & !(GIB - 1), mmu::EARLY_DEVICE)];
        let memory = memory.map(|block| (block, mmu::EARLY_BLOCK));
        for (block, attributes) in device.into_iter().chain(memory) {
            let index = (block / GIB) % ENTRIES;
            level1
                .add(index as usize)
                .write_volatile(block | attributes);
        }
    }
    forget_cached_data();
    MAIR_EL2.set(mmu::MAIR);
    TCR_EL2.set(mmu::tcr());
    TTBR0_EL2.set(level0 as u64);
    super::tlb::invalidate_el2();
    SCTLR_EL2.set(mmu::SCTLR_RES1);
    SCTLR_EL2.modify(SCTLR_EL2::M::Enable + SCTLR_EL2::C::Cacheable + SCTLR_EL2::I::Cacheable);
    barrier::isb(barrier::SY);
}
