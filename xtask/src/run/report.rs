//! A node's report for programs (JSON) and for people (a table).

use std::collections::BTreeMap;
use std::fmt::Display;

use bundle::Report;
use bundle::report::{NodeStatus, VcpuReport, VmReport, VmState};
use serde_json::{Value, json};

/// The report as JSON; the names are stable (`docs/manifest.md` has them).
#[must_use]
pub fn json(report: &Report) -> Value {
    let (status, reason) = match &report.status {
        NodeStatus::AllOff => ("all-off", None),
        NodeStatus::Failed { reason } => ("failed", Some(reason)),
        NodeStatus::Panic { message } => ("panic", Some(message)),
    };
    let vms: Vec<_> = report.vms.iter().map(vm_json).collect();
    json!({ "status": status, "reason": reason, "vms": vms })
}

fn vm_json(vm: &VmReport) -> Value {
    let (state, reason) = state(vm);
    let vcpus = vm.vcpus.iter().map(|vcpu| {
        let exits: BTreeMap<_, _> = vcpu
            .exits
            .iter()
            .map(|(name, count)| (name, count))
            .collect();
        json!({ "total": vcpu.total(), "exits": exits })
    });
    let total = vm
        .vcpus
        .iter()
        .fold(0_u64, |sum, vcpu| sum.saturating_add(vcpu.total()));
    json!({
        "name": vm.name,
        "state": state,
        "reason": reason,
        "resets": vm.resets,
        "exits": total,
        "vcpus": vcpus.collect::<Vec<_>>(),
    })
}

fn state(vm: &VmReport) -> (&'static str, Option<&str>) {
    match &vm.state {
        VmState::Off => ("off", None),
        VmState::Failed(reason) => ("failed", Some(reason)),
        VmState::Running => ("running", None),
    }
}

/// The report as a table: exits by reason, one column a virtual processor.
#[must_use]
pub fn table(report: &Report) -> String {
    report.vms.iter().map(vm_table).collect()
}

fn vm_table(vm: &VmReport) -> String {
    let columns = (0..vm.vcpus.len()).map(|number| format!("vCPU {number}"));
    let reasons = reasons(vm)
        .into_iter()
        .map(|reason| row(reason, vm.vcpus.iter().map(|vcpu| count(vcpu, reason))));
    let mut text = format!("{}: {}\n", vm.name, describe(vm));
    text.push_str(&row("exits", columns));
    text.extend(reasons);
    text.push_str(&row("total", vm.vcpus.iter().map(VcpuReport::total)));
    text
}

fn row(name: &str, cells: impl Iterator<Item = impl Display>) -> String {
    let cells: String = cells.map(|cell| format!(" {cell:>12}")).collect();
    format!("  {name:<24}{cells}\n")
}

fn describe(vm: &VmReport) -> String {
    let state = match state(vm) {
        (state, None) => state.to_owned(),
        (state, Some(reason)) => format!("{state} ({reason})"),
    };
    match vm.resets {
        0 => state,
        1 => format!("{state}, reset once"),
        n => format!("{state}, reset {n} times"),
    }
}

/// Every reason that was counted at all, in the hypervisor's order.
fn reasons(vm: &VmReport) -> Vec<&str> {
    let mut names = Vec::<&str>::new();
    for (name, count) in vm.vcpus.iter().flat_map(|vcpu| &vcpu.exits) {
        if *count > 0 && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn count(vcpu: &VcpuReport, reason: &str) -> u64 {
    vcpu.exits
        .iter()
        .filter(|(name, _)| name == reason)
        .map(|(_, count)| count)
        .sum()
}
