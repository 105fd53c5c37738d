//! Keys that wait until their VM reads.

use alloc::collections::VecDeque;
use core::sync::atomic::{AtomicBool, Ordering};

use spin::Mutex;

use crate::vm::Vm;

/// Bytes that wait for a VM whose UART is full: what a pipe sends ahead while
/// the guest boots.
const CAPACITY: usize = 8192;

/// Input of one VM that its UART had no room for.
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    /// There is something in it: read without the lock.
    occupied: AtomicBool,
}

struct Waiting {
    /// Allocated once; never grows, as it is used inside exits.
    bytes: VecDeque<u8>,
    /// The loss of bytes has been told.
    told: bool,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                bytes: VecDeque::with_capacity(CAPACITY),
                told: false,
            }),
            occupied: AtomicBool::new(false),
        }
    }

    /// A byte for `vm`: into its UART, or to wait behind those that do.
    pub(super) fn offer(&self, vm: &Vm, byte: u8) {
        let mut waiting = self.waiting.lock();
        if waiting.bytes.is_empty() && vm.console_input(byte) {
            return;
        }
        if waiting.bytes.len() < CAPACITY {
            waiting.bytes.push_back(byte);
        } else if !core::mem::replace(&mut waiting.told, true) {
            log::warn!("{} does not read its console: input is lost", vm.name);
        }
        self.occupied.store(true, Ordering::Release);
        // The VM may have made room just before it could know that it must tell.
        self.hand_over(&mut waiting, vm);
    }

    /// `vm` may have room again. Cheap when nothing waits.
    pub(super) fn feed(&self, vm: &Vm) {
        if self.occupied.load(Ordering::Acquire) {
            self.hand_over(&mut self.waiting.lock(), vm);
        }
    }

    fn hand_over(&self, waiting: &mut Waiting, vm: &Vm) {
        while let Some(&byte) = waiting.bytes.front() {
            if !vm.console_input(byte) {
                return;
            }
            waiting.bytes.pop_front();
        }
        waiting.told = false;
        self.occupied.store(false, Ordering::Release);
    }
}
