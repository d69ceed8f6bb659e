//! Tells the program which compiler it was built with, and how, for the head of its table.

use std::env;
use std::path::Path;
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
    // Cargo tells a profile of the workspace only by its folder: target/PROFILE/build/overhead-HASH/out.
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    let profile = Path::new(&folder).ancestors().nth(3);
    let profile = profile.and_then(|folder| folder.file_name()?.to_str());
    println!(
        "cargo::rustc-env=OVERHEAD_PROFILE={}",
        profile.unwrap_or("release")
    );
    println!("cargo::rerun-if-changed=build.rs");
}
