//! Trapped system registers and system instructions.

use aarch64_cpu::registers::{
    AFSR0_EL1, AFSR1_EL1, AMAIR_EL1, CONTEXTIDR_EL1, ESR_EL1, FAR_EL1, HCR_EL2, MAIR_EL1,
    SCTLR_EL1, TCR_EL1, TTBR0_EL1, TTBR1_EL1,
};
use model::{
    esr::SysRegAccess,
    sysreg::{SgiRegister, SysReg, SysregAction, VmRegister, classify},
};
use tock_registers::interfaces::{ReadWriteable, Readable, Writeable};

use super::{Guest, Next, serve_interrupt};
use crate::arch::aarch64::{interrupts, vgic::GicHost};

/// Where guests deactivate interrupts.
const ICC_DIR_EL1: SysReg = SysReg::new(3, 0, 12, 11, 1);

/// An MRS, MSR or SYS that was trapped.
pub(super) fn access(guest: &mut Guest<'_>, access: SysRegAccess) -> Next {
    let action = classify(access.reg, access.write);
    guest.vcpu.count(action.reason());
    let mut next = Next::Resume;
    match action {
        SysregAction::ReadId => {
            let value = guest.vm.cpu.ids.read(access.reg);
            guest.context.set_register(access.rt, value);
        }
        SysregAction::Sgi(register) if guest.has_system_gic() => {
            let host = GicHost::new(guest.vm, Some(guest.vcpu));
            let value = guest.register(access.rt);
            guest
                .vm
                .gic
                .write_sgi(&host, guest.vcpu.id(), which(register), value);
        }
        SysregAction::GicCpuInterface
            if access.reg == ICC_DIR_EL1 && access.write && guest.has_system_gic() =>
        {
            let host = GicHost::new(guest.vm, Some(guest.vcpu));
            // The register has 32 bits.
            let value = guest.register(access.rt) as u32;
            guest.vm.gic.deactivate(&host, guest.vcpu.id(), value);
        }
        SysregAction::SetWay => next = set_way(guest),
        SysregAction::VmControl(register) => {
            let value = guest.register(access.rt);
            if access.write {
                next = vm_control(guest, register, value);
            } else {
                guest
                    .context
                    .set_register(access.rt, read_vm_control(register));
            }
        }
        SysregAction::ReadZeroWriteIgnore => {
            if !access.write {
                guest.context.set_register(access.rt, 0);
            }
        }
        // The physical timer is never trapped here; the rest the guest lacks.
        SysregAction::Sgi(_)
        | SysregAction::GicSre
        | SysregAction::GicCpuInterface
        | SysregAction::PhysicalTimer(_)
        | SysregAction::Undefined => return undefined(guest, access),
    }
    guest.skip();
    next
}

fn undefined(guest: &Guest<'_>, access: SysRegAccess) -> Next {
    let vm = guest.vm;
    vm.complaints
        .debug(format_args!("{}: {:?} is undefined", vm.name, access.reg));
    guest.undefined()
}

fn which(register: SgiRegister) -> vbic::SgiRegister {
    match register {
        SgiRegister::Sgi0r => vbic::SgiRegister::Sgi0r,
        SgiRegister::Sgi1r => vbic::SgiRegister::Sgi1r,
        SgiRegister::Asgi1r => vbic::SgiRegister::Asgi1r,
    }
}

impl Guest<'_> {
    /// Whether its GIC has a system register interface.
    fn has_system_gic(&self) -> bool {
        self.vm.spec.gic == bundle::GicVersion::V3
    }
}

/// SCTLR_EL1.M and C: the guest's accesses are cached only with both.
const CACHED: u64 = 1 << 0 | 1 << 2;

/// Cache maintenance by set and way, which guests use around turning their
/// caches on and off. It reaches only this core's caches, and no system cache;
/// what is meant is all of memory, everywhere. So all of memory is cleaned, and
/// again each time caching is turned on or off; meanwhile further instructions
/// of the same sweep (thousands) have nothing left to do. Writes of SCTLR_EL1
/// are trapped (TVM) until caching is on.
fn set_way(guest: &mut Guest<'_>) -> Next {
    if HCR_EL2.is_set(HCR_EL2::TVM) {
        return Next::Resume;
    }
    HCR_EL2.modify(HCR_EL2::TVM::SET);
    clean_memory(guest)
}

/// Cleans all of the VM's memory. That takes long, so interrupts are served
/// meanwhile, and it ends early when the vCPU has to leave.
fn clean_memory(guest: &mut Guest<'_>) -> Next {
    let vm = guest.vm;
    let mut next = Next::Resume;
    vm.clean_memory(|| {
        while next == Next::Resume && interrupts::is_pending() {
            next = serve_interrupt(guest);
        }
    });
    next
}

/// A write of a control register of stage 1 while [`set_way`] watches them.
fn vm_control(guest: &mut Guest<'_>, register: VmRegister, value: u64) -> Next {
    let mut next = Next::Resume;
    if let VmRegister::Sctlr = register {
        let before = SCTLR_EL1.get() & CACHED == CACHED;
        let after = value & CACHED == CACHED;
        if before != after {
            next = clean_memory(guest);
        }
        if after {
            HCR_EL2.modify(HCR_EL2::TVM::CLEAR);
        }
    }
    write_vm_control(register, value);
    next
}

fn write_vm_control(register: VmRegister, value: u64) {
    match register {
        VmRegister::Sctlr => SCTLR_EL1.set(value),
        VmRegister::Ttbr0 => TTBR0_EL1.set(value),
        VmRegister::Ttbr1 => TTBR1_EL1.set(value),
        VmRegister::Tcr => TCR_EL1.set(value),
        VmRegister::Esr => ESR_EL1.set(value),
        VmRegister::Far => FAR_EL1.set(value),
        VmRegister::Afsr0 => AFSR0_EL1.set(value),
        VmRegister::Afsr1 => AFSR1_EL1.set(value),
        VmRegister::Mair => MAIR_EL1.set(value),
        VmRegister::Amair => AMAIR_EL1.set(value),
        VmRegister::ContextIdr => CONTEXTIDR_EL1.set(value),
    }
}

fn read_vm_control(register: VmRegister) -> u64 {
    match register {
        VmRegister::Sctlr => SCTLR_EL1.get(),
        VmRegister::Ttbr0 => TTBR0_EL1.get(),
        VmRegister::Ttbr1 => TTBR1_EL1.get(),
        VmRegister::Tcr => TCR_EL1.get(),
        VmRegister::Esr => ESR_EL1.get(),
        VmRegister::Far => FAR_EL1.get(),
        VmRegister::Afsr0 => AFSR0_EL1.get(),
        VmRegister::Afsr1 => AFSR1_EL1.get(),
        VmRegister::Mair => MAIR_EL1.get(),
        VmRegister::Amair => AMAIR_EL1.get(),
        VmRegister::ContextIdr => CONTEXTIDR_EL1.get(),
    }
}
