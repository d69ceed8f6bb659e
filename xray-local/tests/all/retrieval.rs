//! Retrievals over the API: whole traces in both formats, and their graph.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, options, post, server};
use crate::shop::{START, TRACE, front, orders, small};

fn start(server: &Server, ids: &[&str]) -> Value {
    let input = json!({"TraceIds": ids, "StartTime": 0, "EndTime": START + 100.0});
    call(server, "/StartTraceRetrieval", &input)["RetrievalToken"].clone()
}

fn insert(server: &Server, document: &Value) {
    assert!(server.store().insert(&document.to_string()).is_empty());
}

fn all(server: &Server, token: &Value, format: &str) -> Vec<Value> {
    let mut input = json!({"RetrievalToken": token, "TraceFormat": format});
    let mut traces = Vec::new();
    loop {
        let answer = call(server, "/ListRetrievedTraces", &input);
        assert_eq!(
            (&answer["RetrievalStatus"], &answer["TraceFormat"]),
            (&json!("COMPLETE"), &json!(format))
        );
        let page = answer["Traces"].as_array().expect("a list");
        assert!(page.len() <= 5);
        traces.extend(page.clone());
        match answer.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return traces,
        }
    }
}

fn documents(trace: &Value) -> Vec<Value> {
    let spans = trace["Spans"].as_array().expect("a list");
    let document = |span: &Value| {
        let document = span["Document"].as_str().expect("a text");
        serde_json::from_str(document).expect("is JSON")
    };
    spans.iter().map(document).collect()
}

#[test]
fn a_trace_comes_as_segments_or_as_spans() {
    let server = server();
    insert(&server, &front());
    insert(&server, &orders());
    let token = start(
        &server,
        &[
            TRACE,
            TRACE,
            "1-00000001-000000000000000000000001",
            "nonsense",
        ],
    );
    let segments = all(&server, &token, "XRAY");
    assert_eq!(
        segments.len(),
        1,
        "each trace once, and none of which nothing is known"
    );
    assert_eq!(segments[0]["Id"], TRACE);
    let names: Vec<_> = documents(&segments[0])
        .iter()
        .map(|document| document["name"].clone())
        .collect();
    let got = call(&server, "/Traces", &json!({"TraceIds": [TRACE]}));
    assert_eq!(
        names.len(),
        got["Traces"][0]["Segments"]
            .as_array()
            .expect("a list")
            .len()
    );

    let spans = all(&server, &token, "OTEL");
    let spans = documents(&spans[0]);
    let span = |name: &str| {
        spans
            .iter()
            .find(|span| span["name"] == name)
            .expect("is there")
    };
    assert!(
        spans
            .iter()
            .all(|span| span["traceId"] == "581cf771a006649127e371903a2de979")
    );
    assert_eq!(span("load order")["parentSpanId"], span("front")["spanId"]);
    assert_eq!(
        span("orders")["parentSpanId"],
        span("orders.internal")["spanId"]
    );
    assert_eq!(
        (&span("front")["kind"], &span("orders.internal")["kind"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(
        spans
            .iter()
            .filter(|span| span["name"] == "DynamoDB")
            .count(),
        1,
        "what X-Ray infers is no span"
    );
}

#[test]
fn traces_come_five_at_a_time_and_a_hundred_spans_of_each() {
    let server = server();
    let ids: Vec<_> = (1..=12)
        .map(|number| {
            insert(&server, &small(number));
            small(number)["trace_id"]
                .as_str()
                .expect("a text")
                .to_owned()
        })
        .collect();
    let mut large = front();
    let subsegment = |number: u32| json!({"name": "step", "id": format!("{number:016x}"), "start_time": START, "end_time": START});
    large["subsegments"] = (1..=250).map(subsegment).collect();
    insert(&server, &large);
    let mut ids: Vec<_> = ids.iter().map(String::as_str).collect();
    ids.insert(3, TRACE);
    let token = start(&server, &ids);
    let traces = all(&server, &token, "OTEL");
    let mut found: Vec<_> = traces
        .iter()
        .map(|trace| trace["Id"].as_str().expect("a text"))
        .collect();
    let lengths: Vec<_> = traces.iter().map(|trace| documents(trace).len()).collect();
    assert_eq!(lengths[3..6], [100, 100, 51], "one trace on three pages");
    found.dedup();
    assert_eq!(found, ids);
}

#[test]
fn a_segment_that_is_too_large_for_a_span_comes_in_parts() {
    let server = server();
    let mut large = front();
    let notes = json!({"default": {"note": "x".repeat(50_000)}});
    let subsegment = |number: u32| json!({"name": "step", "id": format!("{number:016x}"), "start_time": START, "end_time": START, "metadata": notes});
    large["subsegments"] = (1..=5).map(subsegment).collect();
    insert(&server, &large);
    let traces = all(&server, &start(&server, &[TRACE]), "XRAY");
    let documents = documents(&traces[0]);
    assert_eq!(documents.len(), 6);
    assert!(
        documents
            .iter()
            .all(|document| document.to_string().len() <= 204_800)
    );
    assert!(documents[0].get("subsegments").is_none());
    for document in &documents[1..] {
        assert_eq!(document["parent_id"], documents[0]["id"]);
        assert_eq!(
            (&document["type"], &document["trace_id"]),
            (&json!("subsegment"), &json!(TRACE))
        );
    }
}

#[test]
fn the_graph_of_a_retrieval_has_services_and_links() {
    let server = server();
    let mut linked = front();
    let other = "1-581cf771-000000000000000000000001";
    linked["links"] = json!([{"trace_id": other, "id": "1000000000000009", "attributes": {"ReferenceType": "child"}}]);
    insert(&server, &linked);
    insert(&server, &orders());
    let token = start(&server, &[TRACE]);
    let answer = call(
        &server,
        "/GetRetrievedTracesGraph",
        &json!({"RetrievalToken": token}),
    );
    assert_eq!(answer["RetrievalStatus"], "COMPLETE");
    let services = answer["Services"].as_array().expect("a list");
    let graph = call(&server, "/TraceGraph", &json!({"TraceIds": [TRACE]}));
    let plain: Vec<_> = services
        .iter()
        .map(|service| service["Service"].clone())
        .collect();
    assert_eq!(json!(plain), graph["Services"]);
    let links: Vec<_> = services
        .iter()
        .filter(|service| service["Links"] != json!([]))
        .collect();
    assert_eq!(links.len(), 1);
    assert_eq!(links[0]["Service"]["Type"], "AWS::ECS::Container");
    assert_eq!(
        links[0]["Links"],
        json!([{"ReferenceType": "child", "SourceTraceId": TRACE, "DestinationTraceIds": [other]}])
    );
}

#[test]
fn a_retrieval_is_over_when_it_is_cancelled_or_an_hour_old() {
    let seconds = Arc::new(AtomicU64::new(1_700_000_000));
    let ours = Arc::clone(&seconds);
    let time = move || SystemTime::UNIX_EPOCH + Duration::from_secs(ours.load(Ordering::Relaxed));
    let server = Server::start(options().clock(time)).expect("a free port");
    insert(&server, &front());
    let [first, second] = [0, 1].map(|_| start(&server, &[TRACE]));
    assert_eq!(
        call(
            &server,
            "/CancelTraceRetrieval",
            &json!({"RetrievalToken": first})
        ),
        json!({})
    );
    seconds.fetch_add(3_601, Ordering::Relaxed);
    for (token, status) in [(&first, "CANCELLED"), (&second, "TIMEOUT")] {
        let input = json!({"RetrievalToken": token});
        let listed = call(&server, "/ListRetrievedTraces", &input);
        assert_eq!(
            listed,
            json!({"RetrievalStatus": status, "TraceFormat": "XRAY", "Traces": []})
        );
        let graph = call(&server, "/GetRetrievedTracesGraph", &input);
        assert_eq!(graph, json!({"RetrievalStatus": status, "Services": []}));
    }
}

#[test]
fn only_traces_of_the_time_range_are_retrieved() {
    let server = server();
    insert(&server, &small(100));
    let id = small(100)["trace_id"].clone();
    let count = |from: f64, to: f64| {
        let input = json!({"TraceIds": [id], "StartTime": from, "EndTime": to});
        let token = call(&server, "/StartTraceRetrieval", &input)["RetrievalToken"].clone();
        all(&server, &token, "XRAY").len()
    };
    assert_eq!(
        (
            count(0.0, 99.0),
            count(0.0, 100.0),
            count(100.5, 200.0),
            count(101.0, 200.0)
        ),
        (0, 1, 1, 0)
    );
}

#[test]
fn what_makes_no_retrieval_is_refused() {
    let server = server();
    for (path, input, status, name, part) in [
        (
            "/StartTraceRetrieval",
            json!({"StartTime": 0, "EndTime": 1}),
            400,
            "InvalidRequestException",
            "TraceIds is required",
        ),
        (
            "/StartTraceRetrieval",
            json!({"TraceIds": vec!["x"; 101], "StartTime": 0, "EndTime": 1}),
            400,
            "InvalidRequestException",
            "TraceIds: invalid length 101, expected a list of at most 100",
        ),
        (
            "/StartTraceRetrieval",
            json!({"TraceIds": [""], "StartTime": 0, "EndTime": 1}),
            400,
            "InvalidRequestException",
            "TraceIds[0]: invalid value: string \"\"",
        ),
        (
            "/StartTraceRetrieval",
            json!({"TraceIds": [], "StartTime": 2, "EndTime": 1}),
            400,
            "InvalidRequestException",
            "StartTime 2 lies after",
        ),
        (
            "/ListRetrievedTraces",
            json!({}),
            400,
            "InvalidRequestException",
            "RetrievalToken is required",
        ),
        (
            "/ListRetrievedTraces",
            json!({"RetrievalToken": "x", "TraceFormat": "JSON"}),
            400,
            "InvalidRequestException",
            "TraceFormat: unknown variant `JSON`, expected `XRAY` or `OTEL`",
        ),
        (
            "/ListRetrievedTraces",
            json!({"RetrievalToken": "x"}),
            404,
            "ResourceNotFoundException",
            "no retrieval with the RetrievalToken \"x\"",
        ),
        (
            "/GetRetrievedTracesGraph",
            json!({"RetrievalToken": "x"}),
            404,
            "ResourceNotFoundException",
            "no retrieval",
        ),
        (
            "/CancelTraceRetrieval",
            json!({"RetrievalToken": "x"}),
            404,
            "ResourceNotFoundException",
            "no retrieval",
        ),
    ] {
        assert_refused(&post(&server, path, &input), status, name, part);
    }
    let token = start(&server, &[]);
    for path in ["/ListRetrievedTraces", "/GetRetrievedTracesGraph"] {
        let input = json!({"RetrievalToken": token, "NextToken": "x"});
        assert_refused(
            &post(&server, path, &input),
            400,
            "InvalidRequestException",
            "NextToken \"x\" is not valid",
        );
    }
}
