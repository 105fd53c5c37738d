//! The PL031: identification, time, setting it, and the alarm.

#![no_std]
#![no_main]

use guests::{
    check, check_eq, guest,
    irq::{HOOK, LOG, expect, fresh, gic},
    machine,
    mmio::Mmio,
    skip,
    sysreg::irq_on,
    timer,
};

guest!("rtc", main);

const DR: usize = 0x00;
const MR: usize = 0x04;
const LR: usize = 0x08;
const CR: usize = 0x0c;
const IMSC: usize = 0x10;
const RIS: usize = 0x14;
const MIS: usize = 0x18;
const ICR: usize = 0x1c;
const IDS: usize = 0xfe0;
/// Its SPI on `virt`.
const INTID: u32 = 34;
/// 1 January 2020 in Unix time.
const YEAR_2020: u32 = 1_577_836_800;

fn rtc() -> Mmio {
    Mmio(machine::get().rtc.unwrap_or(0))
}

fn now() -> u32 {
    rtc().r32(DR)
}

fn main() {
    if machine::get().rtc.is_none() {
        check!(false, "the device tree names a PL031");
        skip!("everything else"; "no PL031");
        return;
    }
    let ids: [u32; 8] = core::array::from_fn(|i| rtc().r32(IDS + 4 * i) & 0xff);
    check_eq!(
        [ids[0], ids[1], ids[3]],
        [0x31, 0x10, 0x00],
        "peripheral identification"
    );
    check_eq!(
        [ids[4], ids[5], ids[6], ids[7]],
        [0x0d, 0xf0, 0x05, 0xb1],
        "PrimeCell identification"
    );
    let start = now();
    check!(start > YEAR_2020, "the time is a time of this century"; "{start}");
    check_eq!(rtc().r32(CR) & 1, 1, "running");
    ticks(start);
    set();
    alarm();
    rtc().w32(LR, start + 3);
}

/// One tick a second, by the other clock.
fn ticks(start: u32) {
    check!(timer::wait(|| now() > start), "it ticks");
    let (first, began) = (now(), timer::now());
    timer::wait(|| now() >= first + 2);
    let took = (timer::now() - began) * 1000 / timer::frequency();
    // The first second may be almost over at the start; a loaded host is late.
    check!(took >= 900, "two ticks take more than a second"; "{took} ms");
}

fn set() {
    rtc().w32(LR, 1000);
    let got = now();
    check!((1000..1010).contains(&got), "the time can be set"; "{got}");
    check_eq!(rtc().r32(LR), 1000, "LR reads as written");
}

fn alarm() {
    fresh();
    gic().set_edge(INTID, false);
    gic().enable(INTID);
    rtc().w32(ICR, 1);
    rtc().w32(IMSC, 0);
    rtc().w32(LR, 5000);
    rtc().w32(MR, 5001);
    check_eq!(rtc().r32(MR), 5001, "MR keeps its value");
    check!(
        timer::wait(|| rtc().r32(RIS) & 1 == 1),
        "the match raises the raw interrupt"
    );
    check_eq!(rtc().r32(MIS) & 1, 0, "masked: MIS stays 0");
    check!(!gic().pending(INTID), "masked: nothing pending");
    rtc().w32(IMSC, 1);
    check_eq!(rtc().r32(MIS) & 1, 1, "unmasked: MIS shows it");
    check!(timer::wait(|| gic().pending(INTID)), "unmasked: pending");
    HOOK.set(|_| {
        LOG.push(rtc().r32(MIS));
        rtc().w32(ICR, 1);
    });
    irq_on();
    expect("and taken once", &[INTID, 1]);
    check_eq!(rtc().r32(RIS) & 1, 0, "ICR clears it");
    rtc().w32(MR, now() + 1);
    expect("the next alarm", &[INTID, 1]);
    rtc().w32(IMSC, 0);
}
