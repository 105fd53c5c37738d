//! Checks between values: memory, cores, names.

use super::decode::{Draft, DraftVm};
use super::problem::{Place, Problems};
use super::size::format as size;
use super::{Node, Vm};

/// Memory of a node that guests cannot have: the hypervisor with its tables
/// and heap, and the device tree.
pub const HYPERVISOR_MEMORY: u64 = 64 << 20;
/// Cores that a GICv2 can address.
const GICV2_CPUS: u8 = 8;
/// Names of log files that are not a machine's.
const TAKEN: &[&str] = &["hyp", "qemu"];

/// Everything that concerns more than one value.
pub(super) fn all(draft: &Draft, problems: &mut Problems) {
    gic(draft, problems);
    names(&draft.vms, problems);
    memory(&draft.node, &draft.vms, problems);
    cores(&draft.node, &draft.vms, problems);
    pins(&draft.node, &draft.vms, problems);
}

fn key(vm: &Vm, key: &str) -> String {
    format!("vm.{}.{key}", vm.name)
}

fn gic(draft: &Draft, problems: &mut Problems) {
    let (node, place) = (&draft.node, &draft.node_cpus);
    if let Some(place) = place
        && node.gic == bundle::GicVersion::V2
        && node.cpus > GICV2_CPUS
    {
        let what = format!("a GICv2 serves at most {GICV2_CPUS} cores");
        problems.add(place, "node.cpus", what, "use gic = 3 or fewer cores");
    }
}

fn names(vms: &[DraftVm], problems: &mut Problems) {
    for (index, DraftVm { vm, name, .. }) in vms.iter().enumerate() {
        if TAKEN.contains(&vm.name.as_str()) {
            let what = format!("{:?} is the name of another console", vm.name);
            problems.add(name, key(vm, "name"), what, "choose another name");
        }
        if let Some(twin) = vms
            .iter()
            .take(index)
            .find(|other| other.vm.name == vm.name)
        {
            let what = format!("the machine at {} has the same name", twin.place);
            problems.add(
                name,
                key(vm, "name"),
                what,
                "give each machine a name of its own",
            );
        }
    }
}

fn memory(node: &Node, vms: &[DraftVm], problems: &mut Problems) {
    let available = node.memory.saturating_sub(HYPERVISOR_MEMORY);
    let mut used = 0_u64;
    for DraftVm { vm, memory, .. } in vms {
        used = used.saturating_add(vm.memory);
        if used > available {
            let what = format!(
                "the machines up to this one need {}, the node has {} for them ({} less {} for the hypervisor)",
                size(used),
                size(available),
                size(node.memory),
                size(HYPERVISOR_MEMORY)
            );
            let remedy = "give the machines less memory, or raise node.memory";
            problems.add(memory, key(vm, "memory"), what, remedy);
            return;
        }
    }
}

fn cores(node: &Node, vms: &[DraftVm], problems: &mut Problems) {
    let mut used = 0_u32;
    for DraftVm { vm, cpus, .. } in vms {
        used += u32::from(vm.cpus);
        if used > u32::from(node.cpus) {
            let what = format!(
                "the machines up to this one need {used} cores, the node has {}; machines cannot share cores in this version",
                node.cpus
            );
            let remedy = "use fewer virtual processors, or raise node.cpus";
            problems.add(cpus, key(vm, "cpus"), what, remedy);
            return;
        }
    }
}

fn pins(node: &Node, vms: &[DraftVm], problems: &mut Problems) {
    let mut taken = Vec::<(u8, &str)>::new();
    for DraftVm { vm, pin, .. } in vms {
        if !vm.pin.is_empty() && vm.pin.len() != usize::from(vm.cpus) {
            let what = format!(
                "{} cores are named for {} virtual processors",
                vm.pin.len(),
                vm.cpus
            );
            problems.add(
                pin,
                key(vm, "pin"),
                what,
                "name one core for each, or remove pin",
            );
        }
        for &core in &vm.pin {
            pin_core(node, vm, pin, core, &taken, problems);
            taken.push((core, &vm.name));
        }
    }
}

fn pin_core(
    node: &Node,
    vm: &Vm,
    place: &Place,
    core: u8,
    taken: &[(u8, &str)],
    problems: &mut Problems,
) {
    if core >= node.cpus {
        let what = format!("there is no core {core}");
        let remedy = format!("use cores 0 to {}, or raise node.cpus", node.cpus - 1);
        problems.add(place, key(vm, "pin"), what, remedy);
    }
    if let Some((_, owner)) = taken.iter().find(|(other, _)| *other == core) {
        let what = format!("core {core} already belongs to {owner}");
        problems.add(
            place,
            key(vm, "pin"),
            what,
            "pin each virtual processor to a core of its own",
        );
    }
}
