//! Shared peripheral interrupts: state, routing, and which vCPU holds them.

use crate::bank::{Bank, GroupEnables, StateOp};
use crate::bits::Ones;
use crate::intid::{SPI_BANKS, SPIS, of_spi};
use crate::lists::Slot;
use crate::plan::Key;
use crate::{Lr, LrState, MAX_VCPUS};
use core::sync::atomic::{AtomicU32, Ordering};

/// One bit for each of the eight banks.
type Words = [u32; SPI_BANKS];

/// A word in a cache line of its own.
#[repr(align(64))]
struct Line(AtomicU32);

/// For each vCPU, the banks in which something concerns it: an interrupt that
/// is pending for it, active on it, or in its list registers.
///
/// Set under the shared lock by whoever changes an interrupt, cleared under it
/// by the vCPU itself, read without it.
pub(crate) struct Waiting([Line; MAX_VCPUS]);

impl Waiting {
    pub(crate) const fn new() -> Self {
        Self([const { Line(AtomicU32::new(0)) }; MAX_VCPUS])
    }

    #[inline]
    pub(crate) fn banks(&self, vcpu: usize) -> u32 {
        self.0[vcpu % MAX_VCPUS].0.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self, vcpu: usize, banks: u32) {
        self.0[vcpu % MAX_VCPUS].0.store(banks, Ordering::Release);
    }

    fn add(&self, vcpu: usize, bank: usize) {
        self.set(vcpu, self.banks(vcpu) | 1 << bank);
    }
}

/// All banks.
pub(crate) const ALL_BANKS: u32 = (1 << SPI_BANKS) - 1;

/// The shared interrupts of a virtual machine.
pub(crate) struct Shared {
    pub(crate) banks: [Bank; SPI_BANKS],
    /// vCPUs that each interrupt may go to, as a mask.
    targets: [u8; SPIS],
    /// GICv3 routing registers as written.
    pub(crate) routes: [u64; SPIS],
    /// For each vCPU, the interrupts that go to it.
    targeted: [Words; MAX_VCPUS],
    /// For each vCPU, the interrupts in its list registers.
    loaded: [Words; MAX_VCPUS],
    /// Interrupts in anyone's list registers, each in exactly one's.
    held: Words,
    /// For each vCPU, the interrupts that are active on it.
    pub(crate) active_at: [Words; MAX_VCPUS],
    /// vCPUs that take part in choosing one of several targets.
    pub(crate) awake: u8,
}

impl Shared {
    /// The state after reset. `targets` is the mask that every interrupt starts
    /// with.
    pub(crate) fn new(targets: u8, awake: u8) -> Self {
        let mut shared = Self {
            banks: [const { Bank::RESET }; SPI_BANKS],
            targets: [targets; SPIS],
            routes: [0; SPIS],
            targeted: [[0; SPI_BANKS]; MAX_VCPUS],
            loaded: [[0; SPI_BANKS]; MAX_VCPUS],
            held: [0; SPI_BANKS],
            active_at: [[0; SPI_BANKS]; MAX_VCPUS],
            awake,
        };
        shared.choose_targets();
        shared
    }

    /// The target mask of the interrupt at `bit` of `bank`.
    pub(crate) fn targets(&self, bank: usize, bit: u32) -> u8 {
        self.targets[(bank * 32 + bit as usize) % SPIS]
    }

    /// Replaces the target mask of the interrupt at `bit` of `bank`.
    pub(crate) fn set_targets(&mut self, bank: usize, bit: u32, mask: u8) {
        self.targets[(bank * 32 + bit as usize) % SPIS] = mask;
        let able = if mask & self.awake != 0 {
            mask & self.awake
        } else {
            mask
        };
        let chosen = able.trailing_zeros() as usize;
        for (vcpu, words) in self.targeted.iter_mut().enumerate() {
            words[bank] &= !(1 << bit);
            words[bank] |= u32::from(vcpu == chosen) << bit;
        }
    }

    /// Chooses every interrupt's target anew, after `awake` changed.
    pub(crate) fn choose_targets(&mut self) {
        for bank in 0..SPI_BANKS {
            for bit in 0..32 {
                self.set_targets(bank, bit, self.targets(bank, bit));
            }
        }
    }

    /// Interrupts of `bank` in anyone's list registers.
    pub(crate) fn held(&self, bank: usize) -> u32 {
        self.held[bank]
    }

    /// Interrupts of `bank` in the list registers of `vcpu`.
    pub(crate) fn loaded(&self, vcpu: usize, bank: usize) -> u32 {
        self.loaded[vcpu % MAX_VCPUS][bank]
    }

    /// Notes that `vcpu` puts an interrupt into a list register.
    pub(crate) fn load(&mut self, vcpu: usize, bank: usize, bit: u32) {
        self.loaded[vcpu % MAX_VCPUS][bank] |= bit;
        self.held[bank] |= bit;
    }

    /// vCPUs that hold interrupts of `bank` in list registers, as a mask.
    pub(crate) fn holders(&self, bank: usize) -> u32 {
        let holds = |(v, words): (usize, &Words)| u32::from(words[bank] != 0) << v;
        self.loaded.iter().enumerate().map(holds).sum()
    }

    /// Interrupts of `bank` that may be signalled to `vcpu` once they are not
    /// active.
    pub(crate) fn ready(&self, vcpu: usize, bank: usize, groups: GroupEnables) -> u32 {
        self.forwarded(bank, groups) & self.targeted[vcpu % MAX_VCPUS][bank]
    }

    /// Interrupts of `bank` that may be signalled to whom they go to.
    fn forwarded(&self, bank: usize, groups: GroupEnables) -> u32 {
        let state = &self.banks[bank];
        state.pending() & state.enabled & groups.select(state.group)
    }

    /// Makes interrupts active on the vCPU that they go to, or inactive
    /// everywhere, following the banks' active state.
    pub(crate) fn place_active(&mut self, bank: usize, bits: u32) {
        let active = self.banks[bank].active;
        let anywhere = self
            .active_at
            .iter()
            .fold(0, |all, words| all | words[bank]);
        for (vcpu, words) in self.active_at.iter_mut().enumerate() {
            words[bank] &= !bits | active;
            words[bank] |= active & bits & !anywhere & self.targeted[vcpu][bank];
        }
    }

    /// Finds the vCPUs that a change of the interrupts in `bits` concerns,
    /// leaves them a hint, and returns them as a mask.
    pub(crate) fn touch(
        &self,
        bank: usize,
        bits: u32,
        groups: GroupEnables,
        waiting: &Waiting,
    ) -> u32 {
        let (held, active) = (self.held[bank] & bits, self.banks[bank].active & bits);
        let idle = self.forwarded(bank, groups) & bits & !active & !held;
        if held | active | idle == 0 {
            return 0;
        }
        let mut concerned = 0;
        for vcpu in 0..MAX_VCPUS {
            let own = (self.loaded[vcpu][bank] | self.active_at[vcpu][bank]) & bits;
            if own | (self.targeted[vcpu][bank] & idle) != 0 {
                waiting.add(vcpu, bank);
                concerned |= 1 << vcpu;
            }
        }
        concerned
    }

    /// Carries out a software-made state change; for the interrupts in
    /// `loaded`, once the vCPU that holds them folds.
    pub(crate) fn change(&mut self, bank: usize, op: StateOp, bits: u32, loaded: u32) {
        self.banks[bank].change(op, bits, loaded);
        self.place_active(bank, bits & !loaded);
    }

    /// Ordering key of the interrupt at `bit` of `bank`.
    pub(crate) fn key(&self, bank: usize, bit: u32) -> Key {
        Key::new(self.banks[bank].priority_of(bit), of_spi(bank, bit))
    }

    /// The highest-priority interrupt that is active on `vcpu` and in none of
    /// its list registers.
    pub(crate) fn first_active_outside(&self, vcpu: usize) -> Option<Key> {
        let vcpu = vcpu % MAX_VCPUS;
        let outside = |bank: usize| self.active_at[vcpu][bank] & !self.loaded[vcpu][bank];
        let keys = |bank| Ones(outside(bank)).map(move |bit| self.key(bank, bit));
        (0..SPI_BANKS).flat_map(keys).min()
    }

    /// Makes a pending interrupt active on `vcpu`.
    pub(crate) fn acknowledge(&mut self, vcpu: usize, bank: usize, bit: u32) {
        self.banks[bank].latch &= !bit;
        self.banks[bank].active |= bit;
        self.active_at[vcpu % MAX_VCPUS][bank] |= bit;
    }

    /// Ends the active state of one interrupt.
    pub(crate) fn deactivate(&mut self, bank: usize, bit: u32) {
        self.banks[bank].active &= !bit;
        self.place_active(bank, bit);
    }

    /// Takes over what a list register of `vcpu` says about an interrupt.
    pub(crate) fn fold(&mut self, vcpu: usize, bank: usize, bit: u32, slot: &Slot, state: LrState) {
        let vcpu = vcpu % MAX_VCPUS;
        let word = &mut self.banks[bank];
        word.fold(bit, slot.latched, state.pending(), state.active());
        self.loaded[vcpu][bank] &= !bit;
        self.held[bank] &= !bit;
        self.active_at[vcpu][bank] &= !bit;
        self.active_at[vcpu][bank] |= word.active & bit;
    }

    /// What to put into a list register of `vcpu` for an interrupt.
    ///
    /// Its end has to be noticed when the line may still be high then, and when
    /// it waits for another vCPU.
    pub(crate) fn entry(&self, vcpu: usize, bank: usize, bit: u32, groups: GroupEnables) -> Slot {
        let mask = 1 << bit;
        let state = &self.banks[bank];
        let ready = self.ready(vcpu, bank, groups) & mask != 0;
        let elsewhere = !ready && self.forwarded(bank, groups) & mask != 0;
        let level = ready && state.line & !state.edge & mask != 0;
        Slot {
            lr: Lr {
                intid: of_spi(bank, bit),
                state: LrState::new(ready, state.active & mask != 0),
                priority: state.priority_of(bit),
                group: state.group_of(bit),
                source: 0,
                hw: None,
                eoi_maintenance: level || elsewhere,
            },
            latched: ready && state.latch & mask != 0,
        }
    }
}
