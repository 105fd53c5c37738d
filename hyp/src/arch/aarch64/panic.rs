//! What can be said about the machine when the hypervisor gives up.

use core::fmt;

use aarch64_cpu::registers::{ELR_EL2, ESR_EL2, FAR_EL2, MPIDR_EL1};
use tock_registers::interfaces::Readable;

use super::{
    mmu::{self, Image},
    this_core_if_known,
};
use crate::{node, vm};

/// Return addresses from a chain of frame records, innermost first.
pub(crate) struct Backtrace(u64);

/// Deepest chain that is followed.
const DEPTH: usize = 24;

impl Backtrace {
    /// From where this is called.
    #[inline(always)]
    pub(crate) fn here() -> Self {
        let frame: u64;
        // SAFETY: reads the frame pointer.
        unsafe { core::arch::asm!("mov {}, x29", out(reg) frame, options(nomem, nostack)) };
        Self(frame)
    }

    /// Whether a frame record may be at `frame`: stacks are aligned, and not
    /// among code and constants.
    fn plausible(frame: u64, image: &Image) -> bool {
        frame != 0 && frame.is_multiple_of(16) && !(image.start..image.rodata_end).contains(&frame)
    }
}

impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let image = Image::of_this();
        let mut frame = self.0;
        for _ in 0..DEPTH {
            if !Self::plausible(frame, &image) {
                return Ok(());
            }
            // SAFETY: frame records are on this core's stack, which is mapped;
            // the chain ends with a zero that the vectors and the boot code put
            // there, and each record is checked to be where a stack can be.
            let [next, return_address] = unsafe { (frame as *const [u64; 2]).read_volatile() };
            if !(image.start..image.text_end).contains(&return_address) {
                return Ok(());
            }
            write!(f, " {return_address:#x}")?;
            if next <= frame {
                return Ok(());
            }
            frame = next;
        }
        Ok(())
    }
}

/// What tells the calling core from others.
pub(crate) fn affinity() -> u64 {
    MPIDR_EL1.get()
}

/// The core and the last exception that it took, for a panic message.
pub(crate) fn describe_guest(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match this_core_if_known() {
        Some(core) => write!(f, "core {}", core.index)?,
        None => f.write_str("the booting core")?,
    }
    if let Some(core) = this_core_if_known()
        && let Some((vm, vcpu)) = core.running()
    {
        write!(f, ", {} vCPU {vcpu}", vm.name)?;
    } else if let Some(core) = this_core_if_known()
        && let Some(vm) = core.works_for().and_then(vm::get)
    {
        write!(f, ", starting or ending {}", vm.name)?;
    }
    let (esr, far, elr) = (ESR_EL2.get(), FAR_EL2.get(), ELR_EL2.get());
    write!(f, ", ESR {esr:#x} FAR {far:#x} ELR {elr:#x}")
}

/// Kinds of exception, in the order of the vector table.
const KINDS: [&str; 4] = ["synchronous exception", "IRQ", "FIQ", "SError"];

/// Another one was taken while the first was reported.
#[unsafe(no_mangle)]
extern "C" fn own_fault_again() -> ! {
    node::turn_off(false)
}

/// An exception was taken from EL2 itself.
#[unsafe(no_mangle)]
extern "C" fn own_fault(vector: u64, sp: u64, frame: u64) -> ! {
    let kind = KINDS[vector as usize % KINDS.len()];
    if this_core_if_known().is_none() && sp == 0 {
        node::turn_off(false);
    }
    let cause = if mmu::is_stack_window(FAR_EL2.get()) && !mmu::is_stack_window(ELR_EL2.get()) {
        "stack overflow: "
    } else {
        ""
    };
    // In one panic, not logged before it: this core may hold the line.
    panic!(
        "{cause}{kind} in the hypervisor itself, SP {sp:#x}; frames:{}",
        Backtrace(frame)
    );
}
