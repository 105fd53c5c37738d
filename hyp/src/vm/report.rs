//! What the node says of its VMs when it ends.

use alloc::{string::ToString, vec::Vec};

use bundle::report::{NodeStatus, Report, VcpuReport, VmReport, VmState};
use model::esr::Reason;

use super::{Slot, Vcpu, Vm, all, lifecycle::Phase, slots};

/// The node's last word.
pub(crate) fn node_report(status: NodeStatus) -> Report {
    Report {
        status,
        vms: slots().iter().map(Slot::report).collect(),
    }
}

/// Exits by reason for every vCPU, for a person.
pub(crate) fn print_statistics() {
    for vm in all() {
        for vcpu in &vm.vcpus {
            let exits = vcpu.report();
            if exits.exits.is_empty() {
                continue;
            }
            let mut line = alloc::string::String::new();
            for (reason, count) in &exits.exits {
                line += &alloc::format!(" {reason} {count}");
            }
            log::info!(
                "{} vCPU {}: {} exits:{line}",
                vm.name,
                vcpu.index,
                exits.total()
            );
        }
    }
}

impl Slot {
    fn report(&self) -> VmReport {
        match self {
            Self::Made(vm) => vm.report(),
            Self::Refused { name, reason } => VmReport {
                name: name.clone(),
                state: VmState::Failed(reason.clone()),
                resets: 0,
                vcpus: Vec::new(),
            },
        }
    }
}

impl Vm {
    fn report(&self) -> VmReport {
        let vcpus = self.vcpus.iter().map(Vcpu::report).collect();
        let (phase, resets) = self.life();
        let state = match phase {
            Phase::Running | Phase::Ending(_) => VmState::Running,
            Phase::Off => VmState::Off,
            Phase::Failed(reason) => VmState::Failed(reason),
        };
        VmReport {
            name: self.name.clone(),
            state,
            resets,
            vcpus,
        }
    }
}

impl Vcpu {
    fn report(&self) -> VcpuReport {
        let exits: Vec<_> = Reason::ALL
            .iter()
            .map(|&reason| (reason.name().to_string(), self.exits(reason)))
            .filter(|&(_, count)| count > 0)
            .collect();
        VcpuReport { exits }
    }
}
