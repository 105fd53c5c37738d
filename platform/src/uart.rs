//! The console UART: Arm PrimeCell UART (PL011, Arm DDI 0183), through
//! `arm-pl011-uart`.

use core::ptr::NonNull;

use arm_pl011_uart::{
    DataBits, FifoLevel, Interrupts, LineConfig, PL011Registers, Parity, StopBits,
    UniqueMmioPointer,
};
use tock_registers::{
    interfaces::{ReadWriteable, Readable},
    register_bitfields, register_structs,
    registers::{ReadOnly, ReadWrite},
};

use crate::machine::UartInfo;

/// Line speed where firmware has not set one, in bits per second.
const DEFAULT_BAUD: u32 = 115_200;

/// Polls for the end of what firmware was sending: a full FIFO at a low speed
/// is gone by then, and a line that is held up does not hold up the boot.
const MAX_IDLE_POLLS: u32 = 10_000_000;

register_bitfields! {u32,
    /// Flag Register.
    UARTFR [
        /// A character is being sent.
        BUSY OFFSET(3) NUMBITS(1) [],
    ],
    /// Line Control Register.
    UARTLCR_H [
        /// FIFOs on.
        FEN OFFSET(4) NUMBITS(1) [],
        /// Word length; 3 stands for 8 bits.
        WLEN OFFSET(5) NUMBITS(2) [Eight = 3],
    ],
    /// Control Register.
    UARTCR [
        /// UART on.
        UARTEN OFFSET(0) NUMBITS(1) [],
        /// Transmitter on.
        TXE OFFSET(8) NUMBITS(1) [],
        /// Receiver on.
        RXE OFFSET(9) NUMBITS(1) [],
    ],
}

register_structs! {
    /// The registers that decide whether firmware has set the UART up, to which
    /// the driver crate gives no access.
    SetUp {
        (0x00 => _reserved0),
        (0x18 => fr: ReadOnly<u32, UARTFR::Register>),
        (0x1c => _reserved1),
        (0x24 => ibrd: ReadWrite<u32>),
        (0x28 => fbrd: ReadWrite<u32>),
        (0x2c => lcr_h: ReadWrite<u32, UARTLCR_H::Register>),
        (0x30 => cr: ReadWrite<u32, UARTCR::Register>),
        (0x34 => @END),
    }
}

/// The console.
pub struct Uart {
    device: arm_pl011_uart::Uart<'static>,
    /// Interrupts that are let through.
    enabled: Interrupts,
}

impl core::fmt::Debug for Uart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Uart").finish_non_exhaustive()
    }
}

/// Receive interrupts: FIFO level reached, or characters left lying.
const RECEIVE: Interrupts = Interrupts::RXI.union(Interrupts::RTI);
/// Transmit interrupt: FIFO below its level.
const TRANSMIT: Interrupts = Interrupts::TXI;

impl Uart {
    /// Takes over the UART that `info` describes, mapped at `registers`. Speed
    /// and format stay as firmware left them; if it left the UART off, it is
    /// set up for 115200 8N1. FIFOs are on and interrupts off afterwards.
    ///
    /// # Safety
    ///
    /// The registers are mapped there as Device memory for good, and nothing
    /// else uses them.
    pub unsafe fn new(info: &UartInfo, registers: NonNull<u8>) -> Self {
        // SAFETY: the caller vouches for the registers; all fields are cells of
        // integers. The reference ends before the driver gets the registers.
        let configured = take_over(unsafe { registers.cast::<SetUp>().as_ref() });
        // SAFETY: the caller vouches for the registers, and that nothing else
        // uses them.
        let unique = unsafe { UniqueMmioPointer::new(registers.cast::<PL011Registers>()) };
        let mut device = arm_pl011_uart::Uart::new(unique);
        if !configured && let Some(clock) = info.clock {
            let line = LineConfig {
                data_bits: DataBits::Bits8,
                parity: Parity::None,
                stop_bits: StopBits::One,
            };
            // With an impossible clock the UART stays as it is.
            let _ = device.enable(line, DEFAULT_BAUD, clock);
        }
        device.set_interrupt_masks(Interrupts::empty());
        device.clear_interrupts(Interrupts::all());
        device.set_interrupt_fifo_levels(FifoLevel::Bytes4, FifoLevel::Bytes4);
        Self {
            device,
            enabled: Interrupts::empty(),
        }
    }

    /// Whether the transmit FIFO has no room.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.device.is_tx_fifo_full()
    }

    /// Puts a byte into the transmit FIFO; false if that is full.
    #[inline]
    #[must_use]
    pub fn try_put(&mut self, byte: u8) -> bool {
        if self.device.is_tx_fifo_full() {
            return false;
        }
        self.device.write_word(byte);
        true
    }

    /// Sends a byte, waiting for room.
    pub fn put(&mut self, byte: u8) {
        while !self.try_put(byte) {
            core::hint::spin_loop();
        }
    }

    /// Waits until everything has left the UART.
    pub fn flush(&mut self) {
        while self.device.is_busy() {
            core::hint::spin_loop();
        }
    }

    /// A received byte, if there is one. Bytes that arrived damaged are left
    /// out.
    #[inline]
    pub fn try_get(&mut self) -> Option<u8> {
        loop {
            match self.device.read_word() {
                Ok(byte) => return byte,
                Err(_) => continue,
            }
        }
    }

    /// Lets the receive interrupt through, or not.
    pub fn set_receive_interrupt(&mut self, enabled: bool) {
        self.set_interrupts(RECEIVE, enabled);
    }

    /// Lets the transmit interrupt through, or not. It comes when the FIFO
    /// drains below an eighth: fill the FIFO first, then enable.
    pub fn set_transmit_interrupt(&mut self, enabled: bool) {
        self.set_interrupts(TRANSMIT, enabled);
    }

    /// Whether the transmit interrupt is let through.
    #[must_use]
    pub fn transmit_interrupt(&self) -> bool {
        self.enabled.contains(TRANSMIT)
    }

    /// Ends the interrupts that are signalled now. What causes them (received
    /// bytes, room in the FIFO) has to be dealt with afterwards.
    pub fn acknowledge_interrupts(&mut self) {
        let signalled = self.device.masked_interrupt_status();
        self.device.clear_interrupts(signalled);
    }

    /// Changes which interrupts are let through.
    fn set_interrupts(&mut self, interrupts: Interrupts, enabled: bool) {
        if self.enabled.contains(interrupts) != enabled {
            self.enabled.set(interrupts, enabled);
            self.device.set_interrupt_masks(self.enabled);
        }
    }
}

impl core::fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.bytes().for_each(|byte| self.put(byte));
        Ok(())
    }
}

/// Turns the FIFOs on if firmware runs the UART without, and the UART if it has
/// a speed but is off. False if it has no speed either.
fn take_over(uart: &SetUp) -> bool {
    if uart.ibrd.get() == 0 && uart.fbrd.get() == 0 {
        return false;
    }
    let on = UARTCR::UARTEN::SET + UARTCR::TXE::SET + UARTCR::RXE::SET;
    if !uart.lcr_h.is_set(UARTLCR_H::FEN) || !uart.cr.is_set(UARTCR::UARTEN) {
        // The line control may only change while the UART is off and idle.
        let idle = || !uart.cr.is_set(UARTCR::UARTEN) || !uart.fr.is_set(UARTFR::BUSY);
        (0..MAX_IDLE_POLLS).any(|_| idle());
        uart.cr.modify(UARTCR::UARTEN::CLEAR);
        uart.lcr_h
            .modify(UARTLCR_H::FEN::SET + UARTLCR_H::WLEN::Eight);
    }
    uart.cr.modify(on);
    true
}
