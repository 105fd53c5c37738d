//! What a VM boots from, worked out once: where its images go, and its device
//! tree.

use alloc::{format, string::String, vec::Vec};
use core::ops::Range;

use model::{
    image::{self, Plan},
    layout::{RAM_BASE, Window},
    tree::{self, Chosen},
};
use vtlb::GuestPhys;

use crate::{
    arch::aarch64::{self as arch, GuestCpu},
    node,
};

/// Where everything goes, and the device tree that says so.
#[derive(Debug)]
pub(super) struct Boot {
    /// Kernel, RAM disk and device tree in guest memory.
    pub(super) plan: Plan,
    /// The device tree.
    pub(super) tree: Vec<u8>,
}

impl Boot {
    /// Works it out for a VM with this processor and this RAM.
    pub(super) fn prepare(spec: &bundle::Vm, cpu: &GuestCpu, ram: Window) -> Result<Self, String> {
        for blob in [&spec.dtb, &spec.dtb_overlay].into_iter().flatten() {
            if blob.size > image::DTB_MAX {
                let (source, size) = (&blob.source, blob.size);
                let most = image::DTB_MAX;
                return Err(format!(
                    "{source}: a device tree of {size} bytes; the most is {most}"
                ));
            }
        }
        let initrd = spec.initrd.as_ref().map(node::blob);
        // The size of the tree decides where the RAM disk can go, whose place
        // is in the tree. The size depends on no address: a draft tells it.
        let draft = device_tree(spec, cpu, ram, initrd.map(|_| RAM_BASE..RAM_BASE))?;
        let plan = image::plan(&image::Request {
            kernel: node::blob(&spec.kernel),
            initrd: initrd.map(|bytes| bytes.len() as u64),
            dtb: draft.len() as u64,
            ram,
        })
        .map_err(|error| format!("{}: {error}", spec.kernel.source))?;
        check_granule(spec, cpu, plan.kind)?;
        // Without a RAM disk the draft says everything already.
        let tree = if initrd.is_some() {
            device_tree(spec, cpu, ram, plan.initrd.clone())?
        } else {
            draft
        };
        Ok(Self { plan, tree })
    }
}

/// A kernel for a page size that the cores lack would hang without a word.
fn check_granule(spec: &bundle::Vm, cpu: &GuestCpu, kind: image::Kind) -> Result<(), String> {
    match kind {
        image::Kind::Image {
            granule: Some(granule),
        } if !cpu.has_granule(granule) => Err(format!(
            "{}: this kernel needs {granule:?} pages, which this core does not have",
            spec.kernel.source
        )),
        _ => Ok(()),
    }
}

/// The device tree that the guest is given.
fn device_tree(
    spec: &bundle::Vm,
    cpu: &GuestCpu,
    ram: Window,
    initrd: Option<Range<GuestPhys>>,
) -> Result<Vec<u8>, String> {
    let machine = tree::Machine {
        ram,
        vcpus: usize::from(spec.vcpus),
        gic: match spec.gic {
            bundle::GicVersion::V2 => tree::Gic::V2,
            bundle::GicVersion::V3 => tree::Gic::V3,
        },
        cpu: arch::cpu_name(),
        pmu: spec.pmu && cpu.hardware.pmu != 0,
        chosen: Chosen {
            bootargs: &spec.cmdline,
            initrd,
            seed: None,
        },
    };
    let user = tree::User {
        tree: spec.dtb.as_ref().map(node::blob),
        overlay: spec.dtb_overlay.as_ref().map(node::blob),
    };
    tree::build(&machine, user).map_err(|error| format!("{error}"))
}
