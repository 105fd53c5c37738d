//! More than one CPU.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::{psci, sysreg, sysreg::MAX_CPUS};

/// What a started CPU runs.
type Work = fn(usize);

static WORK: [AtomicUsize; MAX_CPUS] = [const { AtomicUsize::new(0) }; MAX_CPUS];
/// The context id that each CPU got in x0, plus one; 0 = not started.
static CONTEXT: [AtomicUsize; MAX_CPUS] = [const { AtomicUsize::new(0) }; MAX_CPUS];

unsafe extern "C" {
    fn secondary_start();
}

/// The address at which firmware starts a CPU.
#[must_use]
pub fn entry() -> u64 {
    secondary_start as *const () as u64
}

/// Starts CPU `cpu`, which runs `work` with its number and then stays in `wfi`.
/// Returns the PSCI result.
pub fn start(cpu: usize, work: Work) -> i64 {
    start_with(cpu, work, cpu as u64)
}

/// Like [`start`] with a context id for the CPU's x0.
pub fn start_with(cpu: usize, work: Work, context: u64) -> i64 {
    if let Some(slot) = WORK.get(cpu) {
        slot.store(work as usize, Ordering::Release);
        CONTEXT[cpu].store(0, Ordering::Release);
    }
    psci::call(psci::CPU_ON, [cpu as u64, entry(), context])
}

/// The context id with which `cpu` came up, once it did.
#[must_use]
pub fn context(cpu: usize) -> Option<u64> {
    let seen = CONTEXT.get(cpu)?.load(Ordering::Acquire);
    (seen != 0).then(|| seen as u64 - 1)
}

/// Rust's entry on a secondary CPU.
pub(crate) extern "C" fn secondary(cpu: usize, context: usize) -> ! {
    if let (Some(work), Some(seen)) = (WORK.get(cpu), CONTEXT.get(cpu)) {
        seen.store(context.wrapping_add(1), Ordering::Release);
        let work = work.load(Ordering::Acquire);
        if work != 0 {
            // SAFETY: only `start_with` stores here, a `Work`.
            let work = unsafe { core::mem::transmute::<usize, Work>(work) };
            work(cpu);
        }
    }
    loop {
        sysreg::wfi();
    }
}

/// A meeting point for several CPUs that can be used again and again.
pub struct Barrier {
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl Barrier {
    /// Nobody there yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self {
            arrived: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
        }
    }

    /// Waits for `cpus` CPUs.
    pub fn wait(&self, cpus: usize) {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == cpus {
            self.arrived.store(0, Ordering::Release);
            self.round.fetch_add(1, Ordering::AcqRel);
        }
        while self.round.load(Ordering::Acquire) == round {
            core::hint::spin_loop();
        }
    }
}
