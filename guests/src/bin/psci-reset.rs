//! `SYSTEM_RESET` starts the machine anew, three times: devices, timers and
//! CPUs are as after power-on.
//!
//! With `warm` on the command line the resets are `SYSTEM_RESET2` of type 0, an
//! architectural warm reset: the same, except that memory outside of the image
//! keeps its contents.

#![no_std]
#![no_main]

use core::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Release},
};

use guests::{
    boots, check, check_eq,
    console::uart,
    exit,
    gic::{CTLR, ISACTIVER, ISENABLER, ISPENDR},
    guest,
    irq::{fresh, gic},
    machine,
    mmio::Mmio,
    mrs, println, psci, report, skip, smp, timer,
    timer::{ENABLE, Timer},
};

guest!("psci-reset", main);

/// PL031: the time of the alarm, the interrupt's mask, raw and masked state.
const RTC_MR: usize = 0x04;
const RTC_IMSC: usize = 0x10;
const RTC_RIS: usize = 0x14;
const RTC_MIS: usize = 0x18;
/// PL011: the interrupts' masks and masked state.
const UART_IMSC: usize = 0x38;
const UART_MIS: usize = 0x40;
/// Their interrupts on `virt`.
const UART_SPI: u32 = 33;
const RTC_SPI: u32 = 34;
/// Resets.
const RESETS: u32 = 3;
/// An SPI without a device.
const SPI: u32 = 240;
/// RAM behind this program where a word is left.
const LEFT_BEHIND: usize = 0x4700_0000;
const WORD: u32 = 0x5a5a_c3c3;

/// Lies in the file, so that whoever loads the image puts it back.
static LOADED: AtomicUsize = AtomicUsize::new(AS_LOADED);
const AS_LOADED: usize = 0x1111;
static RUNNING: AtomicUsize = AtomicUsize::new(0);

fn rtc() -> Mmio {
    Mmio(machine::get().rtc.unwrap_or(0))
}

fn main() {
    if machine::get().rtc.is_none() {
        check!(false, "the device tree names a PL031");
        return;
    }
    let boot = boots::number(RESETS);
    println!("boot {boot}");
    pristine(boot);
    if boot == RESETS {
        check!(true, "{} resets", boot);
        return;
    }
    if report::failures() > 0 {
        exit::exit(report::verdict());
    }
    if warm() && psci::call(psci::FEATURES, [psci::SYSTEM_RESET2.into(), 0, 0]) < 0 {
        if machine::strict() {
            check!(false, "there is SYSTEM_RESET2");
        } else {
            skip!("warm reset"; "there is no SYSTEM_RESET2");
            check!(true, "SYSTEM_RESET2 is optional");
        }
        return;
    }
    disturb();
    boots::set(boot + 1);
    alarm();
    let function = if warm() {
        psci::SYSTEM_RESET2
    } else {
        psci::SYSTEM_RESET
    };
    let result = psci::call(function, [0; 3]);
    check!(false, "a reset does not return"; "{result}");
}

/// Whether the resets are warm ones.
fn warm() -> bool {
    machine::flag("warm")
}

/// Everything is as after power-on.
fn pristine(boot: u32) {
    let on = if gic().is_v2() { 3 } else { 7 };
    check_eq!(
        gic().dist.r32(CTLR) & on,
        0,
        "boot {}: the distributor is off",
        boot
    );
    for (name, register) in [
        ("enabled", ISENABLER),
        ("pending", ISPENDR),
        ("active", ISACTIVER),
    ] {
        check!(
            !gic().bit(register, SPI),
            "boot {}: the SPI is not {}",
            boot,
            name
        );
    }
    if !gic().is_v2() {
        check_eq!(
            gic().bank(0).r32(ISENABLER) >> 16,
            0,
            "boot {}: no PPI is enabled",
            boot
        );
    }
    for t in [Timer::Virtual, Timer::Physical] {
        check_eq!(t.ctl() & ENABLE, 0, "boot {}: {:?} timer off", boot, t);
    }
    devices(boot);
    check_eq!(mrs!("daif"), 0x3c0, "boot {}: interrupts masked", boot);
    for cpu in 1..machine::get().cpus {
        let state = psci::call(psci::AFFINITY_INFO, [cpu as u64, 0, 0]);
        check_eq!(state, 1, "boot {}: CPU {} is off", boot, cpu);
    }
    check_eq!(RUNNING.load(Acquire), 0, "boot {}: .bss is zero", boot);
    let loaded = LOADED.load(Acquire);
    check_eq!(loaded, AS_LOADED, "boot {}: .data is the image's", boot);
    // Without a hypervisor memory survives any reset; a VM's only a warm one.
    if machine::strict() && in_ram() {
        let word = Mmio(LEFT_BEHIND).r32(0);
        let want = if warm() && boot > 0 { WORD } else { 0 };
        check_eq!(word, want, "boot {}: a word in memory", boot);
    }
}

/// No device asks for an interrupt, and no request of the time before is left.
fn devices(boot: u32) {
    check_eq!(
        uart().r32(UART_IMSC),
        0,
        "boot {}: UART interrupts off",
        boot
    );
    check_eq!(uart().r32(UART_MIS), 0, "boot {}: UART is quiet", boot);
    check!(
        !gic().pending(UART_SPI),
        "boot {}: the UART's SPI is not pending",
        boot
    );
    // QEMU's clock is not reset at all.
    if machine::strict() {
        check_eq!(rtc().r32(RTC_IMSC), 0, "boot {}: alarm off", boot);
        check_eq!(rtc().r32(RTC_RIS), 0, "boot {}: no alarm", boot);
        check_eq!(rtc().r32(RTC_MIS), 0, "boot {}: clock is quiet", boot);
        check!(
            !gic().pending(RTC_SPI),
            "boot {}: the clock's SPI is not pending",
            boot
        );
    }
}

fn in_ram() -> bool {
    let (start, size) = machine::get().ram;
    (start..start + size - 4).contains(&LEFT_BEHIND)
}

/// An alarm in this moment, which nobody takes.
fn alarm() {
    rtc().w32(RTC_IMSC, 1);
    gic().enable(RTC_SPI);
    // The clock may go on to the next second in between.
    timer::wait(|| {
        rtc().w32(RTC_MR, boots::clock());
        rtc().r32(RTC_MIS) != 0
    });
    check!(gic().pending(RTC_SPI), "the alarm is pending");
}

/// Leaves nothing as it was.
fn disturb() {
    LOADED.store(0, Release);
    for cpu in 1..machine::get().cpus {
        smp::start(cpu, |_| {
            gic().init_cpu();
            gic().enable(Timer::Virtual.intid());
            Timer::Virtual.arm(100);
            RUNNING.fetch_add(1, AcqRel);
            loop {
                core::hint::spin_loop();
            }
        });
    }
    timer::wait(|| RUNNING.load(Acquire) + 1 == machine::get().cpus);
    RUNNING.fetch_add(1, AcqRel);
    fresh();
    gic().set_edge(SPI, true);
    gic().enable(SPI);
    gic().poke(ISPENDR, SPI);
    gic().poke(ISACTIVER, SPI);
    for t in [Timer::Virtual, Timer::Physical] {
        gic().enable(t.intid());
        t.arm(100);
        timer::wait(|| gic().pending(t.intid()));
    }
    uart().w32(UART_IMSC, 0x7ff);
    gic().enable(UART_SPI);
    check!(gic().pending(UART_SPI), "the UART can transmit");
    if in_ram() {
        Mmio(LEFT_BEHIND).w32(0, WORD);
    }
}
