//! What a test recorded, as text, held to the schema and free of secrets.

use serde_json::Value;
use xray_sdk::testing::Capture;

#[path = "../../../xray-sdk/tests/all/schema.rs"]
mod schema;

/// The one trace that was recorded: a line for each segment and subsegment, with what its call was and how it ended,
/// indented below its parent.
pub(crate) fn tree(capture: &Capture) -> String {
    let mut traces = traces(capture);
    assert_eq!(traces.len(), 1, "one trace");
    traces.swap_remove(0)
}

/// The same of each trace that was recorded.
pub(crate) fn traces(capture: &Capture) -> Vec<String> {
    let outlined = |roots: Vec<Value>| {
        let mut text = String::new();
        for root in &roots {
            outline(root, 0, &mut text);
        }
        text
    };
    checked(capture).into_iter().map(outlined).collect()
}

/// Every subsegment that was recorded, in the order of their beginnings.
pub(crate) fn calls(capture: &Capture) -> Vec<Value> {
    let mut calls = Vec::new();
    for root in checked(capture).iter().flatten() {
        gather(root, &mut calls);
    }
    calls
}

/// The traces, after every document was held to the schema and searched for what must not be in it.
fn checked(capture: &Capture) -> Vec<Vec<Value>> {
    for bytes in capture.bytes() {
        assert_eq!(schema::problems(&bytes), [""; 0]);
        let text = String::from_utf8_lossy(&bytes);
        for secret in ["S3cret", "hunter2"]
            .into_iter()
            .chain(passwords().iter().map(String::as_str))
        {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let of =
        |document: &xray_sdk::document::Document| serde_json::to_value(document).expect("JSON");
    let traces = capture.traces();
    traces
        .iter()
        .map(|trace| trace.roots().into_iter().map(of).collect())
        .collect()
}

/// The passwords of the servers.
fn passwords() -> Vec<String> {
    let variables = ["XRAY_TEST_POSTGRES", "XRAY_TEST_MYSQL", "XRAY_TEST_REDIS"];
    let password = |url: String| Some(url.rsplit_once('@')?.0.rsplit_once(':')?.1.to_owned());
    variables
        .iter()
        .filter_map(|name| password(std::env::var(name).ok()?))
        .collect()
}

fn gather(node: &Value, calls: &mut Vec<Value>) {
    for child in children(node) {
        calls.push(child.clone());
        gather(child, calls);
    }
}

fn children(node: &Value) -> Vec<&Value> {
    let mut children: Vec<_> = node["subsegments"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    children.sort_by(|one, other| {
        one["start_time"]
            .as_f64()
            .total_cmp_or_equal(other["start_time"].as_f64())
    });
    children
}

trait TotalOrEqual {
    fn total_cmp_or_equal(self, other: Self) -> std::cmp::Ordering;
}

impl TotalOrEqual for Option<f64> {
    fn total_cmp_or_equal(self, other: Self) -> std::cmp::Ordering {
        self.unwrap_or(0.0).total_cmp(&other.unwrap_or(0.0))
    }
}

fn outline(node: &Value, depth: usize, text: &mut String) {
    text.push_str(&"  ".repeat(depth));
    text.push_str(node["name"].as_str().unwrap_or_default());
    let annotations = &node["annotations"];
    for key in ["statement", "sqlstate", "sqlite_code", "redis_code"] {
        if let Some(value) = annotations[key].as_str() {
            text.push_str(&format!(" | {value}"));
        }
    }
    for mark in ["throttle", "fault"] {
        if node[mark] == true {
            text.push_str(&format!(" | {mark}"));
        }
    }
    for namespace in ["sql", "redis"] {
        if node["metadata"][namespace]["aborted"] == true {
            text.push_str(" | aborted");
        }
    }
    text.push('\n');
    for child in children(node) {
        outline(child, depth + 1, text);
    }
}

/// The text of a call's statement.
pub(crate) fn statement(call: &Value) -> &str {
    call["sql"]["sanitized_query"].as_str().unwrap_or_default()
}

/// The message of the exception that a call recorded.
pub(crate) fn message(call: &Value) -> &str {
    call["cause"]["exceptions"][0]["message"]
        .as_str()
        .unwrap_or_default()
}
