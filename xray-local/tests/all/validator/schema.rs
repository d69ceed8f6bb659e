//! The validator held against the official schema, where that lies beside the repository: `../shared/data`.
//!
//! For each thing that the schema says, a document that breaks it and nothing else: the validator must find it at its place. And a
//! document in which the validator finds nothing must be valid.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use xray_local::validate;

use super::NOW;

const FILE: &str = "../../shared/data/xray-segmentdocument-schema-v1.0.0.json";

/// The official schema, or nothing where it is not there.
fn official() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let text = fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).expect("the schema is JSON"))
}

/// A document that has every field of the schema, one subsegment and one exception.
fn complete() -> Value {
    serde_json::from_str(include_str!("complete.json")).expect("is JSON")
}

/// A value at a place, and what the schema says of it.
struct Rule<'a> {
    pointer: String,
    node: &'a Value,
}

/// All values of `value` that the schema speaks of.
fn rules<'a>(
    node: &'a Value,
    schema: &'a Value,
    value: &Value,
    pointer: &str,
    all: &mut Vec<Rule<'a>>,
) {
    let node = match node["$ref"].as_str() {
        Some(reference) => schema
            .pointer(reference.trim_start_matches('#'))
            .expect("a definition"),
        None => node,
    };
    // A cause is an id or an object; here it is the object.
    let node = if node["oneOf"].is_array() {
        &node["oneOf"][1]
    } else {
        node
    };
    all.push(Rule {
        pointer: pointer.to_owned(),
        node,
    });
    for (key, inner) in node["properties"].as_object().into_iter().flatten() {
        let value = value
            .get(key)
            .unwrap_or_else(|| panic!("{pointer} of the complete document has no {key}"));
        rules(inner, schema, value, &format!("{pointer}/{key}"), all);
    }
    for inner in node["patternProperties"]
        .as_object()
        .into_iter()
        .flat_map(|inner| inner.values())
    {
        let key = value
            .as_object()
            .and_then(|value| value.keys().next())
            .expect("an annotation");
        rules(inner, schema, &value[key], &format!("{pointer}/{key}"), all);
    }
    if let (Some(items), Some(first)) = (node.get("items"), value.get(0)) {
        rules(items, schema, first, &format!("{pointer}/0"), all);
    }
    if node["additionalProperties"].is_object() {
        rules(
            &node["additionalProperties"],
            schema,
            &value["space"],
            &format!("{pointer}/space"),
            all,
        );
    }
}

/// Values that break what the schema says of one value.
fn wrong(node: &Value) -> Vec<Value> {
    let types: Vec<&str> = match &node["type"] {
        Value::String(one) => vec![one],
        several => several
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
    };
    let all = [
        json!("text"),
        json!(1.5),
        json!(true),
        json!([]),
        json!({}),
        json!(null),
    ];
    let kind = |value: &Value| match value {
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Null => "null",
    };
    let mut wrong: Vec<_> = all
        .into_iter()
        .filter(|value| !types.is_empty() && !types.contains(&kind(value)))
        .collect();
    if let Some(longest) = node["maxLength"].as_u64() {
        wrong.push(json!("é".repeat(longest as usize + 1)));
    }
    if let Some(shortest) = node["minLength"].as_u64() {
        wrong.push(json!("1".repeat(shortest as usize - 1)));
    }
    if node["pattern"].is_string() {
        wrong.extend([
            json!("a<b"),
            json!("a\u{1f600}"),
            json!("1-581cf771-a006649127e371903a2de97"),
        ]);
        wrong.retain(|value| {
            value != "1-581cf771-a006649127e371903a2de97" || node["minLength"].is_u64()
        });
    }
    wrong
}

fn path(pointer: &str) -> String {
    let parts = pointer.split('/').skip(1);
    parts.fold(String::new(), |path, part| {
        match (path.as_str(), part.parse::<usize>()) {
            ("", _) => part.to_owned(),
            (_, Ok(number)) => format!("{path}[{number}]"),
            _ => format!("{path}.{part}"),
        }
    })
}

#[test]
fn what_the_schema_lists_has_no_findings() {
    if official().is_some() {
        let text = complete().to_string();
        assert_eq!(validate(&text, NOW), []);
    }
}

#[test]
fn all_that_breaks_the_schema_is_found_at_its_place() {
    let Some(schema) = official() else { return };
    let complete = complete();
    let mut all = Vec::new();
    rules(&schema, &schema, &complete, "", &mut all);
    assert!(all.len() > 100, "{} rules", all.len());
    let mut broken = 0;
    for rule in &all {
        for value in wrong(rule.node) {
            let mut document = complete.clone();
            *document.pointer_mut(&rule.pointer).expect("there") = value;
            let place = path(&rule.pointer);
            let findings = validate(&document.to_string(), NOW);
            assert!(
                findings.iter().any(|finding| finding.path == place),
                "{place}: {findings:?} in {document}"
            );
            broken += 1;
        }
        for key in rule.node["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let mut document = complete.clone();
            let object = document
                .pointer_mut(&rule.pointer)
                .and_then(Value::as_object_mut);
            object.expect("an object").remove(key);
            let place = path(&rule.pointer);
            let findings = validate(&document.to_string(), NOW);
            assert!(
                findings
                    .iter()
                    .any(|finding| finding.path.starts_with(&place)),
                "{place} without {key}"
            );
            broken += 1;
        }
        if rule.node["additionalProperties"] == json!(false) {
            let mut document = complete.clone();
            document.pointer_mut(&rule.pointer).expect("there")["a.b"] = json!(1);
            let place = format!("{}.a.b", path(&rule.pointer));
            let findings = validate(&document.to_string(), NOW);
            assert!(
                findings.iter().any(|finding| finding.path == place),
                "{place}"
            );
            broken += 1;
        }
    }
    assert!(broken > 500, "{broken} documents");
}
