//! Physical interrupts, nearly all of which become virtual ones.

use model::esr::Reason;

use super::{Guest, Next};
use crate::{
    arch::aarch64::{
        interrupts::{self, Role},
        vgic::GicHost,
    },
    console,
    vm::Request,
};

/// Takes one physical interrupt while a vCPU is loaded.
pub(in crate::arch::aarch64) fn serve_interrupt(guest: &mut Guest<'_>) -> Next {
    let cpu = interrupts::interface();
    let iar = cpu.acknowledge();
    match interrupts::role(iar) {
        Role::Linked(reason) => {
            guest.vcpu.count(reason);
            let host = GicHost::new(guest.vm, Some(guest.vcpu));
            guest
                .vm
                .gic
                .linked_fired(&host, guest.vcpu.id(), iar.intid());
            // The guest's own end of interrupt deactivates it.
            cpu.drop_priority(iar);
            Next::Resume
        }
        Role::Kick => {
            guest.vcpu.count(Reason::IrqKick);
            interrupts::finish(iar);
            interrupts::after_acknowledge();
            serve_requests(guest)
        }
        Role::Maintenance => {
            guest.vcpu.count(Reason::IrqMaintenance);
            sync(guest);
            interrupts::finish(iar);
            Next::Resume
        }
        Role::Device => {
            guest.vcpu.count(Reason::IrqDevice);
            console::interrupt();
            interrupts::finish(iar);
            Next::Resume
        }
        Role::Timer => {
            guest.vcpu.count(Reason::IrqTimerHypervisor);
            platform::timer::disarm();
            guest.vm.update_clock(Some(guest.vcpu));
            interrupts::finish(iar);
            Next::Resume
        }
        Role::None => {
            guest.vcpu.count(Reason::IrqOther);
            Next::Resume
        }
        Role::Unknown => {
            guest.vcpu.count(Reason::IrqOther);
            log::error!("interrupt {} has no owner: turned off", iar.intid());
            interrupts::silence(iar);
            Next::Resume
        }
    }
}

fn sync(guest: &Guest<'_>) {
    let host = GicHost::new(guest.vm, Some(guest.vcpu));
    guest.vm.gic.sync(&host, guest.vcpu.id());
}

/// Does what other cores have asked of this vCPU.
fn serve_requests(guest: &Guest<'_>) -> Next {
    let mut next = Next::Resume;
    guest.vcpu.serve_requests(|requests| {
        if requests.has(Request::Interrupts) {
            sync(guest);
        }
        if requests.has(Request::Stop) {
            next = Next::Leave;
        }
    });
    next
}
