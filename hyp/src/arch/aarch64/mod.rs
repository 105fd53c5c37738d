//! AArch64: EL2 without VHE, on any Armv8-A core.

mod context;
mod early;
mod exit;
mod idregs;
mod inject;
pub(crate) mod interrupts;
pub(crate) mod mmu;
mod monitor;
mod panic;
pub(crate) mod secondary;
mod stage2;
mod state;
mod table;
mod tlb;
mod traps;
mod vgic;

use aarch64_cpu::registers::{MIDR_EL1, TPIDR_EL2};
use model::psci::Entry;
use tock_registers::interfaces::{Readable, Writeable};

pub(crate) use context::Context;
pub(crate) use early::EARLY_UART;
pub(crate) use panic::{Backtrace, affinity, describe_guest};
pub(crate) use stage2::{Access, Stage2};
pub(crate) use table::MapError;
pub(crate) use traps::GuestCpu;
pub(crate) use vgic::GicHost;

use crate::{
    cores::Core,
    vm::{Vcpu, Vm},
};

/// The core that executes this.
#[inline(always)]
pub(crate) fn this_core() -> &'static Core {
    // SAFETY: `set_this_core` has put a reference there, before anything that
    // could ask.
    unsafe { &*(TPIDR_EL2.get() as *const Core) }
}

/// The core that executes this, or `None` before it knows.
pub(crate) fn this_core_if_known() -> Option<&'static Core> {
    (TPIDR_EL2.get() != 0).then(this_core)
}

/// Tells the calling core which one it is.
pub(crate) fn set_this_core(core: &'static Core) {
    TPIDR_EL2.set(core as *const Core as u64);
}

/// Puts a vCPU in its reset state on the calling core, ready to be entered.
pub(crate) fn load(context: &mut Context, vm: &Vm, vcpu: &Vcpu, core: &Core, start: &Entry) {
    vm.cpu.load(vcpu.index);
    context.attach(core.stack, vm, vcpu);
    // EL1 first, without its MMU: nothing may be walked with an earlier guest's
    // tables under the new VMID.
    restart(context, vm, start);
    platform::cpu::isb();
    vm.stage2.load();
    platform::cpu::isb();
    tlb::invalidate_loaded_vm();
    vgic::load(vm, vcpu);
}

/// Puts the loaded vCPU in its reset state, about to begin at `start`.
pub(crate) fn restart(context: &mut Context, vm: &Vm, start: &Entry) {
    context.x.fill(0);
    context.x[0] = start.context;
    state::reset(&vm.cpu.hardware, vm.cpu.sve, start.address.raw());
}

/// Takes the loaded vCPU off the calling core; it will not run again without
/// [`load`].
pub(crate) fn unload(vm: &Vm, vcpu: &Vcpu) {
    state::quiet(&vm.cpu.hardware);
    vgic::unload(vm, vcpu);
    tlb::invalidate_loaded_vm();
}

/// Enters the guest of a loaded context. The stack is empty then.
pub(crate) fn enter_guest(context: *mut Context) -> ! {
    unsafe extern "C" {
        fn resume(context: u64) -> !;
    }
    // SAFETY: the context is loaded on this core; nothing on this stack is
    // needed any more.
    unsafe { resume(context as u64) }
}

/// What kind of core this is, as device trees name it.
pub(crate) fn cpu_name() -> &'static str {
    /// MIDR_EL1.PartNum of Arm's cores.
    const PARTS: [(u64, &str); 6] = [
        (0xd03, "arm,cortex-a53"),
        (0xd07, "arm,cortex-a57"),
        (0xd08, "arm,cortex-a72"),
        (0xd0b, "arm,cortex-a76"),
        (0xd0c, "arm,neoverse-n1"),
        (0xd47, "arm,cortex-a710"),
    ];
    let part = MIDR_EL1.read(MIDR_EL1::PartNum);
    PARTS
        .iter()
        .find(|(number, _)| *number == part)
        .map_or("arm,armv8", |(_, name)| name)
}
