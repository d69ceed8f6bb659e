//! `cargo bench` does what `cargo run --release --bin overhead` does.

use std::process::ExitCode;

fn main() -> ExitCode {
    overhead::run()
}
