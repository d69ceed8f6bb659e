#[path = "../../../../tests/house.rs"]
mod rule;

use std::path::Path;

#[test]
fn files_use_their_own_floor_and_those_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: &[&[&str]] = &[&["account", "error"], &["resource", "show"], &["bin"]];
    rule::check(&source, floors);
}
