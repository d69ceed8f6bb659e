use serde_json::{Value, json};

use super::*;

const TRACE: &str = "1-581cf771-a006649127e371903a2de979";

/// The spans of one document, in JSON.
fn told(mut document: Value) -> Vec<Value> {
    document["trace_id"] = json!(TRACE);
    let document = Document::parse(document.to_string().as_bytes()).expect("a document");
    let trace = Trace::assemble([document]).remove(0);
    let written = |(_, span)| serde_json::to_value(span).expect("can be written");
    spans(&trace).into_iter().map(written).collect()
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

#[test]
fn a_segment_and_its_subsegments_are_spans_under_one_another() {
    let spans = told(json!({
        "name": "front", "id": "1000000000000001", "parent_id": "0000000000000009", "start_time": 1.5, "end_time": 2.25,
        "origin": "AWS::ECS::Container", "user": "alice", "service": {"version": "7"},
        "aws": {"account_id": "123456789012", "ecs": {"container": "c"}},
        "http": {"request": {"method": "GET", "url": "http://a/"}, "response": {"status": 200, "content_length": 17}},
        "annotations": {"basket": 3, "half": 0.5, "express": true, "order": "o-17"},
        "metadata": {"default": {"lines": [1, {"a": null}]}},
        "subsegments": [{
            "name": "load", "id": "1000000000000002", "start_time": 1.5, "end_time": 2,
            "subsegments": [{"name": "orders.internal", "id": "1000000000000003", "namespace": "remote", "start_time": 1.6, "in_progress": true}],
        }],
    }));
    assert_eq!(
        spans[0],
        json!({
            "resource": {"attributes": [
                text("service.name", "front"),
                text("service.version", "7"),
                text("aws.xray.origin", "AWS::ECS::Container"),
                text("cloud.account.id", "123456789012"),
                text("container.name", "c"),
            ]},
            "traceId": "581cf771a006649127e371903a2de979",
            "spanId": "1000000000000001",
            "parentSpanId": "0000000000000009",
            "name": "front",
            "kind": 2,
            "startTimeUnixNano": "1500000000",
            "endTimeUnixNano": "2250000000",
            "attributes": [
                text("http.request.method", "GET"),
                text("url.full", "http://a/"),
                {"key": "http.response.status_code", "value": {"intValue": "200"}},
                {"key": "http.response.body.size", "value": {"intValue": "17"}},
                text("enduser.id", "alice"),
                {"key": "basket", "value": {"doubleValue": 3.0}},
                {"key": "express", "value": {"boolValue": true}},
                {"key": "half", "value": {"doubleValue": 0.5}},
                text("order", "o-17"),
                {"key": "aws.xray.metadata.default.lines", "value": {"arrayValue": {"values": [
                    {"intValue": "1"},
                    {"kvlistValue": {"values": [{"key": "a", "value": {}}]}},
                ]}}},
            ],
            "status": {"code": 0},
        })
    );
    let places: Vec<_> = spans
        .iter()
        .map(|span| (&span["name"], &span["parentSpanId"], &span["kind"]))
        .collect();
    assert_eq!(
        places[1],
        (&json!("load"), &json!("1000000000000001"), &json!(1))
    );
    assert_eq!(
        places[2],
        (
            &json!("orders.internal"),
            &json!("1000000000000002"),
            &json!(3)
        )
    );
    assert!(spans[2].get("endTimeUnixNano").is_none(), "it goes on");
    assert_eq!(spans[1]["resource"], spans[0]["resource"]);
}

#[test]
fn calls_of_aws_and_statements_have_the_attributes_of_their_kind() {
    let spans = told(json!({
        "name": "shop", "id": "1000000000000001", "start_time": 1, "end_time": 2,
        "subsegments": [
            {"name": "DynamoDB", "id": "1000000000000002", "namespace": "aws", "start_time": 1, "end_time": 2,
             "aws": {"operation": "GetItem", "table_name": "orders", "region": "eu-west-1", "request_id": "R", "retries": 2}},
            {"name": "shop@db", "id": "1000000000000003", "namespace": "remote", "start_time": 1, "end_time": 2,
             "sql": {"sanitized_query": "SELECT ?", "database_type": "PostgreSQL", "url": "postgresql://db/shop", "user": "u"}},
        ],
    }));
    assert_eq!(
        spans[1]["attributes"],
        json!([
            text("rpc.system", "aws-api"),
            text("rpc.service", "DynamoDB"),
            text("rpc.method", "GetItem"),
            text("cloud.region", "eu-west-1"),
            text("aws.request_id", "R"),
            {"key": "http.request.resend_count", "value": {"intValue": "2"}},
            {"key": "aws.dynamodb.table_names", "value": {"arrayValue": {"values": [{"stringValue": "orders"}]}}},
        ])
    );
    assert_eq!(
        spans[2]["attributes"],
        json!([
            text("db.system.name", "PostgreSQL"),
            text("db.query.text", "SELECT ?"),
            text("db.user", "u"),
            text("db.connection_string", "postgresql://db/shop"),
        ])
    );
}

#[test]
fn failures_have_a_status_and_exceptions_are_events() {
    let exception = json!({"id": "2000000000000001", "type": "DbError", "message": "gone", "stack": [{"label": "load", "path": "a.rs", "line": 7}]});
    let spans = told(json!({
        "name": "shop", "id": "1000000000000001", "start_time": 1, "end_time": 2, "error": true,
        "links": [{"trace_id": TRACE, "id": "3000000000000001", "attributes": {"why": "batch"}}],
        "subsegments": [
            {"name": "db", "id": "1000000000000002", "namespace": "remote", "start_time": 1, "end_time": 1.5, "fault": true,
             "cause": {"exceptions": [exception]}},
            {"name": "api", "id": "1000000000000003", "namespace": "remote", "start_time": 1, "end_time": 2, "throttle": true},
        ],
    }));
    assert_eq!(
        spans[0]["status"],
        json!({"code": 0}),
        "the caller was at fault, not the server"
    );
    assert_eq!(
        spans[0]["links"],
        json!([{
            "traceId": "581cf771a006649127e371903a2de979", "spanId": "3000000000000001", "attributes": [text("why", "batch")],
        }])
    );
    assert_eq!(spans[1]["status"], json!({"message": "gone", "code": 2}));
    assert_eq!(
        spans[1]["events"],
        json!([{
            "timeUnixNano": "1500000000",
            "name": "exception",
            "attributes": [
                text("exception.type", "DbError"),
                text("exception.message", "gone"),
                text("exception.stacktrace", "  at load (a.rs:7)"),
            ],
        }])
    );
    assert_eq!(spans[2]["status"], json!({"code": 2}));
}
