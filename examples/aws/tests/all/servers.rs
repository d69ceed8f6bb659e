//! Against moto's server, which `scripts/test` starts.

use std::process::Command;

use serde_json::{Value, json};

/// What the program `path` prints.
fn printed(path: &str, arguments: &[&str]) -> String {
    let moto = std::env::var("XRAY_TEST_MOTO")
        .expect("XRAY_TEST_MOTO is the URL of moto's server, which scripts/test starts");
    let output = Command::new(path)
        .args(arguments)
        .env("AWS_ENDPOINT_URL", moto)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "none")
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn an_order_is_one_trace_from_the_request_to_the_receipt() {
    let json: Value =
        serde_json::from_str(&printed(env!("CARGO_BIN_EXE_orders"), &["--json"])).expect("is JSON");
    assert_eq!(json["traces"], 1);
    let queue = json["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .find(|node| node[1] == "AWS::SQS::Queue")
        .expect("the queue")[0]
        .clone();
    assert!(
        queue
            .as_str()
            .is_some_and(|url| url.ends_with("/123456789012/xray-sdk-example-orders"))
    );
    let table = "xray-sdk-example-orders";
    for node in [
        json!(["front", ""]),
        json!(["worker", ""]),
        json!([table, "AWS::DynamoDB::Table"]),
        json!(["S3", "AWS::S3"]),
    ] {
        assert!(
            json["nodes"].as_array().expect("nodes").contains(&node),
            "no {node} in {json}"
        );
    }
    for edge in [
        json!(["client", "front"]),
        json!(["front", table]),
        json!(["front", queue]),
        json!([queue, "worker"]),
        json!(["worker", "S3"]),
    ] {
        assert!(
            json["edges"].as_array().expect("edges").contains(&edge),
            "no {edge} in {json}"
        );
    }
}

#[test]
fn a_job_shows_each_call_and_the_one_that_was_refused() {
    let text = printed(env!("CARGO_BIN_EXE_storage"), &[]);
    let calls = |name: &str| {
        text.lines()
            .filter(|line| line.trim_start().starts_with(name))
            .count()
    };
    assert_eq!(
        (calls("DynamoDB"), calls("S3"), calls("copy")),
        (3, 2, 1),
        "{text}"
    );
    assert!(text.contains("400"), "{text}");
    assert!(text.contains("job -> "), "{text}");
}
