//! The store and the validator say the same of a document.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check, segment};
use crate::validate::{FindingCode, RejectionCode, inspect};

proptest! {
    #[test]
    fn the_validator_refuses_what_the_store_refuses(
        changes in prop::collection::vec((any_place(), any_key(), any_value()), 0..4),
    ) {
        let mut document = segment();
        document["subsegments"] = json!([nested(1), nested(2)]);
        for (place, key, value) in changes {
            if let Some(fields) = document.pointer_mut(place).and_then(Value::as_object_mut) {
                match value {
                    Some(value) => drop(fields.insert(key.to_owned(), value)),
                    None => drop(fields.remove(key)),
                }
            }
        }
        agree(&document.to_string());
    }

    #[test]
    fn the_validator_refuses_the_texts_that_the_store_refuses(
        cut in 0..400_usize,
        text in "[\\[\\]{}:,\"a-z0-9.e\\\\-]{0,6}",
        is_inserted: bool,
    ) {
        let mut document = segment();
        document["user"] = json!("someone");
        document["subsegments"] = json!([nested(1)]);
        let mut document = document.to_string();
        let cut = cut.min(document.len());
        let end = if is_inserted { cut } else { document.len() };
        document.replace_range(cut..end, &text);
        agree(&document);
    }
}

fn nested(number: u8) -> Value {
    json!({"name": "call", "id": format!("53995c3f42cd8a{number:02x}"), "start_time": 1478293361.3, "end_time": 1478293361.4})
}

fn any_place() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "/subsegments/0", "/subsegments/1", "/http"])
}

fn any_key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "id",
        "trace_id",
        "parent_id",
        "name",
        "start_time",
        "end_time",
        "in_progress",
        "type",
        "subsegments",
        "http",
        "annotations",
        "cause",
        "user",
    ])
}

fn any_value() -> impl Strategy<Value = Option<Value>> {
    let values = vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1478293361.5),
        json!(1e300),
        json!(""),
        json!("subsegment"),
        json!("70de5b6f19ff9a0a"),
        json!("1-581cf771-a006649127e371903a2de979"),
        json!("581cf771a006649127e371903a2de979"),
        json!("a\\b"),
        json!("a<b"),
        json!([]),
        json!([null, {}]),
        json!({}),
        json!({"a": {"b": []}}),
    ];
    prop::sample::select(
        values
            .into_iter()
            .map(Some)
            .chain([None])
            .collect::<Vec<_>>(),
    )
}

/// What the validator says that the store refuses of one document.
fn refusals(document: &str) -> Vec<RejectionCode> {
    let found = inspect::inspect(document, document, 1478293400.0).into_iter();
    let code = |found: inspect::Found| match found.code {
        FindingCode::Refused(code) => Some(code),
        _ => None,
    };
    found.filter_map(code).collect()
}

/// The store and the validator say the same of a document.
fn agree(document: &str) {
    let refusals = refusals(document);
    match check(document) {
        Ok(_) => assert_eq!(refusals, [], "the store takes {document}"),
        Err(rejection) => assert!(
            refusals.contains(&rejection.code()),
            "{rejection}, but {refusals:?} of {document}"
        ),
    }
}

#[test]
fn the_store_and_the_validator_say_the_same() {
    use serde_json::from_str;
    let deep = |levels: usize| {
        let open =
            r#"{"name":"a","id":"53995c3f42cd8ad8","start_time":1,"end_time":2,"subsegments":["#;
        let inside = open.repeat(levels) + &"]}".repeat(levels);
        let mut text = segment().to_string();
        text.pop();
        format!("{text},\"subsegments\":[{inside}]}}")
    };
    let with_text = |more: &str| {
        let mut text = segment().to_string();
        text.pop();
        format!("{text},{more}}}")
    };
    let values = |key: &str, levels: usize| {
        let (open, shut) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#""{key}":{{"a":{{"b":{open}{shut}}}}}"#)
    };
    assert!(from_str::<Value>(&with_text("\"a\":1")).is_ok());
    for document in [
        deep(10),
        deep(60),
        deep(62),
        deep(63),
        deep(64),
        deep(126),
        deep(127),
        deep(200),
        with_text(r#""user":"\ud800""#),
        with_text(r#""other":"\ud800""#),
        with_text(r#""\ud800":1"#),
        with_text(r#""user":1e999"#),
        with_text(r#""other":1e999"#),
        with_text(r#""name":7,"name":"shop""#),
        with_text(r#""name":"shop","name":7"#),
        with_text(r#""id":"x","id":"70de5b6f19ff9a0a""#),
        with_text(r#""subsegments":[{}],"subsegments":[]"#),
        with_text(r#""subsegments":[],"subsegments":[{}]"#),
        with_text(r#""metadata":{"a":{"b":1e999}}"#),
        with_text(&format!(
            r#""metadata":{{"a":{}1{}}}"#,
            r#"{"b":"#.repeat(130),
            "}".repeat(130)
        )),
        with_text(&format!(
            r#""other":{{"a":{}1{}}}"#,
            r#"{"b":"#.repeat(130),
            "}".repeat(130)
        )),
        with_text(&values("metadata", 250)),
        with_text(&values("metadata", 260)),
        with_text(&values("other", 300)),
        with_text(&values("name", 300)),
        with_text(r#""in_progress":"true","end_time":null"#),
        with_text(r#""in_progress":true,"end_time":"x""#),
        "[]".to_owned(),
        "7".to_owned(),
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        segment().to_string(),
        segment().to_string() + "x",
    ] {
        agree(&document);
    }
}
