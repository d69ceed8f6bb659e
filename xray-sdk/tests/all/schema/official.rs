//! Compares the rules with the official file, where it lies beside the repository: `../shared/data`.

use std::fs;
use std::path::Path;

use super::*;

const FILE: &str = "../../shared/data/xray-segmentdocument-schema-v1.0.0.json";

/// The official schema, or nothing where it is not there.
fn official() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let text = fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).expect("the schema is JSON"))
}

/// Fails unless `rule` says what the schema's `node` says.
fn compare(rule: Rule, node: &Value, schema: &Value, place: &str) {
    let node = match node["$ref"].as_str() {
        Some(reference) => schema
            .pointer(reference.trim_start_matches('#'))
            .expect("a definition"),
        None => node,
    };
    let (kind, shortest, longest) = match rule {
        Rule::Name => ("string", None, None),
        Rule::TraceId => ("string", Some(35), None),
        Id => ("string", Some(16), Some(16)),
        Rule::SomeText => ("string", Some(1), None),
        Text(longest) => ("string", None, Some(longest as u64)),
        AnyText => ("string", None, None),
        Number => ("number", None, None),
        Integer => ("integer", None, None),
        Boolean => ("boolean", None, None),
        List(element) => {
            if !matches!(element, Rule::Subsegment) {
                compare(*element, &node["items"], schema, place);
            }
            ("array", None, None)
        }
        Block(fields) => {
            compare_block(fields, node, schema, place);
            ("object", None, None)
        }
        Rule::Cause => {
            compare(Id, &node["oneOf"][0], schema, place);
            return compare(Block(CAUSE), &node["oneOf"][1], schema, place);
        }
        Rule::Subsegment => return compare(Block(SUBSEGMENT), node, schema, place),
        Rule::Annotations => {
            let values = &node["patternProperties"]["^[a-zA-Z0-9_]{1,500}$"];
            assert_eq!(
                values["type"],
                serde_json::json!(["string", "number", "boolean"])
            );
            assert_eq!(
                (&values["maxLength"], &node["additionalProperties"]),
                (&1000.into(), &false.into())
            );
            ("object", None, None)
        }
        Rule::Metadata => {
            assert_eq!(node["additionalProperties"]["type"], "object");
            ("object", None, None)
        }
    };
    assert_eq!(node["type"], kind, "{place}");
    assert_eq!(node["minLength"].as_u64(), shortest, "{place}");
    assert_eq!(node["maxLength"].as_u64(), longest, "{place}");
}

fn compare_block(fields: &[Field], node: &Value, schema: &Value, place: &str) {
    let is_required = |key: &str| {
        let required = node["required"].as_array().into_iter().flatten();
        required.into_iter().any(|required| required == key)
    };
    for (key, rule, required) in fields {
        assert_eq!(is_required(key), *required, "{place}.{key}");
        // The schema requires a subsegment's id and says nothing else of it.
        if let Some(node) = node["properties"].get(*key) {
            compare(*rule, node, schema, &format!("{place}.{key}"));
        }
    }
    let known: Vec<_> = fields.iter().map(|(key, ..)| *key).collect();
    let properties = node["properties"]
        .as_object()
        .expect("an object has properties");
    for key in properties.keys() {
        assert!(known.contains(&key.as_str()), "no rule for {place}.{key}");
    }
}

#[test]
fn the_rules_are_those_of_the_official_file() {
    if let Some(schema) = official() {
        compare(Block(SEGMENT), &schema, &schema, "segment");
        compare(
            Rule::Subsegment,
            &schema["definitions"]["subsegment"],
            &schema,
            "subsegment",
        );
    }
}

#[test]
fn names_may_hold_what_the_official_file_lists() {
    let Some(schema) = official() else { return };
    let pattern = schema["properties"]["name"]["pattern"]
        .as_str()
        .expect("a pattern");
    let class = pattern
        .strip_prefix("^[")
        .and_then(|rest| rest.strip_suffix("]{1,200}$"));
    let listed = characters(class.expect("one class of characters"));
    for character in '\0'..=char::MAX {
        assert_eq!(
            listed.contains(&u32::from(character)),
            is_name_character(character),
            "{character:?}"
        );
    }
}

/// The code points of a class of a regular expression: single characters, ranges, and two kinds of escapes.
fn characters(class: &str) -> std::collections::HashSet<u32> {
    let mut rest = class.chars().peekable();
    let mut listed = std::collections::HashSet::new();
    let one = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| -> Option<u32> {
        match rest.next()? {
            '\\' => match rest.next()? {
                'u' => {
                    let digits: String = rest.by_ref().take(4).collect();
                    Some(u32::from_str_radix(&digits, 16).expect("four digits"))
                }
                escaped => Some(escaped.into()),
            },
            character => Some(character.into()),
        }
    };
    while let Some(first) = one(&mut rest) {
        let last = match rest.next_if_eq(&'-') {
            Some(_) => one(&mut rest).expect("the end of a range"),
            None => first,
        };
        listed.extend(first..=last);
    }
    listed
}
