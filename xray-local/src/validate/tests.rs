use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

mod agreement;

fn segment() -> Value {
    json!({
        "name": "shop",
        "id": "70de5b6f19ff9a0a",
        "trace_id": "1-581cf771-a006649127e371903a2de979",
        "start_time": 1478293361.271,
        "end_time": 1478293361.449,
    })
}

fn check(document: &str) -> Result<Envelope, Rejection> {
    judge(document).verdict
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

#[test]
fn a_list_of_documents_is_read_once() {
    let one = segment().to_string();
    let list = format!(" [{one},\n{one} ] ");
    let judged = judge_list(&list).expect("in no doubt");
    let texts: Vec<_> = judged.iter().map(|(text, _)| *text).collect();
    assert_eq!(texts, [one.as_str(), &one]);
    for list in [
        "[]",
        "[{}",
        "[{},]",
        "[{} {}]",
        "[{}] x",
        "{}",
        "[{},\u{a0}{}]",
    ] {
        assert!(judge_list(list).is_none(), "{list}");
    }
}

#[test]
fn what_cannot_be_read_later_is_refused_however_well_it_looks() {
    let mut document = segment().to_string();
    document.pop();
    for more in [
        r#""metadata":{"a":{"b":{"$serde_json::private::RawValue":1}}}"#,
        r#""subsegments":[{"id":"53995c3f42cd8ad8"}],"subsegments":[]"#,
        r#""name":null,"name":"shop""#,
    ] {
        let text = format!("{document},{more}}}");
        let rejection = check(&text).expect_err(&text);
        assert_eq!(rejection.code(), RejectionCode::ParseError, "{text}");
        assert_eq!(rejection.id(), Some("70de5b6f19ff9a0a"), "{text}");
    }
    // Nobody keeps what stands in an unknown field, or in a field of the wrong type.
    for more in [
        r#""unknown":"\ud800""#,
        r#""user":["\ud800"]"#,
        &format!(
            r#""http":{{"more":{}{}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        ),
    ] {
        let text = format!("{document},{more}}}");
        assert!(check(&text).is_ok(), "{text}");
    }
}

#[test]
fn what_nobody_can_keep_costs_no_more_than_itself() {
    let mut document = segment().to_string();
    document.pop();
    for (more, left) in [
        (r#""user":"x\ud800""#, r#""user":"x\ufffd""#),
        (
            r#""annotations":{"\ud800":1,"a":1e400}"#,
            r#""annotations":{"\ufffd":1,"a":null }"#,
        ),
        (
            r#""metadata":{"a":{"b":1e999}}"#,
            r#""metadata":{"a":{"b":null }}"#,
        ),
    ] {
        let text = format!("{document},{more}}}");
        let judged = judge(&text);
        assert!(judged.verdict.is_ok(), "{judged:?}");
        assert_eq!(judged.mended, Some(format!("{document},{left}}}")));
    }
    // Where it decides, its field is missing.
    let text = format!(r#"{document},"start_time":1e400}}"#);
    let rejection = check(&text).expect_err("it never began");
    assert_eq!(rejection.code(), RejectionCode::MissingStartTime);
}

/// A text that looks like JSON, often is, and holds what readers take for different things.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "7",
        "-0.5",
        "1e999",
        "123456789012345678901",
        "\"\"",
        "\"x\"",
        "\"\\ud800\"",
        "\"\\u00e4\\n\"",
        "\"53995c3f42cd8ad8\"",
        "\"1-581cf771-a006649127e371903a2de979\"",
        "\"subsegment\"",
        "1478293361.271",
        "x",
    ]);
    let key = prop::sample::select(vec![
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
        "aws",
        "cause",
        "annotations",
        "metadata",
        "request",
        "exceptions",
        "default",
        "$serde_json::private::RawValue",
        "\\ud800",
        "na\\u006de",
    ]);
    let good = r#""id":"53995c3f42cd8ad8","name":"a","start_time":1,"end_time":2"#;
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 4, move |inner| {
            let fields = prop::collection::vec((key.clone(), inner.clone()), 0..4);
            let object = (any::<bool>(), fields).prop_map(move |(is_good, fields)| {
                let fields = fields
                    .iter()
                    .map(|(key, value)| format!("\"{key}\":{value}"));
                let all: Vec<_> = is_good
                    .then(|| good.to_owned())
                    .into_iter()
                    .chain(fields)
                    .collect();
                format!("{{{}}}", all.join(","))
            });
            let list =
                prop::collection::vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(",")));
            prop_oneof![object, list]
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn reading_once_says_what_reading_twice_says(
        fields in prop::collection::vec((prop::sample::select(vec!["name", "id", "subsegments", "annotations", "metadata", "http", "user", "x"]), value()), 0..4),
    ) {
        let mut document = segment().to_string();
        document.pop();
        for (key, value) in fields {
            document.push_str(&format!(",\"{key}\":{value}"));
        }
        document.push('}');
        prop_assert_eq!(judge(&document), judge_in_doubt(&document), "{}", document);
    }

    #[test]
    fn a_list_read_once_says_what_its_documents_say(
        values in prop::collection::vec(value(), 0..4),
        between in prop::sample::select(vec![",", " ,\n", ", ", " ", ",,"]),
        end in prop::sample::select(vec!["]", " ]\t", "", "]]"]),
    ) {
        let text = format!("[{}{end}", values.join(between));
        let slowly = documents(&text).map(|documents| {
            let judged = documents.into_iter().map(|document| (document, judge(document)));
            judged.collect::<Vec<_>>()
        });
        prop_assert_eq!(judge_all(&text), slowly, "{}", text);
    }

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

#[test]
fn what_is_deep_is_taken_up_to_256_levels() {
    let with = |levels: usize| {
        let (open, shut) = ("[".repeat(levels - 3), "]".repeat(levels - 3));
        let mut text = segment().to_string();
        text.pop();
        format!(r#"{text},"metadata":{{"a":{{"b":{open}{shut}}}}}}}"#)
    };
    for levels in [127, 128, 200, 256] {
        assert!(check(&with(levels)).is_ok(), "{levels}");
    }
    let rejection = check(&with(257)).expect_err("too deep");
    assert_eq!(rejection.code(), RejectionCode::ParseError);
    assert_eq!(rejection.id(), Some("70de5b6f19ff9a0a"));
    assert!(
        rejection.message().contains("more than 256 levels deep"),
        "{rejection}"
    );
}
