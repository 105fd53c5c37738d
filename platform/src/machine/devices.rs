//! The devices that the hypervisor drives itself: interrupt controller, timers,
//! performance monitor, console.

use fdt::Fdt;
use heapless::Vec;

use super::{
    Error, GicInfo, GicV2Info, GicV2Virtual, GicV3Info, GicV3Legacy, Interrupt, MAX_PMU_INTERRUPTS,
    Range, TimerInterrupts, UartInfo, UartKind,
    interrupts::Controller,
    tree::{CELL, Place, number},
};

/// `compatible` strings of GICv2 that may have a virtualization part.
const GIC_V2: [&str; 5] = [
    "arm,gic-400",
    "arm,cortex-a15-gic",
    "arm,cortex-a7-gic",
    "arm,cortex-a9-gic",
    "qcom,msm-qgic2",
];
/// `compatible` strings of GICv3 and GICv4.
const GIC_V3: [&str; 1] = ["arm,gic-v3"];

/// `compatible` string of the real-time clock that there is a driver for.
const RTC: &str = "arm,pl031";

/// Least size in bytes of each register block, up to the last register that is
/// used.
mod size {
    pub(super) const GICD_V2: u64 = 0x1000;
    pub(super) const GICD_V3: u64 = 0x1_0000;
    pub(super) const GICC: u64 = 0x1004;
    pub(super) const GICH: u64 = 0x200;
    pub(super) const GICR: u64 = 0x2_0000;
    pub(super) const PL011: u64 = 0x4c;
    pub(super) const PL031: u64 = 0x20;
}

/// The GIC, if this node is one that can be used.
pub(super) fn read_gic(
    tree: &Fdt<'_>,
    place: &Place<'_, '_, '_>,
) -> Result<Option<(GicInfo, Controller)>, Error> {
    if !place.enabled() {
        return Ok(None);
    }
    let info = if place.compatible(|name| GIC_V3.contains(&name)) {
        let controller = Controller::read(place)?;
        (GicInfo::V3(read_v3(tree, place, controller)?), controller)
    } else if place.compatible(|name| GIC_V2.contains(&name)) {
        let controller = Controller::read(place)?;
        (GicInfo::V2(read_v2(tree, place, controller)?), controller)
    } else {
        return Ok(None);
    };
    Ok(Some(info))
}

/// Register blocks of a GICv2: GICD, GICC, and for virtualization GICH, GICV.
fn read_v2(
    tree: &Fdt<'_>,
    place: &Place<'_, '_, '_>,
    controller: Controller,
) -> Result<GicV2Info, Error> {
    let virt = match (
        place.registers_at(2, size::GICH)?,
        place.reg_at(3)?,
        controller.first(tree, place)?,
    ) {
        (Some(gich), Some(gicv), Some(maintenance)) if mappable(&gicv) => Some(GicV2Virtual {
            gich,
            gicv,
            maintenance,
        }),
        _ => None,
    };
    Ok(GicV2Info {
        gicd: place.registers_required(0, size::GICD_V2)?,
        gicc: place.registers_required(1, size::GICC)?,
        virt,
    })
}

/// Whether a virtual CPU interface can be mapped for guests: it has pages of its
/// own, and both of those that the interface takes (Arm IHI 0048B §5.5).
fn mappable(gicv: &Range) -> bool {
    const PAGE: u64 = 4 << 10;
    gicv.base.is_multiple_of(PAGE) && gicv.size >= 2 * PAGE
}

/// Register blocks of a GICv3: GICD, GICR for each region, and for old software
/// GICC, GICH, GICV.
fn read_v3(
    tree: &Fdt<'_>,
    place: &Place<'_, '_, '_>,
    controller: Controller,
) -> Result<GicV3Info, Error> {
    const REGIONS: &str = "#redistributor-regions";
    let regions = place.cell(REGIONS)?.unwrap_or(1) as usize;
    let mut gicr = Vec::new();
    if regions == 0 || regions > gicr.capacity() {
        return Err(Error::TooMany {
            what: "GIC redistributor regions",
            limit: gicr.capacity(),
        });
    }
    for region in 1..=regions {
        // There is room: `regions` was compared with the capacity.
        let _ = gicr.push(place.registers_required(region, size::GICR)?);
    }
    let legacy = match (
        place.reg_at(regions + 1)?,
        place.reg_at(regions + 2)?,
        place.reg_at(regions + 3)?,
    ) {
        (Some(gicc), Some(gich), Some(gicv)) => Some(GicV3Legacy { gicc, gich, gicv }),
        _ => None,
    };
    Ok(GicV3Info {
        gicd: place.registers_required(0, size::GICD_V3)?,
        gicr,
        stride: place
            .address("redistributor-stride")?
            .filter(|&stride| stride != 0),
        legacy,
        maintenance: controller.first(tree, place)?,
    })
}

/// The timers' interrupts, if this is the timers' node and they go to the GIC.
pub(super) fn read_timers(
    tree: &Fdt<'_>,
    place: &Place<'_, '_, '_>,
    controller: Controller,
) -> Result<Option<TimerInterrupts>, Error> {
    if !place.enabled()
        || !place.compatible(|name| matches!(name, "arm,armv8-timer" | "arm,armv7-timer"))
    {
        return Ok(None);
    }
    let mut found: Vec<Option<Interrupt>, 4> = Vec::new();
    controller.interrupts(tree, place, |interrupt| {
        // The binding has a fifth one, which E2H = 0 does not use.
        let _ = found.push(interrupt);
        Ok(())
    })?;
    match found.as_slice() {
        &[
            Some(secure_physical),
            Some(physical),
            Some(virtual_),
            Some(hyp_physical),
        ] => Ok(Some(TimerInterrupts {
            secure_physical,
            physical,
            virtual_,
            hyp_physical,
        })),
        [] => Ok(None),
        _ => Err(place.error("interrupts", "four interrupts are required")),
    }
}

/// Adds the performance monitor's interrupts, if this is its node.
pub(super) fn read_pmu(
    tree: &Fdt<'_>,
    place: &Place<'_, '_, '_>,
    controller: Controller,
    pmu: &mut Vec<Interrupt, MAX_PMU_INTERRUPTS>,
) -> Result<(), Error> {
    let is_pmu = place.compatible(|name| {
        name == "arm,armv8-pmuv3" || (name.starts_with("arm,") && name.ends_with("-pmu"))
    });
    if !place.enabled() || !is_pmu {
        return Ok(());
    }
    controller.interrupts(tree, place, |interrupt| match interrupt {
        None => Ok(()),
        Some(interrupt) => pmu.push(interrupt).map_err(|_| Error::TooMany {
            what: "performance monitor interrupts",
            limit: MAX_PMU_INTERRUPTS,
        }),
    })
}

/// The console UART, if this node is one that there is a driver for.
pub(super) fn read_uart(
    tree: &Fdt<'_>,
    place: &Place<'_, '_, '_>,
    controller: Option<Controller>,
) -> Result<Option<UartInfo>, Error> {
    if !place.enabled() || !place.compatible(|name| matches!(name, "arm,pl011" | "arm,pl011-axi")) {
        return Ok(None);
    }
    let Some(registers) = place.registers_at(0, size::PL011)? else {
        return Ok(None);
    };
    let interrupt = match controller {
        Some(controller) => controller.first(tree, place)?,
        None => None,
    };
    Ok(Some(UartInfo {
        kind: UartKind::Pl011,
        registers,
        interrupt,
        clock: fixed_clock(tree, place),
    }))
}

/// The registers of the real-time clock, if this node is one.
pub(super) fn read_rtc(place: &Place<'_, '_, '_>) -> Result<Option<Range>, Error> {
    if place.enabled() && place.compatible(|name| name == RTC) {
        return place.registers_required(0, size::PL031).map(Some);
    }
    Ok(None)
}

/// Frequency in Hz of the first of a node's clocks, if it is a fixed one.
fn fixed_clock(tree: &Fdt<'_>, place: &Place<'_, '_, '_>) -> Option<u32> {
    let clock = number(place.bytes("clocks")?.get(..CELL)?, 1)?;
    let clock = tree.find_phandle(u32::try_from(clock).ok()?)?;
    let frequency = number(clock.property("clock-frequency")?.value, 1)?;
    u32::try_from(frequency).ok().filter(|&hertz| hertz != 0)
}
