//! Picks the board's linker script and load address.
//!
//! The hypervisor is one program for every board of an instruction set; what
//! differs at link time is only where the image is loaded and, for messages
//! from before the device tree is understood, where a UART may be. Both come
//! from `platform/boards/<board>.ld`. `TOROID_BOARD` chooses the board.

use std::{env, fs, path::PathBuf};

/// Board of a build that names none.
const DEFAULT_BOARD: &str = "qemu-virt";

fn main() {
    let board = env::var("TOROID_BOARD").unwrap_or_else(|_| DEFAULT_BOARD.into());
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let boards = package.join("../platform/boards");
    let script = boards.join(format!("{board}.ld"));
    let text = fs::read_to_string(&script).unwrap_or_else(|error| {
        panic!(
            "no linker script for board `{board}` ({}): {error}",
            script.display()
        )
    });
    let early_uart = setting(&text, "EARLY_UART").unwrap_or("0x0");

    println!("cargo:rerun-if-env-changed=TOROID_BOARD");
    println!("cargo:rerun-if-changed={}", boards.display());
    println!("cargo:rustc-env=TOROID_BOARD={board}");
    println!("cargo:rustc-env=TOROID_EARLY_UART={early_uart}");
    println!("cargo:rustc-link-arg-bins=-L{}", boards.display());
    println!("cargo:rustc-link-arg-bins=-T{}", script.display());
    println!("cargo:rustc-link-arg-bins=--no-dynamic-linker");
}

/// The value of `NAME = value;` in a linker script.
fn setting<'a>(script: &'a str, name: &str) -> Option<&'a str> {
    script.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == name).then(|| value.split(';').next().unwrap_or("").trim())
    })
}
