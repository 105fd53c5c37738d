//! What the manual says of the UART.

mod drivers;
mod sequences;

use super::*;
use std::vec::Vec;

/// An access to one register.
const WORD: AccessSize = AccessSize::Word;
const TXFE: u64 = 1 << 7;
const RXFF: u64 = 1 << 6;
const TXFF: u64 = 1 << 5;
const RXFE: u64 = 1 << 4;
const BUSY: u64 = 1 << 3;
const RX: u64 = 1 << 4;
const TX: u64 = 1 << 5;
const RT: u64 = 1 << 6;
const BE: u64 = 1 << 9;
const OE: u64 = 1 << 10;
const FEN_8BIT: u64 = 0x70;
const UARTEN_LBE_TXE_RXE: u64 = 0x381;

/// A sink with limited room.
#[derive(Default)]
struct Out {
    sent: Vec<u8>,
    room: usize,
}

impl Sink for Out {
    fn room(&self) -> usize {
        self.room
    }

    fn put(&mut self, byte: u8) {
        self.room = self
            .room
            .checked_sub(1)
            .expect("put only when there is room");
        self.sent.push(byte);
    }
}

/// A UART and what is connected to it.
struct Bench {
    uart: Pl011,
    out: Out,
}

impl Bench {
    fn new() -> Self {
        Self {
            uart: Pl011::new(),
            out: Out {
                sent: Vec::new(),
                room: usize::MAX,
            },
        }
    }

    fn with_fifos() -> Self {
        let mut bench = Self::new();
        bench.write(LCR_H, FEN_8BIT);
        bench
    }

    fn read(&mut self, register: u64) -> u64 {
        self.uart.read(register, WORD)
    }

    fn write(&mut self, register: u64, value: u64) {
        self.uart.write(register, WORD, value, &mut self.out);
    }

    fn raw(&mut self) -> u64 {
        self.read(RIS)
    }

    /// The outside takes `count` characters.
    fn drain(&mut self, count: usize) {
        self.out.room = count;
        self.uart.drained(&mut self.out);
    }
}

#[test]
fn registers_have_the_manuals_reset_values() {
    let mut bench = Bench::new();
    let expected = [
        (RSR, 0),
        (FR, TXFE | RXFE),
        (ILPR, 0),
        (IBRD, 0),
        (FBRD, 0),
        (LCR_H, 0),
        (CR, 0x300),
        (IFLS, 0x12),
        (IMSC, 0),
        (RIS, 0),
        (MIS, 0),
        (DMACR, 0),
    ];
    for (register, value) in expected {
        assert_eq!(bench.read(register), value, "{register:#x}");
    }
    assert!(!bench.uart.interrupt_line());
}

#[test]
fn identifies_itself_as_qemus_pl011() {
    let mut bench = Bench::new();
    let ids: [u64; 8] = core::array::from_fn(|i| bench.read(0xfe0 + 4 * i as u64));
    assert_eq!(ids, [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
}

#[test]
fn implemented_bits_are_kept_and_others_dropped() {
    let mut bench = Bench::new();
    for (register, bits) in [
        (ILPR, 0xff),
        (IBRD, 0xffff),
        (FBRD, 0x3f),
        (LCR_H, 0xff),
        (CR, 0xff87),
        (IFLS, 0x3f),
        (IMSC, 0x7ff),
        (DMACR, 0x7),
    ] {
        bench.write(register, 0xffff_ffff);
        assert_eq!(bench.read(register), bits, "{register:#x}");
    }
}

#[test]
fn sends_without_any_set_up() {
    let mut bench = Bench::new();
    for byte in b"hello" {
        assert_eq!(bench.read(FR) & TXFF, 0);
        bench.write(DR, u64::from(*byte));
    }
    assert_eq!(bench.out.sent, b"hello");
    assert_eq!(bench.read(FR), TXFE | RXFE);
}

#[test]
fn a_full_sink_backs_up_into_the_fifo_and_nothing_is_lost() {
    let mut bench = Bench::with_fifos();
    bench.out.room = 0;
    for byte in 0..16 {
        assert_eq!(bench.read(FR) & TXFF, 0);
        bench.write(DR, byte);
    }
    assert_eq!(bench.read(FR) & (TXFF | BUSY | TXFE), TXFF | BUSY);
    assert!(bench.uart.transmitting());
    bench.drain(1);
    assert_eq!(bench.read(FR) & (TXFF | BUSY | TXFE), BUSY);
    bench.drain(100);
    assert_eq!(bench.out.sent, (0..16).collect::<Vec<u8>>());
    assert_eq!(bench.read(FR) & (TXFF | BUSY | TXFE), TXFE);
}

#[test]
fn without_fifos_one_character_waits() {
    let mut bench = Bench::new();
    bench.out.room = 0;
    bench.write(DR, 1);
    assert_eq!(bench.read(FR) & TXFF, TXFF);
    bench.write(DR, 2);
    bench.drain(9);
    assert_eq!(bench.out.sent, [1]);
}

#[test]
fn the_transmit_interrupt_comes_at_the_level_not_before() {
    let mut bench = Bench::with_fifos();
    bench.out.room = 0;
    (0..16).for_each(|byte| bench.write(DR, byte));
    assert_eq!(bench.raw() & TX, 0);
    bench.drain(7); // Nine are left, the level is eight.
    assert_eq!(bench.raw() & TX, 0);
    bench.drain(1);
    assert_eq!(bench.raw() & TX, TX);
}

#[test]
fn the_transmit_interrupt_is_not_set_before_any_data() {
    let mut bench = Bench::with_fifos();
    bench.write(IMSC, TX);
    assert!(!bench.uart.interrupt_line());
    bench.write(DR, 1);
    assert!(bench.uart.interrupt_line());
}

#[test]
fn the_transmit_interrupt_is_cleared_by_icr_or_by_filling_up() {
    let mut bench = Bench::with_fifos();
    bench.write(DR, 1);
    bench.write(ICR, TX);
    assert_eq!(bench.raw() & TX, 0);
    bench.write(DR, 1);
    assert_eq!(bench.raw() & TX, TX);
    bench.out.room = 0;
    (0..8).for_each(|byte| bench.write(DR, byte));
    assert_eq!(bench.raw() & TX, TX);
    bench.write(DR, 8);
    assert_eq!(bench.raw() & TX, 0);
}

#[test]
fn a_received_character_is_read_once() {
    let mut bench = Bench::new();
    assert!(bench.uart.receive(b'x'));
    assert_eq!(bench.read(FR) & (RXFE | RXFF), RXFF);
    assert_eq!(bench.read(DR), u64::from(b'x'));
    assert_eq!(bench.read(FR) & (RXFE | RXFF), RXFE);
    assert_eq!(bench.read(DR), 0);
}

#[test]
fn a_full_receive_fifo_refuses_instead_of_losing() {
    let mut bench = Bench::with_fifos();
    assert!((0..16).all(|byte| bench.uart.receive(byte)));
    assert!(!bench.uart.can_receive());
    assert!(!bench.uart.receive(16));
    assert_eq!(bench.raw() & OE, 0);
    assert_eq!(bench.read(DR), 0);
    assert!(bench.uart.receive(16));
}

#[test]
fn receive_and_timeout_interrupts_last_until_the_fifo_is_empty() {
    let mut bench = Bench::with_fifos();
    assert!(bench.uart.receive(1) && bench.uart.receive(2));
    assert_eq!(bench.raw() & (RX | RT), RX | RT);
    bench.read(DR);
    assert_eq!(bench.raw() & (RX | RT), RX | RT);
    bench.read(DR);
    assert_eq!(bench.raw() & (RX | RT), 0);
}

#[test]
fn a_driver_that_unmasks_either_receive_interrupt_is_called() {
    for mask in [RX, RT] {
        let mut bench = Bench::with_fifos();
        bench.write(IMSC, mask);
        assert!(bench.uart.receive(1));
        assert!(bench.uart.interrupt_line());
        assert_eq!(bench.read(MIS), mask);
    }
}

#[test]
fn without_fifos_there_is_no_timeout() {
    let mut bench = Bench::new();
    assert!(bench.uart.receive(1));
    assert_eq!(bench.raw() & (RX | RT), RX);
}

#[test]
fn a_cleared_receive_interrupt_returns_with_the_next_character() {
    let mut bench = Bench::with_fifos();
    assert!(bench.uart.receive(1));
    bench.write(ICR, 0x7ff);
    assert_eq!(bench.raw(), 0);
    assert!(bench.uart.receive(2));
    assert_eq!(bench.raw() & RX, RX);
}

#[test]
fn reading_down_to_the_level_times_the_rest_out() {
    let mut bench = Bench::with_fifos();
    assert!((0..8).all(|byte| bench.uart.receive(byte)));
    bench.write(ICR, RX | RT);
    bench.read(DR);
    assert_eq!(bench.raw() & RT, RT);
}

#[test]
fn a_break_is_a_zero_with_its_error_bit() {
    let mut bench = Bench::with_fifos();
    assert!(bench.uart.receive_break());
    assert_eq!(bench.raw() & BE, BE);
    assert_eq!(bench.read(DR), 0x400);
    assert_eq!(bench.read(RSR), 0x4);
    bench.write(RSR, 0);
    assert_eq!(bench.read(RSR), 0);
}

#[test]
fn loopback_returns_what_is_sent_and_sends_nothing() {
    let mut bench = Bench::with_fifos();
    bench.write(CR, UARTEN_LBE_TXE_RXE);
    bench.write(DR, 0x5a);
    assert!(bench.out.sent.is_empty());
    assert_eq!(bench.read(DR), 0x5a);
    assert!(bench.uart.receive(1), "taken and dropped");
    assert_eq!(bench.read(FR) & RXFE, RXFE);
}

#[test]
fn an_overrun_is_told_with_the_next_character_that_fits() {
    let mut bench = Bench::with_fifos();
    bench.write(CR, UARTEN_LBE_TXE_RXE);
    (0..17).for_each(|byte| bench.write(DR, byte));
    assert_eq!(bench.raw() & OE, OE);
    assert_eq!(bench.read(RSR) & 0x8, 0x8);
    for byte in 0..16 {
        assert_eq!(bench.read(DR), byte);
    }
    bench.write(DR, 0x33);
    assert_eq!(bench.read(DR), 0x833);
    bench.write(DR, 0x34);
    assert_eq!(bench.read(DR), 0x34);
}

#[test]
fn loopback_wires_the_modem_lines() {
    let mut bench = Bench::new();
    bench.write(CR, UARTEN_LBE_TXE_RXE);
    assert_eq!(bench.read(FR) & 0x107, 0);
    bench.write(CR, UARTEN_LBE_TXE_RXE | 0x3c00);
    assert_eq!(bench.read(FR) & 0x107, 0x107);
    assert_eq!(bench.raw() & 0xf, 0xf);
    bench.write(CR, 0x3f01);
    assert_eq!(bench.read(FR) & 0x107, 0);
}

#[test]
fn turning_fifos_on_or_off_empties_the_receive_side_only() {
    let mut bench = Bench::with_fifos();
    bench.out.room = 0;
    bench.write(DR, 7);
    assert!(bench.uart.receive(1));
    bench.write(LCR_H, 0x60);
    assert_eq!(bench.read(FR) & RXFE, RXFE);
    assert_eq!(bench.raw() & (RX | RT), 0);
    bench.drain(1);
    assert_eq!(bench.out.sent, [7]);
}

#[test]
fn narrow_wide_and_odd_accesses() {
    let mut bench = Bench::new();
    assert!(bench.uart.receive(b'q'));
    assert_eq!(
        bench.uart.read(DR + 1, AccessSize::Byte),
        0,
        "not the character's byte"
    );
    assert_eq!(bench.uart.read(DR, AccessSize::Byte), u64::from(b'q'));
    assert_eq!(bench.uart.read(CR + 1, AccessSize::Byte), 0x3);
    assert_eq!(bench.uart.read(LCR_H, AccessSize::Double), 0x300 << 32);
    bench
        .uart
        .write(IBRD, AccessSize::Half, 0xdead_beef, &mut bench.out);
    assert_eq!(bench.read(IBRD), 0xbeef);
    bench
        .uart
        .write(IBRD, AccessSize::Double, 0x15 << 32 | 0x7, &mut bench.out);
    assert_eq!((bench.read(IBRD), bench.read(FBRD)), (0x7, 0x15));
    bench
        .uart
        .write(CR + 2, AccessSize::Byte, 0xff, &mut bench.out);
    assert_eq!(bench.read(CR), 0x300);
}

#[test]
fn reset_drops_everything() {
    let mut bench = Bench::with_fifos();
    bench.out.room = 0;
    bench.write(DR, 1);
    assert!(bench.uart.receive(1));
    bench.write(IMSC, 0x7ff);
    bench.uart.reset();
    assert!(!bench.uart.interrupt_line() && !bench.uart.transmitting());
    assert_eq!(bench.read(FR), TXFE | RXFE);
}
