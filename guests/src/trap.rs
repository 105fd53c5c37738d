//! Exceptions: vectors, handlers, and exceptions that a test expects.

use core::{
    arch::global_asm,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use crate::{
    exit, mrs, println,
    sysreg::{MAX_CPUS, cpu},
};

/// Registers at the exception; what a handler changes is what is resumed.
#[repr(C)]
#[derive(Debug)]
pub struct Frame {
    /// x0 to x30.
    pub x: [u64; 31],
    /// `ELR_EL1`: where to resume.
    pub elr: u64,
    /// `SPSR_EL1`.
    pub spsr: u64,
    reserved: u64,
}

/// Bytes that the vectors push: a [`Frame`].
const FRAME: usize = size_of::<Frame>();

/// What an exception reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syndrome {
    /// `ESR_EL1`.
    pub esr: u64,
    /// `FAR_EL1`.
    pub far: u64,
    /// `ELR_EL1`.
    pub elr: u64,
    /// `SPSR_EL1`.
    pub spsr: u64,
}

impl Syndrome {
    /// Exception class.
    #[must_use]
    pub fn ec(&self) -> u64 {
        self.esr >> 26 & 0x3f
    }

    /// Instruction-specific syndrome.
    #[must_use]
    pub fn iss(&self) -> u64 {
        self.esr & 0x1ff_ffff
    }

    /// Fault status code of an abort.
    #[must_use]
    pub fn fsc(&self) -> u64 {
        self.esr & 0x3f
    }

    /// `IL`: a 32-bit instruction.
    #[must_use]
    pub fn il(&self) -> bool {
        self.esr & 1 << 25 != 0
    }
}

/// Exception classes (Arm ARM, `ESR_EL1.EC`).
pub mod ec {
    /// Unknown reason: undefined instruction.
    pub const UNKNOWN: u64 = 0x00;
    /// Access to FP or SIMD disabled.
    pub const FP: u64 = 0x07;
    /// Branch target.
    pub const BTI: u64 = 0x0d;
    /// SVC.
    pub const SVC: u64 = 0x15;
    /// Trapped system register access.
    pub const SYSREG: u64 = 0x18;
    /// Pointer authentication failure (`FEAT_FPAC`).
    pub const FPAC: u64 = 0x1c;
    /// Instruction abort from EL0.
    pub const IABT_EL0: u64 = 0x20;
    /// Instruction abort from EL1.
    pub const IABT: u64 = 0x21;
    /// Misaligned PC.
    pub const PC_ALIGN: u64 = 0x22;
    /// Data abort from EL0.
    pub const DABT_EL0: u64 = 0x24;
    /// Data abort from EL1.
    pub const DABT: u64 = 0x25;
    /// Misaligned SP.
    pub const SP_ALIGN: u64 = 0x26;
    /// Breakpoint at EL1.
    pub const BREAKPOINT: u64 = 0x31;
    /// Software step at EL1.
    pub const STEP: u64 = 0x33;
    /// Watchpoint at EL1.
    pub const WATCHPOINT: u64 = 0x35;
    /// BRK.
    pub const BRK: u64 = 0x3c;
}

/// Exception taken from EL1: type 0 to 3 = synchronous, IRQ, FIQ, SError.
type Handler = fn(&mut Frame);
/// A test's own handler of synchronous exceptions: true if it dealt with it.
pub type SyncHook = fn(&mut Frame, &Syndrome) -> bool;

/// What a CPU caught while it expected exceptions.
struct Caught {
    armed: AtomicBool,
    count: AtomicU64,
    esr: AtomicU64,
    far: AtomicU64,
    elr: AtomicU64,
    spsr: AtomicU64,
}

static CAUGHT: [Caught; MAX_CPUS] = [const {
    Caught {
        armed: AtomicBool::new(false),
        count: AtomicU64::new(0),
        esr: AtomicU64::new(0),
        far: AtomicU64::new(0),
        elr: AtomicU64::new(0),
        spsr: AtomicU64::new(0),
    }
}; MAX_CPUS];

/// Handlers of IRQ, FIQ and SError.
static HANDLERS: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
static SYNC_HOOK: AtomicUsize = AtomicUsize::new(0);

/// Installs the IRQ handler of all CPUs.
pub fn on_irq(handler: Handler) {
    HANDLERS[0].store(handler as usize, Relaxed);
}

/// Installs the FIQ handler of all CPUs.
pub fn on_fiq(handler: Handler) {
    HANDLERS[1].store(handler as usize, Relaxed);
}

/// Installs the SError handler of all CPUs.
pub fn on_serror(handler: Handler) {
    HANDLERS[2].store(handler as usize, Relaxed);
}

/// Installs a handler that sees synchronous exceptions from EL1 first, or removes it.
pub fn on_sync(hook: Option<SyncHook>) {
    SYNC_HOOK.store(hook.map_or(0, |h| h as usize), Relaxed);
}

/// Runs `action`, in which exceptions are allowed, and returns the first one.
///
/// The instruction that failed is skipped; a failed fetch returns to the
/// caller (x30). How many there were is [`count`].
pub fn catch<R>(action: impl FnOnce() -> R) -> Result<R, Syndrome> {
    let caught = &CAUGHT[cpu()];
    caught.count.store(0, Relaxed);
    caught.armed.store(true, Relaxed);
    let result = action();
    caught.armed.store(false, Relaxed);
    if caught.count.load(Relaxed) == 0 {
        Ok(result)
    } else {
        Err(last())
    }
}

/// Exceptions during the last [`catch`] of this CPU.
#[must_use]
pub fn count() -> u64 {
    CAUGHT[cpu()].count.load(Relaxed)
}

/// What this CPU caught first in the last [`catch`], or when EL0 ended.
#[must_use]
pub fn last() -> Syndrome {
    let c = &CAUGHT[cpu()];
    Syndrome {
        esr: c.esr.load(Relaxed),
        far: c.far.load(Relaxed),
        elr: c.elr.load(Relaxed),
        spsr: c.spsr.load(Relaxed),
    }
}

fn store(s: &Syndrome) {
    let c = &CAUGHT[cpu()];
    c.esr.store(s.esr, Relaxed);
    c.far.store(s.far, Relaxed);
    c.elr.store(s.elr, Relaxed);
    c.spsr.store(s.spsr, Relaxed);
}

/// Called by the vectors; `vector` is 0 to 15 in table order.
extern "C" fn exception(frame: &mut Frame, vector: u64) {
    match vector & 3 {
        0 => synchronous(frame, vector),
        kind => {
            let handler = HANDLERS[kind as usize - 1].load(Relaxed);
            if handler == 0 {
                fatal(frame, vector);
            }
            // SAFETY: only `on_irq`, `on_fiq` and `on_serror` store here, each a `Handler`.
            let handler: Handler = unsafe { core::mem::transmute::<usize, Handler>(handler) };
            handler(frame);
        }
    }
}

fn synchronous(frame: &mut Frame, vector: u64) {
    let s = Syndrome {
        esr: mrs!("esr_el1"),
        far: mrs!("far_el1"),
        elr: frame.elr,
        spsr: frame.spsr,
    };
    if vector >= 8 {
        store(&s);
        crate::el0::leave(frame);
        return;
    }
    let hook = SYNC_HOOK.load(Relaxed);
    if hook != 0 {
        // SAFETY: only `on_sync` stores here, a `SyncHook`.
        let hook: SyncHook = unsafe { core::mem::transmute::<usize, SyncHook>(hook) };
        if hook(frame, &s) {
            return;
        }
    }
    let caught = &CAUGHT[cpu()];
    if !caught.armed.load(Relaxed) {
        fatal(frame, vector);
    }
    if caught.count.fetch_add(1, Relaxed) == 0 {
        store(&s);
    }
    frame.elr = match s.ec() {
        ec::IABT | ec::PC_ALIGN | ec::BTI => frame.x[30],
        ec::SVC => frame.elr,
        _ => frame.elr + 4,
    };
}

/// An exception that nobody expected: the test is over.
fn fatal(frame: &Frame, vector: u64) -> ! {
    println!(
        "not ok - unexpected exception: cpu {} vector {vector} ESR {:#x} FAR {:#x} ELR {:#x} SPSR {:#x} LR {:#x}",
        cpu(),
        mrs!("esr_el1"),
        mrs!("far_el1"),
        frame.elr,
        frame.spsr,
        frame.x[30],
    );
    exit::exit(1)
}

global_asm!(
    r#"
    .macro vector number
    .balign 0x80
    sub     sp, sp, #{frame}
    stp     x0, x1, [sp]
    mov     x1, #\number
    b       save
    .endm

    .text
    .balign 0x800
    .global vectors
vectors:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vector \n
    .endr

save:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x30, x2, [sp, #240]
    str     x3, [sp, #256]
    mov     x0, sp
    bl      {exception}
    msr     daifset, #15
    ldp     x30, x2, [sp, #240]
    ldr     x3, [sp, #256]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp], #{frame}
    eret
    "#,
    frame = const FRAME,
    exception = sym exception,
);
