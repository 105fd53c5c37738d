//! Groups: 0 arrives as FIQ, 1 as IRQ, and each can be switched off.

use guests::{
    check_eq,
    gic::{CTLR, Group, ICPENDR},
    sysreg::{irq_off, irq_on},
};

use crate::{FIQ, SPI, expect, fresh, gic, pend, prepare};

pub(crate) fn run() {
    fiq();
    distributor_enable();
    interface_enable();
    wrong_group();
    if gic().is_v2() {
        group0_as_irq();
    }
}

fn fiq() {
    fresh();
    prepare(SPI, 0x80);
    gic().set_group(SPI, Group::Zero);
    irq_on();
    pend(SPI);
    expect("group 0 arrives as FIQ", &[SPI | FIQ]);
    gic().set_group(SPI, Group::One);
    pend(SPI);
    expect("group 1 arrives as IRQ", &[SPI]);
    irq_off();
    prepare(SPI + 1, 0x40);
    gic().set_group(SPI + 1, Group::Zero);
    pend(SPI);
    pend(SPI + 1);
    irq_on();
    expect("both, the more urgent first", &[(SPI + 1) | FIQ, SPI]);
}

fn distributor_enable() {
    fresh();
    prepare(SPI, 0x80);
    let on = gic().dist.r32(CTLR);
    gic().dist.w32(CTLR, on & !2);
    gic().wait_write();
    irq_on();
    pend(SPI);
    expect("group 1 off in the distributor: not taken", &[]);
    gic().dist.w32(CTLR, on);
    expect("on again: taken", &[SPI]);
    check_eq!(gic().dist.r32(CTLR) & 3, 3, "both groups on");
}

fn interface_enable() {
    fresh();
    prepare(SPI, 0x80);
    gic().set_groups(true, false);
    irq_on();
    pend(SPI);
    expect("group 1 off in the CPU interface: not taken", &[]);
    gic().set_groups(true, true);
    expect("on again: taken", &[SPI]);
}

/// Acknowledging the wrong group is spurious.
fn wrong_group() {
    fresh();
    prepare(SPI, 0x80);
    pend(SPI);
    if gic().is_v2() {
        // AckCtl 0: GICC_IAR is for group 0 and says that group 1 waits.
        let all = gic().second.r32(0);
        gic().second.w32(0, all & !4);
        check_eq!(
            gic().ack(Group::Zero),
            1022,
            "AckCtl 0: 1022 for a group 1 interrupt"
        );
        gic().second.w32(0, all);
    } else {
        check_eq!(
            gic().ack(Group::Zero),
            1023,
            "IAR0 is spurious for a group 1 interrupt"
        );
        check_eq!(gic().hppir(Group::Zero), 1023, "and so is HPPIR0");
        gic().set_group(SPI, Group::Zero);
        check_eq!(
            gic().ack(Group::One),
            1023,
            "IAR1 is spurious for a group 0 interrupt"
        );
    }
    gic().poke(ICPENDR, SPI);
}

/// How most GICv2 kernels use it: everything in group 0, `FIQEn` off.
fn group0_as_irq() {
    fresh();
    prepare(SPI, 0x80);
    gic().set_group(SPI, Group::Zero);
    gic().dist.w32(CTLR, 1);
    gic().second.w32(0, 1);
    irq_on();
    pend(SPI);
    expect("FIQEn 0: group 0 arrives as IRQ", &[SPI]);
    irq_off();
    fresh();
}
