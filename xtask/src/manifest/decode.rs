//! From the tree of values to a manifest, key by key.

use std::path::Path;

use bundle::{Device, GicVersion, LogLevel, Paging};

use super::fields::{Fields, Later, Placed};
use super::files::{Base, FileRef, FileSource};
use super::problem::{Place, Problems};
use super::tree::{Item, Table, Value};
use super::{Board, Manifest, Node, Vm};
use crate::artefacts::ArtefactKind;

/// Most cores of a node.
pub(super) const MAX_CPUS: i64 = 16;
/// Smallest and largest node.
const NODE_MEMORY: std::ops::RangeInclusive<u64> = 128 << 20..=255 << 30;
/// Smallest and largest guest: a page table block, and what fits between the
/// guest's RAM base and the end of its address space.
const VM_MEMORY: std::ops::RangeInclusive<u64> = 2 << 20..=255 << 30;
/// Node and guest memory come in multiples of a page table block.
const MEMORY_GRANULE: u64 = 2 << 20;
/// Longest SVE vector of the architecture, and what vectors are multiples of.
const SVE_MAX: i64 = 2048;
const SVE_GRANULE: i64 = 128;

const BOARDS: &[(&str, Board)] = &[("qemu-virt", Board::QemuVirt)];
const BOARDS_LATER: Later = &[
    ("rpi3", "Raspberry Pi 3"),
    ("rpi4", "Raspberry Pi 4"),
    ("bamboo", "PowerPC 440"),
];
const PAGING: &[(&str, Paging)] = &[("nested", Paging::Nested)];
const PAGING_LATER: Later = &[
    ("shadow", "shadow page tables"),
    ("adaptive", "changing modes"),
];
const DEVICES: &[(&str, Device)] = &[("console", Device::Console)];
const DEVICES_LATER: Later = &[
    ("net", "virtio network card"),
    ("torus", "torus network"),
    ("collective", "collective network"),
];
const LOGS: &[(&str, LogLevel)] = &[
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

/// A manifest whose values are right one by one, with the places that the
/// checks between them need.
pub(super) struct Draft {
    pub(super) node: Node,
    pub(super) node_cpus: Option<Place>,
    pub(super) vms: Vec<DraftVm>,
}

/// A machine of a [`Draft`].
pub(super) struct DraftVm {
    pub(super) vm: Vm,
    pub(super) place: Place,
    pub(super) name: Place,
    pub(super) cpus: Place,
    pub(super) pin: Place,
    pub(super) memory: Place,
}

impl Draft {
    pub(super) fn finish(self, path: &Path) -> Manifest {
        let vms = self.vms.into_iter().map(|draft| draft.vm).collect();
        Manifest {
            path: path.to_owned(),
            node: self.node,
            vms,
        }
    }
}

/// Reads the whole tree. `None` if values are missing that the checks between
/// values need; then there is at least one problem.
pub(super) fn manifest(path: &Path, root: Table, problems: &mut Problems) -> Option<Draft> {
    let before = problems.0.len();
    let start = Place(path.display().to_string());
    let mut fields = Fields::new(String::new(), root, problems);
    if let Some(torus) = fields.take("torus") {
        let remedy = "remove the [torus] table";
        fields.problem(
            &torus.place,
            "torus",
            "the torus network is not available in this version",
            remedy,
        );
    }
    let tables = (fields.take("node"), fields.take("vm"));
    let (node, node_cpus) = node(tables.0, &mut fields, &start);
    let base = Base {
        manifest: path.parent().unwrap_or(Path::new("")),
    };
    let vms = vms(tables.1, &mut fields, &start, &base, node.gic);
    fields.finish();
    (problems.0.len() == before).then_some(Draft {
        node,
        node_cpus,
        vms,
    })
}

fn node(item: Option<Item>, parent: &mut Fields<'_>, start: &Place) -> (Node, Option<Place>) {
    let table = match item {
        None => Table::new(start.clone()),
        Some(Item {
            value: Value::Table(table),
            ..
        }) => table,
        Some(item) => {
            parent.problem(
                &item.place,
                "node",
                "this must be a table",
                "write [node] and its keys below",
            );
            Table::new(start.clone())
        }
    };
    let mut fields = Fields::new("node".to_owned(), table, parent.problems);
    let board = fields
        .word("board", BOARDS, BOARDS_LATER)
        .unwrap_or(Board::QemuVirt);
    let gic = gic(&mut fields).unwrap_or(GicVersion::V3);
    let cpu = fields
        .string("cpu", "max")
        .map_or_else(|| "max".to_owned(), |cpu| cpu.value);
    let cpus = fields.integer("cpus", 1..=MAX_CPUS);
    let memory = fields
        .size("memory", NODE_MEMORY, MEMORY_GRANULE)
        .map_or(2 << 30, |m| m.value);
    let semihosting = fields.boolean("semihosting").unwrap_or(false);
    let log = fields.word("log", LOGS, &[]).unwrap_or(LogLevel::Info);
    fields.finish();
    let place = cpus.as_ref().map(|c| c.place.clone());
    let cpus = small(cpus).map_or(4, |c| c.value);
    (
        Node {
            board,
            gic,
            cpu,
            cpus,
            memory,
            semihosting,
            log,
        },
        place,
    )
}

fn vms(
    item: Option<Item>,
    parent: &mut Fields<'_>,
    start: &Place,
    base: &Base<'_>,
    gic: GicVersion,
) -> Vec<DraftVm> {
    let remedy = "write [[vm]] and its keys below, at least kernel";
    let items = match item {
        Some(Item {
            value: Value::Array(items),
            ..
        }) => items,
        Some(item) => {
            parent.problem(&item.place, "vm", "this must be a list of tables", remedy);
            return Vec::new();
        }
        None => Vec::new(),
    };
    if items.is_empty() {
        parent.problem(start, "vm", "there is no virtual machine", remedy);
    }
    let mut drafts = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        if let Value::Table(table) = item.value {
            drafts.extend(vm(index, table, parent, base, gic));
        } else {
            parent.problem(
                &item.place,
                &format!("vm.{index}"),
                "this must be a table",
                remedy,
            );
        }
    }
    drafts
}

fn vm(
    index: usize,
    table: Table,
    parent: &mut Fields<'_>,
    base: &Base<'_>,
    node_gic: GicVersion,
) -> Option<DraftVm> {
    let mut fields = Fields::new(format!("vm.vm{index}"), table, parent.problems);
    let place = fields.place();
    let name = name(&mut fields, index);
    fields.rename(format!("vm.{}", name.value));
    let kernel = kernel(&mut fields, base);
    let initrd = fields
        .file("initrd", base, Some(ArtefactKind::Initrd))
        .filter(|initrd| {
            !kernel
                .as_ref()
                .is_some_and(|kernel| misplaced(initrd, kernel))
        });
    let dtb = fields.file("dtb", base, None);
    let dtb_overlay = fields.file("dtb_overlay", base, None);
    let cmdline = cmdline(&mut fields);
    let cpus = small(fields.integer("cpus", 1..=bundle::MAX_VCPUS.into()));
    let pin = fields.integers("pin", 0..=MAX_CPUS - 1);
    let memory = fields.size("memory", VM_MEMORY, MEMORY_GRANULE);
    let paging = fields
        .word("paging", PAGING, PAGING_LATER)
        .unwrap_or(Paging::Nested);
    let gic = gic(&mut fields).unwrap_or(node_gic);
    let devices = fields
        .words("devices", DEVICES, DEVICES_LATER)
        .unwrap_or_else(|| vec![Device::Console]);
    let pmu = fields.boolean("pmu").unwrap_or(true);
    let sve = sve(&mut fields);
    fields.finish();
    let at = |known: Option<&Place>| known.unwrap_or(&place).clone();
    let places = (
        at(cpus.as_ref().map(|p| &p.place)),
        at(pin.as_ref().map(|p| &p.place)),
        at(memory.as_ref().map(|p| &p.place)),
    );
    let vm = Vm {
        name: name.value,
        kernel: kernel?,
        initrd,
        dtb,
        dtb_overlay,
        cmdline,
        cpus: cpus.map_or(1, |c| c.value),
        pin: pin.map_or_else(Vec::new, |p| {
            p.value
                .into_iter()
                .filter_map(|c| u8::try_from(c).ok())
                .collect()
        }),
        memory: memory.map_or(512 << 20, |m| m.value),
        paging,
        gic,
        devices,
        pmu,
        sve,
    };
    Some(DraftVm {
        vm,
        place,
        name: name.place,
        cpus: places.0,
        pin: places.1,
        memory: places.2,
    })
}

fn name(fields: &mut Fields<'_>, index: usize) -> Placed<String> {
    let default = Placed {
        value: format!("vm{index}"),
        place: fields.place(),
    };
    let Some(name) = fields.string("name", "linux0") else {
        return default;
    };
    if bundle::Vm::is_name(&name.value) {
        return name;
    }
    let remedy = format!("use 1 to {} letters, digits, - and _", bundle::MAX_NAME);
    fields.problem(
        &name.place,
        "name",
        format!("{:?} cannot name a machine", name.value),
        remedy,
    );
    default
}

/// Whether a RAM disk was meant for the kernel that an override has replaced: ours
/// are for Linux, and a bare-metal program may take a RAM disk as something else.
fn misplaced(initrd: &FileRef, kernel: &FileRef) -> bool {
    let chosen_together = kernel.place.is_override() == initrd.place.is_override();
    let ours = matches!(initrd.source, FileSource::Artefact(_));
    ours && !chosen_together && kernel.place.is_override() && !kernel.is_linux()
}

fn kernel(fields: &mut Fields<'_>, base: &Base<'_>) -> Option<FileRef> {
    let before = fields.problems.0.len();
    let kernel = fields.file("kernel", base, Some(ArtefactKind::Kernel));
    if kernel.is_none() && fields.problems.0.len() == before {
        let place = fields.place();
        fields.problem(
            &place,
            "kernel",
            "the key is missing",
            "name what the machine starts, such as kernel = \"debian\"",
        );
    }
    kernel
}

fn cmdline(fields: &mut Fields<'_>) -> String {
    let Some(cmdline) = fields.string("cmdline", "console=ttyAMA0") else {
        return String::new();
    };
    if cmdline.value.contains(['\0', '\n']) {
        fields.problem(
            &cmdline.place,
            "cmdline",
            "it contains a line end or a NUL",
            "write the command line on one line",
        );
    }
    cmdline.value
}

fn gic(fields: &mut Fields<'_>) -> Option<GicVersion> {
    let version = fields.integer("gic", 2..=3)?;
    Some(if version.value == 2 {
        GicVersion::V2
    } else {
        GicVersion::V3
    })
}

fn sve(fields: &mut Fields<'_>) -> Option<u16> {
    let bits = fields.integer("sve", 0..=SVE_MAX)?;
    if bits.value % SVE_GRANULE != 0 {
        let what = format!("vectors of {} bits do not exist", bits.value);
        fields.problem(
            &bits.place,
            "sve",
            what,
            format!("give a multiple of {SVE_GRANULE}, or 0 for no SVE"),
        );
    }
    u16::try_from(bits.value).ok()
}

fn small(value: Option<Placed<i64>>) -> Option<Placed<u8>> {
    let Placed { value, place } = value?;
    Some(Placed {
        value: u8::try_from(value).ok()?,
        place,
    })
}
