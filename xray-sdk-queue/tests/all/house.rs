use std::path::Path;

#[path = "../../../tests/house.rs"]
mod rule;

#[test]
fn modules_stand_on_their_floors() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: &[&[&str]] = &[
        &["carrier"],
        &["arrival"],
        &["outcome"],
        &["receive", "send"],
        &["batch", "consume", "unsent"],
        &["kafka", "lapin", "nats", "redis_streams"],
    ];
    rule::check(&source, floors);
}
