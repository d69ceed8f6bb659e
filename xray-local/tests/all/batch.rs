use serde_json::{Value, json};

use crate::client::{call, server};
use crate::shop::{START, TRACE, front, orders, small};

const UNKNOWN: &str = "1-00000001-000000000000000000000001";

fn documents(trace: &Value) -> Vec<Value> {
    let segments = trace["Segments"].as_array().expect("a list");
    segments
        .iter()
        .map(|segment| {
            let text = segment["Document"].as_str().expect("a text");
            let document: Value = serde_json::from_str(text).expect("is JSON");
            assert_eq!(document["id"], segment["Id"]);
            document
        })
        .collect()
}

#[test]
fn a_trace_comes_with_its_segments_and_the_inferred_ones() {
    let server = server();
    for document in [orders(), front()] {
        assert!(server.store().insert(&document.to_string()).is_empty());
    }
    let answer = call(&server, "/Traces", &json!({"TraceIds": [TRACE]}));
    assert_eq!(answer["UnprocessedTraceIds"], json!([]));
    assert!(answer.get("NextToken").is_none());
    let trace = &answer["Traces"][0];
    assert_eq!(trace["Id"], TRACE);
    assert_eq!(trace["Duration"], json!(0.2));
    assert_eq!(trace["LimitExceeded"], json!(false));

    let documents = documents(trace);
    assert_eq!(documents[0], front());
    assert_eq!(documents[1], orders());
    let inferred: Vec<_> = documents[2..]
        .iter()
        .map(|document| {
            assert_eq!(document["inferred"], json!(true));
            (
                document["name"].as_str(),
                document["parent_id"].as_str(),
                document["origin"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        inferred,
        [
            (
                Some("DynamoDB"),
                Some("2000000000000002"),
                Some("AWS::DynamoDB::Table")
            ),
            (
                Some("shop@db"),
                Some("2000000000000003"),
                Some("Database::SQL")
            ),
            (Some("pay.example.com"), Some("2000000000000004"), None),
            (Some("SNS"), Some("2000000000000005"), Some("AWS::SNS")),
        ]
    );
}

#[test]
fn subsegments_that_were_sent_alone_stand_under_their_parent() {
    let server = server();
    let alone = json!({
        "name": "late", "id": "1000000000000007", "trace_id": TRACE, "type": "subsegment",
        "parent_id": "1000000000000002", "start_time": START + 0.1, "end_time": START + 0.3,
    });
    for document in [alone, front()] {
        assert!(server.store().insert(&document.to_string()).is_empty());
    }
    let answer = call(&server, "/Traces", &json!({"TraceIds": [TRACE]}));
    let front = &documents(&answer["Traces"][0])[0];
    let under: Vec<_> = front["subsegments"][0]["subsegments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|subsegment| &subsegment["name"])
        .collect();
    assert_eq!(under, ["orders.internal", "late"]);
}

#[test]
fn what_is_not_stored_comes_back_unprocessed() {
    let server = server();
    server.store().insert(&front().to_string());
    let w3c = "581cf771a006649127e371903a2de979";
    let answer = call(
        &server,
        "/Traces",
        &json!({"TraceIds": [UNKNOWN, TRACE, "nonsense", w3c]}),
    );
    assert_eq!(answer["UnprocessedTraceIds"], json!([UNKNOWN, "nonsense"]));
    let traces = answer["Traces"].as_array().expect("a list");
    assert_eq!(
        traces.len(),
        1,
        "the same trace by its other form is given out once"
    );
}

#[test]
fn more_than_five_traces_may_be_asked_for() {
    let server = server();
    let ids: Vec<_> = (1..=8)
        .map(|number| {
            let document = small(number);
            server.store().insert(&document.to_string());
            document["trace_id"].clone()
        })
        .collect();
    let answer = call(&server, "/Traces", &json!({"TraceIds": ids}));
    let got: Vec<_> = answer["Traces"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|trace| trace["Id"].clone())
        .collect();
    assert_eq!(got, ids);
}

#[test]
fn the_graph_of_some_traces_holds_only_those() {
    let server = server();
    for document in [front(), orders(), small(1)] {
        server.store().insert(&document.to_string());
    }
    let answer = call(
        &server,
        "/TraceGraph",
        &json!({"TraceIds": [small(1)["trace_id"], UNKNOWN, "nonsense"]}),
    );
    let names: Vec<_> = answer["Services"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|service| (service["Name"].as_str(), service["Type"].as_str()))
        .collect();
    assert_eq!(
        names,
        [(Some("small"), Some("")), (Some("small"), Some("client"))]
    );
}
