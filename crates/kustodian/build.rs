//! Lets the program know that the optimizer left it alone, as in the profile `release` of this workspace.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(unoptimized)");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|given| given == value);
    if is("PROFILE", "release") && is("OPT_LEVEL", "0") {
        println!("cargo::rustc-cfg=unoptimized");
    }
}
