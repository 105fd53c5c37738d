//! Software-generated interrupts to this CPU itself.

use guests::{
    check, check_eq,
    gic::{CPENDSGIR, Group, ICPENDR, ISPENDR, SPENDSGIR},
    machine, msr, skip,
    sysreg::{irq_off, irq_on},
};

use crate::{FIQ, HOOK, LOG, expect, fresh, gic};

const SGI: u32 = 6;

/// All SGIs enabled and taken.
fn ready() {
    fresh();
    for sgi in 0..16 {
        gic().enable(sgi);
    }
}

pub(crate) fn run() {
    by_hand();
    states();
    if gic().is_v2() {
        by_source();
    } else {
        by_register();
    }
}

fn by_hand() {
    ready();
    irq_on();
    gic().send_self(SGI);
    expect("an SGI to itself", &[SGI]);
    gic().send(SGI, 1);
    expect("an SGI by target list", &[SGI]);
    gic().send(SGI, 0);
    expect("an SGI to nobody", &[]);
    gic().send_others(SGI);
    expect("an SGI to all others is not for this CPU", &[]);
    for sgi in 0..16 {
        gic().send_self(sgi);
    }
    guests::timer::wait(|| LOG.len() >= 16);
    check!(LOG.len() == 16, "each of the sixteen"; "{:?}", LOG);
    LOG.clear();
    gic().disable(SGI);
    if gic().bit(guests::gic::ISENABLER, SGI) {
        // GICv2 may keep SGIs enabled for ever (Arm IHI 0048B §4.3.5).
        skip!("a disabled SGI"; "always enabled here");
        return;
    }
    gic().send_self(SGI);
    expect("a disabled SGI is not taken", &[]);
    gic().enable(SGI);
    expect("but pending, and taken when enabled", &[SGI]);
}

fn states() {
    ready();
    gic().send_self(SGI);
    gic().send_self(SGI);
    check!(gic().pending(SGI), "an SGI sent is pending");
    irq_on();
    expect("sent twice while pending: taken once", &[SGI]);
    HOOK.set(|sgi| {
        LOG.push(u32::from(gic().pending(sgi)) << 1 | u32::from(gic().active(sgi)));
        if LOG.len() == 2 {
            gic().send_self(sgi);
            LOG.push(u32::from(gic().pending(sgi)) << 1 | u32::from(gic().active(sgi)));
        }
    });
    gic().send_self(SGI);
    expect("sent while active: taken again", &[SGI, 1, 3, SGI, 1]);
}

/// GICv2: pending states for each source CPU.
fn by_source() {
    ready();
    gic().poke(ISPENDR, SGI);
    check!(!gic().pending(SGI), "GICv2: ISPENDR cannot pend an SGI");
    gic().send_self(SGI);
    gic().poke(ICPENDR, SGI);
    check!(gic().pending(SGI), "GICv2: nor can ICPENDR clear one");
    let set = SPENDSGIR + SGI as usize;
    let clear = CPENDSGIR + SGI as usize;
    check_eq!(gic().dist.r8(set), 1, "GICv2: SPENDSGIR names the source");
    gic().dist.w8(clear, 1);
    check!(!gic().pending(SGI), "GICv2: CPENDSGIR clears it");
    gic().dist.w8(set, 1);
    check!(gic().pending(SGI), "GICv2: SPENDSGIR sets it");
    irq_on();
    expect("GICv2: and it is taken", &[SGI]);
    irq_off();
    two_sources(set);
}

/// Two sources of one SGI are two interrupts.
fn two_sources(set: usize) {
    // Only CPUs that exist can be sources.
    let other = machine::get().cpus as u32 - 1;
    if other == 0 {
        skip!("GICv2: two sources"; "one CPU");
        return;
    }
    gic().dist.w8(set, 1 | 1 << other);
    let first = gic().ack(Group::One);
    let between = gic().pending(SGI);
    gic().eoi(Group::One, first);
    let second = gic().ack(Group::One);
    gic().eoi(Group::One, second);
    let mut got = [first, second];
    got.sort_unstable();
    check_eq!(
        got,
        [SGI, other << 10 | SGI],
        "GICv2: one interrupt for each source, which IAR names"
    );
    check!(
        between && !gic().pending(SGI),
        "GICv2: pending until both were taken"
    );
    check_eq!(gic().ack(Group::One), 1023, "GICv2: and no more");
}

/// GICv3: the three generating registers and the redistributor's bits.
fn by_register() {
    ready();
    gic().poke(ISPENDR, SGI);
    check!(gic().pending(SGI), "GICv3: GICR_ISPENDR0 pends an SGI");
    gic().poke(ICPENDR, SGI);
    check!(!gic().pending(SGI), "GICv3: GICR_ICPENDR0 clears it");
    irq_on();
    gic().poke(ISPENDR, SGI);
    expect("GICv3: and it is taken", &[SGI]);
    let sgi = u64::from(SGI) << 24;
    msr!("icc_sgi1r_el1", sgi | 1 << 16 | 1);
    expect("GICv3: another affinity 1 is another CPU", &[]);
    msr!("icc_sgi1r_el1", sgi | 1 << 48 | 1);
    expect("GICv3: another affinity 3 is another CPU", &[]);
    gic().set_group(SGI, Group::Zero);
    msr!("icc_sgi0r_el1", sgi | 1);
    expect("GICv3: SGI0R for group 0", &[SGI | FIQ]);
    gic().set_group(SGI, Group::One);
    msr!("icc_sgi0r_el1", sgi | 1);
    expect("GICv3: SGI0R not for group 1", &[]);
}
