//! The hypervisor gives up: it says what it knows and turns the node off.

use core::{
    fmt,
    panic::PanicInfo,
    sync::atomic::{AtomicU64, Ordering},
};

use alloc::format;

use bundle::report::{NodeStatus, Report};

use crate::{
    arch::aarch64::{Backtrace, affinity, describe_guest},
    console, node,
};

/// The core that reports a panic, by its affinity: also cores that have not
/// been told who they are have that.
static REPORTER: AtomicU64 = AtomicU64::new(NOBODY);

/// No affinity: bits that MPIDR_EL1 does not have are set.
const NOBODY: u64 = u64::MAX;

/// Whether a panic is being reported: locks may never be released any more.
pub(crate) fn is_reporting() -> bool {
    REPORTER.load(Ordering::Relaxed) != NOBODY
}

/// Makes the calling core the one that reports. Does not return on others: the
/// first panic is the one that tells most, so a second one must not cut its
/// report off. One in the report itself ends the node at once.
fn become_reporter() {
    let me = affinity();
    match REPORTER.compare_exchange(NOBODY, me, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {}
        Err(reporter) if reporter == me => node::turn_off(false),
        Err(_) => platform::cpu::park(),
    }
}

struct Where;

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe_guest(f)
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    become_reporter();
    console::print_line(format_args!("toroid: panic: {info}"));
    console::print_line(format_args!("toroid: panic: on {Where}"));
    console::print_line(format_args!(
        "toroid: panic: backtrace:{}",
        Backtrace::here()
    ));
    // Locks may be held: only the message goes out, not the state of the VMs.
    let message = format!("{info}");
    console::put_report(&Report {
        status: NodeStatus::Panic { message },
        vms: alloc::vec::Vec::new(),
    });
    node::turn_off(false)
}
