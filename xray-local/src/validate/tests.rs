use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn segment() -> Value {
    json!({
        "name": "shop",
        "id": "70de5b6f19ff9a0a",
        "trace_id": "1-581cf771-a006649127e371903a2de979",
        "start_time": 1478293361.271,
        "end_time": 1478293361.449,
    })
}

/// The segment with one field changed; null takes the field away.
fn with(field: &str, value: Value) -> Value {
    let mut document = segment();
    let fields = document.as_object_mut().expect("an object");
    match value {
        Value::Null => drop(fields.remove(field)),
        value => drop(fields.insert(field.to_owned(), value)),
    }
    document
}

fn refused(document: &Value) -> (RejectionCode, String) {
    let rejection = check(&document.to_string()).expect_err("is refused");
    (rejection.code(), rejection.message())
}

#[test]
fn a_segment_has_its_place_by_ids_and_times() {
    let envelope = check(&segment().to_string()).expect("is good");
    assert_eq!(
        envelope.trace_id.to_string(),
        "1-581cf771-a006649127e371903a2de979"
    );
    assert_eq!(envelope.id.to_string(), "70de5b6f19ff9a0a");
    assert_eq!(envelope.kind, Place::Segment);
    assert!(!envelope.is_in_progress);
    assert_eq!(envelope.start_time, 1478293361.271);
    assert_eq!(envelope.end_time, Some(1478293361.449));
}

#[test]
fn each_missing_or_wrong_field_has_its_code() {
    use RejectionCode::*;
    for (field, value, code) in [
        ("id", json!(null), MissingId),
        ("id", json!("70de5b6f"), InvalidId),
        ("id", json!(7), InvalidId),
        ("trace_id", json!(null), MissingTraceId),
        ("trace_id", json!("1-581cf771"), InvalidTraceId),
        ("trace_id", json!([1]), InvalidTraceId),
        ("name", json!(null), MissingName),
        ("name", json!(""), MissingName),
        ("name", json!("a<b"), InvalidName),
        ("name", json!("x".repeat(201)), InvalidName),
        ("name", json!({}), InvalidName),
        ("start_time", json!(null), MissingStartTime),
        ("start_time", json!("1478293361"), MissingStartTime),
        ("start_time", json!(1_478_293_361_271_u64), InvalidStartTime),
        ("start_time", json!(-1), InvalidStartTime),
        ("end_time", json!(null), MissingEndTime),
        ("end_time", json!(1e300), InvalidEndTime),
        ("type", json!("subsegment"), MissingParentId),
        ("parent_id", json!("x"), InvalidParentId),
    ] {
        let document = with(field, value);
        assert_eq!(refused(&document).0, code, "{document}");
    }
}

#[test]
fn a_rejection_names_the_document_and_the_fault() {
    let rejection = check(&with("name", json!("a<b")).to_string()).expect_err("is refused");
    assert_eq!(rejection.id(), Some("70de5b6f19ff9a0a"));
    assert_eq!(
        rejection.message(),
        "Invalid segment. ErrorCode: InvalidName, Cause: name \"a<b\" holds '<'"
    );
}

#[test]
fn a_nested_fault_is_told_of_the_subsegment_and_the_id_is_the_documents() {
    let open = json!({"name": "open", "id": "53995c3f42cd8ad8", "start_time": 1});
    let between = json!({
        "name": "between", "id": "63995c3f42cd8ad8", "start_time": 1, "end_time": 2, "subsegments": [open]
    });
    let document = with("subsegments", json!([between]));
    let rejection = check(&document.to_string()).expect_err("is refused");
    assert_eq!(rejection.id(), Some("70de5b6f19ff9a0a"));
    assert_eq!(rejection.code(), RejectionCode::MissingEndTime);
    assert!(
        rejection.message().starts_with("Invalid subsegment. "),
        "{rejection}"
    );
}

#[test]
fn what_x_ray_overlooks_is_overlooked() {
    for document in [
        with("parent_id", json!("")),
        with("end_time", json!(1)),
        with("subsegments", json!("none")),
        with("subsegments", json!([null, 7])),
        with("unknown", json!({"deep": [{}]})),
        with("http", json!(17)),
        with("name", json!("Ärger & Söhne/中文 #1:80%=@+\\-._")),
        with("trace_id", json!("581cf771a006649127e371903a2de979")),
    ] {
        assert!(check(&document.to_string()).is_ok(), "{document}");
    }
}

#[test]
fn work_in_progress_needs_no_end() {
    let mut document = with("end_time", json!(null));
    document["in_progress"] = json!(true);
    let envelope = check(&document.to_string()).expect("is good");
    assert!(envelope.is_in_progress);
    assert_eq!(envelope.end_time, None);
}

#[test]
fn what_is_no_object_is_a_parse_error() {
    for text in ["", "{", "7", "null", "\"x\"", "{\"id\":}"] {
        let rejection = check(text).expect_err("is refused");
        assert_eq!(rejection.code(), RejectionCode::ParseError, "{text}");
        assert_eq!(rejection.id(), None);
    }
}

#[test]
fn a_list_holds_several_documents() {
    assert_eq!(documents("{}").expect("one"), ["{}"]);
    assert_eq!(
        documents(" [ {\"a\":1} , {} ]").expect("two"),
        ["{\"a\":1}", "{}"]
    );
    let empty = documents("[]").expect_err("none");
    assert_eq!(empty.code(), RejectionCode::MissingId);
    let broken = documents("[{]").expect_err("broken");
    assert_eq!(broken.code(), RejectionCode::ParseError);
}

proptest! {
    #[test]
    fn any_text_is_checked_without_a_panic(text in "\\PC{0,80}") {
        for document in documents(&text).unwrap_or_default() {
            let _ = check(document);
        }
    }

    #[test]
    fn any_value_in_any_field_is_checked_without_a_panic(
        field in prop::sample::select(vec!["id", "trace_id", "parent_id", "name", "start_time", "end_time", "in_progress", "type", "subsegments"]),
        text in "[\\[\\]{}:,\"a-z0-9.e-]{0,20}",
    ) {
        let mut document = segment().to_string();
        document.pop();
        document.push_str(&format!(",\"{field}\":{text}}}"));
        let _ = check(&document);
    }
}
