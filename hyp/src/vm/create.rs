//! Making VMs from the manifest's descriptions.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use core::ops::Range;

use model::{
    layout::{self, RAM_BASE, Window as Place},
    smccc::{Mitigation, Mitigations, Services},
    tree::{self, Chosen},
};
use platform::{
    machine::{GicInfo, Machine},
    workarounds::Answer,
};
use spin::Mutex;
use vtlb::{GuestMap, GuestPhys, HostPhys, Region, RegionKind, Rights};

use super::{Lifecycle, Ram, SLOTS, Slot, Vcpu, Vm, Window};
use crate::{
    arch::aarch64::{self as arch, Access, GuestCpu, Stage2, interrupts},
    cores,
    log::Limiter,
    memory::frames,
    node,
};

/// Makes every VM of the node. One that cannot be made is refused with a line
/// that says why; the others are made all the same.
pub(crate) fn create_all(node: &bundle::Node, machine: &Machine<'_>) {
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
    let places = choose_cores(spec)?;
    let vcpus = usize::from(spec.vcpus);
    let ram = Ram::allocate(spec.memory).map_err(|_| no_memory(spec.memory))?;
    let map = guest_map(&ram, vcpus, spec.gic, interface)?;
    let stage2 = stage2(index, &map)?;
    let emulated = matches!(interface, CpuInterface::Emulated);
    let ram_window = Place::new(RAM_BASE.raw(), spec.memory);
    let vm = Arc::new(Vm {
        index,
        name: spec.name.clone(),
        spec: spec.clone(),
        map,
        ram,
        stage2,
        cpu: GuestCpu::new(spec, emulated),
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
    let free = (frames().available() * crate::memory::FRAME) >> 20;
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

impl Vm {
    /// The guest's RAM as the guest sees it.
    pub(super) fn ram_window(&self) -> Place {
        Place::new(RAM_BASE.raw(), self.spec.memory)
    }

    /// The device tree that the guest is given.
    pub(super) fn device_tree(&self, initrd: Option<Range<GuestPhys>>) -> Result<Vec<u8>, String> {
        let machine = tree::Machine {
            ram: self.ram_window(),
            vcpus: self.vcpus.len(),
            gic: match self.spec.gic {
                bundle::GicVersion::V2 => tree::Gic::V2,
                bundle::GicVersion::V3 => tree::Gic::V3,
            },
            cpu: arch::cpu_name(),
            pmu: self.spec.pmu && self.cpu.hardware.pmu != 0,
            chosen: Chosen {
                bootargs: &self.spec.cmdline,
                initrd,
                seed: None,
            },
        };
        let user = tree::User {
            tree: self.spec.dtb.as_ref().map(node::blob),
            overlay: self.spec.dtb_overlay.as_ref().map(node::blob),
        };
        tree::build(&machine, user).map_err(|error| format!("{error}"))
    }
}
