//! The rules of X-Ray's official JSON schema for segment documents (v1.0.0), written by hand.
//!
//! When the official file lies beside the repository, tests compare these rules with it.

use serde_json::{Map, Value};
use xray_sdk::document::limits::is_name_character;

/// What the schema wants of a value.
#[derive(Clone, Copy)]
enum Rule {
    Name,
    TraceId,
    /// 16 characters.
    Id,
    /// At least one character.
    SomeText,
    /// At most so many characters.
    Text(usize),
    AnyText,
    Number,
    Integer,
    Boolean,
    List(&'static Rule),
    Block(&'static [Field]),
    Cause,
    Annotations,
    Metadata,
    Subsegment,
}

/// A key, what its value must be, and whether it must be there.
type Field = (&'static str, Rule, bool);

use Rule::{AnyText, Block, Boolean, Id, Integer, List, Number, Text};

const SEGMENT: &[Field] = &[
    ("name", Rule::Name, true),
    ("id", Id, true),
    ("start_time", Number, true),
    ("trace_id", Rule::TraceId, true),
    ("end_time", Number, false),
    ("in_progress", Boolean, false),
    ("fault", Boolean, false),
    ("error", Boolean, false),
    ("throttle", Boolean, false),
    ("user", Text(250), false),
    ("resource_arn", AnyText, false),
    ("origin", AnyText, false),
    ("parent_id", Id, false),
    ("cause", Rule::Cause, false),
    ("annotations", Rule::Annotations, false),
    ("metadata", Rule::Metadata, false),
    ("subsegments", List(&Rule::Subsegment), false),
    (
        "http",
        Block(&[
            ("request", Block(SERVED), false),
            ("response", Block(RESPONSE), false),
        ]),
        false,
    ),
    ("aws", Block(RESOURCE), false),
    ("service", Block(&[("version", AnyText, false)]), false),
];

const SUBSEGMENT: &[Field] = &[
    ("name", Rule::SomeText, true),
    ("id", AnyText, true),
    ("start_time", Number, true),
    ("end_time", Number, false),
    ("in_progress", Boolean, false),
    ("fault", Boolean, false),
    ("error", Boolean, false),
    ("throttle", Boolean, false),
    ("namespace", AnyText, false),
    ("parent_id", AnyText, false),
    ("traced", Boolean, false),
    ("precursor_ids", List(&AnyText), false),
    ("cause", Rule::Cause, false),
    ("annotations", Rule::Annotations, false),
    ("metadata", Rule::Metadata, false),
    ("type", AnyText, false),
    ("subsegments", List(&Rule::Subsegment), false),
    (
        "http",
        Block(&[
            ("request", Block(SENT), false),
            ("response", Block(RESPONSE), false),
        ]),
        false,
    ),
    ("aws", Block(CALL), false),
    ("sql", Block(SQL), false),
];

const SENT: &[Field] = &[
    ("method", Text(250), false),
    ("url", Text(250), false),
    ("user_agent", Text(250), false),
    ("client_ip", Text(250), false),
];

const SERVED: &[Field] = &[
    ("method", Text(250), false),
    ("url", Text(250), false),
    ("user_agent", Text(250), false),
    ("client_ip", Text(250), false),
    ("x_forwarded_for", Boolean, false),
];

const RESPONSE: &[Field] = &[("status", Number, false), ("content_length", Number, false)];

const RESOURCE: &[Field] = &[
    ("account_id", AnyText, false),
    ("ecs", Block(&[("container", AnyText, false)]), false),
    (
        "ec2",
        Block(&[
            ("instance_id", AnyText, false),
            ("availability_zone", AnyText, false),
        ]),
        false,
    ),
    ("elastic_beanstalk", Block(BEANSTALK), false),
    ("tracing", Block(&[("sdk", AnyText, false)]), false),
];

const BEANSTALK: &[Field] = &[
    ("environment_name", AnyText, false),
    ("version_label", AnyText, false),
    ("deployment_id", Number, false),
];

const CALL: &[Field] = &[
    ("operation", AnyText, false),
    ("account_id", AnyText, false),
    ("region", AnyText, false),
    ("request_id", AnyText, false),
    ("queue_url", AnyText, false),
    ("table_name", AnyText, false),
];

const SQL: &[Field] = &[
    ("connection_string", AnyText, false),
    ("url", AnyText, false),
    ("sanitized_query", AnyText, false),
    ("database_type", AnyText, false),
    ("database_version", AnyText, false),
    ("driver_version", AnyText, false),
    ("user", Text(250), false),
    ("preparation", AnyText, false),
];

const CAUSE: &[Field] = &[
    ("working_directory", AnyText, false),
    ("paths", List(&AnyText), false),
    ("exceptions", List(&Block(EXCEPTION)), false),
];

const EXCEPTION: &[Field] = &[
    ("id", Id, true),
    ("message", AnyText, false),
    ("type", AnyText, false),
    ("remote", Boolean, false),
    ("truncated", Integer, false),
    ("skipped", Integer, false),
    ("cause", AnyText, false),
    ("stack", List(&Block(FRAME)), false),
];

const FRAME: &[Field] = &[
    ("path", AnyText, false),
    ("line", Integer, false),
    ("label", AnyText, false),
];

/// What the schema has against a document, each with its place: nothing when the document is valid.
pub(crate) fn problems(document: &[u8]) -> Vec<String> {
    match serde_json::from_slice(document) {
        Ok(document) => {
            let mut problems = Vec::new();
            check(&document, Block(SEGMENT), "document", &mut problems);
            problems
        }
        Err(error) => vec![format!("not JSON: {error}")],
    }
}

fn check(value: &Value, rule: Rule, place: &str, problems: &mut Vec<String>) {
    let is_right = match rule {
        Rule::Name => is_text(value, 1..=200) && is_name(value),
        Rule::TraceId => is_text(value, 35..=35) && is_trace_id(value),
        Id => is_text(value, 16..=16),
        Rule::SomeText => is_text(value, 1..=usize::MAX),
        Text(longest) => is_text(value, 0..=longest),
        AnyText => value.is_string(),
        Number => value.is_number(),
        Integer => value.is_i64() || value.is_u64(),
        Boolean => value.is_boolean(),
        List(element) => each(value.as_array(), |number, inner| {
            check(inner, *element, &format!("{place}[{number}]"), problems);
        }),
        Block(fields) => match value.as_object() {
            Some(block) => return check_block(block, fields, place, problems),
            None => false,
        },
        Rule::Cause if value.is_string() => is_text(value, 16..=16),
        Rule::Cause => return check(value, Block(CAUSE), place, problems),
        Rule::Subsegment => return check(value, Block(SUBSEGMENT), place, problems),
        Rule::Annotations => value.as_object().is_some_and(|annotations| {
            annotations
                .iter()
                .all(|(key, value)| is_key(key) && is_annotation(value))
        }),
        Rule::Metadata => value
            .as_object()
            .is_some_and(|spaces| spaces.values().all(Value::is_object)),
    };
    if !is_right {
        problems.push(format!("{place} is wrong: {value}"));
    }
}

fn each(list: Option<&Vec<Value>>, mut work: impl FnMut(usize, &Value)) -> bool {
    let elements = list.into_iter().flatten().enumerate();
    elements.for_each(|(number, element)| work(number, element));
    list.is_some()
}

fn check_block(
    block: &Map<String, Value>,
    fields: &[Field],
    place: &str,
    problems: &mut Vec<String>,
) {
    for (key, rule, is_required) in fields {
        match block.get(*key) {
            Some(value) => check(value, *rule, &format!("{place}.{key}"), problems),
            None if *is_required => problems.push(format!("{place} has no {key}")),
            None => {}
        }
    }
}

fn is_text(value: &Value, characters: std::ops::RangeInclusive<usize>) -> bool {
    value
        .as_str()
        .is_some_and(|text| characters.contains(&text.chars().count()))
}

fn is_name(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|name| name.chars().all(is_name_character))
}

/// `1-`, 8 digits, `-`, 24 digits: narrower than the schema, which takes more than the service does.
fn is_trace_id(value: &Value) -> bool {
    let Some(parts) = value.as_str().map(|id| id.split('-').collect::<Vec<_>>()) else {
        return false;
    };
    let is_hex = |part: &str| part.bytes().all(|digit| digit.is_ascii_hexdigit());
    matches!(parts[..], ["1", time, random] if time.len() == 8 && random.len() == 24 && is_hex(time) && is_hex(random))
}

fn is_key(key: &str) -> bool {
    (1..=500).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

fn is_annotation(value: &Value) -> bool {
    value.is_number() || value.is_boolean() || is_text(value, 0..=1000)
}

#[test]
fn each_rule_finds_what_breaks_it() {
    let valid = r#"{"name":"a","id":"00000000000000aa","start_time":1.5,"trace_id":"1-581cf771-a006649127e371903a2de979"}"#;
    assert_eq!(problems(valid.as_bytes()), [""; 0]);
    let essential: Map<String, Value> = serde_json::from_str(valid).expect("JSON");
    for key in essential.keys() {
        let mut document = essential.clone();
        document.remove(key);
        assert_eq!(
            problems(Value::from(document).to_string().as_bytes()).len(),
            1,
            "{key}"
        );
    }
    for wrong in [
        r#""name":"a?""#,
        r#""name":"""#,
        r#""id":"00000000000000a""#,
        r#""trace_id":"1-581cf771-a006649127e371903a2de97""#,
        r#""start_time":"1""#,
        r#""end_time":null"#,
        r#""cause":"short""#,
        r#""cause":{"exceptions":[{"message":"no id"}]}"#,
        r#""cause":{"exceptions":[{"id":"00000000000000aa","stack":[{"line":1.5}]}]}"#,
        r#""annotations":{"a.b":1}"#,
        r#""annotations":{"a":null}"#,
        r#""metadata":{"flat":1}"#,
        r#""http":{"response":{"status":"200"}}"#,
        r#""origin":7"#,
        r#""aws":{"ec2":{"instance_id":7}}"#,
        r#""aws":{"ec2":{"availability_zone":["a"]}}"#,
        r#""aws":{"ecs":{"container":{"id":"a"}}}"#,
        r#""aws":{"ecs":"container"}"#,
        r#""aws":{"elastic_beanstalk":{"deployment_id":"32"}}"#,
        r#""aws":{"elastic_beanstalk":{"version_label":7}}"#,
        r#""subsegments":[{"id":"00000000000000aa","start_time":1}]"#,
        r#""subsegments":[{"name":"","id":"00000000000000aa","start_time":1}]"#,
    ] {
        let document = format!("{},{wrong}}}", valid.trim_end_matches('}'));
        assert_eq!(problems(document.as_bytes()).len(), 1, "{document}");
    }
    assert_eq!(problems(b"{").len(), 1);
}

// By its path, so that the tests of other crates can use this file by its path too.
#[path = "schema/official.rs"]
mod official;
