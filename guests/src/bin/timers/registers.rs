//! Counters, compare values and the control register.

use guests::{
    check, check_eq,
    timer::{self, ENABLE, IMASK, ISTATUS, Timer},
};

pub(crate) fn counters() {
    check!(timer::frequency() > 0, "CNTFRQ is not zero");
    for timer in crate::BOTH {
        let first = timer.count();
        let mut last = first;
        let mut back = 0;
        for _ in 0..10_000 {
            let now = timer.count();
            back += u32::from(now < last);
            last = now;
        }
        check_eq!(back, 0, "{:?} counter never runs backwards", timer);
        check!(
            timer::wait(|| timer.count() > first),
            "{:?} counter advances",
            timer
        );
    }
    let before = Timer::Virtual.count();
    let physical = Timer::Physical.count();
    let after = Timer::Virtual.count();
    let offset = physical.wrapping_sub(before);
    check!(offset.wrapping_add(after - before) < u64::MAX / 2 && offset < u64::MAX / 2,
        "the virtual count is not ahead of the physical one"; "{before} {physical} {after}");
    let span = timer::micros(2000);
    // The physical span encloses the virtual one, however long a read takes.
    let physical = Timer::Physical.count();
    let start = Timer::Virtual.count();
    while Timer::Virtual.count() - start < span {}
    check!(
        Timer::Physical.count() - physical >= span,
        "both count at one speed"
    );
}

pub(crate) fn run(timer: Timer) {
    timer.stop();
    for value in [0, 1, 0x1234_5678_9abc_def0, u64::MAX] {
        timer.set_cval(value);
        check_eq!(timer.cval(), value, "{:?} CVAL keeps {:#x}", timer, value);
    }
    timer.set_ctl(u64::MAX);
    check_eq!(
        timer.ctl() & !ISTATUS,
        ENABLE | IMASK,
        "{:?} CTL keeps ENABLE and IMASK only",
        timer
    );
    timer.set_cval(u64::MAX >> 1);
    check_eq!(
        timer.ctl() & ISTATUS,
        0,
        "{:?} ISTATUS is 0 before the deadline",
        timer
    );
    timer.set_cval(0);
    check!(
        timer.ctl() & ISTATUS != 0,
        "{:?} ISTATUS is 1 after it",
        timer
    );
    timer.stop();
    check_eq!(timer.ctl() & 3, 0, "{:?} CTL keeps 0", timer);
    tval(timer);
}

fn tval(timer: Timer) {
    for span in [1_000_000, i32::MAX, -1_000_000] {
        let before = timer.count();
        timer.set_tval(span);
        let after = timer.count();
        let span64 = i64::from(span) as u64;
        let cval = timer.cval();
        let in_range = cval.wrapping_sub(before.wrapping_add(span64)) <= after - before;
        check!(in_range, "{:?} TVAL {} sets CVAL to count + TVAL", timer, span;
            "{before:#x} {cval:#x} {after:#x}");
    }
    timer.set_cval(timer.count() + 1_000_000_000);
    let (a, b) = (timer.tval(), timer.tval());
    check!(a <= 1_000_000_000 && b <= a && a > 0, "{:?} TVAL counts down", timer; "{a} {b}");
    timer.set_cval(timer.count().wrapping_sub(1000));
    check!(timer.tval() <= -1000, "{:?} TVAL goes below zero", timer);
}
