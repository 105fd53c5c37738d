//! A tree in the manner of the Raspberry Pi 4: devices behind a bus that
//! translates addresses, cores that spin, reserved memory, aliases.

use dtoolkit::model::DeviceTreeNode;
use std::{format, vec, vec::Vec};

use super::{
    build::{blob, cells, node, strings},
    *,
};

/// Phandle of the GIC.
const GIC: u32 = 1;
/// Phandle of the UART's clock.
const CLOCK: u32 = 2;

/// The bus with GIC and two UARTs.
fn soc() -> DeviceTreeNode {
    let uart = |name: &str, base: u32, compatible: &[&str], status: &str| {
        node(
            name,
            vec![
                strings("compatible", compatible),
                cells("reg", &[base, 0x200]),
                cells("interrupts", &[0, 121, 4]),
                cells("clocks", &[CLOCK]),
                strings("status", &[status]),
            ],
            vec![],
        )
    };
    let gic = node(
        "interrupt-controller@40041000",
        vec![
            strings("compatible", &["arm,gic-400"]),
            cells("#interrupt-cells", &[3]),
            cells("phandle", &[GIC]),
            cells(
                "reg",
                &[
                    0x4004_1000,
                    0x1000,
                    0x4004_2000,
                    0x2000,
                    0x4004_4000,
                    0x2000,
                    0x4004_6000,
                    0x2000,
                ],
            ),
            cells("interrupts", &[1, 9, 0xf04]),
        ],
        vec![],
    );
    let pl011 = ["arm,pl011", "arm,primecell"];
    node(
        "soc",
        vec![
            cells("#address-cells", &[1]),
            cells("#size-cells", &[1]),
            cells(
                "ranges",
                &[
                    0x7e00_0000,
                    0,
                    0xfe00_0000,
                    0x0180_0000,
                    0x4000_0000,
                    0,
                    0xff80_0000,
                    0x0080_0000,
                ],
            ),
        ],
        vec![
            gic,
            uart("serial@7e201400", 0x7e20_1400, &pl011, "okay"),
            uart("serial@7e201600", 0x7e20_1600, &pl011, "disabled"),
            uart("serial@7e201000", 0x7e20_1000, &pl011, "okay"),
            uart("serial@7e215040", 0x7e21_5040, &["brcm,aux-uart"], "okay"),
        ],
    )
}

/// Four cores with a mailbox each.
fn cpus() -> DeviceTreeNode {
    let cpu = |index: u32| {
        node(
            &format!("cpu@{index}"),
            vec![
                strings("device_type", &["cpu"]),
                cells("reg", &[index]),
                strings("enable-method", &["spin-table"]),
                cells("cpu-release-addr", &[0, 0xd8 + 8 * index]),
                strings("status", &["disabled"]),
            ],
            vec![],
        )
    };
    node(
        "cpus",
        vec![cells("#address-cells", &[1]), cells("#size-cells", &[0])],
        (0..4).map(cpu).collect(),
    )
}

/// The root, with the console that `stdout` names.
fn root(stdout: &str) -> DeviceTreeNode {
    let pmu: Vec<u32> = (16..20).flat_map(|spi| [0, spi, 4]).collect();
    node(
        "",
        vec![
            strings("compatible", &["raspberrypi,4-model-b", "brcm,bcm2711"]),
            cells("#address-cells", &[2]),
            cells("#size-cells", &[1]),
            cells("interrupt-parent", &[GIC]),
        ],
        vec![
            node(
                "aliases",
                vec![
                    strings("serial0", &["/soc/serial@7e201000"]),
                    strings("serial1", &["/soc/serial@7e215040"]),
                ],
                vec![],
            ),
            node(
                "chosen",
                vec![
                    strings("stdout-path", &[stdout]),
                    strings("bootargs", &["quiet"]),
                    cells("linux,initrd-start", &[0x0800_0000]),
                    cells("linux,initrd-end", &[0, 0x0810_0000]),
                ],
                vec![],
            ),
            node(
                "memory@0",
                vec![
                    strings("device_type", &["memory"]),
                    cells("reg", &[0, 0x4000_0000, 0x3c00_0000, 0, 0, 0x3b40_0000]),
                ],
                vec![],
            ),
            node(
                "reserved-memory",
                vec![
                    cells("#address-cells", &[2]),
                    cells("#size-cells", &[1]),
                    cells("ranges", &[]),
                ],
                vec![
                    node("atf@0", vec![cells("reg", &[0, 0, 0x8_0000])], vec![]),
                    node("linux,cma", vec![cells("size", &[0x400_0000])], vec![]),
                ],
            ),
            node(
                "clock",
                vec![
                    cells("phandle", &[CLOCK]),
                    cells("clock-frequency", &[48_000_000]),
                ],
                vec![],
            ),
            soc(),
            node(
                "pmu",
                vec![
                    strings("compatible", &["arm,cortex-a72-pmu"]),
                    cells("interrupts", &pmu),
                ],
                vec![],
            ),
            cpus(),
        ],
    )
}

#[test]
fn addresses_are_translated_through_the_bus() {
    let mut bytes = blob(root("serial0:115200n8"));
    let machine = discover(&mut bytes).unwrap();
    let expected = GicInfo::V2(GicV2Info {
        gicd: range(0xff84_1000, 0x1000),
        gicc: range(0xff84_2000, 0x2000),
        virt: Some(GicV2Virtual {
            gich: range(0xff84_4000, 0x2000),
            gicv: range(0xff84_6000, 0x2000),
            maintenance: level(25),
        }),
    });
    assert_eq!(machine.gic, Some(expected));
}

/// A virtual CPU interface that cannot be given to a guest by whole pages, both
/// of them, is as good as none: the GIC itself is used all the same.
#[test]
fn a_virtual_interface_that_cannot_be_mapped_is_left_out() {
    for (base, size, usable) in [
        (0x4004_6000, 0x2000, true),
        (0x4004_6000, 0x1000, false),
        (0x4004_6800, 0x2000, false),
    ] {
        let mut tree = root("serial0");
        let gic = tree
            .child_mut("soc")
            .and_then(|soc| soc.child_mut("interrupt-controller@40041000"))
            .unwrap();
        let [gicd, gicc, gich] = [0x4004_1000, 0x4004_2000, 0x4004_4000];
        gic.add_property(cells(
            "reg",
            &[gicd, 0x1000, gicc, 0x2000, gich, 0x2000, base, size],
        ));
        let mut bytes = blob(tree);
        let Some(GicInfo::V2(found)) = discover(&mut bytes).unwrap().gic else {
            panic!("no GICv2");
        };
        assert_eq!(found.virt.is_some(), usable, "{base:#x}, {size:#x}");
    }
}

#[test]
fn the_console_is_the_one_that_the_alias_names() {
    let mut bytes = blob(root("serial0:115200n8"));
    let uart = discover(&mut bytes).unwrap().uart.unwrap();
    assert_eq!(uart.registers, range(0xfe20_1000, 0x200));
    assert_eq!(uart.interrupt, Some(level(153)));
    assert_eq!(uart.clock, Some(48_000_000));
}

#[test]
fn without_a_driver_for_the_named_console_the_first_enabled_uart_is_taken() {
    for stdout in ["serial1", "/soc/serial@7e215040", "no-such-alias"] {
        let mut bytes = blob(root(stdout));
        let uart = discover(&mut bytes).unwrap().uart.unwrap();
        assert_eq!(uart.registers, range(0xfe20_1400, 0x200), "{stdout}");
    }
}

#[test]
fn waiting_cores_have_their_mailboxes() {
    let mut bytes = blob(root("serial0"));
    let machine = discover(&mut bytes).unwrap();
    let mailboxes: Vec<CpuEnable> = machine.cpus.iter().map(|cpu| cpu.enable).collect();
    let expected =
        [0xd8, 0xe0, 0xe8, 0xf0].map(|release_addr| CpuEnable::SpinTable { release_addr });
    assert_eq!(mailboxes, expected);
    assert_eq!(machine.psci, None);
}

#[test]
fn memory_is_sorted_and_reservations_are_kept() {
    let mut bytes = blob(root("serial0"));
    let machine = discover(&mut bytes).unwrap();
    let memory = [range(0, 0x3b40_0000), range(0x4000_0000, 0x3c00_0000)];
    assert_eq!(machine.memory.as_slice(), memory);
    assert_eq!(machine.reserved.as_slice(), [range(0, 0x8_0000)]);
    assert_eq!(machine.initrd, Some(range(0x0800_0000, 0x10_0000)));
    assert_eq!(machine.bootargs, Some("quiet"));
}

#[test]
fn counters_may_have_an_interrupt_a_core() {
    let mut bytes = blob(root("serial0"));
    let machine = discover(&mut bytes).unwrap();
    assert_eq!(machine.pmu.as_slice(), [48, 49, 50, 51].map(level));
}

#[test]
fn a_board_without_gic_keeps_what_does_not_need_one() {
    let mut root = root("serial0");
    root.child_mut("soc")
        .unwrap()
        .remove_child("interrupt-controller@40041000");
    let mut bytes = blob(root);
    let machine = discover(&mut bytes).unwrap();
    assert_eq!((machine.gic, machine.timers), (None, None));
    assert_eq!(machine.uart.unwrap().interrupt, None);
    assert_eq!(machine.cpus.len(), 4);
}

#[test]
fn an_interrupt_can_name_its_controller_itself() {
    let mut root = root("serial0");
    let uart = root.child_mut("soc").unwrap();
    let uart = uart.child_mut("serial@7e201000").unwrap();
    uart.add_property(cells("interrupts-extended", &[GIC, 0, 7, 1]));
    let mut bytes = blob(root);
    let uart = discover(&mut bytes).unwrap().uart.unwrap();
    let expected = Interrupt {
        intid: 39,
        trigger: Trigger::Edge,
    };
    assert_eq!(uart.interrupt, Some(expected));
}
