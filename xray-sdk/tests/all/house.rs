#[path = "../../../tests/house.rs"]
mod rules;

use std::path::Path;

#[test]
fn modules_use_their_own_floor_and_those_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rules::check(
        &source,
        &[
            &["error", "foreign"],
            &["clock", "notice"],
            &["id"],
            &["header"],
            &["document"],
            &["emitter"],
            &["sampling"],
            &["record"],
            &["assemble"],
            &["origin"],
            &["context"],
            &["segment"],
            &["recorder", "outcome"],
            &["testing"],
        ],
    );
}
