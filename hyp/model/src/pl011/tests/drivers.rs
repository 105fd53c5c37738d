//! What drivers do with the UART, step by step.

use super::*;

/// `pl011_putc` and `pl011_early_write` of Linux: poll TXFF, write, wait for BUSY.
#[test]
fn linux_earlycon() {
    let mut bench = Bench::new();
    for byte in b"[    0.000000] Booting Linux\r\n" {
        assert_eq!(bench.read(FR) & TXFF, 0);
        bench.write(DR, u64::from(*byte));
        assert_eq!(bench.read(FR) & BUSY, 0);
    }
    assert!(bench.out.sent.starts_with(b"[    0.000000]"));
}

/// `pl011_hwinit`, `pl011_startup`, `pl011_set_termios`, transmission by
/// interrupt and reception as Linux's `amba-pl011` does them, in 16-bit accesses.
#[test]
fn linux_driver() {
    let mut bench = Bench::new();
    let clear_errors = 0x780 | RT | RX; // OEIS BEIS PEIS FEIS RTIS RXIS
    bench
        .uart
        .write(ICR, AccessSize::Half, clear_errors, &mut bench.out);
    let mask = bench.uart.read(IMSC, AccessSize::Half);
    bench
        .uart
        .write(IMSC, AccessSize::Half, RT | RX, &mut bench.out);
    bench
        .uart
        .write(IMSC, AccessSize::Half, mask, &mut bench.out);
    bench
        .uart
        .write(IFLS, AccessSize::Half, 0x12, &mut bench.out);
    bench
        .uart
        .write(CR, AccessSize::Half, 0x301, &mut bench.out);
    bench
        .uart
        .write(ICR, AccessSize::Half, RT | RX, &mut bench.out);
    assert!(bench.uart.receive(b'!'), "typed ahead");
    for _ in 0..32 {
        if bench.read(FR) & RXFE != 0 {
            break;
        }
        bench.read(DR);
    }
    bench
        .uart
        .write(IMSC, AccessSize::Half, RT | RX, &mut bench.out);
    bench.uart.write(CR, AccessSize::Half, 0, &mut bench.out); // set_termios
    bench.uart.write(FBRD, AccessSize::Half, 1, &mut bench.out);
    bench.uart.write(IBRD, AccessSize::Half, 13, &mut bench.out);
    bench
        .uart
        .write(LCR_H, AccessSize::Half, FEN_8BIT, &mut bench.out);
    bench
        .uart
        .write(CR, AccessSize::Half, 0xf01, &mut bench.out);
    assert!(!bench.uart.interrupt_line());

    // start_tx: fill until TXFF, then leave the rest to the interrupt.
    let text: Vec<u8> = (0..100).collect();
    let mut left = text.iter();
    bench.out.room = 5;
    while bench.read(FR) & TXFF == 0 {
        bench.write(DR, u64::from(*left.next().unwrap()));
    }
    bench.write(IMSC, RT | RX | TX);
    while bench.out.sent.len() < text.len() {
        bench.drain(3);
        while bench.uart.interrupt_line() {
            assert_eq!(bench.read(MIS), TX);
            // Half a FIFO at a time without looking at TXFF.
            for byte in left.by_ref().take(8) {
                bench.write(DR, u64::from(*byte));
            }
            if left.len() == 0 {
                bench.write(IMSC, RT | RX);
            }
        }
    }
    assert_eq!(bench.out.sent, text);

    // The interrupt handler: clear what is not RX, read until RXFE.
    assert!(b"ls\n".iter().all(|byte| bench.uart.receive(*byte)));
    assert!(bench.uart.interrupt_line());
    let status = bench.read(MIS);
    bench.write(ICR, status & !(TX | RT | RX));
    let mut line = Vec::new();
    while bench.read(FR) & RXFE == 0 {
        line.push(bench.read(DR) as u8);
    }
    assert_eq!(line, b"ls\n");
    assert!(!bench.uart.interrupt_line());
}
