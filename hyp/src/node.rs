//! The node as a whole: the bundle it was started with, its clock, its end.

use alloc::{format, string::String};

use bundle::{
    Bundle,
    report::{NodeStatus, VmState},
};
use platform::{machine::Conduit, psci::Psci, timer, workarounds::Answers};
use spin::Once;

use crate::{console, vm};

static BUNDLE: Once<Bundle<'static>> = Once::new();
static FIRMWARE: Once<Option<Psci>> = Once::new();
static WORKAROUNDS: Once<Option<Answers>> = Once::new();
/// Seconds since 1970 when the system counter was at 0.
static EPOCH: Once<u64> = Once::new();

/// Remembers the bundle.
pub(crate) fn set_bundle(bundle: Bundle<'static>) -> &'static Bundle<'static> {
    BUNDLE.call_once(|| bundle)
}

/// The contents of a file in the bundle.
pub(crate) fn blob(blob: &bundle::Blob) -> &'static [u8] {
    BUNDLE.get().map_or(&[], |bundle| bundle.blob(blob))
}

/// Remembers how to reach the firmware, and what it offers.
pub(crate) fn set_firmware(conduit: Option<Conduit>) -> Option<Psci> {
    WORKAROUNDS.call_once(|| conduit.map(Answers::of_firmware));
    *FIRMWARE.call_once(|| conduit.map(Psci::new))
}

/// The firmware's workarounds for speculation vulnerabilities.
pub(crate) fn workarounds() -> Option<&'static Answers> {
    WORKAROUNDS.get()?.as_ref()
}

/// Sets the clock: it is `seconds` after 1970 now.
pub(crate) fn set_wall_clock(seconds: u64) {
    EPOCH.call_once(|| seconds.saturating_sub(uptime()));
}

/// Seconds since the system counter started.
pub(crate) fn uptime() -> u64 {
    timer::counter() / timer::frequency().max(1)
}

/// Seconds since 1970, or since power-on where no clock was found.
pub(crate) fn wall_clock() -> u64 {
    EPOCH.get().copied().unwrap_or(0) + uptime()
}

/// The system counter's value when [`wall_clock`] becomes `seconds`.
pub(crate) fn counter_at(seconds: u64) -> u64 {
    seconds
        .saturating_sub(EPOCH.get().copied().unwrap_or(0))
        .saturating_mul(timer::frequency())
}

/// The last VM has ended: so does the node.
pub(crate) fn all_vms_ended() -> ! {
    let report = vm::node_report(NodeStatus::AllOff);
    let failed = report.vms.into_iter().find_map(|vm| match vm.state {
        VmState::Failed(reason) => Some(format!("{}: {reason}", vm.name)),
        _ => None,
    });
    power_off(failed.map_or(NodeStatus::AllOff, |reason| NodeStatus::Failed { reason }))
}

/// The node cannot go on.
pub(crate) fn fail(reason: String) -> ! {
    log::error!("{reason}");
    power_off(NodeStatus::Failed { reason })
}

/// Says how it went and turns the power off.
pub(crate) fn power_off(status: NodeStatus) -> ! {
    let good = status == NodeStatus::AllOff;
    // A guest's last words come before ours.
    console::drain();
    vm::print_statistics();
    log::info!("node off");
    console::put_report(&vm::node_report(status));
    turn_off(good)
}

/// Turns the power off without a word.
pub(crate) fn turn_off(good: bool) -> ! {
    if BUNDLE.get().is_some_and(|bundle| bundle.node.semihosting) {
        platform::semihosting::exit(u32::from(!good));
    }
    if let Some(Some(firmware)) = FIRMWARE.get() {
        // It does not return where it works.
        let _not_supported = firmware.system_off();
    }
    platform::cpu::park()
}
