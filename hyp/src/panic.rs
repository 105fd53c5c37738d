//! The hypervisor gives up: it says what it knows and turns the node off.

use core::{
    fmt,
    panic::PanicInfo,
    sync::atomic::{AtomicBool, Ordering},
};

use alloc::format;

use bundle::report::{NodeStatus, Report};

use crate::{
    arch::aarch64::{Backtrace, describe_guest},
    console, node,
};

/// A panic is being reported: another one, in the report itself, must not be.
static PANICKED: AtomicBool = AtomicBool::new(false);

struct Where;

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe_guest(f)
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if PANICKED.swap(true, Ordering::AcqRel) {
        node::turn_off(false);
    }
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
