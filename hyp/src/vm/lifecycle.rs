//! How a VM starts, stops and starts again.
//!
//! A VM ends when its guest asks for it, or when it did something that cannot be
//! survived. Either way the vCPU that notices only marks the VM and asks the
//! others to leave the guest; the last one to leave does what is to be done
//! then. Nobody waits for anybody.

use core::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use alloc::string::String;

use model::psci::Entry;

use super::{Request, Vcpu, Vm};
use crate::{
    arch::aarch64 as arch,
    arch::aarch64::Context,
    cores::{self, Core},
    node,
};

/// What is done when all vCPUs have left the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The guest turned itself off.
    Off,
    /// The guest wants to start anew; `warm` keeps the contents of its RAM.
    Reset {
        /// SYSTEM_RESET2's warm reset.
        warm: bool,
    },
    /// The guest did what cannot be survived.
    Failed(String),
}

/// Where a VM is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// vCPUs may run.
    Running,
    /// vCPUs are leaving; then this happens.
    Ending(Ending),
    /// It shut itself down.
    Off,
    /// It was stopped, or never started.
    Failed(String),
}

/// The changing part of a VM's life.
pub(crate) struct Lifecycle {
    phase: Phase,
    /// vCPUs that run or have been told to.
    active: usize,
    /// Times the VM has been started anew.
    resets: u32,
}

impl Lifecycle {
    /// A VM that has not been started.
    pub(super) const fn new() -> Self {
        Self {
            phase: Phase::Off,
            active: 0,
            resets: 0,
        }
    }
}

/// VMs that are running: the node goes off with the last.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Starts every VM of the node. When none was made, the node ends.
pub(crate) fn start_all() {
    ALIVE.store(super::all().count(), Ordering::Release);
    if super::all().next().is_none() {
        node::all_vms_ended();
    }
    for vm in super::all() {
        cores::on_behalf_of(vm.index, || vm.launch());
    }
}

impl Vm {
    /// Where the VM is in its life, and how often it was reset.
    pub(crate) fn life(&self) -> (Phase, u32) {
        let life = self.lifecycle.lock();
        (life.phase.clone(), life.resets)
    }

    /// The phase in a word or a few.
    pub(crate) fn state(&self) -> impl fmt::Display {
        self.life().0
    }

    /// Whether it will not run again.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.lifecycle.lock().phase, Phase::Off | Phase::Failed(_))
    }

    /// Loads what the VM boots from and sets vCPU 0 going.
    fn launch(&self) {
        match self.load_images() {
            Ok(start) => {
                let mut life = self.lifecycle.lock();
                life.phase = Phase::Running;
                life.active = 1;
                drop(life);
                if let Some(first) = self.vcpus.first() {
                    first.schedule(start);
                }
            }
            Err(reason) => self.finish(Ending::Failed(reason)),
        }
    }

    /// PSCI CPU_ON of a vCPU whose power state has been changed already.
    pub(crate) fn turn_on(&self, target: usize, start: Entry) {
        let mut life = self.lifecycle.lock();
        if let (Phase::Running, Some(vcpu)) = (&life.phase, self.vcpus.get(target)) {
            life.active += 1;
            vcpu.schedule(start);
        }
    }

    /// Loads vCPU `index` on `core`, which is its own, for its first entry.
    /// `None` when there is nothing to start after all.
    pub(crate) fn enter(&self, index: usize, core: &Core) -> Option<*mut Context> {
        let vcpu = self.vcpus.get(index)?;
        let start = vcpu.take_start()?;
        if !matches!(self.lifecycle.lock().phase, Phase::Running) {
            self.retire();
            return None;
        }
        if let Some(firmware) = node::workarounds() {
            // Whatever the last guest here has turned off.
            firmware.restore();
        }
        self.services.psci.started(index);
        // SAFETY: this is the vCPU's core, outside any exit.
        let context = unsafe { vcpu.context() };
        vcpu.set_loaded(true);
        // SAFETY: as above; nobody else has a reference now.
        arch::load(unsafe { &mut *context }, self, vcpu, core, &start);
        Some(context)
    }

    /// The calling core's vCPU leaves the guest for good: it was turned off, or
    /// the VM ends.
    pub(crate) fn leave(&self, vcpu: &Vcpu) {
        arch::unload(self, vcpu);
        vcpu.set_loaded(false);
        self.retire();
    }

    /// One vCPU fewer; the last one does what is to be done.
    fn retire(&self) {
        let mut life = self.lifecycle.lock();
        life.active = life.active.saturating_sub(1);
        if life.active > 0 {
            return;
        }
        let ending = match &life.phase {
            Phase::Ending(ending) => ending.clone(),
            // Every vCPU has turned itself off: nothing can turn one on again.
            _ => Ending::Failed("all its vCPUs are off".into()),
        };
        drop(life);
        cores::on_behalf_of(self.index, || self.finish(ending));
    }

    /// Begins to end the VM. The caller's vCPU must leave; the first reason
    /// wins when several vCPUs end the VM at once.
    pub(crate) fn end(&self, caller: &Vcpu, ending: Ending) {
        let mut life = self.lifecycle.lock();
        if life.phase == Phase::Running {
            life.phase = Phase::Ending(ending);
        }
        drop(life);
        for vcpu in self.vcpus.iter().filter(|vcpu| vcpu.index != caller.index) {
            vcpu.request(Request::Stop);
        }
    }

    /// All vCPUs have left.
    fn finish(&self, ending: Ending) {
        match ending {
            Ending::Reset { warm } => {
                self.lifecycle.lock().resets += 1;
                log::info!("{}: reset", self.name);
                self.reset(warm);
                self.launch();
            }
            Ending::Off => {
                log::info!("{}: off", self.name);
                self.conclude(Phase::Off);
            }
            Ending::Failed(reason) => {
                log::error!("{}: stopped: {reason}", self.name);
                self.conclude(Phase::Failed(reason));
            }
        }
    }

    fn conclude(&self, phase: Phase) {
        self.lifecycle.lock().phase = phase;
        if ALIVE.fetch_sub(1, Ordering::AcqRel) == 1 {
            node::all_vms_ended();
        }
    }

    /// Everything that a guest can have changed, back to how it was made.
    fn reset(&self, warm: bool) {
        for vcpu in &self.vcpus {
            vcpu.forget();
        }
        self.gic.reset();
        self.services.psci.reset();
        self.reset_devices();
        // The new guest starts with its caches off: no line of the old one may
        // hide what is in memory, or overtake what it writes.
        if warm {
            self.ram.clean(arch::interrupts::serve_between);
        } else {
            self.ram.zero(arch::interrupts::serve_between);
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("running"),
            Self::Ending(_) => f.write_str("stopping"),
            Self::Off => f.write_str("off"),
            Self::Failed(reason) => write!(f, "stopped: {reason}"),
        }
    }
}
