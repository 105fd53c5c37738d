//! The PL011: identification, registers, loopback, FIFO levels, interrupts.

#![no_std]
#![no_main]

use guests::{
    check, check_eq,
    console::{DR, FR, FR_RXFE, uart},
    guest,
    irq::{HOOK, LOG, expect, fresh, gic},
    sysreg::{irq_off, irq_on},
    timer,
};

guest!("uart", main);

const IBRD: usize = 0x24;
const FBRD: usize = 0x28;
const LCR_H: usize = 0x2c;
const CR: usize = 0x30;
const IFLS: usize = 0x34;
const IMSC: usize = 0x38;
const RIS: usize = 0x3c;
const MIS: usize = 0x40;
const ICR: usize = 0x44;
const IDS: usize = 0xfe0;

/// `FR`: busy, receive FIFO full, transmit FIFO empty.
const FR_BUSY: u32 = 1 << 3;
const FR_TXFE: u32 = 1 << 7;
/// `CR`: enabled, transmit and receive.
const CR_ON: u32 = 0x301;
/// `CR`: loopback.
const CR_LBE: u32 = 1 << 7;
/// Interrupts: receive, transmit, receive timeout.
const RX: u32 = 1 << 4;
const TX: u32 = 1 << 5;
const RT: u32 = 1 << 6;
/// The UART's SPI on `virt`.
const INTID: u32 = 33;

fn main() {
    identification();
    registers();
    transmit();
    let got = loopback();
    check!(got.0, "loopback: sixteen bytes come back in order"; "{got:?}");
    check!(got.1, "loopback: the receive FIFO is empty then");
    let levels = masks();
    check_eq!(
        levels,
        [true; 6],
        "RIS, IMSC, MIS and ICR of the receive interrupt"
    );
    interrupts();
    reserved();
}

fn identification() {
    let ids: [u32; 8] = core::array::from_fn(|i| uart().r32(IDS + 4 * i) & 0xff);
    check_eq!(
        [ids[0], ids[1], ids[3]],
        [0x11, 0x10, 0x00],
        "peripheral identification"
    );
    check_eq!(ids[2] & 0xf, 4, "designed by Arm");
    check_eq!(
        [ids[4], ids[5], ids[6], ids[7]],
        [0x0d, 0xf0, 0x05, 0xb1],
        "PrimeCell identification"
    );
}

fn registers() {
    let old = [IBRD, FBRD, LCR_H, IFLS].map(|r| uart().r32(r));
    for (name, register, value) in [
        ("IBRD", IBRD, 0xabcd),
        ("FBRD", FBRD, 0x15),
        ("IFLS", IFLS, 0x1b),
        ("IMSC", IMSC, 0),
    ] {
        uart().w32(register, value);
        check_eq!(uart().r32(register), value, "{} keeps its value", name);
    }
    for (register, value) in [IBRD, FBRD, LCR_H, IFLS].into_iter().zip(old) {
        uart().w32(register, value);
    }
    check_eq!(
        uart().r32(LCR_H) & 0x70,
        0x70,
        "LCR_H keeps FIFO enable and word length"
    );
    check_eq!(uart().r32(CR) & CR_ON, CR_ON, "CR keeps its enables");
    check_eq!(uart().r8(IDS), 0x11, "a byte access");
    check_eq!(uart().r16(IDS + 4), 0x10, "a halfword access");
}

fn transmit() {
    check!(
        timer::wait(|| uart().r32(FR) & (FR_TXFE | FR_BUSY) == FR_TXFE),
        "the transmit FIFO drains"
    );
    check!(uart().r32(FR) & FR_RXFE != 0, "nothing received");
    uart().w32(DR, u32::from(b'#'));
    check!(
        timer::wait(|| uart().r32(RIS) & TX != 0),
        "a byte sent raises the transmit interrupt"
    );
    uart().w32(ICR, TX);
    check_eq!(uart().r32(RIS) & TX, 0, "ICR clears it");
}

/// Bytes sent in loopback are received; nothing may be printed meanwhile.
fn with_loopback<R>(action: impl FnOnce() -> R) -> R {
    timer::wait(|| uart().r32(FR) & FR_BUSY == 0);
    uart().w32(CR, CR_ON | CR_LBE);
    let result = action();
    while uart().r32(FR) & FR_RXFE == 0 {
        let _ = uart().r32(DR);
    }
    uart().w32(ICR, 0x7ff);
    uart().w32(CR, CR_ON);
    result
}

/// Sends a byte and waits until it is back.
fn send_back(byte: u8) {
    uart().w32(DR, byte.into());
    timer::wait(|| uart().r32(FR) & FR_RXFE == 0);
}

fn loopback() -> (bool, bool) {
    with_loopback(|| {
        for byte in 0..16u8 {
            send_back(b'a' + byte);
        }
        let order = (0..16u8).all(|byte| {
            timer::wait(|| uart().r32(FR) & FR_RXFE == 0)
                && uart().r32(DR) & 0xff == u32::from(b'a' + byte)
        });
        (order, uart().r32(FR) & FR_RXFE != 0)
    })
}

fn masks() -> [bool; 6] {
    with_loopback(|| {
        uart().w32(IMSC, 0);
        uart().w32(ICR, 0x7ff);
        send_back(b'1');
        // With a FIFO trigger above one byte the timeout interrupt comes.
        let raw = timer::wait(|| uart().r32(RIS) & (RX | RT) != 0);
        let masked = uart().r32(MIS) & (RX | RT) == 0;
        uart().w32(IMSC, RX | RT);
        let kept = uart().r32(IMSC) & 0x7ff == RX | RT;
        let shown = uart().r32(MIS) & (RX | RT) != 0;
        let byte = uart().r32(DR) & 0xff == u32::from(b'1');
        let gone = timer::wait(|| uart().r32(MIS) & (RX | RT) == 0);
        uart().w32(IMSC, 0);
        [raw, masked, kept, shown, byte, gone]
    })
}

/// Receive and transmit interrupts arrive at the CPU.
fn interrupts() {
    fresh();
    gic().set_edge(INTID, false);
    gic().enable(INTID);
    HOOK.set(|_| {
        LOG.push(uart().r32(MIS));
        LOG.push(uart().r32(DR) & 0xff);
        uart().w32(ICR, 0x7ff);
    });
    irq_on();
    let seen = with_loopback(|| {
        uart().w32(ICR, 0x7ff);
        uart().w32(IMSC, RX | RT);
        uart().w32(DR, 0x5a);
        timer::wait(|| LOG.len() >= 3);
        timer::pass(guests::irq::SETTLE);
        uart().w32(IMSC, 0);
        LOG.len() == 3
            && LOG.at(0) == Some(INTID)
            && LOG.at(1).is_some_and(|m| m & (RX | RT) != 0)
            && LOG.at(2) == Some(0x5a)
    });
    check!(seen, "one receive interrupt for one byte"; "{:?}", LOG);
    LOG.clear();
    HOOK.set(|_| {
        uart().w32(IMSC, 0);
        uart().w32(ICR, TX);
    });
    uart().w32(DR, u32::from(b'#'));
    timer::wait(|| uart().r32(RIS) & TX != 0);
    uart().w32(IMSC, TX);
    expect("the transmit interrupt", &[INTID]);
    irq_off();
}

fn reserved() {
    for offset in [0x0c, 0x14, 0x4c, 0x80, 0x800] {
        let got = uart().r32(offset);
        uart().w32(offset, u32::MAX);
        check_eq!(got, 0, "reserved offset {:#x} is zero", offset);
    }
    check_eq!(uart().r32(IDS) & 0xff, 0x11, "still a PL011");
}
