use super::*;
use crate::document::{AnnotationValue, Cause};

fn read(fields: &str) -> Document {
    let json = format!(r#"{{"name":"a","id":"00000000000000aa","start_time":1.5{fields}}}"#);
    Document::parse(json.as_bytes()).expect("has all that a document must have")
}

fn refused(json: &str) -> String {
    let error = Document::parse(json.as_bytes()).expect_err("not a document");
    assert!(error.is_invalid());
    error.to_string()
}

#[test]
fn a_document_without_its_essentials_is_refused_at_line_and_column() {
    for (json, message) in [
        (
            "{\n  \"id\": \"00000000000000aa\", \"start_time\": 1\n}",
            "missing field `name` at line 3 column 1",
        ),
        ("{\"name\": 5}", "name must be a text at line 1 column 11"),
        (
            "{\"name\": \"a\",\n \"id\": \"xyz\"}",
            "id must be a text of 16 hex digits at line 2 column 13",
        ),
        (
            "{\"start_time\": \"soon\"}",
            "start_time must be a number, in seconds since 1970 at line 1 column 22",
        ),
        (
            "[]",
            "expected a segment document, which is a JSON object at line 1 column 0",
        ),
    ] {
        let error = refused(json);
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_subsegment_without_its_essentials_is_refused_too() {
    let error = refused(
        r#"{"name":"a","id":"00000000000000aa","start_time":1,"subsegments":[{"name":"b"}]}"#,
    );
    assert!(error.contains("missing field `id`"), "{error}");
}

#[test]
fn what_is_not_json_is_refused_and_what_follows_the_document_too() {
    for json in ["", "{", "nonsense", "{\"name\":\"\u{1}\"}"] {
        refused(json);
    }
    let document = r#"{"name":"a","id":"00000000000000aa","start_time":1}"#;
    refused(&format!("{document}{document}"));
    Document::parse(format!("{document}  \n ").as_bytes()).expect("padded with blanks");
}

#[test]
fn json_that_is_nested_too_deep_is_refused() {
    let deep = "[".repeat(100_000);
    for place in [
        r#"{"metadata":{"n":{"k":"#,
        r#"{"aws":{"k":"#,
        r#"{"links":[{"attributes":{"k":"#,
    ] {
        let error = refused(&format!("{place}{deep}"));
        assert!(error.contains("more than 256 levels"), "{error}");
    }
    let subsegments = r#"{"subsegments":["#.repeat(100_000);
    assert!(refused(&subsegments).contains("more than 256 levels"));
}

/// What stands in one another, as deep as the whole document then is.
fn deep(levels: usize) -> [String; 2] {
    let head = r#"{"name":"a","id":"00000000000000aa","start_time":1"#;
    let values = levels - 3;
    let calls = levels / 2;
    [
        format!(
            r#"{head},"metadata":{{"n":{{"k":{}{}}}}}}}"#,
            "[".repeat(values),
            "]".repeat(values)
        ),
        format!(
            "{}{}",
            format!(r#"{head},"subsegments":["#).repeat(calls),
            "]}".repeat(calls)
        ),
    ]
}

#[test]
fn json_of_up_to_256_levels_is_read_on_a_small_stack() {
    let read = || {
        for levels in [126, 128, 256] {
            for json in deep(levels) {
                assert_eq!(limits::json_levels(json.as_bytes()), levels);
                let document = Document::parse(json.as_bytes()).expect("is read");
                assert_eq!(document.walk().count() == 1, json.contains("metadata"));
                assert_eq!(
                    Document::parse(document.to_json().as_bytes()).expect("is read"),
                    document
                );
            }
        }
        assert!(
            deep(258)
                .iter()
                .all(|json| refused(json).contains("more than 256 levels"))
        );
    };
    // Half of what threads have.
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(read);
    thread.expect("a thread").join().expect("no overflow");
}

#[test]
fn a_field_of_the_wrong_type_is_left_out_alone() {
    let document = read(
        r#","trace_id":"nonsense","parent_id":7,"end_time":"later","in_progress":1,"user":{},"http":[1,[2]],
        "aws":"none","sql":null,"error":"yes","cause":"short","annotations":[],"metadata":{"flat":1,"default":{"k":1}},
        "subsegments":[1,null,"x"],"precursor_ids":["00000000000000bb",5,"x"],"links":[{"id":1}],"namespace":"other",
        "type":"segment","origin":"AWS::EC2::Instance""#,
    );
    let expected = Document {
        metadata: [(
            "default".into(),
            [("k".into(), 1.into())].into_iter().collect(),
        )]
        .into(),
        precursor_ids: vec![SegmentId::from_u64(0xbb)],
        origin: Some("AWS::EC2::Instance".into()),
        ..Document::new("a", SegmentId::from_u64(0xaa), 1.5)
    };
    assert_eq!(document, expected);
}

#[test]
fn a_field_of_the_wrong_type_does_not_undo_a_right_one() {
    let document = read(r#","user":"first","user":5,"fault":true,"fault":"no""#);
    assert_eq!(document.user.as_deref(), Some("first"));
    assert!(document.fault);
    assert_eq!(
        read(r#","user":"first","user":"last""#).user.as_deref(),
        Some("last")
    );
}

#[test]
fn annotations_keep_text_numbers_and_booleans_and_nothing_else() {
    let document = read(
        r#","annotations":{"t":"7","i":-7,"f":7.5,"b":false,"big":18446744073709551615,"n":null,"l":[1],"o":{}}"#,
    );
    let expected = [
        ("b", AnnotationValue::Boolean(false)),
        ("big", AnnotationValue::Float(18_446_744_073_709_551_615.0)),
        ("f", AnnotationValue::Float(7.5)),
        ("i", AnnotationValue::Integer(-7)),
        ("t", AnnotationValue::Text("7".into())),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), value));
    assert_eq!(document.annotations, expected.into());
}

#[test]
fn content_length_may_be_a_number_or_text() {
    for (written, length) in [
        ("86", Some(86)),
        ("\"86\"", Some(86)),
        ("-1", Some(-1)),
        ("86.0", Some(86)),
        ("86.5", None),
        ("\"?\"", None),
    ] {
        let document = read(&format!(
            r#","http":{{"response":{{"status":200,"content_length":{written}}}}}"#
        ));
        let response = document
            .http
            .and_then(|http| http.response)
            .expect("written");
        assert_eq!(response.content_length, length, "{written}");
        assert_eq!(response.status, Some(200));
    }
}

#[test]
fn a_cause_is_an_id_or_exceptions() {
    let id = SegmentId::from_u64(0xcc);
    for reference in [r#""00000000000000cc""#, r#"{"id":"00000000000000cc"}"#] {
        let cause = read(&format!(r#","cause":{reference}"#)).cause;
        assert_eq!(cause, Some(Cause::Recorded(id)));
    }
    let cause = read(
        r#","cause":{"working_directory":"/srv","paths":["a",1],"exceptions":[{"id":"00000000000000cc","message":"no stock",
        "type":"StockError","remote":true,"truncated":2,"cause":5,"stack":[{"path":"a.rs","line":7,"label":"f"},"x"]},
        {"message":"without an id"}]}"#,
    )
    .cause
    .expect("written");
    let [exception, nameless] = cause.exceptions() else {
        panic!("two exceptions: {cause:?}");
    };
    assert_eq!(exception.id, Some(id));
    assert_eq!(exception.kind.as_deref(), Some("StockError"));
    assert_eq!(
        (exception.remote, exception.truncated, exception.cause),
        (true, Some(2), None)
    );
    assert_eq!(exception.stack.len(), 1);
    assert_eq!(nameless.id, None);
}

#[test]
fn other_spellings_of_the_aws_block_are_understood_and_the_rest_is_kept() {
    let document = read(
        r#","aws":{"operation":"PutItem","table_name":5,"topic_arn":"arn:x","ec2":{"instance_type":"m5.large"},
        "elastic_beanstalk":{"environment":"e","deployment_id":"7"},"xray":{"rule_name":"r"},"cloudwatch_logs":{"arn":"x"}}"#,
    );
    let aws = document.aws.expect("written");
    assert_eq!(aws.operation.as_deref(), Some("PutItem"));
    assert_eq!(aws.table_name, None);
    assert_eq!(aws.rest.get("topic_arn"), Some(&"arn:x".into()));
    assert_eq!(
        aws.ec2.and_then(|ec2| ec2.instance_size).as_deref(),
        Some("m5.large")
    );
    let beanstalk = aws.elastic_beanstalk.expect("written");
    assert_eq!(beanstalk.environment_name.as_deref(), Some("e"));
    assert_eq!(beanstalk.deployment_id, Some(7));
    assert_eq!(
        aws.xray.and_then(|xray| xray.sampling_rule_name).as_deref(),
        Some("r")
    );
    assert!(aws.cloudwatch_logs.is_empty());
}

#[test]
fn traced_is_found_in_both_places() {
    assert!(read(r#","traced":true"#).is_traced());
    assert!(read(r#","http":{"request":{"traced":true}}"#).is_traced());
    assert!(!read("").is_traced());
}

#[test]
fn a_complete_document_is_written_as_it_was_read() {
    let json = include_str!("complete.json");
    let document = Document::parse(json.as_bytes()).expect("valid");
    let compact: String = json.lines().map(str::trim).collect();
    assert_eq!(document.to_json(), compact);
}
