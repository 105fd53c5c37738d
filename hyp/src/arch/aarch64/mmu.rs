//! EL2's own stage 1 translation: everything one to one, write xor execute,
//! and the stacks of the cores in a window of their own between unmapped pages.

use aarch64_cpu::registers::{ID_AA64MMFR0_EL1, SCTLR_EL2};
use tock_registers::interfaces::Readable;

use super::table::{MapError, Mapping, Tables};
use crate::memory::{FRAME, Frames};

/// Descriptor bits of a table: valid, not a block.
pub(crate) const TABLE: u64 = 0b11;

/// MAIR_EL2: attribute 0 Normal write-back, 1 Device-nGnRE.
pub(crate) const MAIR: u64 = 0x04ff;
/// AttrIndx of Device-nGnRE memory.
const DEVICE: u64 = 1 << 2;
/// AP\[2\]: read-only.
const READ_ONLY: u64 = 1 << 7;
/// SH = inner shareable.
const INNER_SHAREABLE: u64 = 0b11 << 8;
/// The access flag: EL2 never wants to hear of a first access.
const ACCESSED: u64 = 1 << 10;
/// XN: no instruction fetch.
const EXECUTE_NEVER: u64 = 1 << 54;
/// A 1 GiB block of the first tables: Normal, everything allowed.
pub(crate) const EARLY_BLOCK: u64 = 0b01 | INNER_SHAREABLE | ACCESSED;
/// A 1 GiB block of the first tables: Device, not executable.
pub(crate) const EARLY_DEVICE: u64 = 0b01 | DEVICE | ACCESSED | EXECUTE_NEVER;

/// SCTLR_EL2: the bits that are RES1 with E2H = 0 (Arm ARM D24.2.178).
pub(crate) const SCTLR_RES1: u64 = 0x30c5_0830;

/// First address of the window with the cores' stacks: the last 512 GiB of the
/// 48-bit space, where no one-to-one mapping ends up.
const STACKS: u64 = 0xff80_0000_0000;
/// Distance between the stacks of two cores: what is no stack is unmapped.
const STACK_STRIDE: u64 = 64 << 10;
/// Size of a core's EL2 stack. Exits use less than a quarter; creating a VM
/// (device tree, image placement) most of it.
pub(crate) const STACK_SIZE: u64 = 32 << 10;
/// Size of the stack on which a core reports a fault of EL2 itself.
pub(crate) const EMERGENCY_STACK_SIZE: u64 = 8 << 10;

const _: () = assert!(STACK_SIZE + EMERGENCY_STACK_SIZE + 3 * FRAME <= STACK_STRIDE);

unsafe extern "C" {
    static __image_start: u8;
    static __text_end: u8;
    static __rodata_end: u8;
    static __boot_stack_guard: u8;
    static __image_end: u8;
}

/// TCR_EL2 for 48-bit addresses, 4 KiB granule, inner-shareable write-back
/// walks, and the physical address size that the core has.
pub(crate) fn tcr() -> u64 {
    const RES1: u64 = 1 << 31 | 1 << 23;
    const T0SZ_48_BITS: u64 = 16;
    const WRITE_BACK_WALKS: u64 = 0b01 << 8 | 0b01 << 10;
    const INNER_SHAREABLE_WALKS: u64 = 0b11 << 12;
    let physical_size = pa_range_field() << 16;
    RES1 | T0SZ_48_BITS | WRITE_BACK_WALKS | INNER_SHAREABLE_WALKS | physical_size
}

/// ID_AA64MMFR0_EL1.PARange, no more than [`PS_48_BITS`]: what TCR_EL2.PS and
/// VTCR_EL2.PS take.
pub(super) fn pa_range_field() -> u64 {
    ID_AA64MMFR0_EL1
        .read(ID_AA64MMFR0_EL1::PARange)
        .min(PS_48_BITS)
}

/// The largest physical address size that the 4 KiB granule has without
/// FEAT_LPA2: code 5, 48 bits.
const PS_48_BITS: u64 = 5;

/// Whether an address is in the window with the stacks: a fault there hit one of
/// the unmapped pages between them.
pub(super) fn is_stack_window(address: u64) -> bool {
    address >= STACKS
}

/// What a range of EL2's address space is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    /// Instructions of the hypervisor.
    Code,
    /// Constants, and the bundle with the guests.
    Constants,
    /// Memory.
    Data,
    /// Registers of devices.
    Device,
}

impl Use {
    fn attributes(self) -> u64 {
        let normal = INNER_SHAREABLE | ACCESSED;
        match self {
            Self::Code => normal | READ_ONLY,
            Self::Constants => normal | READ_ONLY | EXECUTE_NEVER,
            Self::Data => normal | EXECUTE_NEVER,
            Self::Device => DEVICE | ACCESSED | EXECUTE_NEVER,
        }
    }
}

/// Where the stack of core `index` starts, with a page below that stays
/// unmapped.
fn slot(index: usize) -> u64 {
    STACKS + index as u64 * STACK_STRIDE + FRAME
}

/// EL2's address space while it is being made.
pub(crate) struct Space(Tables);

impl Space {
    /// An empty address space of 48 bits.
    pub(crate) fn new(frames: &mut impl Frames) -> Result<Self, MapError> {
        Ok(Self(Tables::new(frames, 0, 1)?))
    }

    /// Maps `start..end` (widened to pages) one to one.
    pub(crate) fn identity(
        &mut self,
        frames: &mut impl Frames,
        start: u64,
        end: u64,
        what: Use,
    ) -> Result<(), MapError> {
        let start = start & !(FRAME - 1);
        let end = end.next_multiple_of(FRAME);
        let range = Mapping {
            input: start,
            output: start,
            size: end - start,
            attributes: what.attributes(),
        };
        self.0.map(frames, range)
    }

    /// Maps the image: code, constants, data, and no page below the boot stack.
    pub(crate) fn image(&mut self, frames: &mut impl Frames) -> Result<(), MapError> {
        let layout = Image::of_this();
        self.identity(frames, layout.start, layout.text_end, Use::Code)?;
        self.identity(frames, layout.text_end, layout.rodata_end, Use::Constants)?;
        self.identity(frames, layout.rodata_end, layout.guard, Use::Data)?;
        self.identity(frames, layout.guard + FRAME, layout.end, Use::Data)
    }

    /// Maps a stack for core `index` in the stack window and returns its top.
    pub(crate) fn stack(
        &mut self,
        frames: &mut impl Frames,
        index: usize,
    ) -> Result<u64, MapError> {
        self.window(frames, slot(index), STACK_SIZE)
    }

    /// Maps the stack on which core `index` reports its own faults, likewise.
    pub(crate) fn emergency_stack(
        &mut self,
        frames: &mut impl Frames,
        index: usize,
    ) -> Result<u64, MapError> {
        let base = slot(index) + STACK_SIZE + FRAME;
        self.window(frames, base, EMERGENCY_STACK_SIZE)
    }

    /// Maps `size` bytes of new memory at `base` and returns their end.
    fn window(&mut self, frames: &mut impl Frames, base: u64, size: u64) -> Result<u64, MapError> {
        let range = Mapping {
            input: base,
            output: frames.zeroed(size / FRAME)?,
            size,
            attributes: Use::Data.attributes(),
        };
        self.0.map(frames, range)?;
        Ok(base + size)
    }

    /// Switches the calling core to this address space and forbids execution
    /// from anything writable. It is never changed afterwards.
    pub(crate) fn install(self) -> Translation {
        let stricter = SCTLR_EL2::WXN::Enable + SCTLR_EL2::SA::Enable;
        let translation = Translation {
            ttbr: self.0.root(),
            sctlr: SCTLR_EL2.get() | stricter.value,
        };
        // SAFETY: the tables map the image, the boot stack and all memory in
        // use where they are now.
        unsafe { switch(translation) };
        translation
    }
}

/// The register values with which a core enters the finished address space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Translation {
    /// TTBR0_EL2.
    pub(crate) ttbr: u64,
    /// SCTLR_EL2.
    pub(crate) sctlr: u64,
}

/// Puts new tables in place of the calling core's, which map the same addresses
/// in larger blocks: break before make (Arm ARM DDI 0487, D8.16.1). The MMU is
/// off meanwhile, and no memory is accessed, which would go past the caches.
///
/// # Safety
/// The MMU is on, the code is mapped one to one, and the new tables map all
/// that is in use.
unsafe fn switch(to: Translation) {
    // SAFETY: see above; nothing but registers is used.
    unsafe {
        core::arch::asm!(
            "dsb sy",
            "msr sctlr_el2, {off}",
            "isb",
            "msr ttbr0_el2, {ttbr}",
            "isb",
            "tlbi alle2",
            "dsb sy",
            "isb",
            "msr sctlr_el2, {on}",
            "isb",
            off = in(reg) to.sctlr & !SCTLR_EL2::M::Enable.value,
            ttbr = in(reg) to.ttbr,
            on = in(reg) to.sctlr,
            options(nostack, preserves_flags)
        );
    }
}

/// Where the parts of the image lie.
pub(crate) struct Image {
    /// First byte.
    pub(crate) start: u64,
    /// End of the code.
    pub(crate) text_end: u64,
    /// End of the constants.
    pub(crate) rodata_end: u64,
    guard: u64,
    /// End of data and boot stack: the bundle follows.
    pub(crate) end: u64,
}

impl Image {
    /// The running image, from the linker's symbols.
    pub(crate) fn of_this() -> Self {
        Self {
            start: &raw const __image_start as u64,
            text_end: &raw const __text_end as u64,
            rodata_end: &raw const __rodata_end as u64,
            guard: &raw const __boot_stack_guard as u64,
            end: &raw const __image_end as u64,
        }
    }
}
