//! The guest's UART: Arm PrimeCell PL011 (Arm DDI 0183).
//!
//! The model follows the manual, with the departures that QEMU's `virt` has
//! too, because a virtual line has no bit rate and software is built for that
//! board:
//!
//! * A character is sent as soon as the [`Sink`] has room. When it has none,
//!   characters wait in the transmit FIFO, where the guest sees them (`TXFF`,
//!   `BUSY`), and [`Pl011::drained`] sends them on. Nothing is lost.
//! * `UARTEN`, `TXE` and `RXE` hold nothing back: bare-metal programs and early
//!   consoles write to a UART that "firmware" is supposed to have set up.
//! * No time passes on the line, so characters below the receive level are
//!   timed out at once (`RTRIS`), and the receive interrupt (`RXRIS`) comes with
//!   the first character whatever the level is: drivers that unmask only one of
//!   the two both work.
//! * A character leaving the transmit FIFO raises `TXRIS` whenever the FIFO is
//!   then at or below its level, even if it was never above.
//! * `CTS`, `DSR`, `DCD` and `RI` are only ever active in loopback mode.

mod fifo;
mod registers;
#[cfg(test)]
mod tests;

use crate::access::AccessSize;
use crate::primecell;
use fifo::{FIFO_DEPTH, Trigger};
use heapless::Deque;
use registers::{
    CR, Control, DMACR, DMACR_BITS, DR, FBRD, FBRD_BITS, FR, Flags, IBRD, IBRD_BITS, ICR,
    IDENTIFICATION, IFLS, IFLS_BITS, IFLS_RESET, ILPR, ILPR_BITS, IMSC, Interrupts, LCR_H,
    LineControl, MIS, RIS, RSR, RSR_OVERRUN, Received,
};

/// Where sent characters go.
pub trait Sink {
    /// How many characters [`Sink::put`] takes now.
    fn room(&self) -> usize;

    /// Takes one character; called only when there is room.
    fn put(&mut self, byte: u8);
}

/// One UART.
#[derive(Clone, Debug)]
pub struct Pl011 {
    receive: Deque<Received, FIFO_DEPTH>,
    transmit: Deque<u8, FIFO_DEPTH>,
    /// A character was lost; told with the next one that is not.
    overrun: bool,
    receive_status: u32,
    low_power: u32,
    baud_integer: u32,
    baud_fraction: u32,
    line: LineControl,
    control: Control,
    levels: u32,
    mask: Interrupts,
    raw: Interrupts,
    dma: u32,
}

impl Default for Pl011 {
    fn default() -> Self {
        Self::new()
    }
}

impl Pl011 {
    /// A UART after reset.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            receive: Deque::new(),
            transmit: Deque::new(),
            overrun: false,
            receive_status: 0,
            low_power: 0,
            baud_integer: 0,
            baud_fraction: 0,
            line: LineControl::empty(),
            control: Control::TXE.union(Control::RXE),
            levels: IFLS_RESET,
            mask: Interrupts::empty(),
            raw: Interrupts::empty(),
            dma: 0,
        }
    }

    /// Back to the state after reset; waiting characters are dropped.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// The level of the combined interrupt output (`UARTINTR`).
    #[must_use]
    pub fn interrupt_line(&self) -> bool {
        self.raw.intersects(self.mask)
    }

    /// Whether sent characters wait for [`Pl011::drained`].
    #[must_use]
    pub fn transmitting(&self) -> bool {
        !self.transmit.is_empty()
    }

    /// A read of `size` at `offset` from the UART's base.
    ///
    /// Total: an offset without a register reads as zero. A register is 32 bits
    /// wide; narrower reads give the addressed bytes, a 64-bit one two
    /// registers. Reading `UARTDR` takes the character if the read includes the
    /// register's lowest byte.
    pub fn read(&mut self, offset: u64, size: AccessSize) -> u64 {
        primecell::read(offset, size, |register, lowest_byte| match register {
            DR if lowest_byte => self.take(),
            _ => self.register(register),
        })
    }

    /// A write of the low `size` of `value` at `offset`.
    ///
    /// Total: a write to no register, to a read-only one, or to one without its
    /// lowest byte does nothing. A write narrower than the register is extended
    /// with zeros; a 64-bit one writes two registers.
    pub fn write(&mut self, offset: u64, size: AccessSize, value: u64, sink: &mut impl Sink) {
        primecell::write(offset, size, value, |register, value| {
            self.set_register(register, value, sink);
        });
    }

    /// A character arrives from outside. `false`: the receive FIFO is full and
    /// the caller keeps the character until the guest has read some.
    ///
    /// In loopback mode the outside is disconnected, and its characters are
    /// dropped as they would be on the wire.
    #[must_use]
    pub fn receive(&mut self, byte: u8) -> bool {
        if self.control.contains(Control::LBE) {
            return true;
        }
        self.can_receive() && self.store(Received(u16::from(byte)))
    }

    /// Whether [`Pl011::receive`] would take a character now.
    #[must_use]
    pub fn can_receive(&self) -> bool {
        self.receive.len() < self.depth()
    }

    /// A break arrives from outside: a zero character with its error bit.
    /// `false` when the receive FIFO is full, as for [`Pl011::receive`].
    #[must_use]
    pub fn receive_break(&mut self) -> bool {
        if self.control.contains(Control::LBE) {
            return true;
        }
        self.can_receive() && self.store_break()
    }

    /// Sends waiting characters on while `sink` has room.
    pub fn drained(&mut self, sink: &mut impl Sink) {
        while sink.room() > 0 {
            let Some(byte) = self.transmit.pop_front() else {
                return;
            };
            sink.put(byte);
            if self.transmit.len() <= self.trigger().transmit {
                self.raw.insert(Interrupts::TX);
            }
        }
    }

    /// Capacity of either FIFO as it is set up.
    fn depth(&self) -> usize {
        if self.line.contains(LineControl::FEN) {
            FIFO_DEPTH
        } else {
            1
        }
    }

    /// The fill levels that matter to interrupts.
    fn trigger(&self) -> Trigger {
        Trigger::new(self.line.contains(LineControl::FEN), self.levels)
    }

    /// The value of the register at `register`, without any effect.
    fn register(&self, register: u64) -> u32 {
        match register {
            DR => self.receive.front().map_or(0, |front| u32::from(front.0)),
            RSR => self.receive_status,
            FR => self.flags().bits(),
            ILPR => self.low_power,
            IBRD => self.baud_integer,
            FBRD => self.baud_fraction,
            LCR_H => self.line.bits(),
            CR => self.control.bits(),
            IFLS => self.levels,
            IMSC => self.mask.bits(),
            RIS => self.raw.bits(),
            MIS => (self.raw & self.mask).bits(),
            DMACR => self.dma,
            _ => primecell::identification(&IDENTIFICATION, register),
        }
    }

    /// Writes the register at `register`, a multiple of four.
    fn set_register(&mut self, register: u64, value: u32, sink: &mut impl Sink) {
        match register {
            DR => self.send((value & 0xff) as u8, sink),
            RSR => self.receive_status = 0,
            ILPR => self.low_power = value & ILPR_BITS,
            IBRD => self.baud_integer = value & IBRD_BITS,
            FBRD => self.baud_fraction = value & FBRD_BITS,
            LCR_H => self.set_line(LineControl::from_bits_truncate(value)),
            CR => self.set_control(Control::from_bits_truncate(value)),
            IFLS => self.levels = value & IFLS_BITS,
            IMSC => self.mask = Interrupts::from_bits_truncate(value),
            ICR => self.raw.remove(Interrupts::from_bits_truncate(value)),
            DMACR => self.dma = value & DMACR_BITS,
            _ => {}
        }
    }

    /// `UARTFR`.
    fn flags(&self) -> Flags {
        let mut flags = self.modem();
        flags.set(Flags::RXFE, self.receive.is_empty());
        flags.set(Flags::RXFF, self.receive.len() >= self.depth());
        flags.set(Flags::TXFE, self.transmit.is_empty());
        flags.set(Flags::TXFF, self.transmit.len() >= self.depth());
        flags.set(Flags::BUSY, !self.transmit.is_empty());
        flags
    }

    /// The modem inputs: in loopback mode they are wired to the outputs
    /// (Arm DDI 0183 §2.4.5), else nothing is connected.
    fn modem(&self) -> Flags {
        let mut inputs = Flags::empty();
        if self.control.contains(Control::LBE) {
            inputs.set(Flags::CTS, self.control.contains(Control::RTS));
            inputs.set(Flags::DSR, self.control.contains(Control::DTR));
            inputs.set(Flags::DCD, self.control.contains(Control::OUT1));
            inputs.set(Flags::RI, self.control.contains(Control::OUT2));
        }
        inputs
    }

    /// `UARTCR`: a modem input that changes with it raises its interrupt.
    fn set_control(&mut self, control: Control) {
        let before = self.modem();
        self.control = control;
        let changed = before.symmetric_difference(self.modem());
        for (input, interrupt) in [
            (Flags::CTS, Interrupts::CTS),
            (Flags::DSR, Interrupts::DSR),
            (Flags::DCD, Interrupts::DCD),
            (Flags::RI, Interrupts::RI),
        ] {
            if changed.contains(input) {
                self.raw.insert(interrupt);
            }
        }
    }

    /// `UARTLCR_H`: turning the FIFOs on or off empties the receive side;
    /// characters on their way out stay on their way.
    fn set_line(&mut self, line: LineControl) {
        let changed = self.line.symmetric_difference(line);
        self.line = line;
        if changed.contains(LineControl::FEN) {
            self.receive.clear();
            self.raw.remove(Interrupts::RX | Interrupts::RT);
        }
        let break_starts = changed.contains(LineControl::BRK) && line.contains(LineControl::BRK);
        if break_starts && self.control.contains(Control::LBE) && !self.store_break() {
            self.lose();
        }
    }

    /// A write to `UARTDR`.
    fn send(&mut self, byte: u8, sink: &mut impl Sink) {
        if self.control.contains(Control::LBE) {
            self.loop_back(byte);
            return;
        }
        self.drained(sink);
        if self.transmit.len() >= self.depth() || self.transmit.push_back(byte).is_err() {
            return; // The guest ignored TXFF: the character has no place to go.
        }
        if self.transmit.len() > self.trigger().transmit {
            self.raw.remove(Interrupts::TX);
        }
        self.drained(sink);
    }

    /// A character sent in loopback mode arrives at once.
    fn loop_back(&mut self, byte: u8) {
        if !self.can_receive() || !self.store(Received(u16::from(byte))) {
            self.lose();
        }
        self.raw.insert(Interrupts::TX);
    }

    /// Puts a break into the receive FIFO; `false` when it is full.
    fn store_break(&mut self) -> bool {
        if !self.can_receive() || !self.store(Received(Received::BREAK)) {
            return false;
        }
        self.raw.insert(Interrupts::BE);
        true
    }

    /// Puts a character into the receive FIFO and raises its interrupts.
    fn store(&mut self, character: Received) -> bool {
        let lost = if self.overrun { Received::OVERRUN } else { 0 };
        if self
            .receive
            .push_back(Received(character.0 | lost))
            .is_err()
        {
            return false;
        }
        self.overrun = false;
        self.raw.insert(Interrupts::RX);
        if self.receive.len() < self.trigger().receive {
            self.raw.insert(Interrupts::RT);
        }
        true
    }

    /// A character found the receive FIFO full.
    fn lose(&mut self) {
        self.overrun = true;
        self.receive_status |= RSR_OVERRUN;
        self.raw.insert(Interrupts::OE);
    }

    /// A read of `UARTDR`: the oldest character, zero when there is none.
    fn take(&mut self) -> u32 {
        let Some(Received(character)) = self.receive.pop_front() else {
            return 0;
        };
        self.receive_status = u32::from(character >> Received::STATUS_SHIFT);
        if self.receive.is_empty() {
            self.raw.remove(Interrupts::RX | Interrupts::RT);
        } else if self.receive.len() < self.trigger().receive {
            self.raw.insert(Interrupts::RT);
        }
        u32::from(character)
    }
}
