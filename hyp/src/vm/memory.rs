//! A guest's RAM and what is loaded into it.

use alloc::{format, string::String, vec::Vec};

use model::{
    image::{self, Plan},
    layout::RAM_BASE,
};
use vtlb::{GuestMap, GuestPhys, HostPhys, Region, RegionKind, Rights};

use super::{Vm, vcpu::Start};
use crate::{
    memory::{self, FRAME, Frames, OutOfMemory, frames},
    node,
};

/// Smallest piece that RAM is put together from when no run of free memory is
/// large enough: what one stage 2 block maps.
const SMALLEST_PIECE: u64 = 2 << 20;

/// A run of host memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// First byte.
    pub(crate) host: HostPhys,
    /// Bytes.
    pub(crate) size: u64,
}

/// Guest RAM: one run of host memory where possible.
#[derive(Debug)]
pub(crate) struct Ram {
    /// The runs, in guest-physical order.
    pub(crate) pieces: Vec<Piece>,
}

impl Ram {
    /// Takes `size` bytes from the free memory and zeroes them.
    pub(super) fn allocate(size: u64) -> Result<Self, OutOfMemory> {
        let mut ram = Self { pieces: Vec::new() };
        let mut left = size;
        let mut piece = size;
        while left > 0 {
            piece = piece.min(left);
            let taken = frames().take(piece.div_ceil(FRAME));
            match taken {
                Ok(address) => {
                    ram.pieces.push(Piece {
                        host: HostPhys::new(address),
                        size: piece,
                    });
                    left -= piece;
                }
                Err(OutOfMemory) if piece > SMALLEST_PIECE => {
                    piece = (piece / 2).next_power_of_two();
                }
                Err(OutOfMemory) => return Err(OutOfMemory),
            }
        }
        ram.zero();
        Ok(ram)
    }

    /// Fills all of it with zeros, past the caches: a guest starts with its
    /// own caches off and must not be overtaken by a line of ours.
    pub(super) fn zero(&self) {
        for piece in &self.pieces {
            memory::zero(piece.host.raw(), piece.size);
            memory::clean(piece.host.raw(), piece.size);
        }
    }

    /// Writes back and drops every cache line of it: what a guest means that
    /// cleans its caches by set and way.
    pub(crate) fn clean(&self) {
        for piece in &self.pieces {
            memory::clean(piece.host.raw(), piece.size);
        }
    }

    /// Enters the RAM into a guest-physical map from `base` on.
    pub(super) fn describe(&self, map: &mut GuestMap, base: GuestPhys) -> Result<(), String> {
        let mut guest = base;
        for piece in &self.pieces {
            let kind = RegionKind::Ram {
                host: piece.host,
                rights: Rights::all(),
            };
            map.insert(Region {
                base: guest,
                size: piece.size,
                kind,
                name: "RAM",
            })
            .map_err(|error| format!("{error}"))?;
            guest = guest.offset(piece.size);
        }
        Ok(())
    }
}

impl Drop for Ram {
    /// Gives the memory back.
    fn drop(&mut self) {
        let mut pool = frames();
        for piece in &self.pieces {
            pool.free(piece.host.raw(), piece.size.div_ceil(FRAME));
        }
    }
}

impl Vm {
    /// Loads kernel, device tree and RAM disk, and says where vCPU 0 starts.
    pub(super) fn load_images(&self) -> Result<Start, String> {
        let kernel = node::blob(&self.spec.kernel);
        let initrd = self.spec.initrd.as_ref().map(node::blob);
        // The size of the tree decides where the RAM disk can go, whose place
        // is in the tree. The size depends on no address: a draft tells it.
        let draft = self.device_tree(initrd.map(|_| RAM_BASE..RAM_BASE))?;
        let plan = image::plan(&image::Request {
            kernel,
            initrd: initrd.map(|bytes| bytes.len() as u64),
            dtb: draft.len() as u64,
            ram: self.ram_window(),
        })
        .map_err(|error| format!("{}: {error}", self.spec.kernel.source))?;
        self.check_granule(plan.kind)?;
        let tree = self.device_tree(plan.initrd.clone())?;
        self.place(&plan, kernel, initrd.unwrap_or_default(), &tree)?;
        log::info!(
            "{}: {:?} kernel at {:#x}, device tree at {:#x}",
            self.name,
            plan.kind,
            plan.entry,
            plan.dtb
        );
        Ok(Start {
            entry: plan.entry.raw(),
            argument: plan.dtb.raw(),
        })
    }

    /// A kernel for a page size that the cores lack would hang without a word.
    fn check_granule(&self, kind: image::Kind) -> Result<(), String> {
        match kind {
            image::Kind::Image {
                granule: Some(granule),
            } if !self.cpu.has_granule(granule) => Err(format!(
                "{}: this kernel needs {granule:?} pages, which this core does not have",
                self.spec.kernel.source
            )),
            _ => Ok(()),
        }
    }

    fn place(&self, plan: &Plan, kernel: &[u8], initrd: &[u8], tree: &[u8]) -> Result<(), String> {
        for segment in &plan.segments {
            let bytes = kernel.get(segment.source.clone()).unwrap_or_default();
            self.write_ram(segment.guest, bytes)?;
            self.zero_ram(segment.guest.offset(bytes.len() as u64), segment.zero_fill)?;
        }
        if let Some(range) = &plan.initrd {
            self.write_ram(range.start, initrd)?;
        }
        self.write_ram(plan.dtb, tree)
    }

    /// Copies `bytes` into guest RAM, visible to a guest whose caches are off.
    fn write_ram(&self, to: GuestPhys, bytes: &[u8]) -> Result<(), String> {
        self.each_piece(to, bytes.len() as u64, |host, done, size| {
            let from = done as usize..(done + size) as usize;
            memory::write(host.raw(), bytes.get(from).unwrap_or_default());
            memory::clean(host.raw(), size);
        })
    }

    fn zero_ram(&self, to: GuestPhys, size: u64) -> Result<(), String> {
        self.each_piece(to, size, |host, _, size| {
            memory::zero(host.raw(), size);
            memory::clean(host.raw(), size);
        })
    }

    /// Calls `f(host address, bytes done, bytes here)` for every run of host
    /// memory behind a guest range.
    fn each_piece(
        &self,
        start: GuestPhys,
        size: u64,
        mut f: impl FnMut(HostPhys, u64, u64),
    ) -> Result<(), String> {
        let mut done = 0;
        while done < size {
            let at = start.offset(done);
            let here = self
                .map
                .lookup(at)
                .filter(|region| region.kind.is_ram())
                .and_then(|region| {
                    let rest = region.size - region.offset_of(at)?;
                    region.translate(at, rest.min(size - done))
                })
                .ok_or_else(|| format!("{at} is not in the VM's memory"))?;
            f(here.base, done, here.size);
            done += here.size;
        }
        Ok(())
    }
}

impl Vm {
    /// Writes back and drops all cache lines of guest RAM.
    pub(crate) fn clean_memory(&self) {
        self.ram.clean();
    }
}
