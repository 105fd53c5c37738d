//! Reads and writes of the common register part, for whichever face and bank
//! they come through.

use crate::bank::{Bank, PRIORITY_MASK, StateOp};
use crate::bits::{Ones, gather, spread};
use crate::intid::{SGI_MASK, SPI_BANKS};
use crate::pass::Pass;
use crate::private::Private;
use crate::regs::{Bitmap, Reg};
use crate::shared::Shared;
use crate::{AccessSize, Gic, Host, VcpuId, Version};

/// Where an access comes from: decides which bank index 0 is, and whether the
/// others are there.
#[derive(Clone, Copy)]
pub(crate) enum View {
    /// GICv2 distributor: bank 0 is the caller's own.
    V2,
    /// GICv3 distributor: there is no bank 0.
    V3,
    /// A redistributor's SGI frame: only bank 0, that of the vCPU given.
    Redistributor(usize),
}

/// Which 32 interrupts a register concerns.
#[derive(Clone, Copy)]
enum BankId {
    Private(usize),
    Shared(usize),
}

/// An access in progress.
pub(crate) struct Access<'a, H> {
    pub(crate) gic: &'a Gic,
    pub(crate) host: &'a H,
    /// The calling vCPU.
    pub(crate) me: usize,
    pub(crate) view: View,
}

impl<H: Host> Access<'_, H> {
    fn bank(&self, index: usize) -> Option<BankId> {
        match (self.view, index) {
            (View::V2, 0) => Some(BankId::Private(self.me)),
            (View::Redistributor(vcpu), 0) => Some(BankId::Private(vcpu)),
            (View::V2 | View::V3, 1..=SPI_BANKS) => Some(BankId::Shared(index - 1)),
            _ => None,
        }
    }

    /// Reads a register of the common part; 0 where there is nothing.
    pub(crate) fn read(&self, reg: Reg, size: AccessSize) -> u32 {
        match reg {
            Reg::Bitmap(kind, index) => self.bank(index).map_or(0, |b| self.read_bitmap(b, kind)),
            Reg::Priority(intid) => {
                let from = (intid % 32) as usize;
                let bytes = |bank: &Bank| le_bytes(&bank.priority, from, size);
                self.bank((intid / 32) as usize)
                    .map_or(0, |b| self.peek(b, bytes))
            }
            Reg::Config(index) => {
                let shift = (index % 2) as u32 * 16;
                let config = |bank: &Bank| spread(bank.edge >> shift) << 1;
                self.bank(index / 2).map_or(0, |b| self.peek(b, config))
            }
            Reg::Targets(_) => 0,
        }
    }

    /// Writes a register of the common part.
    pub(crate) fn write(&self, reg: Reg, size: AccessSize, value: u32) {
        match reg {
            Reg::Bitmap(kind, index) => {
                if let Some(bank) = self.bank(index) {
                    self.write_bitmap(bank, kind, value);
                }
            }
            Reg::Priority(intid) => self.write_priorities(intid, size, value),
            Reg::Config(index) => self.write_config(index, value),
            Reg::Targets(_) => {}
        }
    }

    /// Reads state that never changes while it is in a list register.
    fn peek<T>(&self, bank: BankId, read: impl FnOnce(&Bank) -> T) -> T {
        match bank {
            BankId::Private(vcpu) => read(&self.gic.private(vcpu).lock().bank),
            BankId::Shared(index) => read(&self.gic.shared().lock().banks[index]),
        }
    }

    fn read_bitmap(&self, bank: BankId, kind: Bitmap) -> u32 {
        match kind {
            Bitmap::Group => self.peek(bank, |b| b.group),
            Bitmap::SetEnable | Bitmap::ClearEnable => self.peek(bank, |b| b.enabled),
            Bitmap::SetPending | Bitmap::ClearPending => {
                self.read_state(bank, Private::pending, Bank::pending)
            }
            Bitmap::SetActive | Bitmap::ClearActive => {
                self.read_state(bank, |own| own.bank.active, |b| b.active)
            }
        }
    }

    /// Reads state that list registers may hold: folds them first, those of
    /// other vCPUs through their cores.
    fn read_state(
        &self,
        bank: BankId,
        private: impl FnOnce(&Private) -> u32,
        shared: impl FnOnce(&Bank) -> u32,
    ) -> u32 {
        match bank {
            BankId::Private(vcpu) if vcpu == self.me => {
                let mut pass = Pass::begin(self.gic, self.host, vcpu);
                pass.fold();
                pass.sample_lines();
                let word = private(&pass.own);
                pass.finish();
                word
            }
            BankId::Private(vcpu) => {
                self.host.sync_remote(VcpuId(vcpu as u8));
                private(&self.gic.private(vcpu).lock())
            }
            BankId::Shared(index) => {
                let holders = self.gic.shared().lock().holders(index);
                if holders >> self.me & 1 != 0 {
                    self.gic.sync(self.host, VcpuId(self.me as u8));
                }
                let others = Ones(holders & !(1 << self.me));
                others.for_each(|v| self.host.sync_remote(VcpuId(v as u8)));
                shared(&self.gic.shared().lock().banks[index])
            }
        }
    }

    fn write_bitmap(&self, bank: BankId, kind: Bitmap, value: u32) {
        let value = self.writable(bank, kind, value);
        match kind {
            Bitmap::Group => self.edit(bank, |b| replace(&mut b.group, u32::MAX, value)),
            Bitmap::SetEnable => self.edit(bank, |b| replace(&mut b.enabled, value, u32::MAX)),
            Bitmap::ClearEnable => self.edit(bank, |b| replace(&mut b.enabled, value, 0)),
            Bitmap::SetPending => self.change(bank, StateOp::SetPending, value),
            Bitmap::ClearPending => self.change(bank, StateOp::ClearPending, value),
            Bitmap::SetActive => self.change(bank, StateOp::SetActive, value),
            Bitmap::ClearActive => self.change(bank, StateOp::ClearActive, value),
        }
    }

    /// Drops the bits that are read-only: GICv2 SGIs are always enabled, and
    /// their pending state has registers of its own.
    fn writable(&self, bank: BankId, kind: Bitmap, value: u32) -> u32 {
        let v2 = self.gic.version() == Version::V2;
        let restricted = matches!(
            kind,
            Bitmap::SetEnable | Bitmap::ClearEnable | Bitmap::SetPending | Bitmap::ClearPending
        );
        match bank {
            BankId::Private(_) if v2 && restricted => value & !SGI_MASK,
            _ => value,
        }
    }

    fn write_priorities(&self, intid: u32, size: AccessSize, value: u32) {
        let Some(bank) = self.bank((intid / 32) as usize) else {
            return;
        };
        let from = (intid % 32) as usize;
        let count = size.bytes() as usize;
        self.edit(bank, |b| {
            let new = value.to_le_bytes().map(|p| p & PRIORITY_MASK);
            let old = b.priority.iter_mut().skip(from).take(count);
            old.zip(new).for_each(|(old, new)| *old = new);
            ((1 << count) - 1) << from
        });
    }

    /// Sets triggers; those of SGIs are read-only (edge).
    fn write_config(&self, index: usize, value: u32) {
        let Some(bank) = self.bank(index / 2) else {
            return;
        };
        let shift = (index % 2) as u32 * 16;
        let mut bits = 0xffff << shift;
        if matches!(bank, BankId::Private(_)) {
            bits &= !SGI_MASK;
        }
        let edge = gather(value >> 1) << shift;
        self.edit(bank, |b| replace(&mut b.edge, bits, edge));
    }

    /// Changes state that list registers do not hold; `change` returns the
    /// interrupts whose state changed.
    fn edit(&self, bank: BankId, change: impl FnOnce(&mut Bank) -> u32) {
        match bank {
            BankId::Private(vcpu) => {
                let change = |own: &mut Private, _| change(&mut own.bank);
                self.gic.edit_private(self.host, self.me, vcpu, change);
            }
            BankId::Shared(index) => {
                let change = |shared: &mut Shared, _| change(&mut shared.banks[index]);
                self.gic
                    .edit_shared(self.host, Some(self.me), index, change);
            }
        }
    }

    /// Changes pending or active state.
    fn change(&self, bank: BankId, op: StateOp, bits: u32) {
        match bank {
            BankId::Private(vcpu) => {
                self.gic
                    .edit_private(self.host, self.me, vcpu, |own, resident| {
                        own.bank.change(op, bits, resident);
                        bits
                    });
            }
            BankId::Shared(index) => {
                self.gic
                    .edit_shared(self.host, Some(self.me), index, |shared, loaded| {
                        shared.change(index, op, bits, loaded);
                        bits
                    });
            }
        }
    }
}

/// Replaces the bits of `word` that are in `mask`; returns those that changed.
fn replace(word: &mut u32, mask: u32, value: u32) -> u32 {
    let changed = (*word ^ value) & mask;
    *word ^= changed;
    changed
}

/// Up to four bytes of a row as a little-endian number.
pub(crate) fn le_bytes(row: &[u8], from: usize, size: AccessSize) -> u32 {
    let bytes = row.iter().skip(from).take(size.bytes() as usize);
    bytes
        .rev()
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}
