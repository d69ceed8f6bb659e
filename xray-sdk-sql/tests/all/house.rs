use std::path::Path;

#[path = "../../../tests/house.rs"]
mod rule;

#[test]
fn modules_stand_on_their_floors() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: &[&[&str]] = &[
        &["engine"],
        &["statement"],
        &["cache", "address", "failure"],
        &["database"],
        &["call"],
        &["postgres", "sqlx", "diesel", "mysql"],
        &["acquire"],
        &["redis", "sea_orm"],
    ];
    rule::check(&source, floors);
}
