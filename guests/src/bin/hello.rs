//! Smoke test: a guest boots, finds its machine, prints and ends. With `echo`
//! on the command line it sends back what it receives, up to a full stop; with
//! `deaf` it never ends and never reads what it is sent.

#![no_std]
#![no_main]

use guests::{check, check_eq, console, guest, machine, mrs, println, sysreg};

guest!("hello", main);

fn main() {
    let m = machine::get();
    println!("hello from EL{}", mrs!("currentel") >> 2 & 3);
    println!(
        "cpus {} gic {:?} ram {:x?} bootargs \"{}\"",
        m.cpus, m.gic.version, m.ram, m.bootargs
    );
    check_eq!(mrs!("currentel") >> 2 & 3, 1, "guests run at EL1");
    check!(m.cpus >= 1, "the device tree lists the CPUs");
    check!(m.ram.1 > 0, "the device tree has memory");
    check!(
        m.gic.lines() >= 64,
        "the device tree names an interrupt controller"
    );
    check!(mrs!("cntfrq_el0") > 0, "the counter has a frequency");
    if machine::flag("deaf") {
        println!("deaf: type, nobody listens");
        loop {
            sysreg::wfi();
        }
    }
    if machine::flag("echo") {
        echo();
    }
}

fn echo() {
    println!("echo: type, end with a full stop");
    loop {
        if let Some(byte) = console::get() {
            console::put(byte);
            if byte == b'.' {
                console::put(b'\n');
                return;
            }
        }
    }
}
