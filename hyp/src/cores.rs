//! The node's cores and what each is doing.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use spin::{Mutex, Once};

use crate::{arch::aarch64 as arch, vm::Vm};

/// One physical core. TPIDR_EL2 points at it.
#[repr(C)]
pub(crate) struct Core {
    /// Top of the stack on which a fault of EL2 itself is reported. First
    /// field: `vectors.S` reads it.
    emergency_stack: u64,
    /// Such faults. `vectors.S` counts them, so that one in the report of
    /// another ends it.
    faults: AtomicU64,
    /// Top of the EL2 stack.
    pub(crate) stack: u64,
    /// Position in [`all`].
    pub(crate) index: usize,
    /// MPIDR_EL1 affinity of the core.
    pub(crate) mpidr: u64,
    /// Its part of the interrupt controller.
    pub(crate) gic: Once<arch::interrupts::CoreGic>,
    /// It has come up.
    online: AtomicBool,
    /// The VM, counted from 1, that the core starts or ends without a vCPU of
    /// it being loaded; 0 for none. For a panic message.
    works_for: AtomicUsize,
    /// The vCPUs that live here. A pinned vCPU is alone.
    assigned: Mutex<Vec<(Arc<Vm>, usize)>>,
}

const _: () = assert!(
    core::mem::offset_of!(Core, emergency_stack) == 0 && core::mem::offset_of!(Core, faults) == 8
);

static CORES: Once<Box<[Core]>> = Once::new();

impl Core {
    /// A core that has not come up yet.
    pub(crate) fn new(index: usize, mpidr: u64, stack: u64, emergency_stack: u64) -> Self {
        Self {
            emergency_stack,
            faults: AtomicU64::new(0),
            stack,
            index,
            mpidr,
            gic: Once::new(),
            online: AtomicBool::new(false),
            works_for: AtomicUsize::new(0),
            assigned: Mutex::new(Vec::new()),
        }
    }

    /// Whether no vCPU lives here.
    pub(crate) fn is_free(&self) -> bool {
        self.assigned.lock().is_empty()
    }

    /// Gives the core a vCPU to run whenever that is ready.
    pub(crate) fn assign(&self, vm: Arc<Vm>, vcpu: usize) {
        self.assigned.lock().push((vm, vcpu));
    }

    /// A vCPU of this core that has been started and waits for its first entry.
    pub(crate) fn next(&self) -> Option<(Arc<Vm>, usize)> {
        let assigned = self.assigned.lock();
        assigned
            .iter()
            .find(|(vm, vcpu)| vm.vcpus[*vcpu].is_ready())
            .cloned()
    }

    /// Calls `action` for each VM with a vCPU here.
    pub(crate) fn for_each_vm(&self, action: impl Fn(&Vm)) {
        for (vm, _) in self.assigned.lock().iter() {
            action(vm);
        }
    }

    /// Name and number of the vCPU that runs here, if that can be told without
    /// waiting: for a panic message.
    pub(crate) fn running(&self) -> Option<(Arc<Vm>, usize)> {
        let assigned = self.assigned.try_lock()?;
        assigned
            .iter()
            .find(|(vm, vcpu)| vm.vcpus[*vcpu].is_loaded())
            .cloned()
    }

    /// Index of the VM that the core starts or ends, if it does.
    pub(crate) fn works_for(&self) -> Option<usize> {
        self.works_for.load(Ordering::Relaxed).checked_sub(1)
    }

    /// Whether the core has come up.
    pub(crate) fn is_online(&self) -> bool {
        self.online.load(Ordering::Acquire)
    }

    /// The calling core has come up.
    pub(crate) fn set_online(&self) {
        self.online.store(true, Ordering::Release);
    }

    /// Makes the core look at its vCPUs and their requests soon.
    pub(crate) fn kick(&self) {
        arch::interrupts::kick(self);
    }
}

/// Publishes the cores. Called once, before the secondaries start.
pub(crate) fn init(cores: Vec<Core>) -> &'static [Core] {
    CORES.call_once(|| cores.into_boxed_slice())
}

/// All cores of the node; empty before [`init`].
pub(crate) fn all() -> &'static [Core] {
    CORES.get().map_or(&[], |cores| cores)
}

/// Core `index`, if there is one.
pub(crate) fn get(index: usize) -> Option<&'static Core> {
    all().get(index)
}

/// Does `work` for VM `vm` on the calling core, which a panic then names.
pub(crate) fn on_behalf_of(vm: usize, work: impl FnOnce()) {
    let core = arch::this_core();
    core.works_for.store(vm + 1, Ordering::Relaxed);
    work();
    core.works_for.store(0, Ordering::Relaxed);
}

/// Runs whatever the calling core is given, for ever.
pub(crate) fn run() -> ! {
    core_loop()
}

/// What a core does when no vCPU of its own runs. Entered with an empty stack.
#[unsafe(no_mangle)]
extern "C" fn core_loop() -> ! {
    let core = arch::this_core();
    loop {
        if let Some((vm, vcpu)) = core.next()
            && let Some(context) = vm.enter(vcpu, core)
        {
            // The core's list keeps the VM alive while the guest runs.
            drop(vm);
            arch::enter_guest(context);
        }
        arch::interrupts::wait(core);
    }
}
