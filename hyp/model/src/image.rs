//! Guest kernels: what a file is, and where it goes.
//!
//! [`plan`] looks at a kernel and says which of its bytes go where in guest
//! RAM, where the device tree and the initial RAM disk go, and where the guest
//! begins. It copies nothing. Three kinds of kernel are taken:
//!
//! * An **arm64 Image** ("Booting AArch64 Linux", Documentation/arch/arm64) goes
//!   to its `text_offset` from the start of RAM; when that is zero, 2 MiB up, as
//!   QEMU does.
//! * An **ELF** file goes to the physical addresses of its segments.
//! * A **flat binary** (anything else that is not recognised as something that
//!   cannot run) goes to [`layout::FLAT_KERNEL_OFFSET`].
//!
//! The initial RAM disk goes to half of RAM or 128 MiB up, whichever is less,
//! as QEMU does, or behind the kernel when that reaches further. The device
//! tree follows it, and x0 points there. ELF and flat kernels find a second copy
//! at the start of RAM, if that is free, where firmware-like guests look whatever
//! is in x0; others insist on a tree behind their own image, which the first
//! one is. In a RAM too small for two, x0 points to the one at the start.

mod classify;
mod elf;
mod error;
mod header;
mod place;
#[cfg(test)]
mod tests;

use crate::layout::{self, Window};
use alloc::vec::Vec;
use core::ops::Range;
pub use error::{Bytes, Error, Refusal};
pub use header::Granule;
use place::Ram;
use vtlb::GuestPhys;

/// 2 MiB: the alignment of an Image's base, and the block that a device tree
/// must not leave (Documentation/arch/arm64/booting.rst).
const BLOCK: u64 = 2 << 20;
/// Alignment of a device tree.
const DTB_ALIGN: u64 = 8;
/// The most bytes that a device tree may have.
pub const DTB_MAX: u64 = BLOCK;
/// Alignment of the initial RAM disk.
const INITRD_ALIGN: u64 = 0x1000;
/// The initial RAM disk need not be further up in RAM than this.
const INITRD_OFFSET: u64 = 128 << 20;

/// What kind of file a kernel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An arm64 Image.
    Image {
        /// The page size it needs, if it says so.
        granule: Option<Granule>,
    },
    /// An ELF executable.
    Elf,
    /// A binary without a header.
    Flat,
}

/// A piece of a kernel in guest memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins.
    pub guest: GuestPhys,
    /// Which bytes of the file it has.
    pub source: Range<usize>,
    /// How many zero bytes follow them.
    pub zero_fill: u64,
}

impl Segment {
    /// Bytes of guest memory that the segment takes.
    #[must_use]
    pub fn size(&self) -> u64 {
        (self.source.len() as u64).saturating_add(self.zero_fill)
    }
}

/// Where everything goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the file is.
    pub kind: Kind,
    /// The first instruction.
    pub entry: GuestPhys,
    /// The kernel: disjoint, ascending, all in RAM.
    pub segments: Vec<Segment>,
    /// The device tree: what x0 is at entry.
    pub dtb: GuestPhys,
    /// A second copy of it, at the start of RAM.
    pub dtb_copy: Option<GuestPhys>,
    /// The initial RAM disk, if there is one.
    pub initrd: Option<Range<GuestPhys>>,
}

/// What has to be placed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The kernel file.
    pub kernel: &'a [u8],
    /// Bytes of the initial RAM disk; none and zero are the same.
    pub initrd: Option<u64>,
    /// Bytes of the device tree.
    pub dtb: u64,
    /// The guest's RAM.
    pub ram: Window,
}

/// A kernel where it belongs, before anything else is placed.
struct Kernel {
    kind: Kind,
    entry: GuestPhys,
    segments: Vec<Segment>,
}

/// Says where everything of `request` goes.
///
/// # Errors
///
/// When the kernel is not something that can run, or when something does not
/// fit. The message is one line for the user.
pub fn plan(request: &Request<'_>) -> Result<Plan, Error> {
    let mut ram = Ram::new(request.ram)?;
    let kernel = match classify::classify(request.kernel)? {
        classify::Class::Image(header) => place_image(request, header)?,
        classify::Class::Elf => elf::kernel(request.kernel, request.ram)?,
        classify::Class::Flat => place_flat(request)?,
    };
    for segment in &kernel.segments {
        ram.claim(segment.guest, segment.size());
    }
    if request.dtb > DTB_MAX {
        return Err(Error::TreeTooLarge { size: request.dtb });
    }
    // The start of RAM comes first: software knows it; the rest goes anywhere.
    let early = match kernel.kind {
        Kind::Image { .. } => None,
        Kind::Elf | Kind::Flat => ram.place_at(request.ram.base, request.dtb),
    };
    let initrd = place_initrd(&mut ram, request)?;
    let late = place_tree(&mut ram, request, initrd.as_ref());
    let (dtb, dtb_copy) = match (late, early) {
        (Ok(late), Some(early)) if late > kernel.entry => (late, Some(early)),
        (_, Some(early)) => (early, None),
        (Ok(late), None) => (late, None),
        (Err(error), None) => return Err(error),
    };
    Ok(Plan {
        kind: kernel.kind,
        entry: kernel.entry,
        segments: kernel.segments,
        dtb,
        dtb_copy,
        initrd,
    })
}

/// An Image at its place.
fn place_image(request: &Request<'_>, header: header::Header) -> Result<Kernel, Error> {
    let file = request.kernel.len() as u64;
    let size = header.image_size.max(file);
    let guest = request
        .ram
        .base
        .align_up(BLOCK)
        .and_then(|base| base.checked_add(header.load_offset()))
        .filter(|&guest| request.ram.contains_range(guest, size))
        .ok_or(Error::KernelDoesNotFit {
            size: size.saturating_add(header.load_offset()),
            ram: request.ram.size,
        })?;
    Ok(Kernel {
        kind: Kind::Image {
            granule: header.granule,
        },
        entry: guest,
        segments: Vec::from([Segment {
            guest,
            source: 0..request.kernel.len(),
            zero_fill: size - file,
        }]),
    })
}

/// A flat binary at its place.
fn place_flat(request: &Request<'_>) -> Result<Kernel, Error> {
    let size = request.kernel.len() as u64;
    let guest = request
        .ram
        .base
        .checked_add(layout::FLAT_KERNEL_OFFSET)
        .filter(|&guest| request.ram.contains_range(guest, size))
        .ok_or(Error::KernelDoesNotFit {
            size: size.saturating_add(layout::FLAT_KERNEL_OFFSET),
            ram: request.ram.size,
        })?;
    Ok(Kernel {
        kind: Kind::Flat,
        entry: guest,
        segments: Vec::from([Segment {
            guest,
            source: 0..request.kernel.len(),
            zero_fill: 0,
        }]),
    })
}

/// Where data that the kernel does not expect anywhere begins.
fn data_offset(ram: Window) -> u64 {
    (ram.size / 2).min(INITRD_OFFSET)
}

/// The initial RAM disk: at its usual place, behind the kernel if that is in
/// the way, else wherever there is room.
fn place_initrd(ram: &mut Ram, request: &Request<'_>) -> Result<Option<Range<GuestPhys>>, Error> {
    let Some(size) = request.initrd.filter(|&size| size > 0) else {
        return Ok(None);
    };
    let usual = request.ram.base.offset(data_offset(request.ram));
    ram.place(size, INITRD_ALIGN, usual)
        .or_else(|| ram.place(size, INITRD_ALIGN, request.ram.base))
        .map(|start| Some(start..start.offset(size)))
        .ok_or(Error::InitrdDoesNotFit {
            size,
            ram: request.ram.size,
        })
}

/// The device tree: behind the initial RAM disk or at its usual place, else
/// wherever there is room; always within one 2 MiB block.
fn place_tree(
    ram: &mut Ram,
    request: &Request<'_>,
    initrd: Option<&Range<GuestPhys>>,
) -> Result<GuestPhys, Error> {
    let usual = request.ram.base.offset(data_offset(request.ram));
    let after = initrd.map_or(usual, |initrd| initrd.end);
    ram.place(request.dtb, BLOCK, after)
        .or_else(|| ram.place(request.dtb, BLOCK, request.ram.base))
        .or_else(|| ram.place_within_block(request.dtb, DTB_ALIGN, BLOCK))
        .ok_or(Error::TreeDoesNotFit {
            size: request.dtb,
            ram: request.ram.size,
        })
}
