//! Values that do not go together.

use super::*;

#[test]
fn a_node_is_not_overcommitted() {
    let text = "[[vm]]\nkernel = \"debian\"\nmemory = \"1G\"\n[[vm]]\nkernel = \"debian\"\nmemory = \"1G\"\n";
    assert_eq!(
        told(text, &[]),
        "n.toml:6: vm.vm1.memory: the machines up to this one need 2G, the node has 1984M for them \
         (2G less 64M for the hypervisor)\n  -> give the machines less memory, or raise node.memory"
    );
    vm_line(
        "cpus = 5",
        "cpus: the machines up to this one need 5 cores, the node has 4; machines cannot share cores in this version",
        "use fewer virtual processors, or raise node.cpus",
    );
}

#[test]
fn a_gicv2_serves_eight_cores() {
    let text = format!("[node]\ngic = 2\ncpus = 9\n{SMALL}");
    assert_eq!(
        told(&text, &[]),
        "n.toml:3: node.cpus: a GICv2 serves at most 8 cores\n  -> use gic = 3 or fewer cores"
    );
}

#[test]
fn pins() {
    vm_line(
        "pin = [0, 1]",
        "pin: 2 cores are named for 1 virtual processors",
        "name one core for each, or remove pin",
    );
    vm_line(
        "pin = [7]",
        "pin: there is no core 7",
        "use cores 0 to 3, or raise node.cpus",
    );
    let text = "[[vm]]\nkernel = \"debian\"\npin = [1]\n[[vm]]\nkernel = \"debian\"\npin = [1]\n";
    assert_eq!(
        told(text, &[]),
        "n.toml:6: vm.vm1.pin: core 1 already belongs to vm0\n  -> pin each virtual processor to a core of its own"
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let text = "[node]\ngic = 7\n[[vm]]\nkernel = \"debian\"\ncpus = 99\nsvee = 0\n";
    let places: Vec<_> = parse(text, &[])
        .unwrap_err()
        .0
        .into_iter()
        .map(|p| p.place.to_string())
        .collect();
    assert_eq!(places, ["n.toml:2", "n.toml:5", "n.toml:6"]);
}
