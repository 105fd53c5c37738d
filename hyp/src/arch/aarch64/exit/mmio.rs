//! Device accesses: from the syndrome where it describes the instruction, else
//! by decoding the instruction itself.

use aarch64_cpu::registers::{ELR_EL2, SCTLR_EL1, SP_EL0, SP_EL1};
use model::{
    a64::{self, Access, Direction, Gpr, Instruction, Target, Transfer},
    access::AccessSize,
    esr::{DataAbort, ExternalFault, MmioSyndrome, Reason, Syndrome, pstate},
};
use tock_registers::interfaces::{Readable, Writeable};
use vtlb::{GuestPhys, GuestVirt, RegionKind};

use super::{Guest, Next, abort, fetch};
use crate::{
    arch::aarch64::{inject, state},
    vm::Window,
};

/// The name under which accesses to a window are counted.
#[inline]
pub(super) fn reason(window: Window) -> Reason {
    match window {
        Window::Distributor => Reason::MmioGicd,
        Window::Redistributors => Reason::MmioGicr,
        Window::CpuInterface | Window::Deactivate => Reason::MmioGicc,
        Window::Uart => Reason::MmioUart,
        Window::Clock => Reason::MmioRtc,
    }
}

/// Whether the guest's data accesses are big-endian now.
#[inline]
fn big_endian() -> bool {
    /// SCTLR_EL1.EE and E0E.
    const EE: u64 = 1 << 25;
    const E0E: u64 = 1 << 24;
    /// SPSR_EL2.E of an AArch32 program.
    const E: u64 = 1 << 9;
    let state = fetch::pstate();
    if state & pstate::AARCH32 != 0 {
        state & E != 0
    } else {
        SCTLR_EL1.get() & if pstate::is_el0(state) { E0E } else { EE } != 0
    }
}

/// The value on a little-endian device bus for a register value, or back.
#[inline]
fn on_bus(value: u64, size: AccessSize) -> u64 {
    if big_endian() {
        (value & size.mask()).swap_bytes() >> (u64::BITS - size.bits())
    } else {
        value & size.mask()
    }
}

/// An access of one general register that the syndrome describes.
#[inline]
pub(super) fn simple(
    guest: &mut Guest<'_>,
    window: Window,
    offset: u64,
    how: &MmioSyndrome,
    write: bool,
) {
    if write {
        let value = on_bus(guest.register(how.rt), how.size);
        guest
            .vm
            .device_write(guest.vcpu, window, offset, how.size, value);
    } else {
        let value = guest.vm.device_read(guest.vcpu, window, offset, how.size);
        let value = how.extend().apply(on_bus(value, how.size), how.size);
        guest.context.set_register(how.rt, value);
    }
}

/// An access that the syndrome does not describe.
pub(super) fn decoded(guest: &mut Guest<'_>, fault: &DataAbort, ipa: GuestPhys) -> Next {
    let Some(word) = fetch::instruction(guest) else {
        return unreadable(guest, fault);
    };
    match a64::decode(word) {
        Instruction::Transfer(transfer) => carry_out(guest, &transfer),
        Instruction::Prefetch | Instruction::CacheMaintenance => {
            guest.skip();
            Next::Resume
        }
        Instruction::Exclusive { .. } | Instruction::Atomic => {
            let syndrome =
                Syndrome::data_abort(fetch::pstate(), ExternalFault::Exclusive, fault.write);
            inject::synchronous(guest.vm, syndrome, Some(fault.far.raw()));
            Next::Resume
        }
        Instruction::ZeroBlock { .. } => {
            guest.complain(format_args!("DC ZVA to a device at {ipa:#x}"));
            abort::external(guest, fault.far, true)
        }
        Instruction::Unsupported(name) => {
            guest.complain(format_args!("{name} access to a device at {ipa:#x}"));
            abort::external(guest, fault.far, fault.write)
        }
        // Another vCPU has changed the instruction: execute the new one.
        Instruction::NotMemory => Next::Resume,
    }
}

/// The instruction could not be read. An AArch32 program's is not decoded; an
/// AArch64 one's has been unmapped, which the guest finds out by itself.
fn unreadable(guest: &Guest<'_>, fault: &DataAbort) -> Next {
    if fetch::pstate() & pstate::AARCH32 == 0 {
        return Next::Resume;
    }
    guest.complain(format_args!("AArch32 multiple access to a device"));
    abort::external(guest, fault.far, fault.write)
}

/// Does what the instruction says, access by access; the base register changes
/// when all have succeeded, as if a faulting one had never been.
fn carry_out(guest: &mut Guest<'_>, transfer: &Transfer) -> Next {
    let start = transfer
        .address
        .resolve(ELR_EL2.get(), |gpr| read_gpr(guest, gpr));
    let writeback = transfer
        .writeback
        .map(|change| (change.base, change.resolve(|gpr| read_gpr(guest, gpr))));
    let write = transfer.direction == Direction::Store;
    for access in transfer.accesses(big_endian()) {
        let address = GuestVirt::new(start.raw().wrapping_add(u64::from(access.offset)));
        let Some(ipa) = fetch::translate(address, write) else {
            return Next::Resume;
        };
        let Some((window, offset)) = device_at(guest, ipa, access.size) else {
            return abort::external(guest, address, write);
        };
        one(guest, window, offset, &access, write);
    }
    if let Some((base, value)) = writeback {
        write_gpr(guest, base, value);
    }
    guest.skip();
    Next::Resume
}

fn device_at(guest: &Guest<'_>, ipa: GuestPhys, size: AccessSize) -> Option<(Window, u64)> {
    let region = guest.vm.map.lookup(ipa)?;
    let offset = region.offset_of(ipa)?;
    match region.kind {
        RegionKind::Device(id) if offset + size.bytes() <= region.size => {
            Some((Window::from_id(id)?, offset))
        }
        _ => None,
    }
}

fn one(guest: &mut Guest<'_>, window: Window, offset: u64, access: &Access, write: bool) {
    let size = access.size;
    if write {
        let value = on_bus(read_target(guest, access), access.size);
        guest
            .vm
            .device_write(guest.vcpu, window, offset, size, value);
    } else {
        let value = on_bus(
            guest.vm.device_read(guest.vcpu, window, offset, size),
            access.size,
        );
        write_target(guest, access, value);
    }
}

fn read_target(guest: &Guest<'_>, access: &Access) -> u64 {
    match access.target {
        Target::X { index, .. } => guest.register(index),
        Target::V { index, lane } => lane.get(read_simd(index), access.size),
    }
}

fn write_target(guest: &mut Guest<'_>, access: &Access, value: u64) {
    match access.target {
        Target::X { index, extend } => {
            guest
                .context
                .set_register(index, extend.apply(value, access.size));
        }
        Target::V { index, lane } => {
            let new = lane.set(read_simd(index), access.size, value);
            state::write_simd(index, [new as u64, (new >> u64::BITS) as u64]);
        }
    }
}

/// The guest's SIMD register `index`.
fn read_simd(index: u8) -> u128 {
    let [low, high] = state::read_simd(index);
    u128::from(high) << u64::BITS | u128::from(low)
}

/// Whether the guest's stack pointer is SP_EL0's.
fn uses_sp_el0() -> bool {
    /// SPSR_EL2.M\[0\]: SP_EL1 is selected.
    const SP_SELECTED: u64 = 1;
    let state = fetch::pstate();
    pstate::is_el0(state) || state & SP_SELECTED == 0
}

fn read_gpr(guest: &Guest<'_>, gpr: Gpr) -> u64 {
    match gpr {
        Gpr::X(n) => guest.register(n),
        Gpr::Sp if uses_sp_el0() => SP_EL0.get(),
        Gpr::Sp => SP_EL1.get(),
        Gpr::Zero => 0,
    }
}

fn write_gpr(guest: &mut Guest<'_>, gpr: Gpr, value: u64) {
    match gpr {
        Gpr::X(n) => guest.context.set_register(n, value),
        Gpr::Sp if uses_sp_el0() => SP_EL0.set(value),
        Gpr::Sp => SP_EL1.set(value),
        Gpr::Zero => {}
    }
}
