//! One virtual processor.

use core::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

use model::{esr::Reason, psci::Entry};
use spin::Mutex;

use crate::{arch::aarch64::Context, cores};

/// What others ask of a vCPU that runs on another core; a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Request {
    /// Look at the interrupt controller again.
    Interrupts = 1 << 0,
    /// Leave the guest for good: the VM stops or restarts.
    Stop = 1 << 1,
}

/// The requests that a vCPU has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Requests(u32);

impl Requests {
    /// Whether `request` is among them.
    pub(crate) fn has(self, request: Request) -> bool {
        self.0 & request as u32 != 0
    }
}

/// A virtual processor, pinned to a core.
pub(crate) struct Vcpu {
    /// Position in the VM.
    pub(crate) index: usize,
    /// The core that runs it.
    pub(crate) core: usize,
    context: UnsafeCell<Context>,
    /// Set while a core has it loaded (it may be in the guest or in an exit).
    loaded: AtomicBool,
    start: Mutex<Option<Entry>>,
    requests: AtomicU32,
    /// Its core is looking at requests: others wait for the end of that.
    serving: AtomicBool,
    exits: [AtomicU64; Reason::COUNT],
}

// SAFETY: `context` is the only field that is not Sync; it is reached through
// `context()`, whose contract gives it to one core at a time.
unsafe impl Sync for Vcpu {}

impl Vcpu {
    /// A vCPU that is off.
    pub(crate) fn new(index: usize, core: usize) -> Self {
        Self {
            index,
            core,
            context: UnsafeCell::new(Context::new()),
            loaded: AtomicBool::new(false),
            start: Mutex::new(None),
            requests: AtomicU32::new(0),
            serving: AtomicBool::new(false),
            exits: [const { AtomicU64::new(0) }; Reason::COUNT],
        }
    }

    /// The vCPU's number as the interrupt controller counts.
    pub(crate) fn id(&self) -> vbic::VcpuId {
        vbic::VcpuId(self.index as u8)
    }

    /// The context.
    ///
    /// # Safety
    /// Only the vCPU's core may call it, and only while no guest runs there
    /// (that is, outside exit handlers, which have their own reference).
    pub(super) unsafe fn context(&self) -> *mut Context {
        self.context.get()
    }

    /// Whether it has been told to start and has not begun to.
    pub(crate) fn is_ready(&self) -> bool {
        self.start.lock().is_some()
    }

    /// Whether a core has it loaded.
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    pub(super) fn set_loaded(&self, loaded: bool) {
        self.loaded.store(loaded, Ordering::Release);
    }

    /// Tells it to start; its core does so when it is next idle.
    pub(super) fn schedule(&self, start: Entry) {
        *self.start.lock() = Some(start);
        self.kick();
    }

    /// Takes the order to start, and with it what was requested of a vCPU that
    /// did not run: it will look at everything anyway.
    pub(super) fn take_start(&self) -> Option<Entry> {
        let start = self.start.lock().take();
        self.requests.store(0, Ordering::Release);
        start
    }

    /// Forgets what was asked of it: the VM starts anew.
    pub(super) fn forget(&self) {
        self.take_start();
    }

    /// Posts a request and makes the vCPU's core look at it. Cheap when one is
    /// on its way already.
    pub(crate) fn request(&self, request: Request) {
        let before = self.requests.fetch_or(request as u32, Ordering::AcqRel);
        if before == 0 {
            self.kick();
        }
    }

    fn kick(&self) {
        if let Some(core) = cores::get(self.core) {
            core.kick();
        }
    }

    /// Takes what has been requested and lets `serve` act on it. Only the
    /// vCPU's core calls it.
    pub(crate) fn serve_requests(&self, serve: impl FnOnce(Requests)) {
        if self.requests.load(Ordering::Relaxed) == 0 {
            return;
        }
        self.serving.store(true, Ordering::Release);
        serve(Requests(self.requests.swap(0, Ordering::AcqRel)));
        self.serving.store(false, Ordering::Release);
    }

    /// Takes only the request to look at the interrupt controller, for a vCPU
    /// that waits for another one inside its own exit.
    pub(crate) fn serve_interrupt_request(&self, serve: impl FnOnce()) {
        let bit = Request::Interrupts as u32;
        if self.requests.load(Ordering::Relaxed) & bit != 0 {
            self.serving.store(true, Ordering::Release);
            self.requests.fetch_and(!bit, Ordering::AcqRel);
            serve();
            self.serving.store(false, Ordering::Release);
        }
    }

    /// Whether `request`, posted before, has been served: it was taken, and
    /// whoever took it is done. A vCPU that is not loaded has nothing to serve.
    pub(crate) fn has_served(&self, request: Request) -> bool {
        let taken = self.requests.load(Ordering::Acquire) & request as u32 == 0;
        !self.is_loaded() || taken && !self.serving.load(Ordering::Acquire)
    }

    /// Counts an exit. Only the vCPU's core writes, so a plain store will do.
    #[inline(always)]
    pub(crate) fn count(&self, reason: Reason) {
        let counter = &self.exits[reason as usize];
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// How often it has left the guest for `reason`.
    pub(crate) fn exits(&self, reason: Reason) -> u64 {
        self.exits[reason as usize].load(Ordering::Relaxed)
    }
}
