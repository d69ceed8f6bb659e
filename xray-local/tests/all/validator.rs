//! What the validator finds, and where.

use std::io::{self, BufReader, Read};

use xray_local::{Severity, Validator, validate};

mod schema;

/// A minute after the documents of these tests ended.
const NOW: f64 = 1478293420.0;

const GOOD: &str = r#"{"name":"shop","id":"70de5b6f19ff9a0a","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":1478293361.271,"end_time":1478293361.449}"#;

/// The good document with more fields.
fn with(more: &str) -> String {
    format!("{},{more}}}", &GOOD[..GOOD.len() - 1])
}

/// What is found, as `line:column path code`.
fn found(text: &str) -> Vec<String> {
    let findings = validate(text, NOW).into_iter();
    let line = |finding: xray_local::Finding| {
        let (line, column, path, code) = (finding.line, finding.column, finding.path, finding.code);
        assert_eq!(finding.severity, code.severity());
        assert!(!finding.message.is_empty() && !finding.cure.is_empty());
        format!("{line}:{column} {path} {code}")
    };
    findings.map(line).collect()
}

/// What is found in the good document with more fields, without places.
fn codes(more: &str) -> Vec<String> {
    let place = |line: String| line.split_once(' ').map(|(_, rest)| rest.to_owned());
    found(&with(more)).into_iter().filter_map(place).collect()
}

#[test]
fn a_good_document_has_no_findings() {
    assert_eq!(found(GOOD), [""; 0]);
    let complete = include_str!("../../../xray-sdk/src/document/read/complete.json");
    assert_eq!(found(complete), [""; 0]);
}

#[test]
fn places_are_lines_and_characters() {
    let text = "\n  {\n    \"name\": \"é<b\", \"größe\": 1,\n    \"id\": \"70de5b6f19ff9a0a\",\n    \"trace_id\": \"x\",\n    \"start_time\": 1478293361, \"annotations\": {\"a b\": 1}, \"in_progress\": true\n  }\n";
    assert_eq!(
        found(text),
        [
            "3:13 name InvalidName",
            "3:20 größe UnknownField",
            "5:17 trace_id InvalidTraceId",
            "6:47 annotations.a b InvalidAnnotationKey",
        ]
    );
}

#[test]
fn what_is_missing_is_told_where_the_object_begins() {
    let text =
        with(r#""subsegments":[{"id":"53995c3f42cd8ad8","name":"a","start_time":1478293361.3}]"#);
    let column = text.find("{\"id\":\"53").expect("there") + 1;
    assert_eq!(
        found(&text),
        [format!("1:{column} subsegments[0].end_time MissingEndTime")]
    );
}

#[test]
fn each_kind_of_finding_is_made() {
    let long = "x".repeat(1_001);
    let annotations: Vec<_> = (0..51).map(|number| format!("\"k{number}\":1")).collect();
    let link = r#"{"trace_id":"1-581cf771-a006649127e371903a2de970","id":"53995c3f42cd8ad8"}"#;
    let deep = {
        let open = |number: usize| {
            format!(
                r#"{{"name":"a","id":"{number:016x}","start_time":1478293361.3,"end_time":1478293361.4,"subsegments":["#
            )
        };
        let opened: String = (1..=51).map(open).collect();
        format!("[{opened}{}]", "]}".repeat(51))
    };
    let deepest = format!("{}subsegments[0]", "subsegments[0].".repeat(50));
    for (more, expected) in [
        (r#""user":7"#.to_owned(), "user WrongType"),
        (r#""user":null"#.to_owned(), "user Null"),
        (r#""parent_id":"""#.to_owned(), "parent_id Null"),
        (r#""user":"x\ud800""#.to_owned(), " LoneSurrogate"),
        (r#""annotations":{"k":1e400}"#.to_owned(), "annotations.k NumberOutOfRange"),
        (format!(r#""user":"{}""#, "é".repeat(251)), "user TooLong"),
        (r#""colour":1"#.to_owned(), "colour UnknownField"),
        (r#""namespace":"aws""#.to_owned(), "namespace MisplacedField"),
        (r#""type":"span""#.to_owned(), "type UnknownValue"),
        (r#""user":"a","user":"b""#.to_owned(), "user DuplicateField"),
        (r#""cause":"x""#.to_owned(), "cause InvalidReference"),
        (r#""cause":{"exceptions":[{"message":"m"}]}"#.to_owned(), "cause.exceptions[0] ExceptionWithoutId"),
        (r#""cause":{"exceptions":[{"id":"53995c3f42cd8ad8","stack":[{"line":1.5}]}]}"#.to_owned(), "cause.exceptions[0].stack[0].line WrongType"),
        (r#""annotations":{"user id":1}"#.to_owned(), "annotations.user id InvalidAnnotationKey"),
        (r#""annotations":{"user.id":1}"#.to_owned(), "annotations.user.id AnnotationKeyOutsideSchema"),
        (r#""annotations":{"":1}"#.to_owned(), "annotations. InvalidAnnotationKey"),
        (r#""annotations":{"k":[1]}"#.to_owned(), "annotations.k InvalidAnnotationValue"),
        (format!(r#""annotations":{{"k":"{long}"}}"#), "annotations.k TooLong"),
        (format!(r#""annotations":{{{}}}"#, annotations.join(",")), "annotations.k50 TooManyAnnotations"),
        (r#""metadata":{"space":7}"#.to_owned(), "metadata.space WrongType"),
        (format!(r#""links":[{}]"#, vec![link; 21].join(",")), "links[20] TooManyLinks"),
        (r#""links":[{"id":"53995c3f42cd8ad8"}]"#.to_owned(), "links[0] InvalidReference"),
        (r#""in_progress":true"#.to_owned(), "in_progress EndedInProgress"),
        (r#""throttle":true"#.to_owned(), "throttle ThrottleWithoutError"),
        (r#""http":{"response":{"status":503}}"#.to_owned(), "http.response.status StatusWithoutFlag"),
        (r#""http":{"request":{"url":7}}"#.to_owned(), "http.request.url WrongType"),
        (r#""http":{"request":{"path":"/"}}"#.to_owned(), "http.request.path UnknownField"),
        (r#""aws":{"ec2":{"instance_id":7}}"#.to_owned(), "aws.ec2.instance_id WrongType"),
        (r#""parent_id":"70de5b6f19ff9a0a""#.to_owned(), "parent_id OwnParent"),
        (r#""subsegments":[{"name":"a","id":"70DE5B6F19FF9A0A","start_time":1478293361.3,"end_time":1478293361.4}]"#.to_owned(), "subsegments[0].id DuplicateId"),
        (r#""subsegments":[{"name":"a","id":"53995c3f42cd8ad8","start_time":1478293361.3,"end_time":1478293361.4,"user":"me"}]"#.to_owned(), "subsegments[0].user MisplacedField"),
        (r#""subsegments":[{"name":"a","id":"53995c3f42cd8ad8","start_time":1478293361.3,"end_time":1478293361.4,"namespace":"http"}]"#.to_owned(), "subsegments[0].namespace UnknownValue"),
        (r#""subsegments":[{"name":"a","id":"53995c3f42cd8ad8","start_time":1478293361.3,"end_time":1478293361.4,"sql":{"query":"x"}}]"#.to_owned(), "subsegments[0].sql.query UnknownField"),
        (r#""subsegments":[7]"#.to_owned(), "subsegments[0] WrongType"),
        (format!(r#""subsegments":{deep}"#), &format!("{deepest} DeepNesting")),
        (format!(r#""metadata":{{"a":{{"b":"{}"}}}}"#, "x".repeat(65_536)), " DocumentTooLarge"),
    ] {
        assert_eq!(codes(&more), [expected], "{}", &more[..more.len().min(200)]);
    }
}

#[test]
fn times_that_x_ray_does_not_keep_are_told() {
    let changed = |from: &str, to: &str| {
        let lines = found(&GOOD.replace(from, to)).into_iter();
        lines
            .map(|line| line.split_once(' ').expect("a place").1.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        changed("\"end_time\":1478293361.449", "\"end_time\":1478293361.0"),
        ["end_time EndBeforeStart"]
    );
    assert_eq!(
        changed("\"start_time\":1478293361.271", "\"start_time\":1475000000"),
        ["start_time OldTrace"]
    );
    assert_eq!(changed("1-581cf771", "1-57000000"), ["trace_id OldTrace"]);
    assert_eq!(
        changed("1-581cf771", "1-99999999"),
        ["trace_id FutureTrace"]
    );
    assert_eq!(
        changed("1-581cf771-a", "581cf771a"),
        ["trace_id W3cTraceId"]
    );
    assert_eq!(
        changed(
            "\"start_time\":1478293361.271,\"end_time\":1478293361.449",
            "\"start_time\":1478300000,\"end_time\":1478300001"
        ),
        ["start_time FutureTrace"]
    );
    assert_eq!(changed("shop", "sh\\\\op"), ["name NameOutsideSchema"]);
}

#[test]
fn all_forms_of_input_are_read() {
    let header = r#"{"format":"json","version":1}"#;
    let bad = GOOD.replace("shop", "sh<op");
    for (text, expected) in [
        (format!("{GOOD}\n{bad}\n{GOOD}\n"), "2:9 name InvalidName"),
        (format!("{GOOD} {bad}"), "1:152 name InvalidName"),
        (format!("[{GOOD},\n {bad}]"), "2:10 name InvalidName"),
        (format!("{header}\n{bad}"), "2:9 name InvalidName"),
        (
            format!("{header}\n{GOOD}\n{header}\n{bad}\n"),
            "4:9 name InvalidName",
        ),
        (
            format!("{header}\r\n{GOOD}\n{header}"),
            "3:1  MissingDocument",
        ),
        (
            format!("{}\n{GOOD}", header.replace('1', "2")),
            "1:1  InvalidHeader",
        ),
        ("[]".to_owned(), "1:1  MissingId"),
        (format!("{GOOD}\n7\n{GOOD}"), "2:1  ParseError"),
        (format!("{GOOD}\nnonsense\n{GOOD}"), "2:2  ParseError"),
        (GOOD[..20].to_owned(), "1:20  ParseError"),
    ] {
        assert_eq!(found(&text), [expected], "{text}");
    }
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found(" \n\t "), [""; 0]);
}

#[test]
fn after_what_is_no_json_it_goes_on_with_the_next_document() {
    let broken = "{\n  \"name\": \"a\",,\n  \"sub\": {\n  }\n}\n";
    let bad = GOOD.replace("shop", "sh<op");
    let text = format!("{broken}{bad}\n{{\"open\": \n{bad}\n{{\"open\n{bad}");
    assert_eq!(
        found(&text),
        [
            "2:15  ParseError",
            "6:9 name InvalidName",
            "9:1  ParseError",
            "9:7  ParseError",
            "10:9 name InvalidName",
        ]
    );
}

#[test]
fn bytes_that_are_no_text_are_told_and_replaced() {
    let mut bytes = with(r#""user":"ab""#).into_bytes();
    let place = bytes.len() - 3;
    bytes[place] = 0xff;
    let inspected: Vec<_> = Validator::new(&bytes[..], NOW)
        .map(|inspected| inspected.expect("memory can be read"))
        .collect();
    assert_eq!(inspected.len(), 1);
    let findings = &inspected[0].findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code.as_str(), "NotUtf8");
    assert_eq!((findings[0].line, findings[0].column), (1, place + 1));
    assert_eq!(inspected[0].id.as_deref(), Some("70de5b6f19ff9a0a"));
}

/// A pipe that says nothing more until it has been asked what came of what it said.
struct Slow {
    lines: std::vec::IntoIter<String>,
    said: std::rc::Rc<std::cell::Cell<usize>>,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(line) = self.lines.next() else {
            return Ok(0);
        };
        self.said.set(self.said.get() + 1);
        buffer[..line.len()].copy_from_slice(line.as_bytes());
        Ok(line.len())
    }
}

#[test]
fn a_stream_is_told_of_as_it_comes() {
    let said = std::rc::Rc::default();
    let lines = vec![
        format!("{GOOD}\n"),
        format!("{GOOD}\n"),
        format!("{GOOD}\n"),
    ];
    let slow = Slow {
        lines: lines.into_iter(),
        said: std::rc::Rc::clone(&said),
    };
    let mut validator = Validator::new(BufReader::new(slow), NOW);
    for number in 1..=3 {
        let inspected = validator.next().expect("a document").expect("readable");
        assert_eq!((inspected.line, said.get()), (number, number));
    }
    assert!(validator.next().is_none());
}

#[test]
fn findings_have_a_form_as_json() {
    let findings = validate(&GOOD.replace("shop", "sh<op"), NOW);
    assert_eq!(findings[0].severity, Severity::Rejected);
    let json = serde_json::to_value(&findings).expect("can be written");
    assert_eq!(
        json,
        serde_json::json!([{
            "line": 1, "column": 9, "path": "name", "code": "InvalidName", "severity": "rejected",
            "message": "name \"sh<op\" holds '<'",
            "cure": "use letters, digits, spaces and _ . : / % & # = + - @, at most 200",
        }])
    );
}
