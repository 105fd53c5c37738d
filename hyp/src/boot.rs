//! From the first core in Rust to every VM running, one line a step.

use alloc::{format, string::String, vec::Vec};
use core::ptr::NonNull;

use platform::{
    features::Features,
    gic::Gic,
    machine::{self, Conduit, GicInfo, Machine, UartInfo, UartKind},
    psci::Psci,
    uart::Uart,
};

use crate::{
    arch::aarch64::{
        self as arch, MapError, interrupts,
        mmu::{EMERGENCY_STACK_SIZE, Image, STACK_SIZE, Space, Translation, Use},
        secondary,
    },
    console,
    cores::{self, Core},
    log,
    memory::{self, Arena, FRAME, Range, Ranges},
    node, vm,
};

/// Most bytes that a device tree can say that it has: a 2 MiB block.
const TREE_MAX: usize = 2 << 20;
/// Bytes of a device tree's header that tell its size.
const TREE_HEAD: usize = 8;
/// Memory for EL2's translation tables: each gibibyte that is not mapped as a
/// whole takes up to two tables more.
const TABLES: u64 = 128 << 10;
/// The same for each end of a reserved range.
const TABLES_PER_RESERVED: u64 = 2 * 2 * FRAME;

/// Brings the node up on its first core. The MMU is on, everything else is to
/// be done.
pub(crate) fn boot(tree: Option<u64>) -> ! {
    log::init();
    let Some(tree) = tree else {
        die("no device tree: the loader must pass its address in x0");
    };
    let tree = read_tree(tree);
    let tree_range = Range {
        start: tree.as_ptr() as u64,
        end: tree.as_ptr() as u64 + tree.len() as u64,
    };
    let machine = match machine::discover(tree) {
        Ok(machine) => machine,
        Err(error) => die(format_args!("device tree: {error}")),
    };
    // HVC leads to EL2, which is us: only SMC can reach a firmware.
    let firmware = node::set_firmware(machine.psci.filter(|via| *via == Conduit::Smc));
    let bundle = find_bundle(&machine);
    let mut free = free_memory(&machine, tree_range, bundle);
    let (translation, cores) = match address_space(&machine, &mut free, tree_range, bundle) {
        Ok(made) => made,
        Err(error) => die(format_args!(
            "the hypervisor's own address space: {error:?}"
        )),
    };
    arch::set_this_core(&cores[0]);
    start_console(machine.uart);
    say_hello(&machine, &free);
    if let Err(reason) = bring_up(&machine, cores, translation, bundle, firmware) {
        node::fail(reason);
    }
    cores::run()
}

/// Says why nothing can be done, on the UART that the board may have.
fn die(why: impl core::fmt::Display) -> ! {
    if let Some(registers) = NonNull::new(arch::EARLY_UART as *mut u8) {
        let guess = UartInfo {
            kind: UartKind::Pl011,
            registers: machine::Range {
                base: arch::EARLY_UART,
                size: FRAME,
            },
            interrupt: None,
            clock: None,
        };
        // SAFETY: the board's linker script says that a PL011 is there, and the
        // first tables map it as a device.
        console::attach_uart(unsafe { Uart::new(&guess, registers) });
    }
    ::log::error!("{why}");
    node::turn_off(false)
}

/// The device tree at `address` as bytes.
fn read_tree(address: u64) -> &'static mut [u8] {
    let start = address as *mut u8;
    // SAFETY: the boot protocol says that a tree is there; the first tables map
    // the gibibyte in which it starts.
    let head = unsafe { core::slice::from_raw_parts(start, TREE_HEAD) };
    match machine::claimed_size(head) {
        // SAFETY: the tree has as many bytes as it says, all RAM, and nobody
        // else has a reference to it.
        Ok(size) if size <= TREE_MAX => unsafe { core::slice::from_raw_parts_mut(start, size) },
        Ok(size) => die(format_args!(
            "device tree at {address:#x}: {size} bytes are too many"
        )),
        Err(error) => die(format_args!("device tree at {address:#x}: {error}")),
    }
}

/// Where the bundle is: behind the image, or where a loader put a RAM disk.
fn find_bundle(machine: &Machine<'_>) -> Option<Range> {
    let image_end = Image::of_this().end;
    let initrd = machine.initrd.map(|range| range.base);
    [Some(image_end), initrd]
        .into_iter()
        .flatten()
        .find_map(|start| {
            // SAFETY: the header's bytes after the image are in the same RAM, which
            // the first tables map; a RAM disk is put near the image.
            let head =
                unsafe { core::slice::from_raw_parts(start as *const u8, bundle::HEADER_SIZE) };
            let header = bundle::Header::read(head).ok()?;
            Some(Range {
                start,
                end: start.checked_add(header.total)?,
            })
        })
}

/// The memory that nobody uses yet.
fn free_memory(machine: &Machine<'_>, tree: Range, bundle: Option<Range>) -> Ranges {
    let mut free = Ranges::default();
    for range in &machine.memory {
        free.add(Range::from(*range));
    }
    let image = Image::of_this();
    free.remove(Range {
        start: image.start,
        end: image.end,
    });
    for taken in [Some(tree), bundle].into_iter().flatten() {
        free.remove(pages(taken));
    }
    for taken in machine.reserved.iter().chain(&machine.initrd) {
        free.remove(pages(Range::from(*taken)));
    }
    free
}

/// The pages that a range touches.
fn pages(range: Range) -> Range {
    Range {
        start: range.start & !(FRAME - 1),
        end: range.end.next_multiple_of(FRAME),
    }
}

/// Makes EL2's address space with a stack for every core, and the heap; the
/// rest of the free memory becomes frames.
fn address_space(
    machine: &Machine<'_>,
    free: &mut Ranges,
    tree: Range,
    bundle: Option<Range>,
) -> Result<(Translation, &'static [Core]), MapError> {
    let count = machine.cpus.len() as u64;
    let arena = TABLES
        + machine.reserved.len() as u64 * TABLES_PER_RESERVED
        + count * (STACK_SIZE + EMERGENCY_STACK_SIZE);
    let mut arena = Arena::new(free.take(arena, FRAME).ok_or(MapError::OutOfMemory)?);
    let mut space = Space::new(&mut arena)?;
    // The large pieces first: the arena aligns each to its size.
    let mut stacks = heapless::Vec::<_, { machine::MAX_CPUS }>::new();
    for index in 0..machine.cpus.len() {
        let stack = space.stack(&mut arena, index)?;
        stacks.push(stack).map_err(|_| MapError::OutOfMemory)?;
    }
    let mut emergency = heapless::Vec::<_, { machine::MAX_CPUS }>::new();
    for index in 0..machine.cpus.len() {
        let stack = space.emergency_stack(&mut arena, index)?;
        emergency.push(stack).map_err(|_| MapError::OutOfMemory)?;
    }
    space.image(&mut arena)?;
    map_memory(&mut space, &mut arena, machine, tree, bundle)?;
    for device in devices(machine) {
        space.identity(&mut arena, device.base, device.end(), Use::Device)?;
    }
    let translation = space.install();
    memory::init(free)?;
    let me = platform::cpu::mpidr();
    let mut cores: Vec<Core> = Vec::new();
    // The core that boots is number 0, whatever the tree's order.
    let others = machine.cpus.iter().filter(|cpu| cpu.mpidr != me);
    let order = machine
        .cpus
        .iter()
        .filter(|cpu| cpu.mpidr == me)
        .chain(others);
    for ((index, cpu), stacks) in order.enumerate().zip(stacks.into_iter().zip(emergency)) {
        cores.push(Core::new(index, cpu.mpidr, stacks.0, stacks.1));
    }
    Ok((translation, cores::init(cores)))
}

/// Maps RAM: the bundle as constants, the rest as data, but for what is
/// reserved, which may not even be accessed speculatively. (The image has its
/// own mappings; the device tree may be in a reserved range and is read on.)
fn map_memory(
    space: &mut Space,
    arena: &mut Arena,
    machine: &Machine<'_>,
    tree: Range,
    bundle: Option<Range>,
) -> Result<(), MapError> {
    let image = Image::of_this();
    let mut data = Ranges::default();
    for range in &machine.memory {
        data.add(Range::from(*range));
    }
    for taken in &machine.reserved {
        data.remove(pages(Range::from(*taken)));
    }
    data.remove(pages(tree));
    data.add(pages(tree));
    data.remove(Range {
        start: image.start,
        end: image.end,
    });
    if let Some(bundle) = bundle.map(pages) {
        data.remove(bundle);
        space.identity(arena, bundle.start, bundle.end, Use::Constants)?;
    }
    for range in data.iter() {
        space.identity(arena, range.start, range.end, Use::Data)?;
    }
    Ok(())
}

/// The registers that the hypervisor itself uses.
fn devices(machine: &Machine<'_>) -> heapless::Vec<machine::Range, 16> {
    let mut ranges = heapless::Vec::new();
    let uart = machine.uart.map(|uart| uart.registers);
    let rtc = machine.rtc;
    match &machine.gic {
        Some(GicInfo::V2(gic)) => {
            let gich = gic.virt.map(|virt| virt.gich);
            ranges.extend(
                [Some(gic.gicd), Some(gic.gicc), gich, uart, rtc]
                    .into_iter()
                    .flatten(),
            );
        }
        Some(GicInfo::V3(gic)) => {
            ranges.extend([Some(gic.gicd), uart, rtc].into_iter().flatten());
            ranges.extend(gic.gicr.iter().copied());
        }
        None => ranges.extend([uart, rtc].into_iter().flatten()),
    }
    ranges
}

/// A device's registers as a pointer.
fn registers(range: machine::Range) -> Option<NonNull<u8>> {
    NonNull::new(range.base as *mut u8)
}

fn start_console(uart: Option<UartInfo>) {
    if let Some(info) = uart
        && let Some(registers) = registers(info.registers)
    {
        // SAFETY: the device tree says that the UART is there, it has just been
        // mapped as a device, and nobody else drives it.
        console::attach_uart(unsafe { Uart::new(&info, registers) });
    }
}

fn say_hello(machine: &Machine<'_>, free: &Ranges) {
    let version = env!("CARGO_PKG_VERSION");
    ::log::info!(
        "Toroid {version} on {} ({})",
        machine.model,
        env!("TOROID_BOARD")
    );
    let total: u64 = machine.memory.iter().map(|range| range.size).sum();
    ::log::info!(
        "{} cores, {} MiB of memory, {} MiB free",
        machine.cpus.len(),
        total >> 20,
        free.total() >> 20
    );
    if machine.psci == Some(Conduit::Hvc) {
        ::log::warn!("the device tree's PSCI is called with HVC, which ends here: not used");
    }
}

/// Interrupts, the other cores, the VMs.
fn bring_up(
    machine: &Machine<'_>,
    cores: &'static [Core],
    translation: Translation,
    bundle: Option<Range>,
    firmware: Option<Psci>,
) -> Result<(), String> {
    let range = bundle
        .ok_or("there is no bundle with VMs behind the image: `cargo xtask image` makes one")?;
    // SAFETY: found above, mapped read-only, and kept out of the free memory.
    let bytes =
        unsafe { core::slice::from_raw_parts(range.start as *const u8, range.size() as usize) };
    let bundle =
        node::set_bundle(bundle::parse(bytes).map_err(|error| format!("bundle: {error}"))?);
    log::set_level(bundle.node.log_level);
    if bundle.node.frames {
        console::enable_frames();
    }
    if let Some(rtc) = machine.rtc.and_then(registers) {
        // SAFETY: the device tree says that a PL031 is there; it is mapped.
        node::set_wall_clock(unsafe { platform::rtc::seconds(rtc) });
    }
    start_interrupts(machine)?;
    interrupts::init_core(&cores[0]).map_err(|error| format!("core 0: {error}"))?;
    cores[0].set_online();
    start_others(machine, cores, translation, firmware);
    vm::create_all(&bundle.node, machine);
    console::init(bundle.node.vms.len());
    interrupts::route_uart_here();
    vm::start_all();
    // Only now: keys for a VM that does not run are dropped.
    console::listen();
    Ok(())
}

fn start_interrupts(machine: &Machine<'_>) -> Result<(), String> {
    let info = machine.gic.as_ref().ok_or("the device tree has no GIC")?;
    let timers = machine.timers.ok_or("the device tree has no timer")?;
    interrupts::check_timers(&timers)?;
    // SAFETY: all ranges are mapped as devices, see `devices`.
    let gic = unsafe { Gic::new(info, registers) }.ok_or("the GIC is at address 0")?;
    let version = match info {
        GicInfo::V2(_) => 2,
        GicInfo::V3(_) => 3,
    };
    ::log::info!("GICv{version}, {} interrupts", gic.lines());
    let lines = interrupts::Lines {
        timer: timers.hyp_physical,
        maintenance: info.maintenance(),
        uart: machine.uart.and_then(|uart| uart.interrupt),
        pmu: interrupts::pmu_as_expected(&machine.pmu),
    };
    if !lines.pmu && Features::probe().pmu != 0 {
        ::log::warn!("the performance monitors' interrupt is not PPI 7: guests get none");
    }
    interrupts::init(info, gic, &lines);
    Ok(())
}

/// Starts the other cores. One that does not start is left out.
fn start_others(
    machine: &Machine<'_>,
    cores: &'static [Core],
    translation: Translation,
    firmware: Option<Psci>,
) {
    for core in &cores[1..] {
        let Some(cpu) = machine.cpus.iter().find(|cpu| cpu.mpidr == core.mpidr) else {
            continue;
        };
        if let Err(error) = secondary::start(core, cpu, translation, firmware) {
            ::log::error!("core {}: {error}; going on without it", core.index);
        }
    }
    let up = cores.iter().filter(|core| core.is_online()).count();
    ::log::info!("{up} of {} cores up", cores.len());
}
