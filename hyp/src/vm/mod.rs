//! Virtual machines.

mod boot;
mod create;
mod devices;
mod lifecycle;
mod memory;
mod report;
mod vcpu;

use alloc::{string::String, sync::Arc, vec::Vec};

use spin::{Mutex, Once};
use vtlb::GuestMap;

pub(crate) use create::create_all;
pub(crate) use devices::Window;
pub(crate) use lifecycle::{Ending, Lifecycle, start_all};
pub(crate) use memory::Ram;
pub(crate) use report::{node_report, print_statistics};
pub(crate) use vcpu::{Request, Vcpu};

use crate::arch::aarch64 as arch;

/// A virtual machine. What it consists of is fixed when it is made; what its
/// guest can change sits behind the locks of the parts that own it.
pub(crate) struct Vm {
    /// Position in [`all`]; the console stream is one higher.
    pub(crate) index: usize,
    /// Unique name, from the manifest.
    pub(crate) name: String,
    /// The manifest's words.
    pub(crate) spec: bundle::Vm,
    /// The guest-physical map.
    pub(crate) map: GuestMap,
    /// What it boots from.
    boot: boot::Boot,
    /// Guest RAM.
    ram: Ram,
    /// The hardware's picture of `map`.
    pub(crate) stage2: arch::Stage2,
    /// What the guest's processors can do.
    pub(crate) cpu: arch::GuestCpu,
    /// The interrupt controller.
    pub(crate) gic: vbic::Gic,
    /// What HVC and SMC reach: power control and discovery.
    pub(crate) services: model::smccc::Services,
    /// The console's UART.
    pub(crate) uart: Mutex<model::pl011::Pl011>,
    /// The clock.
    pub(crate) rtc: Mutex<model::pl031::Pl031>,
    /// The vCPUs.
    pub(crate) vcpus: Vec<Vcpu>,
    lifecycle: Mutex<Lifecycle>,
    /// Complaints about the guest, rate-limited.
    pub(crate) complaints: crate::log::Limiter,
}

/// What became of a VM of the manifest.
pub(crate) enum Slot {
    /// It was made.
    Made(Arc<Vm>),
    /// It could not be made.
    Refused {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

static SLOTS: Once<Vec<Slot>> = Once::new();

/// The VMs of the manifest, in its order; empty before they are made.
pub(crate) fn slots() -> &'static [Slot] {
    SLOTS.get().map_or(&[], Vec::as_slice)
}

/// The VMs that were made.
pub(crate) fn all() -> impl Iterator<Item = &'static Arc<Vm>> {
    slots().iter().filter_map(Slot::vm)
}

/// VM number `index` of the manifest, if it was made.
pub(crate) fn get(index: usize) -> Option<&'static Arc<Vm>> {
    slots().get(index).and_then(Slot::vm)
}

impl Slot {
    fn vm(&self) -> Option<&Arc<Vm>> {
        match self {
            Self::Made(vm) => Some(vm),
            Self::Refused { .. } => None,
        }
    }
}
