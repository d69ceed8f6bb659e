#[path = "../../../tests/house.rs"]
mod rule;

use std::path::Path;

/// The modules of the crate, the lowest floor first.
const FLOORS: &[&[&str]] = &[
    &[
        "amount", "arn", "asker", "clock", "error", "forecast", "hash", "json", "lock", "notice",
        "page", "terminal",
    ],
    &["bound"],
    &[
        "access",
        "ledger",
        "policy",
        "program",
        "retrieval",
        "sample",
        "sampling",
        "setting",
        "tag",
        "telemetry",
        "validate",
    ],
    &["trace"],
    &["entry", "graph", "otel", "query", "timeline"],
    &["filter", "map"],
    &["group", "index", "insight", "series"],
    &["control", "store"],
    &["api", "doctor", "viewer"],
    &["server"],
    &["commands"],
];

#[test]
fn files_use_their_own_floor_and_those_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rule::check(&source, FLOORS);
}
