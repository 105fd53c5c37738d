//! FIFO depth and interrupt levels (Arm DDI 0183 §2.4.2, §3.3.9).

use super::registers::{IFLS_LEVEL, IFLS_RX_SHIFT};

/// Characters that each FIFO of this revision holds.
pub(super) const FIFO_DEPTH: usize = 16;

/// FIFO levels in characters for each selection in `UARTIFLS`: 1/8, 1/4, 1/2,
/// 3/4, 7/8. The reserved selections behave as the highest.
const LEVELS: [usize; 5] = [2, 4, 8, 12, 14];

/// The fill levels at which interrupts are raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    /// The transmit FIFO is low at this many characters or fewer.
    pub(super) transmit: usize,
    /// The receive FIFO is high at this many characters or more.
    pub(super) receive: usize,
}

impl Trigger {
    /// The levels for a `UARTIFLS` value, or those of the one-character
    /// registers when the FIFOs are off.
    pub(super) fn new(fifos: bool, levels: u32) -> Self {
        if !fifos {
            return Self {
                transmit: 0,
                receive: 1,
            };
        }
        Self {
            transmit: level(levels),
            receive: level(levels >> IFLS_RX_SHIFT),
        }
    }
}

/// The level in characters for a selection in the low bits of `selection`.
fn level(selection: u32) -> usize {
    let [.., highest] = LEVELS;
    LEVELS
        .get((selection & IFLS_LEVEL) as usize)
        .copied()
        .unwrap_or(highest)
}
