//! `SYSTEM_RESET` starts the machine anew, three times: devices, timers and
//! CPUs are as after power-on.
//!
//! The count of boots must survive a reset and nothing else of the machine
//! does, so it is in the clock: the PL031's counter runs on through a system
//! reset (only power-on resets it, Arm DDI 0224), on QEMU as well, and a
//! hypervisor's model must keep what the guest set until the VM ends.

#![no_std]
#![no_main]

use core::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire},
};

use guests::{
    check, check_eq,
    console::uart,
    exit,
    gic::{CTLR, ISACTIVER, ISENABLER, ISPENDR},
    guest,
    irq::{fresh, gic},
    machine,
    mmio::Mmio,
    mrs, println, psci, report, smp, timer,
    timer::{ENABLE, Timer},
};

guest!("psci-reset", main);

/// PL031: time, and the register that sets it.
const DR: usize = 0x00;
const LR: usize = 0x08;
/// Interrupt masks of PL031 and PL011.
const RTC_IMSC: usize = 0x10;
const UART_IMSC: usize = 0x38;
/// Times that mean a boot number: in 1978, this far apart.
const EPOCH: u32 = 0x1000_0000;
const APART: u32 = 0x10_0000;
/// Resets.
const RESETS: u32 = 3;
/// An SPI without a device.
const SPI: u32 = 240;
/// RAM behind this program where a word is left.
const LEFT_BEHIND: usize = 0x4700_0000;
const WORD: u32 = 0x5a5a_c3c3;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

fn rtc() -> Mmio {
    Mmio(machine::get().rtc.unwrap_or(0))
}

/// Which boot this is, from 0.
fn boot() -> u32 {
    let time = rtc().r32(DR);
    if (EPOCH..EPOCH + APART * (RESETS + 1)).contains(&time) {
        (time - EPOCH) / APART
    } else {
        0
    }
}

fn main() {
    if machine::get().rtc.is_none() {
        check!(false, "the device tree names a PL031");
        return;
    }
    let boot = boot();
    println!("boot {boot}");
    pristine(boot);
    if boot == RESETS {
        check!(true, "{} resets", boot);
        return;
    }
    if report::failures() > 0 {
        exit::exit(report::verdict());
    }
    disturb();
    rtc().w32(LR, EPOCH + APART * (boot + 1));
    let result = psci::call(psci::SYSTEM_RESET, [0; 3]);
    check!(false, "SYSTEM_RESET does not return"; "{result}");
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
    check_eq!(
        uart().r32(UART_IMSC),
        0,
        "boot {}: UART interrupts off",
        boot
    );
    check_eq!(mrs!("daif"), 0x3c0, "boot {}: interrupts masked", boot);
    for cpu in 1..machine::get().cpus {
        let state = psci::call(psci::AFFINITY_INFO, [cpu as u64, 0, 0]);
        check_eq!(state, 1, "boot {}: CPU {} is off", boot, cpu);
    }
    check_eq!(RUNNING.load(Acquire), 0, "boot {}: .bss is zero", boot);
    // Without a hypervisor memory survives; a VM's is wiped.
    if machine::strict() && in_ram() {
        let word = Mmio(LEFT_BEHIND).r32(0);
        check_eq!(word, 0, "boot {}: memory is zero", boot);
    }
}

fn in_ram() -> bool {
    let (start, size) = machine::get().ram;
    (start..start + size - 4).contains(&LEFT_BEHIND)
}

/// Leaves nothing as it was.
fn disturb() {
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
    rtc().w32(RTC_IMSC, 1);
    if in_ram() {
        Mmio(LEFT_BEHIND).w32(0, WORD);
    }
}
