//! The nodes of the generated device tree.
//!
//! Bindings are those of the Devicetree Specification v0.4 and of Linux's
//! Documentation/devicetree/bindings.

use super::node::Builder;
use super::{Gic, Machine};
use crate::layout::{self, Window};
use alloc::format;
use alloc::string::String;
use dtoolkit::model::DeviceTreeNode;

/// Node of the labels that overlays refer to.
pub(super) const SYMBOLS: &str = "__symbols__";

/// Phandle of the interrupt controller.
const GIC: u32 = 1;
/// Phandle of the peripherals' clock.
const CLOCK: u32 = 2;

/// First cell of an `interrupts` entry: a shared interrupt.
const SPI: u32 = 0;
/// First cell of an `interrupts` entry: a private interrupt.
const PPI: u32 = 1;
/// Third cell of an `interrupts` entry: active-high, level-sensitive.
const LEVEL_HIGH: u32 = 4;

/// The root with everything but `/chosen`.
pub(super) fn root(machine: &Machine<'_>) -> DeviceTreeNode {
    let mut root = Builder::named("")
        .with("compatible", "linux,dummy-virt")
        .with("model", "toroid,virt")
        .cells("#address-cells", &[2])
        .cells("#size-cells", &[2])
        .cells("interrupt-parent", &[GIC])
        .child(Builder::named("aliases").with("serial0", &*path("pl011", layout::UART)))
        .child(memory(machine.ram))
        .child(cpus(machine))
        .child(psci())
        .child(hypervisor())
        .child(timer(machine))
        .child(gic(machine))
        .child(clock())
        .child(uart())
        .child(rtc());
    if machine.pmu {
        root = root.child(pmu(machine));
    }
    root.build()
}

/// The paths of nodes that an overlay may want to change, by label.
pub(super) fn symbols(machine: &Machine<'_>) -> DeviceTreeNode {
    let mut symbols = Builder::named(SYMBOLS)
        .with("gic", &*path("intc", layout::GIC_DISTRIBUTOR))
        .with("uart", &*path("pl011", layout::UART))
        .with("rtc", &*path("pl031", layout::RTC))
        .with("timer", "/timer")
        .with("psci", "/psci")
        .with("clk24mhz", "/apb-pclk");
    if machine.pmu {
        symbols = symbols.with("pmu", "/pmu");
    }
    for vcpu in 0..machine.vcpus {
        let affinity = layout::affinity(vcpu);
        symbols = symbols.with(&format!("cpu{vcpu}"), &*format!("/cpus/cpu@{affinity:x}"));
    }
    symbols.build()
}

/// A node name with its unit address.
fn name(name: &str, window: Window) -> String {
    format!("{name}@{:x}", window.base)
}

/// The path of a child of the root.
fn path(node: &str, window: Window) -> String {
    format!("/{}", name(node, window))
}

/// The `interrupts` entry of a private interrupt. Under GICv2 it says in bits
/// 15:8 which CPUs are wired to it: all.
fn ppi(machine: &Machine<'_>, number: u32) -> [u32; 3] {
    const CPU_MASK_SHIFT: u32 = 8;
    const ALL_CPUS: u32 = 0xff;
    let wired = match machine.gic {
        Gic::V2 => {
            let missing = layout::MAX_VCPUS.saturating_sub(machine.vcpus) as u32;
            ALL_CPUS.checked_shr(missing).unwrap_or(0) << CPU_MASK_SHIFT
        }
        Gic::V3 => 0,
    };
    [PPI, number, wired | LEVEL_HIGH]
}

/// Guest RAM.
fn memory(ram: Window) -> Builder {
    Builder::named(&name("memory", ram))
        .with("device_type", "memory")
        .reg(&[ram])
}

/// The vCPUs.
fn cpus(machine: &Machine<'_>) -> Builder {
    let mut cpus = Builder::named("cpus")
        .cells("#address-cells", &[1])
        .cells("#size-cells", &[0]);
    for vcpu in 0..machine.vcpus {
        let affinity = layout::affinity(vcpu);
        let [_, reg] = super::node::halves(affinity);
        cpus = cpus.child(
            Builder::named(&format!("cpu@{affinity:x}"))
                .with("device_type", "cpu")
                .with("compatible", machine.cpu)
                .cells("reg", &[reg])
                .with("enable-method", "psci"),
        );
    }
    cpus
}

/// Power control. The function identifiers are for PSCI 0.1 drivers.
fn psci() -> Builder {
    use ::smccc::psci::{PSCI_CPU_OFF, PSCI_CPU_ON_64, PSCI_CPU_SUSPEND_64};
    Builder::named("psci")
        .strings("compatible", &["arm,psci-1.0", "arm,psci-0.2", "arm,psci"])
        .with("method", "hvc")
        .cells("cpu_suspend", &[PSCI_CPU_SUSPEND_64])
        .cells("cpu_off", &[PSCI_CPU_OFF])
        .cells("cpu_on", &[PSCI_CPU_ON_64])
}

/// Whom the guest runs on; its calls are found by their UID ([`crate::smccc`]).
fn hypervisor() -> Builder {
    Builder::named("hypervisor").with("compatible", "toroid,hypervisor")
}

/// The architectural timers. The binding wants the secure, physical, virtual
/// and EL2 one in this order, whether the guest can use them or not.
fn timer(machine: &Machine<'_>) -> Builder {
    let interrupts = [
        layout::SECURE_TIMER_PPI,
        layout::PHYSICAL_TIMER_PPI,
        layout::VIRTUAL_TIMER_PPI,
        layout::HYP_TIMER_PPI,
    ]
    .map(|number| ppi(machine, number));
    Builder::named("timer")
        .strings("compatible", &["arm,armv8-timer", "arm,armv7-timer"])
        .flag("always-on")
        .cells("interrupts", interrupts.as_flattened())
}

/// The interrupt controller.
fn gic(machine: &Machine<'_>) -> Builder {
    let gic = Builder::named(&name("intc", layout::GIC_DISTRIBUTOR))
        .cells("phandle", &[GIC])
        .flag("interrupt-controller")
        .cells("#interrupt-cells", &[3])
        .cells("#address-cells", &[2])
        .cells("#size-cells", &[2])
        .flag("ranges");
    match machine.gic {
        Gic::V2 => gic
            .with("compatible", "arm,cortex-a15-gic")
            .reg(&[layout::GIC_DISTRIBUTOR, layout::GIC_CPU_INTERFACE]),
        Gic::V3 => gic
            .with("compatible", "arm,gic-v3")
            .cells("#redistributor-regions", &[1])
            .reg(&[
                layout::GIC_DISTRIBUTOR,
                layout::gic_redistributors(machine.vcpus),
            ]),
    }
}

/// The clock of the peripherals.
fn clock() -> Builder {
    Builder::named("apb-pclk")
        .with("compatible", "fixed-clock")
        .cells("#clock-cells", &[0])
        .cells("clock-frequency", &[layout::PERIPHERAL_CLOCK_HZ])
        .with("clock-output-names", "clk24mhz")
        .cells("phandle", &[CLOCK])
}

/// The console.
fn uart() -> Builder {
    Builder::named(&name("pl011", layout::UART))
        .strings("compatible", &["arm,pl011", "arm,primecell"])
        .reg(&[layout::UART])
        .cells("interrupts", &[SPI, layout::UART_SPI, LEVEL_HIGH])
        .strings("clock-names", &["uartclk", "apb_pclk"])
        .cells("clocks", &[CLOCK, CLOCK])
}

/// The real-time clock.
fn rtc() -> Builder {
    Builder::named(&name("pl031", layout::RTC))
        .strings("compatible", &["arm,pl031", "arm,primecell"])
        .reg(&[layout::RTC])
        .cells("interrupts", &[SPI, layout::RTC_SPI, LEVEL_HIGH])
        .with("clock-names", "apb_pclk")
        .cells("clocks", &[CLOCK])
}

/// The performance monitors.
fn pmu(machine: &Machine<'_>) -> Builder {
    Builder::named("pmu")
        .with("compatible", "arm,armv8-pmuv3")
        .cells("interrupts", &ppi(machine, layout::PMU_PPI))
}
