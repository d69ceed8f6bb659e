//! The rules of the house, for this crate.

#[path = "../../tests/house.rs"]
mod rule;

use std::path::Path;

/// The modules of the crate, the lowest floor first.
const FLOORS: &[&[&str]] = &[
    &[
        "affinity",
        "allocation",
        "clock",
        "gauge",
        "id",
        "json",
        "machine",
        "options",
        "row",
        "sink",
        "statistic",
        "turn",
        "work",
    ],
    &["contender"],
    &["floor", "ours", "peers", "question"],
    &[
        "burst",
        "decision",
        "delivery",
        "emitting",
        "layer",
        "plot",
        "poll",
        "process",
        "serialising",
        "server",
        "starting",
        "table",
        "threads",
    ],
    &["comparison", "questions", "readme"],
    &["guard"],
];

#[test]
fn files_use_their_own_floor_and_those_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rule::check(&source, FLOORS);
}
