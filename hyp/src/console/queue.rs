//! A VM's output on its way to the line.

use core::sync::atomic::{AtomicBool, Ordering};

use heapless::Deque;
use spin::Mutex;

/// Bytes that a VM can be ahead of the line.
const CAPACITY: usize = 4096;

/// Output of one VM that the line has not taken yet.
pub(super) struct Queue {
    bytes: Mutex<Deque<u8, CAPACITY>>,
    /// The VM found it full and wants to hear when it no longer is.
    starved: AtomicBool,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            bytes: Mutex::new(Deque::new()),
            starved: AtomicBool::new(false),
        }
    }

    /// How many bytes it takes now. Finding none is remembered.
    pub(super) fn room(&self) -> usize {
        let bytes = self.bytes.lock();
        let room = CAPACITY - bytes.len();
        if room == 0 {
            // Inside the lock: whoever takes bytes out next sees it.
            self.starved.store(true, Ordering::Release);
        }
        room
    }

    /// Adds a byte; a byte without room is lost, as in a UART.
    pub(super) fn push(&self, byte: u8) {
        let _overrun = self.bytes.lock().push_back(byte);
    }

    /// Takes the oldest byte.
    pub(super) fn pop(&self) -> Option<u8> {
        self.bytes.lock().pop_front()
    }

    /// Whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.lock().is_empty()
    }

    /// Whether the VM waits for room and there is some again.
    pub(super) fn owes_relief(&self) -> bool {
        self.starved.load(Ordering::Acquire) && self.bytes.lock().len() <= CAPACITY / 2
    }

    /// The same, said once: the caller tells the VM.
    pub(super) fn take_relief(&self) -> bool {
        self.owes_relief() && self.starved.swap(false, Ordering::AcqRel)
    }
}
