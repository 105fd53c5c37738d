//! What of a vCPU lies in memory while the guest is out: its general registers
//! and the way from an exit to everything else.

use core::mem::offset_of;

use crate::vm::{Vcpu, Vm};

core::arch::global_asm!(include_str!("vectors.S"));

/// General registers of a guest.
const REGISTERS: usize = 31;

/// Saved state of a vCPU. SP_EL2 points at it while the guest runs, so that the
/// vectors find it without a load; `vectors.S` knows the first two fields.
///
/// Everything else of a guest (EL1 system registers, FP/SIMD, timers, debug,
/// PMU, list registers) stays in the hardware while the vCPU owns its core.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Context {
    /// x0–x30.
    pub(crate) x: [u64; REGISTERS],
    /// Top of the EL2 stack of the core that runs this vCPU.
    stack: u64,
    /// The vCPU, while it is loaded on a core.
    vcpu: *const Vcpu,
    /// Its VM, likewise.
    vm: *const Vm,
}

const _: () = assert!(offset_of!(Context, x) == 0 && offset_of!(Context, stack) == 248);

// SAFETY: the pointers are only followed by the core on which the vCPU is
// loaded; a Context that moves between cores is unloaded.
unsafe impl Send for Context {}

impl Context {
    /// The context of a vCPU that is loaded nowhere.
    pub(crate) const fn new() -> Self {
        Self {
            x: [0; REGISTERS],
            stack: 0,
            vcpu: core::ptr::null(),
            vm: core::ptr::null(),
        }
    }

    /// Ties the context to the core whose EL2 stack ends at `stack`.
    pub(crate) fn attach(&mut self, stack: u64, vm: &Vm, vcpu: &Vcpu) {
        self.stack = stack;
        self.vm = vm;
        self.vcpu = vcpu;
    }

    /// Register `n` as an instruction names it: 31 is the zero register.
    pub(crate) fn register(&self, n: u8) -> u64 {
        self.x.get(usize::from(n)).copied().unwrap_or(0)
    }

    /// Writes register `n`; 31 is the zero register.
    pub(crate) fn set_register(&mut self, n: u8, value: u64) {
        if let Some(x) = self.x.get_mut(usize::from(n)) {
            *x = value;
        }
    }

    /// The VM and vCPU of this context.
    ///
    /// # Safety
    /// The context must be loaded on the calling core. The core then holds the
    /// VM in its [`crate::cores::Core`], and does so until the vCPU leaves,
    /// which outlives any exit handler.
    pub(crate) unsafe fn owner<'a>(&self) -> (&'a Vm, &'a Vcpu) {
        // SAFETY: `attach` set both from references; see above for how long
        // they live.
        unsafe { (&*self.vm, &*self.vcpu) }
    }
}
