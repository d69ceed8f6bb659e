//! The built program, run as a newcomer runs it.

mod house;
mod printed;
mod refused;
mod sent;
mod servers;

use std::process::{Command, Output};

/// Runs the program to its end, which must be a good one.
fn storefront(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_storefront"))
        .args(arguments)
        .output();
    let output = output.expect("the program starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
