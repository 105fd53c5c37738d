//! Exceptions that the hypervisor gives to a guest's EL1.

use aarch64_cpu::registers::{
    ELR_EL1, ELR_EL2, ESR_EL1, FAR_EL1, HCR_EL2, SCTLR_EL1, SPSR_EL1, SPSR_EL2, VBAR_EL1,
};
use model::esr::{Exception, GuestContext, Syndrome, enter_el1};
use tock_registers::interfaces::{ReadWriteable, Readable, Writeable};

use crate::vm::Vm;

/// Enters a synchronous exception at EL1 with `syndrome`, at the instruction
/// that the guest is at. `far` is the faulting address where there is one.
pub(super) fn synchronous(vm: &Vm, syndrome: Syndrome, far: Option<u64>) {
    raw(vm, syndrome.raw(), far);
}

/// The same with a syndrome as a number.
pub(super) fn raw(vm: &Vm, esr: u64, far: Option<u64>) {
    let from = GuestContext {
        pstate: SPSR_EL2.get(),
        pc: ELR_EL2.get(),
        vbar_el1: VBAR_EL1.get(),
        sctlr_el1: SCTLR_EL1.get(),
    };
    let entry = enter_el1(Exception::Synchronous, &from, vm.cpu.entry_features);
    ESR_EL1.set(esr);
    if let Some(far) = far {
        FAR_EL1.set(far);
    }
    SPSR_EL1.set(entry.spsr_el1);
    ELR_EL1.set(entry.elr_el1);
    SPSR_EL2.set(entry.pstate);
    ELR_EL2.set(entry.pc);
}

/// Makes an SError pending for the guest. The hardware delivers it when the
/// guest does not mask it, and clears the request then.
pub(super) fn serror() {
    HCR_EL2.modify(HCR_EL2::VSE::SET);
}
