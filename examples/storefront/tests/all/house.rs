#[path = "../../../../tests/house.rs"]
mod rule;

use std::path::Path;

/// The modules of the crate, the lowest floor first.
const FLOORS: &[&[&str]] = &[
    &["address", "options", "report", "traffic"],
    &["database"],
    &["queue", "stock"],
    &["orders"],
    &["front"],
    &["shop"],
];

#[test]
fn files_use_their_own_floor_and_those_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rule::check(&source, FLOORS);
}
