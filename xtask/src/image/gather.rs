//! From a manifest to a bundle: every file is fetched, read and put in.

use anyhow::{Context, Result, ensure};
use bundle::{Blob, Node, Vm, Writer};

use crate::host::Host;
use crate::manifest::{self, FileRef, HYPERVISOR_MEMORY, Manifest, size};

/// The bundle of a node.
///
/// # Errors
/// A file cannot be had or read, or does not fit into its machine; all of
/// them together do not fit into the node.
pub(super) fn bundle(host: &Host, manifest: &Manifest, frames: bool) -> Result<Vec<u8>> {
    let mut files = Writer::new();
    let vms = manifest.vms.iter().map(|vm| describe(host, vm, &mut files));
    let node = Node {
        vms: vms.collect::<Result<_>>()?,
        log_level: manifest.node.log,
        semihosting: manifest.node.semihosting,
        frames,
    };
    let bytes = bundle::write(&node, files).context("the node cannot be described")?;
    check_memory(manifest, bytes.len() as u64)?;
    Ok(bytes)
}

fn describe(host: &Host, vm: &manifest::Vm, files: &mut Writer) -> Result<Vm> {
    let mut add = |file: &FileRef| add(host, vm, file, files);
    let mut option = |file: &Option<FileRef>| file.as_ref().map(&mut add).transpose();
    let (initrd, dtb, dtb_overlay) = (
        option(&vm.initrd)?,
        option(&vm.dtb)?,
        option(&vm.dtb_overlay)?,
    );
    Ok(Vm {
        name: vm.name.clone(),
        vcpus: vm.cpus,
        pin: vm.pin.clone(),
        memory: vm.memory,
        paging: vm.paging,
        gic: vm.gic,
        kernel: add(&vm.kernel)?,
        initrd,
        dtb,
        dtb_overlay,
        cmdline: vm.cmdline.clone(),
        devices: vm.devices.clone(),
        pmu: vm.pmu,
        sve: vm.sve,
    })
}

fn add(host: &Host, vm: &manifest::Vm, file: &FileRef, files: &mut Writer) -> Result<Blob> {
    let path = host.file(file)?;
    let place = || {
        format!(
            "{}: {}: cannot use {}",
            file.place,
            file.key,
            path.display()
        )
    };
    let contents = std::fs::read(&path).with_context(place)?;
    let length = contents.len() as u64;
    ensure!(length > 0, "{}: the file is empty", place());
    ensure!(
        length < vm.memory,
        "{}: it has {length} bytes, the machine only {}\n  -> give {} more memory",
        place(),
        size::format(vm.memory),
        vm.name
    );
    Ok(files.add(contents, file.text.clone()))
}

/// The bundle takes node memory too, while machines are started from it.
fn check_memory(manifest: &Manifest, bundle: u64) -> Result<()> {
    let guests: u64 = manifest.vms.iter().map(|vm| vm.memory).sum();
    let available = manifest.node.memory;
    ensure!(
        guests
            .saturating_add(bundle)
            .saturating_add(HYPERVISOR_MEMORY)
            <= available,
        "{}: node.memory: {} is too little: the machines have {}, their files {} MiB, the hypervisor {}\n  \
         -> raise node.memory, or give the machines less",
        manifest.path.display(),
        size::format(available),
        size::format(guests),
        bundle.div_ceil(1 << 20),
        size::format(HYPERVISOR_MEMORY)
    );
    Ok(())
}
