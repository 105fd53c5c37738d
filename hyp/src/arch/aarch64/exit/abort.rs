//! Aborts: accesses that stage 2 does not map, which are device accesses or
//! the guest's mistakes.

use model::esr::{DataAbort, ExternalFault, FaultKind, InstructionAbort, Reason, Syndrome};
use vtlb::{GuestPhys, GuestVirt, Region, RegionKind, Rights};

use super::{Guest, Next, fetch, mmio};
use crate::{arch::aarch64::inject, vm::Window};

/// A data access that faulted at stage 2.
pub(super) fn data(guest: &mut Guest<'_>, fault: &DataAbort) -> Next {
    if fault.s1ptw && fault.fault.is_stage2() {
        return walk(guest, fault.far, fault.ipa, fault.fault, Some(fault.write));
    }
    if !fault.fault.is_stage2() {
        guest.vcpu.count(Reason::AbortExternal);
        guest.complain(format_args!(
            "{:?} at {:#x}: passed on",
            fault.fault, fault.far
        ));
        return external(guest, fault.far, fault.write);
    }
    let Some(ipa) = fault
        .ipa
        .or_else(|| fetch::translate(fault.far, fault.write))
    else {
        // Another vCPU changed the translation meanwhile: try again.
        return Next::Resume;
    };
    let region = guest.vm.map.lookup(ipa);
    match region.map(|region| (region, region.kind)) {
        Some((region, RegionKind::Device(id))) => match Window::from_id(id) {
            Some(window) => device(guest, fault, ipa, region, window),
            None => unmapped(guest, fault, ipa),
        },
        Some((region, _)) if fault.cm => {
            let _maintenance_of_memory_needs_no_right = region;
            guest.skip();
            Next::Resume
        }
        Some((region, _)) => {
            guest.vcpu.count(Reason::AbortPermission);
            let what = if fault.write { "write to" } else { "read of" };
            guest.complain(format_args!("{what} {ipa:#x} is not allowed: {region}"));
            external(guest, fault.far, fault.write)
        }
        None => unmapped(guest, fault, ipa),
    }
}

/// An access to an emulated device.
#[inline]
fn device(
    guest: &mut Guest<'_>,
    fault: &DataAbort,
    ipa: GuestPhys,
    region: &Region,
    window: Window,
) -> Next {
    if fault.cm {
        // Nothing of a device is ever cached.
        guest.vcpu.count(mmio::reason(window));
        guest.skip();
        return Next::Resume;
    }
    let offset = region.offset_of(ipa).unwrap_or(0);
    match fault.valid {
        Some(syndrome) if offset + syndrome.size.bytes() <= region.size => {
            guest.vcpu.count(mmio::reason(window));
            mmio::simple(guest, window, offset, &syndrome, fault.write);
            guest.skip();
            Next::Resume
        }
        Some(_) => unmapped(guest, fault, ipa),
        None => {
            guest.vcpu.count(Reason::MmioEmulatedInsn);
            mmio::decoded(guest, fault, ipa)
        }
    }
}

/// An instruction fetch that faulted at stage 2.
pub(super) fn instruction(guest: &mut Guest<'_>, fault: &InstructionAbort) -> Next {
    if fault.s1ptw && fault.fault.is_stage2() {
        return walk(guest, fault.far, fault.ipa, fault.fault, None);
    }
    guest.vcpu.count(Reason::AbortPrefetchUnmapped);
    match fault.ipa {
        Some(ipa) => complain_unmapped(guest, "instruction fetch from", ipa),
        None => guest.complain(format_args!(
            "{:?} fetching from {:#x}",
            fault.fault, fault.far
        )),
    }
    prefetch(guest, fault.far, ExternalFault::Access)
}

/// A table walk of the guest's own MMU led to where no memory is.
fn walk(
    guest: &Guest<'_>,
    far: GuestVirt,
    ipa: Option<GuestPhys>,
    kind: FaultKind,
    data_write: Option<bool>,
) -> Next {
    guest.vcpu.count(Reason::AbortWalkUnmapped);
    let table = ipa.unwrap_or(GuestPhys::new(0));
    guest.complain(format_args!(
        "page table walk for {far:#x} reaches {table:#x}, which is no memory ({kind:?})"
    ));
    let rights = match data_write {
        Some(true) => Rights::WRITE,
        Some(false) => Rights::READ,
        None => Rights::EXECUTE,
    };
    let fault = ExternalFault::Walk(fetch::failed_level(guest, far, rights));
    match data_write {
        Some(write) => {
            let syndrome = Syndrome::data_abort(fetch::pstate(), fault, write);
            inject::synchronous(guest.vm, syndrome, Some(far.raw()));
            Next::Resume
        }
        None => prefetch(guest, far, fault),
    }
}

/// A data access to where nothing is.
pub(super) fn unmapped(guest: &Guest<'_>, fault: &DataAbort, ipa: GuestPhys) -> Next {
    guest.vcpu.count(Reason::AbortDataUnmapped);
    complain_unmapped(guest, if fault.write { "write to" } else { "read of" }, ipa);
    external(guest, fault.far, fault.write)
}

/// Gives the guest a synchronous external abort for a data access.
pub(super) fn external(guest: &Guest<'_>, far: GuestVirt, write: bool) -> Next {
    let syndrome = Syndrome::data_abort(fetch::pstate(), ExternalFault::Access, write);
    inject::synchronous(guest.vm, syndrome, Some(far.raw()));
    Next::Resume
}

fn prefetch(guest: &Guest<'_>, far: GuestVirt, fault: ExternalFault) -> Next {
    let syndrome = Syndrome::instruction_abort(fetch::pstate(), fault);
    inject::synchronous(guest.vm, syndrome, Some(far.raw()));
    Next::Resume
}

fn complain_unmapped(guest: &Guest<'_>, what: &str, ipa: GuestPhys) {
    let nearest = guest.vm.map.nearest(ipa);
    guest.complain(format_args!("{what} unmapped {ipa:#x}, {nearest}"));
}
