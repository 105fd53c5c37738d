//! HVC and SMC: power control and discovery (SMC Calling Convention).
//!
//! Both instructions reach the same services. No call is ever passed on to the
//! firmware of the board, whatever its number.

use aarch64_cpu::registers::ELR_EL2;
use model::{
    esr::Reason,
    psci::{Action, Suspend},
    smccc::Vulnerability,
};
use tock_registers::interfaces::Readable;

use super::{Guest, Next};
use crate::{arch::aarch64 as arch, node, vm::Ending};

/// PSCI's SUCCESS.
const SUCCESS: u64 = 0;

/// An HVC. ELR_EL2 is behind it already.
pub(super) fn hvc(guest: &mut Guest<'_>, immediate: u16) -> Next {
    guest.vcpu.count(Reason::Hvc);
    call(guest, immediate)
}

/// An SMC. It was trapped, so ELR_EL2 is still at it.
pub(super) fn smc(guest: &mut Guest<'_>, immediate: u16) -> Next {
    guest.vcpu.count(Reason::Smc);
    guest.skip();
    call(guest, immediate)
}

fn call(guest: &mut Guest<'_>, immediate: u16) -> Next {
    let [x0, x1, x2, x3, ..] = guest.context.x;
    let action = guest
        .vm
        .services
        .call(guest.vcpu.index, immediate, [x0, x1, x2, x3]);
    match action {
        Action::Return(value) => {
            guest.context.x[0] = value;
            Next::Resume
        }
        Action::ReturnMany(values) => {
            guest.context.x[..values.len()].copy_from_slice(&values);
            Next::Resume
        }
        _ => power(guest, action),
    }
}

/// The calls that change who runs.
fn power(guest: &mut Guest<'_>, action: Action) -> Next {
    match action {
        Action::Return(_) | Action::ReturnMany(_) => Next::Resume,
        Action::CpuOn { target, entry } => {
            guest.vm.turn_on(target, entry);
            guest.context.x[0] = SUCCESS;
            Next::Resume
        }
        Action::CpuOff => Next::Leave,
        Action::Suspend(how) => suspend(guest, how),
        Action::SystemOff => end(guest, Ending::Off),
        Action::SystemReset { warm } => end(guest, Ending::Reset { warm }),
        Action::Mitigate(vulnerability) => {
            mitigate(guest, vulnerability);
            Next::Resume
        }
    }
}

/// Makes the firmware call that mitigates a vulnerability: one of three fixed
/// calls of our own, whatever the guest's registers hold.
fn mitigate(guest: &Guest<'_>, vulnerability: Vulnerability) {
    let Some(firmware) = node::workarounds() else {
        return;
    };
    match vulnerability {
        Vulnerability::BranchTarget => firmware.branch_target(),
        Vulnerability::StoreBypass => firmware.store_bypass(guest.context.x[1] as u32 != 0),
        Vulnerability::BranchHistory => firmware.branch_history(),
    }
}

fn end(guest: &Guest<'_>, ending: Ending) -> Next {
    let (vm, pc) = (guest.vm, ELR_EL2.get());
    vm.complaints
        .debug(format_args!("{}: asked for at {pc:#x}", vm.name));
    guest.vm.end(guest.vcpu, ending);
    Next::Leave
}

/// Waits for an interrupt; then goes on or, after a power-down, starts at the
/// entry as after a reset.
fn suspend(guest: &mut Guest<'_>, how: Suspend) -> Next {
    guest.context.x[0] = SUCCESS;
    let next = arch::interrupts::wait_for_guest(guest);
    if let (Suspend::PowerDown(entry), Next::Resume) = (how, next) {
        arch::restart(guest.context, guest.vm, &entry);
    }
    next
}
