use std::path::Path;

#[path = "../../../tests/house.rs"]
mod rule;

#[test]
fn modules_stand_on_their_floors() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: &[&[&str]] = &[
        &[
            "parameter",
            "call",
            "failure",
            "message",
            "resource",
            "quoted",
            "default_client",
        ],
        &[
            "select",
            "parameters",
            "body",
            "connection",
            "trace_attribute",
        ],
        &["table"],
        &["describe"],
        &["attempt", "wire"],
        &["http_client"],
        &["interceptor"],
        &["client"],
    ];
    rule::check(&source, floors);
}
