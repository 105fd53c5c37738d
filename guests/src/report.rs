//! Checks and the verdict.

use core::{
    fmt::Arguments,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::println;

static CHECKS: AtomicU32 = AtomicU32::new(0);
static FAILED: AtomicU32 = AtomicU32::new(0);

unsafe extern "Rust" {
    safe static GUEST_NAME: &'static str;
}

/// Records one check and prints its line.
pub fn record(name: Arguments<'_>, ok: bool, why: Arguments<'_>) {
    CHECKS.fetch_add(1, Ordering::Relaxed);
    if ok {
        println!("ok - {name}");
    } else {
        FAILED.fetch_add(1, Ordering::Relaxed);
        println!("not ok - {name}: {why}");
    }
}

/// Says that a check does not apply to this machine.
pub fn skip(name: Arguments<'_>, why: Arguments<'_>) {
    println!("skip - {name}: {why}");
}

/// Checks that failed so far.
#[must_use]
pub fn failures() -> u32 {
    FAILED.load(Ordering::Relaxed)
}

/// Prints the verdict; the exit status is 0 if every check held and there was one.
#[must_use]
pub fn verdict() -> u32 {
    let (checks, failed) = (
        CHECKS.load(Ordering::Relaxed),
        FAILED.load(Ordering::Relaxed),
    );
    if failed == 0 && checks > 0 {
        println!("PASS {GUEST_NAME} {checks} checks");
        0
    } else {
        println!("FAIL {GUEST_NAME} {failed} of {checks}");
        1
    }
}

/// `check!(condition, "name {}", args; "why {}", args)`: one check.
#[macro_export]
macro_rules! check {
    ($cond:expr, $name:literal $(, $arg:expr)* ; $($why:tt)+) => {{
        let ok: bool = $cond;
        $crate::report::record(format_args!($name $(, $arg)*), ok, format_args!($($why)+));
    }};
    ($cond:expr, $name:literal $(, $arg:expr)*) => {{
        let ok: bool = $cond;
        $crate::report::record(format_args!($name $(, $arg)*), ok, format_args!("{}", stringify!($cond)));
    }};
}

/// `check_eq!(got, want, "name {}", args)`: one check of two integers.
#[macro_export]
macro_rules! check_eq {
    ($got:expr, $want:expr, $name:literal $(, $arg:expr)*) => {{
        let (got, want) = ($got, $want);
        $crate::report::record(
            format_args!($name $(, $arg)*),
            got == want,
            format_args!("got {got:#x?}, want {want:#x?}"),
        );
    }};
}

/// `skip!("name"; "why")`: a check that does not apply here.
#[macro_export]
macro_rules! skip {
    ($name:literal $(, $arg:expr)* ; $($why:tt)+) => {
        $crate::report::skip(format_args!($name $(, $arg)*), format_args!($($why)+))
    };
}
