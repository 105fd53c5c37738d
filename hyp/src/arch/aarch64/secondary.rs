//! Starting the other cores.

use core::{
    mem::offset_of,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use aarch64_cpu::{
    asm::barrier,
    registers::{MAIR_EL2, MIDR_EL1, TCR_EL2, VBAR_EL2},
};
use platform::{
    features::Features,
    machine::{Cpu, CpuEnable},
    psci::Psci,
};
use spin::Once;
use tock_registers::interfaces::{Readable, Writeable};

use super::mmu::Translation;
use crate::cores::{self, Core};

/// What a core needs before it can execute Rust. `start.S` reads it with the
/// MMU off, by these offsets.
#[repr(C, align(64))]
struct SecondaryEntry {
    mair: u64,
    tcr: u64,
    ttbr: u64,
    sctlr: u64,
    stack: u64,
    core: *const Core,
}

const _: () = assert!(
    offset_of!(SecondaryEntry, ttbr) == 16
        && offset_of!(SecondaryEntry, stack) == 32
        && offset_of!(SecondaryEntry, core) == 40
);

/// The first core was started at EL3: there is no firmware, and the other cores
/// wait in the pen of `start.S`.
#[unsafe(no_mangle)]
static STARTED_AT_EL3: AtomicBool = AtomicBool::new(false);

/// The affinity of the core that may leave the pen. Core 0 is never in there.
#[unsafe(no_mangle)]
static PEN_TICKET: AtomicU64 = AtomicU64::new(0);

/// Its [`SecondaryEntry`].
#[unsafe(no_mangle)]
static PEN_ENTRY: AtomicU64 = AtomicU64::new(0);

/// What a core is: all that come up must be alike, because a VM's traps and
/// identification registers are made once.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    midr: u64,
    features: Features,
}

impl Kind {
    fn of_this_core() -> Self {
        Self {
            midr: MIDR_EL1.get(),
            features: Features::probe(),
        }
    }
}

/// The kind of the core that boots.
static KIND: Once<Kind> = Once::new();

/// Index of the last core that came up and cannot be used.
static UNUSABLE: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Whether EL3 is ours (see [`super::monitor`]).
pub(super) fn started_at_el3() -> bool {
    STARTED_AT_EL3.load(Ordering::Relaxed)
}

/// Why a core did not start.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StartError {
    /// The device tree names no way that works here.
    NoMethod,
    /// The firmware refused.
    Firmware(platform::psci::Error),
    /// It was started and never came.
    Silent,
    /// It came up and said why it cannot be used.
    Unusable,
}

impl core::fmt::Display for StartError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoMethod => f.write_str("the device tree names no usable way to start it"),
            Self::Firmware(error) => write!(f, "the firmware says {error:?}"),
            Self::Silent => f.write_str("it was started and did not come up"),
            Self::Unusable => f.write_str("it cannot be used"),
        }
    }
}

/// Starts `core` and waits until it is up.
pub(crate) fn start(
    core: &'static Core,
    cpu: &Cpu,
    translation: Translation,
    firmware: Option<Psci>,
) -> Result<(), StartError> {
    let entry = SecondaryEntry {
        mair: MAIR_EL2.get(),
        tcr: TCR_EL2.get(),
        ttbr: translation.ttbr,
        sctlr: translation.sctlr,
        stack: core.stack,
        core,
    };
    KIND.call_once(Kind::of_this_core);
    // The stack of this core is not mapped one to one, and the other core has
    // its MMU off: the entry goes to the heap, which is.
    let entry = alloc::boxed::Box::new(entry);
    let address = &raw const *entry as u64;
    crate::memory::clean(address, size_of::<SecondaryEntry>() as u64);
    match (cpu.enable, firmware) {
        _ if started_at_el3() => from_pen(cpu.mpidr, address),
        (CpuEnable::Psci, Some(psci)) => by_psci(psci, cpu.mpidr, address)?,
        _ => return Err(StartError::NoMethod),
    }
    let up = wait(core);
    if let Err(StartError::Silent) = up {
        // It may still come, and read its entry then.
        core::mem::forget(entry);
    }
    up
}

/// Lets a core out of the pen. It has its caches off: what it reads must be in
/// memory.
fn from_pen(mpidr: u64, entry: u64) {
    let publish = |cell: &AtomicU64, value| {
        cell.store(value, Ordering::Release);
        crate::memory::clean(cell.as_ptr() as u64, size_of::<AtomicU64>() as u64);
    };
    publish(&PEN_ENTRY, entry);
    publish(&PEN_TICKET, mpidr);
    platform::cpu::send_event();
}

fn by_psci(psci: Psci, mpidr: u64, context: u64) -> Result<(), StartError> {
    unsafe extern "C" {
        static secondary_entry: u8;
    }
    let entry = &raw const secondary_entry as u64;
    // SAFETY: the entry leads to `boot_secondary` with a stack of its own.
    unsafe { psci.cpu_on(mpidr, entry, context) }.map_err(StartError::Firmware)
}

fn wait(core: &Core) -> Result<(), StartError> {
    /// Seconds that a core has to come up.
    const PATIENCE: u64 = 5;
    let deadline = platform::timer::counter() + PATIENCE * platform::timer::frequency();
    while platform::timer::counter() < deadline {
        if core.is_online() {
            return Ok(());
        }
        if UNUSABLE.load(Ordering::Acquire) == core.index {
            return Err(StartError::Unusable);
        }
        core::hint::spin_loop();
    }
    Err(StartError::Silent)
}

/// First Rust code of a secondary core, on its own stack, with the MMU on.
#[unsafe(no_mangle)]
extern "C" fn boot_secondary(core: &'static Core) -> ! {
    unsafe extern "C" {
        static vectors: u8;
    }
    VBAR_EL2.set(&raw const vectors as u64);
    barrier::isb(barrier::SY);
    super::set_this_core(core);
    let kind = Kind::of_this_core();
    if KIND.get() != Some(&kind) {
        let (index, midr) = (core.index, kind.midr);
        log::error!("core {index}: it is of another kind (MIDR {midr:#x}) than core 0");
        refuse(core)
    }
    if let Err(error) = super::interrupts::init_core(core) {
        log::error!("core {}: {error}", core.index);
        refuse(core)
    }
    core.set_online();
    cores::run()
}

/// Stops the calling core for good; whoever started it need not wait.
fn refuse(core: &Core) -> ! {
    UNUSABLE.store(core.index, Ordering::Release);
    platform::cpu::park()
}
