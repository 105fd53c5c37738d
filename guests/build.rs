//! Links the guests as flat images for the `virt` memory map.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=guest.ld");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    println!(
        "cargo:rustc-link-arg-bins=-T{}",
        here.join("guest.ld").display()
    );
}
