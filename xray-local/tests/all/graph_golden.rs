//! Whole service graphs of documents in the manner of the developer guide's: an instrumented client calls an API, which asks a table
//! and a service that sends nothing. All figures are worked out by hand.

use serde_json::{Value, json};
use xray_local::TimeRange;

use crate::shop::store;

const T: f64 = 1_500_000_000.0;

fn graph(documents: &[Value]) -> Value {
    let graph = store(documents).service_graph(&TimeRange::ALWAYS);
    serde_json::to_value(&graph).expect("can be written")
}

/// The client: one call of the API, from 0.1 to 0.6 s, within one second.
fn client(trace: u8) -> Value {
    json!({
        "trace_id": format!("1-59682f00-{trace:024x}"),
        "name": "console",
        "id": format!("10000000000000{trace:02x}"),
        "start_time": T,
        "end_time": T + 1.0,
        "subsegments": [{
            "name": "api.example.com",
            "id": format!("20000000000000{trace:02x}"),
            "namespace": "remote",
            "start_time": T + 0.1,
            "end_time": T + 0.6,
            "http": {"request": {"method": "POST", "url": "https://api.example.com/names"}, "response": {"status": 200}},
        }],
    })
}

/// The API: 0.4 s, one read of a table, and a call that fails.
fn api(trace: u8) -> Value {
    json!({
        "trace_id": format!("1-59682f00-{trace:024x}"),
        "parent_id": format!("20000000000000{trace:02x}"),
        "name": "api",
        "id": format!("30000000000000{trace:02x}"),
        "origin": "AWS::ElasticBeanstalk::Environment",
        "start_time": T + 0.15,
        "end_time": T + 0.55,
        "http": {"response": {"status": 200}},
        "subsegments": [{
            "name": "DynamoDB",
            "id": format!("40000000000000{trace:02x}"),
            "namespace": "aws",
            "start_time": T + 0.2,
            "end_time": T + 0.25,
            "aws": {"table_name": "names", "operation": "GetItem"},
        }, {
            "name": "names.example.com",
            "id": format!("50000000000000{trace:02x}"),
            "namespace": "remote",
            "start_time": T + 0.3,
            "end_time": T + 0.5,
            "fault": true,
            "http": {"response": {"status": 503}},
        }],
    })
}

/// Statistics by their counts, and the sum of times.
fn statistics(ok: u64, throttles: u64, errors: u64, faults: u64, seconds: f64) -> Value {
    json!({
        "OkCount": ok,
        "ErrorStatistics": {"ThrottleCount": throttles, "OtherCount": errors, "TotalCount": throttles + errors},
        "FaultStatistics": {"OtherCount": faults, "TotalCount": faults},
        "TotalCount": ok + throttles + errors + faults,
        "TotalResponseTime": seconds,
    })
}

fn edge(to: u64, times: (f64, f64), statistics: &Value, histogram: &[(f64, u64)]) -> Value {
    json!({
        "ReferenceId": to,
        "StartTime": T + times.0,
        "EndTime": T + times.1,
        "SummaryStatistics": statistics,
        "ResponseTimeHistogram": list(histogram),
        "Aliases": [],
    })
}

/// A node, but for what only some have.
fn node(
    number: u64,
    name: &str,
    kind: &str,
    state: &str,
    times: (f64, f64),
    counted: Option<(Value, &[(f64, u64)])>,
    edges: &[Value],
) -> Value {
    let mut node = json!({
        "ReferenceId": number,
        "Name": name,
        "Names": [name],
        "Type": kind,
        "State": state,
        "StartTime": T + times.0,
        "EndTime": T + times.1,
        "Edges": edges,
        "DurationHistogram": [],
        "ResponseTimeHistogram": [],
    });
    if let Some((statistics, histogram)) = counted {
        node["SummaryStatistics"] = statistics;
        node["DurationHistogram"] = list(histogram);
        node["ResponseTimeHistogram"] = list(histogram);
    }
    node
}

fn list(histogram: &[(f64, u64)]) -> Value {
    histogram
        .iter()
        .map(|(value, count)| json!({"Value": value, "Count": count}))
        .collect()
}

fn root(mut node: Value) -> Value {
    node["Root"] = json!(true);
    node
}

#[test]
fn with_its_own_segment_the_api_counts_itself_and_the_edge_is_what_the_client_saw() {
    // Two traces alike: every count is two, every sum twice the time.
    let documents = [client(1), api(1), client(2), api(2)];
    let table = statistics(2, 0, 0, 0, 0.1);
    let names = statistics(0, 0, 0, 2, 0.4);
    assert_eq!(
        graph(&documents),
        json!([
            node(
                0,
                "api",
                "AWS::ElasticBeanstalk::Environment",
                "active",
                (0.15, 0.55),
                Some((statistics(2, 0, 0, 0, 0.8), &[(0.4, 2)])),
                &[
                    edge(3, (0.2, 0.25), &table, &[(0.05, 2)]),
                    edge(4, (0.3, 0.5), &names, &[(0.2, 2)]),
                ]
            ),
            root(node(
                1,
                "console",
                "",
                "active",
                (0.0, 1.0),
                Some((statistics(2, 0, 0, 0, 2.0), &[(1.0, 2)])),
                &[edge(
                    0,
                    (0.1, 0.6),
                    &statistics(2, 0, 0, 0, 1.0),
                    &[(0.5, 2)]
                ),]
            )),
            node(
                2,
                "console",
                "client",
                "unknown",
                (0.0, 1.0),
                None,
                &[edge(
                    1,
                    (0.0, 1.0),
                    &statistics(2, 0, 0, 0, 2.0),
                    &[(1.0, 2)]
                ),]
            ),
            node(
                3,
                "names",
                "AWS::DynamoDB::Table",
                "unknown",
                (0.2, 0.25),
                Some((table.clone(), &[(0.05, 2)])),
                &[]
            ),
            node(
                4,
                "names.example.com",
                "remote",
                "unknown",
                (0.3, 0.5),
                Some((names.clone(), &[(0.2, 2)])),
                &[]
            ),
        ])
    );
}

#[test]
fn without_its_segment_the_api_is_known_from_the_client_only() {
    let call = statistics(1, 0, 0, 0, 0.5);
    assert_eq!(
        graph(&[client(1)]),
        json!([
            node(
                0,
                "api.example.com",
                "remote",
                "unknown",
                (0.1, 0.6),
                Some((call.clone(), &[(0.5, 1)])),
                &[]
            ),
            root(node(
                1,
                "console",
                "",
                "active",
                (0.0, 1.0),
                Some((statistics(1, 0, 0, 0, 1.0), &[(1.0, 1)])),
                &[edge(0, (0.1, 0.6), &call, &[(0.5, 1)]),]
            )),
            node(
                2,
                "console",
                "client",
                "unknown",
                (0.0, 1.0),
                None,
                &[edge(
                    1,
                    (0.0, 1.0),
                    &statistics(1, 0, 0, 0, 1.0),
                    &[(1.0, 1)]
                ),]
            ),
        ])
    );
}

#[test]
fn an_api_that_will_tell_of_itself_is_waited_for() {
    let mut waiting = client(1);
    waiting["subsegments"][0]["http"]["request"]["traced"] = json!(true);
    let graph = graph(&[waiting]);
    let names: Vec<_> = graph
        .as_array()
        .expect("a list")
        .iter()
        .map(|service| &service["Name"])
        .collect();
    assert_eq!(names, ["console", "console"], "the client and its callers");
}

#[test]
fn a_database_has_a_type_of_its_own_and_each_outcome_its_count() {
    let query = |number: u8, more: Value| {
        let mut call = json!({
            "name": "shop@db.example.com",
            "id": format!("60000000000000{number:02x}"),
            "namespace": "remote",
            "start_time": T + 0.1 * f64::from(number),
            "end_time": T + 0.1 * f64::from(number) + 0.05,
            "sql": {"sanitized_query": "SELECT ?"},
        });
        for (key, value) in more.as_object().expect("an object") {
            call[key] = value.clone();
        }
        call
    };
    let mut shop = client(1);
    shop["subsegments"] = json!([
        query(1, json!({})),
        query(2, json!({"fault": true})),
        query(3, json!({"error": true})),
        query(4, json!({"error": true, "throttle": true})),
        query(5, json!({"end_time": null, "in_progress": true})),
    ]);
    let graph = graph(&[shop]);
    let all = statistics(1, 1, 1, 1, 0.2);
    let database = node(
        2,
        "shop@db.example.com",
        "Database::SQL",
        "unknown",
        (0.1, 0.5),
        Some((all, &[(0.05, 4)])),
        &[],
    );
    assert_eq!(
        graph[2], database,
        "the query that goes on is no request yet, but the node has its time"
    );
}

/// A shop hands an order to a queue, and is done; a function takes it up five seconds later in a trace of its own.
fn queue() -> (Value, Value) {
    let shop = json!({
        "trace_id": "1-59682f00-000000000000000000000001",
        "name": "shop", "id": "1000000000000001", "start_time": T, "end_time": T + 0.2,
        "subsegments": [{
            "name": "SQS", "id": "2000000000000001", "namespace": "aws", "start_time": T + 0.1, "end_time": T + 0.15,
            "aws": {"operation": "SendMessage", "queue_url": "https://sqs.eu-west-1.amazonaws.com/1/orders"},
        }],
    });
    let worker = json!({
        "trace_id": "1-59682f05-000000000000000000000002",
        "name": "worker", "id": "3000000000000001", "origin": "AWS::Lambda::Function", "start_time": T + 5.15, "end_time": T + 5.45,
        "links": [{"trace_id": "1-59682f00-000000000000000000000001", "id": "2000000000000001"}],
    });
    (shop, worker)
}

#[test]
fn a_link_leads_from_the_queue_to_the_one_who_took_it_up() {
    let (shop, worker) = queue();
    let sent = statistics(1, 0, 0, 0, 0.05);
    let link = json!({
        "ReferenceId": 3,
        "StartTime": T + 5.15,
        "EndTime": T + 5.45,
        "EdgeType": "link",
        "SummaryStatistics": statistics(1, 0, 0, 0, 0.3),
        "ResponseTimeHistogram": [],
        "ReceivedEventAgeHistogram": [{"Value": 5.0, "Count": 1}],
        "Aliases": [],
    });
    let expected = json!([
        node(
            0,
            "https://sqs.eu-west-1.amazonaws.com/1/orders",
            "AWS::SQS::Queue",
            "unknown",
            (0.1, 0.15),
            Some((sent.clone(), &[(0.05, 1)])),
            &[link]
        ),
        root(node(
            1,
            "shop",
            "",
            "active",
            (0.0, 0.2),
            Some((statistics(1, 0, 0, 0, 0.2), &[(0.2, 1)])),
            &[edge(0, (0.1, 0.15), &sent, &[(0.05, 1)]),]
        )),
        node(
            2,
            "shop",
            "client",
            "unknown",
            (0.0, 0.2),
            None,
            &[edge(
                1,
                (0.0, 0.2),
                &statistics(1, 0, 0, 0, 0.2),
                &[(0.2, 1)]
            ),]
        ),
        // It came from the queue: no client stands before it.
        node(
            3,
            "worker",
            "AWS::Lambda::Function",
            "active",
            (5.15, 5.45),
            Some((statistics(1, 0, 0, 0, 0.3), &[(0.3, 1)])),
            &[]
        ),
    ]);
    assert_eq!(graph(&[shop.clone(), worker.clone()]), expected);
    assert_eq!(
        graph(&[worker.clone(), shop]),
        expected,
        "in whatever order they come"
    );
    let alone = graph(&[worker]);
    assert_eq!(alone[0]["Type"], "AWS::Lambda::Function");
    assert_eq!(
        alone[1]["Type"], "client",
        "where it came from is not known"
    );
}
