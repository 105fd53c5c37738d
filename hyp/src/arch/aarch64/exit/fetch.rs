//! What the hypervisor has to find out through the guest's own translation: an
//! instruction that the syndrome does not describe, an address that the
//! hardware does not report.

use core::arch::asm;

use aarch64_cpu::registers::{
    ELR_EL2, ID_AA64ISAR1_EL1, ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1, ID_AA64MMFR2_EL1, MAIR_EL1,
    PAR_EL1, SCTLR_EL1, SPSR_EL2, TCR_EL1, TTBR0_EL1, TTBR1_EL1,
};
use model::esr::pstate;
use platform::sysreg::ID_AA64ISAR2_EL1;
use tock_registers::interfaces::{Readable, Writeable};
use vtlb::{
    GuestPhys, GuestVirt, Rights,
    stage1::{self, Access, Capabilities, IdRegisters, Regime, Sctlr, Tcr, Ttbr},
};

use super::Guest;
use crate::memory;

/// PAR_EL1.F: the translation failed.
const FAILED: u64 = 1;
/// PAR_EL1.PA: bits 51 to 12 of the address.
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;
/// Bits of an address within a page of the smallest granule.
const PAGE_OFFSET: u64 = 0xfff;

/// What an address translation instruction is to check.
#[derive(Clone, Copy)]
enum As {
    El1Read,
    El1Write,
    El0Read,
    El0Write,
}

/// The guest's state when it left (SPSR_EL2).
pub(super) fn pstate() -> u64 {
    SPSR_EL2.get()
}

/// Translates through stage 1 of the guest; PAR_EL1 of the guest survives.
fn stage1(address: GuestVirt, access: As) -> u64 {
    let saved = PAR_EL1.get();
    let va = address.raw();
    // SAFETY: address translation instructions only write PAR_EL1, which is
    // restored below.
    unsafe {
        match access {
            As::El1Read => asm!("at s1e1r, {}", in(reg) va, options(nostack, preserves_flags)),
            As::El1Write => asm!("at s1e1w, {}", in(reg) va, options(nostack, preserves_flags)),
            As::El0Read => asm!("at s1e0r, {}", in(reg) va, options(nostack, preserves_flags)),
            As::El0Write => asm!("at s1e0w, {}", in(reg) va, options(nostack, preserves_flags)),
        }
    }
    platform::cpu::isb();
    let result = PAR_EL1.get();
    PAR_EL1.set(saved);
    result
}

/// The guest-physical address of a data access that the guest just made.
/// `None` when it no longer translates.
pub(super) fn translate(address: GuestVirt, write: bool) -> Option<GuestPhys> {
    let access = match (pstate::is_el0(pstate()), write) {
        (true, false) => As::El0Read,
        (true, true) => As::El0Write,
        (false, false) => As::El1Read,
        (false, true) => As::El1Write,
    };
    success(stage1(address, access), address)
}

fn success(par: u64, address: GuestVirt) -> Option<GuestPhys> {
    let page = par & ADDRESS;
    (par & FAILED == 0).then(|| GuestPhys::new(page | address.raw() & PAGE_OFFSET))
}

/// The level at which the guest's own walk for `address` reaches what is no
/// memory, for a syndrome. The hardware tells only that it did.
pub(super) fn failed_level(guest: &Guest<'_>, address: GuestVirt, kind: Rights) -> i8 {
    let regime = Regime {
        sctlr: Sctlr::new(SCTLR_EL1.get()),
        tcr: Tcr::new(TCR_EL1.get()),
        ttbr0: Ttbr::new(TTBR0_EL1.get()),
        ttbr1: Ttbr::new(TTBR1_EL1.get()),
        mair: MAIR_EL1.get(),
        id: Capabilities::new(&IdRegisters {
            mmfr0: ID_AA64MMFR0_EL1.get(),
            mmfr1: ID_AA64MMFR1_EL1.get(),
            mmfr2: ID_AA64MMFR2_EL1.get(),
            isar1: ID_AA64ISAR1_EL1.get(),
            isar2: ID_AA64ISAR2_EL1.get(),
        }),
    };
    let access = if pstate::is_el0(pstate()) {
        Access::el0(kind)
    } else {
        Access::el1(kind)
    };
    let descriptor = |at: GuestPhys| {
        const SIZE: u64 = size_of::<u64>() as u64;
        let span = guest.vm.map.translate_ram(at, SIZE)?;
        // The guest may walk past the caches (SCTLR_EL1.C, TCR_EL1.IRGN).
        memory::clean(span.base.raw(), SIZE);
        Some(memory::read_u64(span.base.raw()))
    };
    stage1::walk_fault_level(&regime, address, access, descriptor).number()
}

/// Whether the guest fetches instructions through the caches.
fn fetches_through_caches() -> bool {
    SCTLR_EL1.matches_all(SCTLR_EL1::M::Enable + SCTLR_EL1::C::Cacheable + SCTLR_EL1::I::Cacheable)
}

/// The A64 instruction that the guest is at. `None` when it cannot be read any
/// more, or is not A64: executing it again tells the guest why.
pub(super) fn instruction(guest: &Guest<'_>) -> Option<u32> {
    let state = pstate();
    if state & pstate::AARCH32 != 0 {
        return None;
    }
    let pc = GuestVirt::new(ELR_EL2.get());
    let access = if pstate::is_el0(state) {
        As::El0Read
    } else {
        As::El1Read
    };
    let address = success(stage1(pc, access), pc)?;
    const SIZE: u64 = size_of::<u32>() as u64;
    let span = guest.vm.map.translate_ram(address, SIZE)?;
    if !fetches_through_caches() {
        // What it wrote past the caches must not be hidden by an older line.
        memory::clean(span.base.raw(), SIZE);
    }
    Some(memory::read_u32(span.base.raw()))
}
