use std::path::Path;

#[path = "../../../tests/house.rs"]
mod rule;

#[test]
fn modules_stand_on_their_floors() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: &[&[&str]] = &[
        &["head", "room"],
        &["message", "naming", "extension"],
        &["grpc"],
        &["exchange"],
        &["body"],
        &["future"],
        &["server", "client"],
        &["reqwest"],
    ];
    rule::check(&source, floors);
}
