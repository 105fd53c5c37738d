//! A guest's RAM and what is loaded into it.

use alloc::{format, string::String, vec::Vec};

use model::psci::Entry;
use vtlb::{GuestMap, GuestPhys, HostPhys, Region, RegionKind, Rights};

use super::{Vm, boot::Boot};
use crate::{
    memory::{self, FRAME, Frames, OutOfMemory, frames},
    node,
};

/// Smallest piece that RAM is put together from when no run of free memory is
/// large enough: what one stage 2 block maps.
const SMALLEST_PIECE: u64 = 2 << 20;

/// Bytes that are zeroed or cleaned without looking for interrupts.
const STEP: u64 = 1 << 20;

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
        ram.zero(|| {});
        Ok(ram)
    }

    /// Fills all of it with zeros, past the caches: a guest starts with its
    /// own caches off and must not be overtaken by a line of ours. `between` is
    /// called every few hundred thousand instructions.
    pub(super) fn zero(&self, between: impl FnMut()) {
        self.in_steps(between, |address, size| {
            memory::zero(address, size);
            memory::clean(address, size);
        });
    }

    /// Writes back and drops every cache line of it: what a guest means that
    /// cleans its caches by set and way. `between` as for [`Ram::zero`].
    pub(super) fn clean(&self, between: impl FnMut()) {
        self.in_steps(between, memory::clean);
    }

    /// Calls `work(address, bytes)` for all of it, in steps short enough not to
    /// keep an interrupt waiting that `between` serves.
    fn in_steps(&self, mut between: impl FnMut(), work: impl Fn(u64, u64)) {
        for piece in &self.pieces {
            let mut done = 0;
            while done < piece.size {
                let step = STEP.min(piece.size - done);
                work(piece.host.raw() + done, step);
                done += step;
                between();
            }
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
    /// Copies kernel, device tree and RAM disk into guest RAM and says where
    /// vCPU 0 starts. Allocates nothing: it happens at every reset.
    pub(super) fn load_images(&self) -> Result<Entry, String> {
        let Boot { plan, tree } = &self.boot;
        let kernel = node::blob(&self.spec.kernel);
        for segment in &plan.segments {
            let bytes = kernel.get(segment.source.clone()).unwrap_or_default();
            self.write_ram(segment.guest, bytes)?;
            self.zero_ram(segment.guest.offset(bytes.len() as u64), segment.zero_fill)?;
        }
        if let (Some(range), Some(initrd)) = (&plan.initrd, &self.spec.initrd) {
            self.write_ram(range.start, node::blob(initrd))?;
        }
        for place in [Some(plan.dtb), plan.dtb_copy].into_iter().flatten() {
            self.write_ram(place, tree)?;
        }
        Ok(Entry {
            address: plan.entry,
            context: plan.dtb.raw(),
        })
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
    /// Writes back and drops all cache lines of guest RAM; `between` is called
    /// now and then to serve what cannot wait.
    pub(crate) fn clean_memory(&self, between: impl FnMut()) {
        self.ram.clean(between);
    }
}
