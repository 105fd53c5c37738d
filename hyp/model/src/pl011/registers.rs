//! Offsets and fields of the PL011's registers (Arm DDI 0183 §3.2, §3.3).

use bitflags::bitflags;

/// `UARTDR`: data and receive errors.
pub(super) const DR: u64 = 0x000;
/// `UARTRSR` (read) and `UARTECR` (write): receive status, error clear.
pub(super) const RSR: u64 = 0x004;
/// `UARTFR`: flags.
pub(super) const FR: u64 = 0x018;
/// `UARTILPR`: IrDA low-power counter.
pub(super) const ILPR: u64 = 0x020;
/// `UARTIBRD`: integer baud rate.
pub(super) const IBRD: u64 = 0x024;
/// `UARTFBRD`: fractional baud rate.
pub(super) const FBRD: u64 = 0x028;
/// `UARTLCR_H`: line control.
pub(super) const LCR_H: u64 = 0x02c;
/// `UARTCR`: control.
pub(super) const CR: u64 = 0x030;
/// `UARTIFLS`: interrupt FIFO levels.
pub(super) const IFLS: u64 = 0x034;
/// `UARTIMSC`: interrupt mask.
pub(super) const IMSC: u64 = 0x038;
/// `UARTRIS`: raw interrupts.
pub(super) const RIS: u64 = 0x03c;
/// `UARTMIS`: masked interrupts.
pub(super) const MIS: u64 = 0x040;
/// `UARTICR`: interrupt clear.
pub(super) const ICR: u64 = 0x044;
/// `UARTDMACR`: DMA control.
pub(super) const DMACR: u64 = 0x048;

/// `UARTPeriphID0..3` and `UARTPCellID0..3` as QEMU shows them: part 0x011,
/// designer Arm, revision 1, which has FIFOs of 16 characters.
pub(super) const IDENTIFICATION: [u8; 8] = [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/// Implemented bits of `UARTIBRD`.
pub(super) const IBRD_BITS: u32 = 0xffff;
/// Implemented bits of `UARTFBRD`.
pub(super) const FBRD_BITS: u32 = 0x3f;
/// Implemented bits of `UARTILPR`.
pub(super) const ILPR_BITS: u32 = 0xff;
/// Implemented bits of `UARTDMACR`.
pub(super) const DMACR_BITS: u32 = 0x7;
/// Reset value of `UARTIFLS`: both FIFOs at one half.
pub(super) const IFLS_RESET: u32 = 0x12;
/// Implemented bits of `UARTIFLS`: RXIFLSEL in 5:3, TXIFLSEL in 2:0.
pub(super) const IFLS_BITS: u32 = 0x3f;
/// Shift of RXIFLSEL in `UARTIFLS`.
pub(super) const IFLS_RX_SHIFT: u32 = 3;
/// Width mask of either level selection in `UARTIFLS`.
pub(super) const IFLS_LEVEL: u32 = 0x7;

bitflags! {
    /// `UARTFR`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Flags: u32 {
        /// Clear to send.
        const CTS = 1 << 0;
        /// Data set ready.
        const DSR = 1 << 1;
        /// Data carrier detect.
        const DCD = 1 << 2;
        /// Characters are on their way out.
        const BUSY = 1 << 3;
        /// Receive FIFO empty.
        const RXFE = 1 << 4;
        /// Transmit FIFO full.
        const TXFF = 1 << 5;
        /// Receive FIFO full.
        const RXFF = 1 << 6;
        /// Transmit FIFO empty.
        const TXFE = 1 << 7;
        /// Ring indicator.
        const RI = 1 << 8;
    }

    /// `UARTLCR_H`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct LineControl: u32 {
        /// Send break.
        const BRK = 1 << 0;
        /// FIFOs enabled.
        const FEN = 1 << 4;
        /// All implemented bits: SPS, WLEN, FEN, STP2, EPS, PEN, BRK.
        const ALL = 0xff;
    }

    /// `UARTCR`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Control: u32 {
        /// UART, SIR and SIR low-power mode enable.
        const ENABLES = 0x7;
        /// Loopback.
        const LBE = 1 << 7;
        /// Transmit enable.
        const TXE = 1 << 8;
        /// Receive enable.
        const RXE = 1 << 9;
        /// Data transmit ready.
        const DTR = 1 << 10;
        /// Request to send.
        const RTS = 1 << 11;
        /// Modem output 1.
        const OUT1 = 1 << 12;
        /// Modem output 2.
        const OUT2 = 1 << 13;
        /// Hardware flow control of both directions.
        const FLOW = 0x3 << 14;
    }

    /// `UARTIMSC`, `UARTRIS`, `UARTMIS` and `UARTICR`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Interrupts: u32 {
        /// nUARTRI changed.
        const RI = 1 << 0;
        /// nUARTCTS changed.
        const CTS = 1 << 1;
        /// nUARTDCD changed.
        const DCD = 1 << 2;
        /// nUARTDSR changed.
        const DSR = 1 << 3;
        /// Receive.
        const RX = 1 << 4;
        /// Transmit.
        const TX = 1 << 5;
        /// Receive timeout.
        const RT = 1 << 6;
        /// Framing error.
        const FE = 1 << 7;
        /// Parity error.
        const PE = 1 << 8;
        /// Break error.
        const BE = 1 << 9;
        /// Overrun error.
        const OE = 1 << 10;
    }
}

/// A character with its error bits, as `UARTDR` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received(pub(super) u16);

impl Received {
    /// Break error (bit 10 of `UARTDR`).
    pub(super) const BREAK: u16 = 1 << 10;
    /// Overrun error (bit 11 of `UARTDR`).
    pub(super) const OVERRUN: u16 = 1 << 11;
    /// Shift from `UARTDR`'s error bits to `UARTRSR`'s.
    pub(super) const STATUS_SHIFT: u16 = 8;
}

/// `UARTRSR.OE`.
pub(super) const RSR_OVERRUN: u32 = 1 << 3;
