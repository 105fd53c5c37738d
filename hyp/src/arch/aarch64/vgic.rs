//! The interrupt controller's hardware as the model in `vbic` wants it: the
//! calling core's list registers, kicks, and the lines behind linked
//! interrupts.

use core::sync::atomic::{AtomicU64, Ordering};

use aarch64_cpu::registers::{CNTP_CTL_EL0, CNTV_CTL_EL0, HCR_EL2};
use model::layout;
use platform::{
    gic::{Iar, VirtualInterface, hcr},
    sysreg::PMCR_EL0,
};
use tock_registers::interfaces::{ReadWriteable, Readable};
use vbic::{Host, Lr, Maintenance, VcpuId};

use super::{interrupts, this_core};
use crate::vm::{Request, Vcpu, Vm};

platform::system_register! {
    ro PMOVSSET_EL0 = "PMOVSSET_EL0";
    ro PMINTENSET_EL1 = "PMINTENSET_EL1";
}

/// The traps that leave a guest without a system register interface (GICv3).
const NO_SYSTEM_REGISTERS: u32 = hcr::TC | hcr::TALL0 | hcr::TALL1;

/// VEOIM in GICH_VMCR and ICH_VMCR_EL2: the guest has split the end of
/// interrupt.
const VEOIM: u32 = 1 << 9;

/// A timer's CTL register.
mod ctl {
    pub(super) const ENABLE: u64 = 1 << 0;
    pub(super) const IMASK: u64 = 1 << 1;
    pub(super) const ISTATUS: u64 = 1 << 2;
}

/// The hardware under the calling core, for one VM's interrupt controller.
pub(crate) struct GicHost<'a> {
    vm: &'a Vm,
    /// The VM's vCPU that is loaded on this core, if one is.
    vcpu: Option<&'a Vcpu>,
}

impl<'a> GicHost<'a> {
    /// For `vm`; `vcpu` is its vCPU that is loaded on this core.
    #[inline(always)]
    pub(crate) fn new(vm: &'a Vm, vcpu: Option<&'a Vcpu>) -> Self {
        Self { vm, vcpu }
    }

    #[inline(always)]
    fn interface(&self) -> Option<&'static VirtualInterface> {
        this_core().gic.get().and_then(|gic| gic.virt.as_ref())
    }

    /// The registers, and what list register `index` was last written with.
    #[inline(always)]
    fn list_register(
        &self,
        index: usize,
    ) -> Option<(&'static VirtualInterface, &'static AtomicU64)> {
        let gic = this_core().gic.get()?;
        Some((gic.virt.as_ref()?, gic.written.get(index)?))
    }

    fn target(&self, id: VcpuId) -> Option<&'a Vcpu> {
        self.vm.vcpus.get(id.index())
    }
}

impl Host for GicHost<'_> {
    #[inline(always)]
    fn lr_count(&self) -> usize {
        self.interface()
            .map_or(0, VirtualInterface::list_register_count)
    }

    #[inline(always)]
    fn lr_read(&self, index: usize) -> Lr {
        match self.interface() {
            Some(hw) if hw.is_v3() => Lr::from_ich(hw.read_lr(index)),
            Some(hw) => Lr::from_gich(hw.read_lr(index) as u32),
            None => Lr::from_gich(0),
        }
    }

    #[inline(always)]
    fn lr_write(&self, index: usize, lr: Lr) {
        let Some((hw, written)) = self.list_register(index) else {
            return;
        };
        let value = if hw.is_v3() {
            lr.to_ich()
        } else {
            u64::from(lr.to_gich())
        };
        // Only this core uses it: an atomic for the compiler's sake.
        written.store(value, Ordering::Relaxed);
        hw.write_lr(index, value);
    }

    #[inline(always)]
    fn lr_repeat(&self, index: usize, _: &Lr) {
        if let Some((hw, written)) = self.list_register(index) {
            hw.write_lr(index, written.load(Ordering::Relaxed));
        }
    }

    #[inline(always)]
    fn lr_empty(&self) -> u32 {
        self.interface().map_or(0, VirtualInterface::elrsr)
    }

    fn set_maintenance(&self, conditions: Maintenance) {
        if let Some(hw) = self.interface() {
            let rest = hw.read_hcr() & !Maintenance::all().bits();
            hw.write_hcr(rest | conditions.bits());
        }
    }

    fn take_eoi_count(&self) -> u32 {
        self.interface().map_or(0, |hw| {
            let value = hw.read_hcr();
            let count = value >> hcr::EOICOUNT_SHIFT;
            if count != 0 {
                hw.write_hcr(value & !(u32::MAX << hcr::EOICOUNT_SHIFT));
            }
            count
        })
    }

    fn splits_end(&self) -> bool {
        self.interface()
            .is_some_and(|hw| hw.traps_deactivation() && hw.read_vmcr() & VEOIM != 0)
    }

    fn kick(&self, target: VcpuId) {
        if let Some(vcpu) = self.target(target) {
            vcpu.request(Request::Interrupts);
        }
    }

    fn sync_remote(&self, target: VcpuId) {
        let Some(vcpu) = self.target(target) else {
            return;
        };
        if !vcpu.is_loaded() {
            return;
        }
        vcpu.request(Request::Interrupts);
        while !vcpu.has_served(Request::Interrupts) {
            // Two vCPUs may wait for each other: serve what is asked of us.
            if let Some(own) = self.vcpu {
                own.serve_interrupt_request(|| self.vm.gic.sync(self, own.id()));
            }
            core::hint::spin_loop();
        }
    }

    fn line(&self, intid: u32) -> bool {
        const VIRTUAL: u32 = layout::ppi(layout::VIRTUAL_TIMER_PPI);
        const PHYSICAL: u32 = layout::ppi(layout::PHYSICAL_TIMER_PPI);
        const PMU: u32 = layout::ppi(layout::PMU_PPI);
        match intid {
            VIRTUAL => fires(CNTV_CTL_EL0.get()),
            PHYSICAL => fires(CNTP_CTL_EL0.get()),
            PMU => self.vm.cpu.hardware.pmu != 0 && pmu_overflow(),
            _ => false,
        }
    }

    fn deactivate(&self, intid: u32) {
        interrupts::interface().deactivate(Iar(intid));
    }
}

/// Whether a timer holds its line high.
fn fires(control: u64) -> bool {
    control & (ctl::ENABLE | ctl::IMASK | ctl::ISTATUS) == ctl::ENABLE | ctl::ISTATUS
}

/// Whether the performance monitors hold their line high.
fn pmu_overflow() -> bool {
    const PMCR_E: u64 = 1;
    PMCR_EL0.get() & PMCR_E != 0 && PMOVSSET_EL0.get() & PMINTENSET_EL1.get() != 0
}

/// Gives the calling core's virtual interface to `vcpu`, as after a reset.
pub(super) fn load(vm: &Vm, vcpu: &Vcpu) {
    let host = GicHost::new(vm, Some(vcpu));
    let v3_guest = vm.spec.gic == bundle::GicVersion::V3;
    if let Some(hw) = host.interface() {
        if hw.is_v3() {
            platform::gic::set_guest_system_registers(v3_guest);
        }
        for index in 0..hw.list_register_count() {
            hw.write_lr(index, 0);
        }
        hw.write_active_priorities(&Default::default());
        hw.write_vmcr(0);
        let traps = match (hw.is_v3(), v3_guest) {
            (true, false) => NO_SYSTEM_REGISTERS,
            (true, true) if hw.traps_deactivation() => hcr::TDIR,
            _ => 0,
        };
        let enable = if vm.cpu.software_gic { 0 } else { hcr::EN };
        hw.write_hcr(traps | enable);
    }
    for intid in interrupts::linked() {
        interrupts::interface().enable(intid);
    }
    vm.gic.reset_interface(vcpu.id());
    vm.gic.sync(&host, vcpu.id());
    signal(vm, vcpu);
}

/// Takes the virtual interface away from `vcpu`, and makes the physical
/// interrupts that it was dealing with quiet.
pub(super) fn unload(vm: &Vm, vcpu: &Vcpu) {
    let host = GicHost::new(vm, Some(vcpu));
    vm.gic.unload(&host, vcpu.id());
    if let Some(hw) = host.interface() {
        hw.write_hcr(0);
    }
    let cpu = interrupts::interface();
    for intid in interrupts::linked() {
        cpu.disable(intid);
        cpu.clear_active(intid);
        cpu.clear_pending(intid);
    }
}

/// Shows the guest what its emulated CPU interface signals.
pub(super) fn signal(vm: &Vm, vcpu: &Vcpu) {
    if vm.cpu.software_gic {
        let signal = vm.gic.signal(vcpu.id());
        HCR_EL2.modify(
            HCR_EL2::VI.val(u64::from(signal.irq)) + HCR_EL2::VF.val(u64::from(signal.fiq)),
        );
    }
}
