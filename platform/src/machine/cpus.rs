//! Cores and how to start them (Devicetree Specification, 3.8; binding
//! `arm/cpus`).

use heapless::Vec;

use super::{
    Conduit, Cpu, CpuEnable, Error, MAX_CPUS,
    tree::{CELL, Place, number},
};

/// Affinity fields that a core's `reg` may use.
const AFFINITY_MASK: u64 = 0xff_00ff_ffff;

/// Adds a node to the cores if it is one; counts those for which there is no
/// room.
pub(super) fn read_cpu(
    place: &Place<'_, '_, '_>,
    cpus: &mut Vec<Cpu, MAX_CPUS>,
    left_out: &mut usize,
) -> Result<(), Error> {
    let Some(parent) = place.parent.filter(|parent| parent.is_at("/cpus")) else {
        return Ok(());
    };
    if place.text("device_type") != Some("cpu") || failed(place) {
        return Ok(());
    }
    let cells = parent.cell("#address-cells")?.unwrap_or(1) as usize;
    let mpidr = match place.bytes("reg") {
        Some(reg) if !reg.is_empty() && reg.len() == cells.saturating_mul(CELL) => {
            number(reg, cells)
        }
        _ => None,
    };
    let Some(mpidr) = mpidr.filter(|mpidr| mpidr & !AFFINITY_MASK == 0) else {
        return Err(place.error("reg", "is not the affinity of a core"));
    };
    if cpus.iter().any(|cpu| cpu.mpidr == mpidr) {
        return Err(place.error("reg", "another core has this affinity"));
    }
    let enable = enable_method(place)?;
    if cpus.push(Cpu { mpidr, enable }).is_err() {
        *left_out += 1;
    }
    Ok(())
}

/// Whether a core is broken. One that is `disabled` only waits to be started.
fn failed(place: &Place<'_, '_, '_>) -> bool {
    place
        .text("status")
        .is_some_and(|status| status.starts_with("fail"))
}

/// How to start the core.
fn enable_method(place: &Place<'_, '_, '_>) -> Result<CpuEnable, Error> {
    match place.text("enable-method") {
        Some("psci") => Ok(CpuEnable::Psci),
        Some("spin-table") => match place.address("cpu-release-addr")? {
            Some(release_addr) => Ok(CpuEnable::SpinTable { release_addr }),
            None => Err(place.error("cpu-release-addr", "is missing for a spin-table")),
        },
        _ => Ok(CpuEnable::Unknown),
    }
}

/// The conduit of a PSCI node, if this is one of version 0.2 or later (earlier
/// ones have no standard function numbers).
pub(super) fn read_psci(place: &Place<'_, '_, '_>) -> Result<Option<Conduit>, Error> {
    if !place.enabled() || !place.compatible(|name| matches!(name, "arm,psci-1.0" | "arm,psci-0.2"))
    {
        return Ok(None);
    }
    match place.text("method") {
        Some("smc") => Ok(Some(Conduit::Smc)),
        Some("hvc") => Ok(Some(Conduit::Hvc)),
        _ => Err(place.error("method", "must be \"smc\" or \"hvc\"")),
    }
}
