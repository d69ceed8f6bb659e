//! What tracing costs: `cargo run --release --bin overhead`.

use std::process::ExitCode;

fn main() -> ExitCode {
    overhead::run()
}
