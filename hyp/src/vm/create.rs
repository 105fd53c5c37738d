//! Making VMs from the manifest's descriptions.

use alloc::{format, string::String, sync::Arc, vec::Vec};

use model::{
    image,
    layout::{self, RAM_BASE, Window as Place},
    smccc::{Mitigation, Mitigations, Services},
};
use platform::{
    machine::{GicInfo, Machine},
    workarounds::Answer,
};
use spin::Mutex;
use vtlb::{GuestMap, HostPhys, Region, RegionKind, Rights};

use super::{Lifecycle, Ram, SLOTS, Slot, Vcpu, Vm, Window, boot::Boot};
use crate::{
    arch::aarch64::{Access, GuestCpu, Stage2, interrupts},
    cores,
    log::Limiter,
    memory::{self, OutOfMemory, frames},
    node,
};

/// Makes every VM of the node. One that cannot be made is refused with a line
/// that says why; the others are made all the same.
pub(crate) fn create_all(node: &bundle::Node, machine: &Machine<'_>) {
    if let Err(OutOfMemory) = memory::grow_heap(heap_for(node)) {
        log::error!("no memory for descriptions of {} VMs", node.vms.len());
    }
    let slots: Vec<Slot> = node
        .vms
        .iter()
        .enumerate()
        .map(|(index, spec)| match create(index, spec, machine) {
            Ok(vm) => Slot::Made(vm),
            Err(reason) => {
                log::error!("{}: {reason}", spec.name);
                Slot::Refused {
                    name: spec.name.clone(),
                    reason,
                }
            }
        })
        .collect();
    SLOTS.call_once(|| slots);
}

/// Bytes of heap that the VMs of a node take, beyond what every node has: their
/// state, and the work on device trees that users bring, one at a time.
fn heap_for(node: &bundle::Node) -> u64 {
    /// Interrupt controller, devices, vCPUs, device tree of a VM.
    const PER_VM: u64 = 64 << 10;
    /// A tree in memory, where each property is an allocation or three, takes
    /// so many times the bytes of the blob at most.
    const EXPANSION: u64 = 48;
    let blobs = |vm: &bundle::Vm| [vm.dtb.as_ref(), vm.dtb_overlay.as_ref()].map(size_of_blob);
    let largest = node.vms.iter().map(|vm| blobs(vm).iter().sum()).max();
    let kept: u64 = node.vms.iter().flat_map(blobs).map(|size| 2 * size).sum();
    PER_VM * node.vms.len() as u64 + EXPANSION * largest.unwrap_or(0) + kept
}

/// Bytes of a user's device tree, as far as it is not refused for its size.
fn size_of_blob(blob: Option<&bundle::Blob>) -> u64 {
    blob.map_or(0, |blob| blob.size.min(image::DTB_MAX))
}

/// Who implements the guest's GIC CPU interface.
#[derive(Clone, Copy)]
enum CpuInterface {
    /// The hardware's virtual one: GICv3's system registers.
    SystemRegisters,
    /// The hardware's virtual one: GICV, at this place, for the guest's GICC.
    Mapped(HostPhys),
    /// `vbic`.
    Emulated,
}

fn cpu_interface(spec: &bundle::Vm, machine: &Machine<'_>) -> Result<CpuInterface, String> {
    use bundle::GicVersion::{V2, V3};
    match (spec.gic, &machine.gic) {
        (V3, Some(GicInfo::V3(_))) => Ok(CpuInterface::SystemRegisters),
        (V3, _) => Err(
            "gic = 3 needs a board with a GICv3: its CPU interface is part of the \
                        core; use gic = 2"
                .into(),
        ),
        (V2, Some(GicInfo::V2(gic))) => Ok(match gic.virt {
            Some(virt) => CpuInterface::Mapped(HostPhys::new(virt.gicv.base)),
            None => CpuInterface::Emulated,
        }),
        (V2, _) => Ok(CpuInterface::Emulated),
    }
}

fn create(index: usize, spec: &bundle::Vm, machine: &Machine<'_>) -> Result<Arc<Vm>, String> {
    if spec.paging != bundle::Paging::Nested {
        return Err("only nested paging is available".into());
    }
    let interface = cpu_interface(spec, machine)?;
    let emulated = matches!(interface, CpuInterface::Emulated);
    let places = choose_cores(spec)?;
    let vcpus = usize::from(spec.vcpus);
    let ram_window = Place::new(RAM_BASE.raw(), spec.memory);
    let cpu = GuestCpu::new(spec, emulated);
    let boot = Boot::prepare(spec, &cpu, ram_window)?;
    let ram = Ram::allocate(spec.memory).map_err(|_| no_memory(spec.memory))?;
    let map = guest_map(&ram, vcpus, spec.gic, interface)?;
    let stage2 = stage2(index, &map)?;
    let vm = Arc::new(Vm {
        index,
        name: spec.name.clone(),
        spec: spec.clone(),
        map,
        boot,
        ram,
        stage2,
        cpu,
        gic: vbic::Gic::new(vbic::Config {
            version: match spec.gic {
                bundle::GicVersion::V2 => vbic::Version::V2,
                bundle::GicVersion::V3 => vbic::Version::V3,
            },
            interface: if emulated {
                vbic::Interface::Software
            } else {
                vbic::Interface::Hardware
            },
            vcpus,
            linked: interrupts::linked_mask(),
            link: interrupts::link(),
        }),
        services: Services::new(vcpus, ram_window, mitigations()),
        uart: Mutex::new(model::pl011::Pl011::new()),
        rtc: Mutex::new(model::pl031::Pl031::new(node::wall_clock())),
        vcpus: places
            .iter()
            .enumerate()
            .map(|(vcpu, &core)| Vcpu::new(vcpu, core))
            .collect(),
        lifecycle: Mutex::new(Lifecycle::new()),
        complaints: Limiter::new(),
    });
    for (vcpu, &core) in places.iter().enumerate() {
        if let Some(core) = cores::get(core) {
            core.assign(Arc::clone(&vm), vcpu);
        }
    }
    log::info!(
        "{}: {} vCPUs on cores {places:?}, {} MiB",
        vm.name,
        vcpus,
        spec.memory >> 20
    );
    let plan = &vm.boot.plan;
    log::info!(
        "{}: {:?} kernel at {:#x}, device tree at {:#x}",
        vm.name,
        plan.kind,
        plan.entry,
        plan.dtb
    );
    Ok(vm)
}

/// What guests are told of speculation vulnerabilities: what the firmware says.
fn mitigations() -> Mitigations {
    let of = |answer| match answer {
        Answer::Unknown => Mitigation::Unknown,
        Answer::NotNeeded => Mitigation::NotNeeded,
        Answer::Needed => Mitigation::Call,
    };
    node::workarounds().map_or_else(Mitigations::default, |firmware| {
        let [one, two, three] = firmware.workarounds.map(of);
        Mitigations {
            branch_target: one,
            store_bypass: two,
            branch_history: three,
        }
    })
}

fn no_memory(wanted: u64) -> String {
    let free = (frames().available() * memory::FRAME) >> 20;
    format!(
        "no memory: it wants {} MiB, {free} MiB are free; lower its `memory`",
        wanted >> 20
    )
}

/// The cores for the VM's vCPUs: those it names, or the first free ones.
fn choose_cores(spec: &bundle::Vm) -> Result<Vec<usize>, String> {
    let free =
        |index: &usize| cores::get(*index).is_some_and(|core| core.is_online() && core.is_free());
    if !spec.pin.is_empty() {
        let wanted: Vec<usize> = spec.pin.iter().copied().map(usize::from).collect();
        return match wanted.iter().find(|core| !free(core)) {
            Some(core) => Err(format!(
                "core {core} is taken, or there is none; change its `pin`"
            )),
            None => Ok(wanted),
        };
    }
    let chosen: Vec<usize> = (0..cores::all().len())
        .filter(free)
        .take(usize::from(spec.vcpus))
        .collect();
    if chosen.len() < usize::from(spec.vcpus) {
        let (wanted, left) = (spec.vcpus, chosen.len());
        return Err(format!(
            "no cores: it wants {wanted}, {left} are free; lower its `cpus`"
        ));
    }
    Ok(chosen)
}

/// The guest-physical map: what is where, for the guest and for messages.
fn guest_map(
    ram: &Ram,
    vcpus: usize,
    gic: bundle::GicVersion,
    interface: CpuInterface,
) -> Result<GuestMap, String> {
    let mut map = GuestMap::new();
    let device = |window: Window| RegionKind::Device(window.id());
    let redistributors = layout::gic_redistributors(vcpus);
    let mut windows = Vec::from([
        (
            "GIC distributor",
            layout::GIC_DISTRIBUTOR,
            device(Window::Distributor),
        ),
        ("UART", layout::UART, device(Window::Uart)),
        ("RTC", layout::RTC, device(Window::Clock)),
    ]);
    match (gic, interface) {
        (bundle::GicVersion::V3, _) => {
            windows.push((
                "GIC redistributors",
                redistributors,
                device(Window::Redistributors),
            ));
        }
        (_, CpuInterface::Mapped(host)) => {
            let kind = RegionKind::Mapped {
                host,
                rights: Rights::READ | Rights::WRITE,
            };
            // `vbic` has to see deactivations, which have a page of their own.
            let (base, size) = (
                layout::GIC_CPU_INTERFACE.base.raw(),
                layout::GIC_CPU_INTERFACE.size,
            );
            let first = Place::new(base, vbic::GICC_DIR);
            let second = Place::new(base + vbic::GICC_DIR, size - vbic::GICC_DIR);
            windows.push(("GIC CPU interface", first, kind));
            windows.push(("GIC deactivation", second, device(Window::Deactivate)));
        }
        _ => {
            windows.push((
                "GIC CPU interface",
                layout::GIC_CPU_INTERFACE,
                device(Window::CpuInterface),
            ));
        }
    }
    for (name, place, kind) in windows {
        map.insert(Region {
            base: place.base,
            size: place.size,
            kind,
            name,
        })
        .map_err(|error| format!("{name}: {error}"))?;
    }
    ram.describe(&mut map, RAM_BASE)?;
    Ok(map)
}

/// The hardware's picture of the map.
fn stage2(index: usize, map: &GuestMap) -> Result<Stage2, String> {
    let vmid = u8::try_from(index + 1).map_err(|_| "too many VMs: VMIDs have 8 bits")?;
    let mut stage2 = Stage2::new(vmid).map_err(|error| format!("{error}"))?;
    for region in map.iter() {
        let access = match region.kind {
            RegionKind::Ram { .. } => Access::Ram,
            RegionKind::Mapped { .. } => Access::Device,
            RegionKind::Device(_) => continue,
        };
        if let Some((host, _)) = region.kind.backing() {
            stage2
                .map(region.base, host, region.size, access)
                .map_err(|error| format!("{}: {error:?}", region.name))?;
        }
    }
    Ok(stage2)
}
