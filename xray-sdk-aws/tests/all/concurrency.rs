//! Many calls at once through one client.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use xray_sdk::InSubsegment as _;
use xray_sdk::testing::Capture;
use xray_sdk_aws::client;

use crate::canned::{Answer, Canned};
use crate::record::documents;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_calls_at_once_do_not_mix() {
    let capture = Capture::new("shop");
    // The request's id tells which subsegment sent it.
    let canned = Canned::new(|_, request| {
        let header = request.headers().get("x-amzn-trace-id").expect("a header");
        let header = xray_sdk::TraceHeader::parse(header);
        let parent = header.parent().expect("a parent");
        Answer::json(200, "{}").header("x-amzn-requestid", format!("for {parent}"))
    });
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let all = async {
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..1_000 {
            let describe = tables
                .describe_table()
                .table_name(format!("table-{number}"));
            let call = async move {
                xray_sdk::current().annotate("number", number);
                tokio::task::yield_now().await;
                describe.send().await.expect("an answer");
            };
            calls.spawn(call.in_subsegment("job").in_current());
        }
        calls.join_all().await;
    };
    capture.recorder().segment("shop").run(all).await;

    let nodes = nodes(&capture);
    let of_name = |name: &'static str| nodes.iter().filter(move |node| node["name"] == name);
    let numbers: HashMap<&str, &Value> = of_name("job")
        .map(|job| {
            (
                job["id"].as_str().expect("an id"),
                &job["annotations"]["number"],
            )
        })
        .collect();
    assert_eq!(numbers.len(), 1_000);
    let mut answered = HashSet::new();
    for call in of_name("DynamoDB") {
        let id = call["id"].as_str().expect("an id");
        let job = call["parent_id"].as_str().expect("a parent");
        assert_eq!(call["aws"]["request_id"], format!("for {id}"));
        assert_eq!(call["aws"]["table_name"], format!("table-{}", numbers[job]));
        assert!(answered.insert(job), "a second call of one job");
    }
    assert_eq!(answered.len(), 1_000);
}

/// All segments and subsegments, each with the id of its parent, whether it came in a document of its own or in that of another.
fn nodes(capture: &Capture) -> Vec<Value> {
    let (mut nodes, mut pending) = (Vec::new(), documents(capture));
    while let Some(node) = pending.pop() {
        for child in node["subsegments"].as_array().into_iter().flatten() {
            let mut child = child.clone();
            child["parent_id"] = node["id"].clone();
            pending.push(child);
        }
        nodes.push(node);
    }
    nodes
}
