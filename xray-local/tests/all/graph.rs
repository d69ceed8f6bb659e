use serde_json::{Value, json};
use xray_local::{ServiceGraph, Store, TimeRange};

use crate::shop::{START, TRACE, front, orders, small, store};

fn graph(documents: &[Value]) -> Value {
    let graph = store(documents).service_graph(&TimeRange::ALWAYS);
    serde_json::to_value(&graph).expect("can be written")
}

/// The service with this name and type.
fn service<'a>(graph: &'a Value, name: &str, kind: &str) -> &'a Value {
    let services = graph.as_array().expect("a list");
    services
        .iter()
        .find(|service| service["Name"] == name && service["Type"] == kind)
        .unwrap_or_else(|| panic!("no {name} of type {kind:?} in {graph:#}"))
}

/// Statistics of one request.
fn one(kind: &str, seconds: f64) -> Value {
    let count = |of: &str| u32::from(of == kind);
    json!({
        "OkCount": count("ok"),
        "ErrorStatistics": {
            "ThrottleCount": count("throttle"),
            "OtherCount": count("error"),
            "TotalCount": count("throttle") + count("error"),
        },
        "FaultStatistics": {"OtherCount": count("fault"), "TotalCount": count("fault")},
        "TotalCount": 1,
        "TotalResponseTime": seconds,
    })
}

fn edges(graph: &ServiceGraph) -> Vec<String> {
    let pairs = graph.edges();
    pairs
        .map(|(caller, called)| format!("{} -> {}", caller.id.name, called.id.name))
        .collect()
}

#[test]
fn an_instrumented_service_behind_another_has_a_node_and_an_edge_of_its_own() {
    let graph = graph(&[front(), orders()]);
    // By name, then by type; the numbers are the places in the list.
    assert_eq!(
        service(&graph, "front", "AWS::ECS::Container"),
        &json!({
            "ReferenceId": 1,
            "Name": "front",
            "Names": ["front"],
            "AccountId": "123456789012",
            "Type": "AWS::ECS::Container",
            "Root": true,
            "State": "active",
            "StartTime": START,
            "EndTime": START + 0.2,
            "Edges": [{
                "ReferenceId": 3,
                "StartTime": START + 0.02,
                "EndTime": START + 0.18,
                "SummaryStatistics": one("ok", 0.16),
                "ResponseTimeHistogram": [{"Value": 0.16, "Count": 1}],
                "Aliases": [],
            }],
            "SummaryStatistics": one("ok", 0.2),
            "DurationHistogram": [{"Value": 0.2, "Count": 1}],
            "ResponseTimeHistogram": [{"Value": 0.2, "Count": 1}],
        })
    );
    // The node is counted by its own segment (0.14 s), the edge by what the caller saw (0.16 s).
    let orders = service(&graph, "orders", "AWS::EC2::Instance");
    assert_eq!(orders["SummaryStatistics"], one("ok", 0.14));
    assert!(orders.get("Root").is_none());
}

#[test]
fn the_callers_from_outside_are_a_client_with_the_name_of_what_they_call() {
    let graph = graph(&[front(), orders()]);
    assert_eq!(
        service(&graph, "front", "client"),
        &json!({
            "ReferenceId": 2,
            "Name": "front",
            "Names": ["front"],
            "Type": "client",
            "State": "unknown",
            "StartTime": START,
            "EndTime": START + 0.2,
            "Edges": [{
                "ReferenceId": 1,
                "StartTime": START,
                "EndTime": START + 0.2,
                "SummaryStatistics": one("ok", 0.2),
                "ResponseTimeHistogram": [{"Value": 0.2, "Count": 1}],
                "Aliases": [],
            }],
            "DurationHistogram": [],
            "ResponseTimeHistogram": [],
        })
    );
}

#[test]
fn services_that_send_nothing_are_inferred_from_the_calls() {
    let graph = graph(&[front(), orders()]);
    assert_eq!(
        service(&graph, "orders-table", "AWS::DynamoDB::Table"),
        &json!({
            "ReferenceId": 4,
            "Name": "orders-table",
            "Names": ["orders-table"],
            "Type": "AWS::DynamoDB::Table",
            "State": "unknown",
            "StartTime": START + 0.04,
            "EndTime": START + 0.06,
            "Edges": [],
            "SummaryStatistics": one("ok", 0.02),
            "DurationHistogram": [{"Value": 0.02, "Count": 1}],
            "ResponseTimeHistogram": [{"Value": 0.02, "Count": 1}],
        })
    );
    for (name, kind, outcome, seconds) in [
        ("shop@db", "Database::SQL", "fault", 0.03),
        ("pay.example.com", "remote", "throttle", 0.05),
        ("SNS", "AWS::SNS", "ok", 0.01),
    ] {
        let service = service(&graph, name, kind);
        assert_eq!(
            service["SummaryStatistics"],
            one(outcome, seconds),
            "{name}"
        );
    }
    let called: Vec<_> = service(&graph, "orders", "AWS::EC2::Instance")["Edges"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|edge| edge["ReferenceId"].as_u64().expect("a number"))
        .collect();
    assert_eq!(
        called,
        [0, 4, 5, 6],
        "SNS comes before front, the others after orders"
    );
}

#[test]
fn a_call_is_inferred_only_until_the_called_service_sends_its_segment() {
    let before = store(&[front()]).service_graph(&TimeRange::ALWAYS);
    assert_eq!(
        edges(&before),
        ["front -> orders.internal", "front -> front"],
        "the second is the client's"
    );
    let after = store(&[orders(), front()]).service_graph(&TimeRange::ALWAYS);
    assert!(edges(&after).contains(&"front -> orders".to_owned()));
    assert!(!edges(&after).contains(&"front -> orders.internal".to_owned()));
}

#[test]
fn requests_of_many_traces_are_counted_together() {
    let mut fault = small(3);
    fault["fault"] = json!(true);
    let mut throttle = small(4);
    throttle["http"] = json!({"response": {"status": 429}});
    let mut open = small(5);
    open["in_progress"] = json!(true);
    open.as_object_mut().expect("an object").remove("end_time");

    let graph = graph(&[small(1), small(2), fault, throttle, open]);
    let service = service(&graph, "small", "");
    assert_eq!(
        service["SummaryStatistics"],
        json!({
            "OkCount": 2,
            "ErrorStatistics": {"ThrottleCount": 1, "OtherCount": 0, "TotalCount": 1},
            "FaultStatistics": {"OtherCount": 1, "TotalCount": 1},
            "TotalCount": 4,
            "TotalResponseTime": 2.0,
        })
    );
    assert_eq!(
        service["ResponseTimeHistogram"],
        json!([{"Value": 0.5, "Count": 4}])
    );
    assert_eq!(
        (&service["StartTime"], &service["EndTime"]),
        (&json!(1.0), &json!(5.0))
    );
}

#[test]
fn a_graph_holds_only_the_requests_of_its_time() {
    let store = store(&[small(10), small(20), small(30)]);
    let count = |range| {
        let graph = store.service_graph(&range);
        graph
            .services()
            .iter()
            .find_map(|service| Some(service.summary_statistics?.total_count))
    };
    assert_eq!(count(TimeRange::began(10.0, 30.0)), Some(2));
    assert_eq!(count(TimeRange::began(0.0, 10.0)), None);
}

/// Between two times: each service with its requests, faults and state, and each call with its requests.
fn drawn(store: &Store, start: f64, end: f64) -> Vec<String> {
    let graph = store.service_graph(&TimeRange::began(start, end));
    let services = graph.services().iter();
    let nodes = services.filter(|service| !service.id.is_client());
    let nodes = nodes.map(|service| {
        let statistics = service.summary_statistics.unwrap_or_default();
        let faults = statistics.fault_statistics.total_count;
        let times = start <= service.start_time && service.start_time < end;
        assert!(times, "{service:?}");
        let (name, state) = (&service.id.name, service.state);
        format!("{name} {state:?} {}/{faults}", statistics.total_count)
    });
    let edges = graph.services().iter().flat_map(|service| {
        service.edges.iter().map(|edge| {
            let called = &graph.services()[edge.reference_id].id.name;
            let count = edge.summary_statistics.total_count;
            format!("{} > {called} {count}", service.id.name)
        })
    });
    nodes.chain(edges).collect()
}

#[test]
fn a_graph_counts_the_requests_of_its_time_whenever_their_traces_began() {
    let front = json!({
        "name": "front", "id": "1000000000000001", "trace_id": TRACE, "start_time": 58, "end_time": 59,
        "subsegments": [
            {"name": "SQS", "id": "1000000000000002", "namespace": "aws", "start_time": 58.5, "end_time": 58.6},
            {"name": "stock", "id": "1000000000000003", "namespace": "remote", "start_time": 60.5, "end_time": 60.7},
        ],
    });
    let worker = json!({
        "name": "worker", "id": "2000000000000001", "trace_id": TRACE, "parent_id": "1000000000000002",
        "start_time": 601, "end_time": 605, "fault": true,
    });
    let store = store(&[front, worker]);
    let whole = [
        "SQS Unknown 1/0",
        "front Active 1/0",
        "stock Unknown 1/0",
        "worker Active 1/1",
        "SQS > worker 1",
        "front > SQS 1",
        "front > stock 1",
        "front > front 1",
    ];
    assert_eq!(drawn(&store, 58.0, 700.0), whole);
    assert_eq!(
        drawn(&store, 0.0, 60.0),
        [
            "SQS Unknown 1/0",
            "front Active 1/0",
            "front > SQS 1",
            "front > front 1"
        ],
        "without the call after the answer, and without the worker"
    );
    assert_eq!(
        drawn(&store, 60.0, 120.0),
        ["front Active 0/0", "stock Unknown 1/0", "front > stock 1"],
        "who called is there, and its request is not counted"
    );
    assert_eq!(
        drawn(&store, 600.0, 660.0),
        ["SQS Unknown 0/0", "worker Active 1/1", "SQS > worker 1"]
    );
    assert!(drawn(&store, 700.0, 800.0).is_empty());
    let by_id = f64::from(0x581c_f771);
    assert!(
        drawn(&store, by_id - 1.0, by_id + 1.0).is_empty(),
        "nothing began when the trace's id says"
    );
}

#[test]
fn what_was_called_has_a_node_though_the_segment_of_its_caller_never_came() {
    let orphan = json!({
        "name": "pay", "id": "1000000000000002", "parent_id": "1000000000000001", "trace_id": TRACE, "type": "subsegment",
        "namespace": "remote", "start_time": START, "end_time": START + 0.5,
    });
    let store = store(&[orphan]);
    let graph = store.service_graph(&TimeRange::ALWAYS);
    let graph = serde_json::to_value(&graph).expect("can be written");
    let pay = service(&graph, "pay", "remote");
    assert_eq!(pay["SummaryStatistics"], one("ok", 0.5));
    assert_eq!(graph.as_array().expect("a list").len(), 1, "{graph:#}");

    let summaries = store.summaries(&TimeRange::ALWAYS);
    let services = &summaries[0].service_ids;
    let names: Vec<_> = services.iter().map(|service| &service.name).collect();
    assert_eq!(names, ["pay"]);
    assert!(
        summaries[0].entry_point.is_none(),
        "where it began is not known"
    );
}

#[test]
fn a_call_that_two_segments_answer_is_one_on_its_edge() {
    let front = json!({
        "name": "front", "id": "1000000000000001", "trace_id": TRACE, "start_time": 1, "end_time": 3,
        "subsegments": [{"name": "pay", "id": "1000000000000002", "namespace": "remote", "start_time": 1, "end_time": 2}],
    });
    let answer = |id: u32, start: f64| {
        json!({
            "name": "pay", "id": format!("200000000000000{id}"), "parent_id": "1000000000000002", "trace_id": TRACE,
            "start_time": start, "end_time": start + 0.25,
        })
    };
    let graph = graph(&[front, answer(1, 1.0), answer(2, 1.5)]);
    assert_eq!(
        service(&graph, "pay", "")["SummaryStatistics"]["TotalCount"],
        2
    );
    let edges = service(&graph, "front", "")["Edges"]
        .as_array()
        .expect("a list");
    assert_eq!(edges.len(), 1);
    assert_eq!(edges[0]["SummaryStatistics"], one("ok", 1.0));
}
