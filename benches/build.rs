//! Tells the program which compiler it was built with, for the head of its table.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    println!(
        "cargo::rustc-env=OVERHEAD_RUSTC={}",
        version.as_deref().map_or("rustc ?", str::trim)
    );
    println!("cargo::rerun-if-changed=build.rs");
}
