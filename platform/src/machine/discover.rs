//! From the bytes of a device tree to a [`Machine`].

use fdt::Fdt;
use heapless::Vec;

use super::{
    Error, Machine, Range, blob, cpus, devices,
    interrupts::Controller,
    memory,
    tree::{self, Place},
};

/// Reads the board's device tree.
///
/// `bytes` starts at the tree and may be longer. It is changed in place:
/// blotted-out entries are removed from it, which leaves it a valid tree.
///
/// # Errors
///
/// The first thing that is wrong with the tree. Nothing in `bytes` makes this
/// function panic.
pub fn discover(bytes: &mut [u8]) -> Result<Machine<'_>, Error> {
    let tree = blob::parse(bytes)?;
    let mut machine = Machine {
        model: "",
        compatible: Vec::new(),
        memory: Vec::new(),
        reserved: Vec::new(),
        cpus: Vec::new(),
        cpus_left_out: 0,
        gic: None,
        uart: None,
        rtc: None,
        timers: None,
        pmu: Vec::new(),
        psci: None,
        bootargs: None,
        stdout_path: None,
        initrd: None,
    };
    memory::read_reservation_block(&tree, &mut machine.reserved)?;
    let controller = first_pass(&tree, &mut machine)?;
    second_pass(&tree, &mut machine, controller)?;
    memory::finish_memory(&mut machine.memory)?;
    if machine.cpus.is_empty() {
        return Err(Error::Missing { what: "cores" });
    }
    Ok(machine)
}

/// What stands for itself: root, `/chosen`, memory, cores, firmware, GIC.
fn first_pass<'a>(tree: &Fdt<'a>, machine: &mut Machine<'a>) -> Result<Option<Controller>, Error> {
    let mut controller = None;
    tree::walk(tree, &mut |place| {
        if place.parent.is_none() {
            read_root(place, machine);
        } else if place.is_at("/chosen") {
            read_chosen(place, machine)?;
        }
        cpus::read_cpu(place, &mut machine.cpus, &mut machine.cpus_left_out)?;
        if !place.enabled() {
            return Ok(());
        }
        memory::read_memory(place, &mut machine.memory)?;
        memory::read_reserved(place, &mut machine.reserved)?;
        if let Some(conduit) = cpus::read_psci(place)? {
            machine.psci.get_or_insert(conduit);
        }
        if controller.is_none()
            && let Some((gic, found)) = devices::read_gic(tree, place)?
        {
            machine.gic = Some(gic);
            controller = Some(found);
        }
        Ok(())
    })?;
    Ok(controller)
}

/// What depends on the GIC or on the aliases: timers, counters, console.
fn second_pass(
    tree: &Fdt<'_>,
    machine: &mut Machine<'_>,
    controller: Option<Controller>,
) -> Result<(), Error> {
    let console = console_path(tree, machine.stdout_path)?;
    let mut console_found = false;
    tree::walk(tree, &mut |place| {
        let chosen = console.is_some_and(|path| place.is_at(path));
        if (machine.uart.is_none() || (chosen && !console_found))
            && let Some(uart) = devices::read_uart(tree, place, controller)?
        {
            machine.uart = Some(uart);
            console_found = chosen;
        }
        if let Some(rtc) = devices::read_rtc(place)? {
            machine.rtc.get_or_insert(rtc);
        }
        let Some(controller) = controller else {
            return Ok(());
        };
        if let Some(timers) = devices::read_timers(tree, place, controller)? {
            machine.timers.get_or_insert(timers);
        }
        devices::read_pmu(tree, place, controller, &mut machine.pmu)
    })
}

/// Model and `compatible` strings.
fn read_root<'a>(place: &Place<'_, '_, 'a>, machine: &mut Machine<'a>) {
    machine.model = place.text("model").unwrap_or_default();
    for name in tree::strings(place.bytes("compatible").unwrap_or_default()) {
        // The most specific ones come first; the rest tells nothing new.
        if machine.compatible.push(name).is_err() {
            break;
        }
    }
}

/// What firmware or the boot loader chose.
fn read_chosen<'a>(place: &Place<'_, '_, 'a>, machine: &mut Machine<'a>) -> Result<(), Error> {
    machine.bootargs = place.text("bootargs");
    machine.stdout_path = place.text("stdout-path");
    let start = place.address("linux,initrd-start")?;
    let end = place.address("linux,initrd-end")?;
    machine.initrd = match (start, end) {
        (Some(base), Some(end)) if end > base => Some(Range {
            base,
            size: end - base,
        }),
        (None, None) => None,
        _ => return Err(place.error("linux,initrd-end", "is not after linux,initrd-start")),
    };
    Ok(())
}

/// Path of the console's node: `stdout-path` without options, through
/// `/aliases` if it is no path.
fn console_path<'a>(tree: &Fdt<'a>, stdout: Option<&'a str>) -> Result<Option<&'a str>, Error> {
    let Some(stdout) = stdout.and_then(|stdout| stdout.split(':').next()) else {
        return Ok(None);
    };
    if stdout.starts_with('/') {
        return Ok(Some(stdout));
    }
    let mut path = None;
    tree::walk(tree, &mut |place| {
        if place.is_at("/aliases") {
            path = place.text(stdout);
        }
        Ok(())
    })?;
    Ok(path)
}
