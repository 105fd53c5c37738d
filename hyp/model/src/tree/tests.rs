//! What the tree says, read back by two independent parsers.

mod damage;
mod user;

use super::*;
use ::fdt::Fdt as OtherFdt;
use dtoolkit::fdt::Fdt;
use dtoolkit::{Node, Property};
use std::process::{Command, Stdio};
use std::string::String;
use std::{format, vec};

const MIB: u64 = 1 << 20;

fn machine(gic: Gic) -> Machine<'static> {
    Machine {
        ram: Window::new(0x4000_0000, 512 * MIB),
        vcpus: 4,
        gic,
        cpu: "arm,cortex-a72",
        pmu: true,
        chosen: Chosen {
            bootargs: "console=ttyAMA0",
            initrd: Some(GuestPhys::new(0x4800_0000)..GuestPhys::new(0x4812_3456)),
            seed: None,
        },
    }
}

fn built(machine: &Machine<'_>) -> Vec<u8> {
    build(machine, User::default()).expect("a tree")
}

/// The cells of a property, by path.
fn cells(blob: &[u8], path: &str, name: &str) -> Vec<u32> {
    bytes(blob, path, name)
        .chunks(4)
        .map(|cell| u32::from_be_bytes(cell.try_into().expect("whole cells")))
        .collect()
}

/// The value of a property, by path.
fn bytes(blob: &[u8], path: &str, name: &str) -> Vec<u8> {
    let fdt = Fdt::new(blob).expect("valid");
    let node = fdt.find_node(path).unwrap_or_else(|| panic!("no {path}"));
    let property = node.property(name);
    property
        .unwrap_or_else(|| panic!("no {name} in {path}"))
        .value()
        .to_vec()
}

/// The strings of a property, by path.
fn strings(blob: &[u8], path: &str, name: &str) -> Vec<String> {
    let value = String::from_utf8(bytes(blob, path, name)).expect("text");
    value
        .strip_suffix('\0')
        .expect("terminated")
        .split('\0')
        .map(String::from)
        .collect()
}

fn has(blob: &[u8], path: &str) -> bool {
    Fdt::new(blob).expect("valid").find_node(path).is_some()
}

#[test]
fn the_root_is_qemus_virt() {
    let blob = built(&machine(Gic::V3));
    assert_eq!(strings(&blob, "/", "compatible"), ["linux,dummy-virt"]);
    assert_eq!(cells(&blob, "/", "#address-cells"), [2]);
    assert_eq!(cells(&blob, "/", "#size-cells"), [2]);
    let gic = cells(&blob, "/", "interrupt-parent");
    assert_eq!(cells(&blob, "/intc@8000000", "phandle"), gic);
}

#[test]
fn memory_is_one_node_with_all_of_it() {
    let mut machine = machine(Gic::V2);
    machine.ram.size = 6 << 30;
    let blob = built(&machine);
    let expected = [0, 0x4000_0000, 1, 0x8000_0000];
    assert_eq!(cells(&blob, "/memory@40000000", "reg"), expected);
    assert_eq!(
        strings(&blob, "/memory@40000000", "device_type"),
        ["memory"]
    );
}

#[test]
fn each_vcpu_has_a_node_with_its_affinity() {
    let blob = built(&machine(Gic::V2));
    for vcpu in 0..4 {
        let path = format!("/cpus/cpu@{vcpu}");
        assert_eq!(cells(&blob, &path, "reg"), [vcpu]);
        assert_eq!(strings(&blob, &path, "device_type"), ["cpu"]);
        assert_eq!(strings(&blob, &path, "compatible"), ["arm,cortex-a72"]);
        assert_eq!(strings(&blob, &path, "enable-method"), ["psci"]);
    }
    assert!(!has(&blob, "/cpus/cpu@4"));
}

#[test]
fn psci_is_called_with_hvc() {
    let blob = built(&machine(Gic::V2));
    let compatible = strings(&blob, "/psci", "compatible");
    assert_eq!(compatible, ["arm,psci-1.0", "arm,psci-0.2", "arm,psci"]);
    assert_eq!(strings(&blob, "/psci", "method"), ["hvc"]);
    assert_eq!(cells(&blob, "/psci", "cpu_on"), [0xc400_0003]);
    assert_eq!(cells(&blob, "/psci", "cpu_off"), [0x8400_0002]);
}

#[test]
fn timers_are_in_the_bindings_order_with_the_gics_flags() {
    let v3 = built(&machine(Gic::V3));
    let expected = [1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4];
    assert_eq!(cells(&v3, "/timer", "interrupts"), expected);
    let v2 = built(&machine(Gic::V2));
    let wired = 0xf04;
    let expected = [1, 13, wired, 1, 14, wired, 1, 11, wired, 1, 10, wired];
    assert_eq!(cells(&v2, "/timer", "interrupts"), expected);
    assert_eq!(cells(&v2, "/pmu", "interrupts"), [1, 7, wired]);
    let mut full = machine(Gic::V2);
    full.vcpus = 8;
    assert_eq!(cells(&built(&full), "/pmu", "interrupts"), [1, 7, 0xff04]);
}

#[test]
fn gicv2_has_a_cpu_interface() {
    let blob = built(&machine(Gic::V2));
    let path = "/intc@8000000";
    assert_eq!(strings(&blob, path, "compatible"), ["arm,cortex-a15-gic"]);
    let expected = [0, 0x0800_0000, 0, 0x1_0000, 0, 0x0801_0000, 0, 0x2000];
    assert_eq!(cells(&blob, path, "reg"), expected);
    assert_eq!(cells(&blob, path, "#interrupt-cells"), [3]);
    assert_eq!(bytes(&blob, path, "interrupt-controller"), [0; 0]);
}

#[test]
fn gicv3_has_as_many_redistributors_as_vcpus() {
    let blob = built(&machine(Gic::V3));
    let path = "/intc@8000000";
    assert_eq!(strings(&blob, path, "compatible"), ["arm,gic-v3"]);
    let expected = [0, 0x0800_0000, 0, 0x1_0000, 0, 0x080a_0000, 0, 0x8_0000];
    assert_eq!(cells(&blob, path, "reg"), expected);
}

#[test]
fn uart_and_clock_are_where_qemu_has_them() {
    let blob = built(&machine(Gic::V3));
    let clock = cells(&blob, "/apb-pclk", "phandle");
    assert_eq!(cells(&blob, "/apb-pclk", "clock-frequency"), [24_000_000]);
    let uart = "/pl011@9000000";
    assert_eq!(
        strings(&blob, uart, "compatible"),
        ["arm,pl011", "arm,primecell"]
    );
    assert_eq!(cells(&blob, uart, "reg"), [0, 0x0900_0000, 0, 0x1000]);
    assert_eq!(cells(&blob, uart, "interrupts"), [0, 1, 4]);
    assert_eq!(cells(&blob, uart, "clocks"), [clock[0], clock[0]]);
    let rtc = "/pl031@9010000";
    assert_eq!(
        strings(&blob, rtc, "compatible"),
        ["arm,pl031", "arm,primecell"]
    );
    assert_eq!(cells(&blob, rtc, "interrupts"), [0, 2, 4]);
}

#[test]
fn chosen_has_the_command_line_console_and_initrd() {
    let blob = built(&machine(Gic::V3));
    assert_eq!(strings(&blob, "/chosen", "bootargs"), ["console=ttyAMA0"]);
    assert_eq!(strings(&blob, "/chosen", "stdout-path"), ["/pl011@9000000"]);
    assert_eq!(
        cells(&blob, "/chosen", "linux,initrd-start"),
        [0, 0x4800_0000]
    );
    assert_eq!(
        cells(&blob, "/chosen", "linux,initrd-end"),
        [0, 0x4812_3456]
    );
}

#[test]
fn seeds_are_there_when_given() {
    let mut machine = machine(Gic::V3);
    machine.chosen.seed = Some(Seed {
        kaslr: 0x0123_4567_89ab_cdef,
        rng: [7; 32],
    });
    let blob = built(&machine);
    assert_eq!(
        cells(&blob, "/chosen", "kaslr-seed"),
        [0x0123_4567, 0x89ab_cdef]
    );
    assert_eq!(bytes(&blob, "/chosen", "rng-seed"), [7; 32]);
}

#[test]
fn nothing_is_described_that_is_not_there() {
    let mut machine = machine(Gic::V3);
    machine.pmu = false;
    let blob = built(&machine);
    let fdt = Fdt::new(&blob).unwrap();
    let names: Vec<_> = fdt
        .root()
        .children()
        .map(|n| String::from(n.name()))
        .collect();
    let expected = [
        "aliases",
        "memory@40000000",
        "cpus",
        "psci",
        "hypervisor",
        "timer",
        "intc@8000000",
        "apb-pclk",
        "pl011@9000000",
        "pl031@9010000",
        "chosen",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_length_does_not_depend_on_addresses() {
    let mut machine = machine(Gic::V3);
    let length = built(&machine).len();
    machine.chosen.initrd = Some(GuestPhys::new(0)..GuestPhys::new(0));
    assert_eq!(built(&machine).len(), length);
}

#[test]
fn another_parser_reads_the_same_machine() {
    for gic in [Gic::V2, Gic::V3] {
        let blob = built(&machine(gic));
        let fdt = OtherFdt::new(&blob).expect("valid");
        assert_eq!(fdt.cpus().count(), 4);
        let region = fdt.memory().regions().next().expect("memory");
        assert_eq!(region.starting_address as usize, 0x4000_0000);
        assert_eq!(region.size, Some(512 << 20));
        assert_eq!(fdt.chosen().bootargs(), Some("console=ttyAMA0"));
        assert_eq!(
            fdt.chosen().stdout().expect("a console").name,
            "pl011@9000000"
        );
        let uart = fdt.find_compatible(&["arm,pl011"]).expect("a UART");
        let reg = uart.reg().expect("registers").next().expect("one");
        assert_eq!(reg.starting_address as usize, 0x0900_0000);
        assert_eq!(fdt.root().model(), "toroid,virt");
    }
}

/// Runs `dtc` on `input`; `None` when there is no `dtc`.
fn dtc(arguments: &[&str], input: &[u8]) -> Option<(Vec<u8>, String)> {
    use std::io::Write;
    let mut child = Command::new("dtc")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input).expect("dtc reads");
    let output = child.wait_with_output().expect("dtc ends");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{messages}");
    Some((output.stdout, messages))
}

#[test]
fn the_device_tree_compiler_has_no_complaint() {
    for gic in [Gic::V2, Gic::V3] {
        let Some((_, messages)) = dtc(&["-I", "dtb", "-O", "dts"], &built(&machine(gic))) else {
            return;
        };
        assert_eq!(messages, "");
    }
}
