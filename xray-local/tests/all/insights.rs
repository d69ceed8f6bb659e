//! Insights over the API.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, options, post, with};

/// The minute at which everything begins here.
const FIRST: u64 = 28_000_000;

/// A server on which the shop was fine for 30 minutes, and failed by its table's fault in the two that followed; now it is ten minutes later.
fn server() -> Server {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs((FIRST + 42) * 60);
    let server = Server::start(options().clock(move || now)).expect("a free port");
    for minute in 0..32 {
        for turn in 0..10 {
            let fails = minute >= 30 && turn < 6;
            let document = shop(minute * 10 + turn, (FIRST + minute) * 60 + turn, fails);
            assert!(server.store().insert(&document.to_string()).is_empty());
        }
    }
    server
}

fn shop(number: u64, start: u64, fails: bool) -> Value {
    json!({
        "name": "shop", "id": format!("1{number:015x}"), "trace_id": format!("1-{start:08x}-{number:024x}"),
        "start_time": start, "end_time": start + 1, "fault": fails,
        "subsegments": [{
            "name": "DynamoDB", "id": format!("2{number:015x}"), "namespace": "aws", "aws": {"table_name": "orders"},
            "start_time": start, "end_time": start + 1, "fault": fails,
        }],
    })
}

fn watch(server: &Server) {
    let input = json!({"GroupName": "Default", "InsightsConfiguration": {"InsightsEnabled": true}});
    call(server, "/UpdateGroup", &input);
}

fn summaries(server: &Server, more: Value) -> Value {
    let input =
        json!({"GroupName": "Default", "StartTime": FIRST * 60, "EndTime": (FIRST + 100) * 60});
    call(server, "/InsightSummaries", &with(input, more))
}

#[test]
fn insights_are_found_in_groups_that_want_them() {
    let server = server();
    assert_eq!(
        summaries(&server, json!({})),
        json!({"InsightSummaries": []})
    );
    watch(&server);
    let table = json!({"Name": "orders", "Names": ["orders"], "Type": "AWS::DynamoDB::Table"});
    let shop = json!({"Name": "shop", "Names": ["shop"], "Type": ""});
    let found = summaries(&server, json!({}))["InsightSummaries"].clone();
    let id = found[0]["InsightId"].clone();
    let impact = json!({"FaultCount": 12, "OkCount": 8, "TotalCount": 20});
    let (start, end) = (((FIRST + 30) * 60) as f64, ((FIRST + 32) * 60) as f64);
    assert_eq!(
        found,
        json!([{
            "InsightId": id,
            "GroupARN": "arn:aws:xray:us-east-1:000000000000:group/Default",
            "GroupName": "Default",
            "RootCauseServiceId": table,
            "Categories": ["FAULT"],
            "State": "CLOSED",
            "StartTime": start,
            "EndTime": end,
            "Summary": "12 of 20 requests to orders (AWS::DynamoDB::Table) failed by its own fault. At most 3 were expected.",
            "ClientRequestImpactStatistics": impact,
            "RootCauseServiceRequestImpactStatistics": impact,
            "TopAnomalousServices": [{"ServiceId": table}, {"ServiceId": shop}],
            "LastUpdateTime": end,
        }])
    );

    let mut insight = call(&server, "/Insight", &json!({"InsightId": id}))["Insight"].clone();
    insight["LastUpdateTime"] = json!(end);
    assert_eq!(insight, found[0]);

    let events = call(
        &server,
        "/InsightEvents",
        &json!({"InsightId": id, "MaxResults": 1}),
    );
    assert_eq!(events["InsightEvents"][0]["EventTime"], end);
    assert_eq!(
        events["InsightEvents"][0]["RootCauseServiceRequestImpactStatistics"],
        impact
    );
    let next = json!({"InsightId": id, "NextToken": events["NextToken"]});
    let events = call(&server, "/InsightEvents", &next);
    assert!(events.get("NextToken").is_none());
    assert_eq!(events["InsightEvents"][0]["EventTime"], end - 60.0);
    assert_eq!(
        events["InsightEvents"][0]["RootCauseServiceRequestImpactStatistics"],
        json!({"FaultCount": 6, "OkCount": 4, "TotalCount": 10})
    );

    let graph = call(
        &server,
        "/InsightImpactGraph",
        &json!({"InsightId": id, "StartTime": start, "EndTime": end}),
    );
    assert_eq!(
        (
            &graph["ServiceGraphStartTime"],
            &graph["ServiceGraphEndTime"]
        ),
        (&json!(start), &json!(start + 66.0))
    );
    let services = graph["Services"].as_array().expect("a list");
    let edges = services
        .iter()
        .map(|service| service["Edges"].as_array().expect("a list").len());
    assert_eq!(
        (services.len(), edges.sum::<usize>()),
        (3, 2),
        "the client, the shop and the table: {graph}"
    );
    assert!(services[0].get("SummaryStatistics").is_none());
}

#[test]
fn summaries_are_those_of_a_state_of_a_time_and_of_a_group() {
    let server = server();
    watch(&server);
    let count = |more: Value| {
        summaries(&server, more)["InsightSummaries"]
            .as_array()
            .expect("a list")
            .len()
    };
    assert_eq!(count(json!({"States": ["CLOSED"]})), 1);
    assert_eq!(count(json!({"States": ["ACTIVE"]})), 0);
    assert_eq!(count(json!({"States": []})), 1);
    assert_eq!(
        count(json!({"EndTime": (FIRST + 30) * 60})),
        0,
        "the end is outside"
    );
    assert_eq!(count(json!({"StartTime": (FIRST + 30) * 60})), 1);
    assert_eq!(
        count(json!({"StartTime": (FIRST + 31) * 60})),
        0,
        "it began before"
    );
    let make = |name: &str, filter: &str| {
        let insights = json!({"InsightsEnabled": true});
        call(
            &server,
            "/CreateGroup",
            &json!({"GroupName": name, "FilterExpression": filter, "InsightsConfiguration": insights}),
        );
    };
    make("shops", "service(\"shop\")");
    make("banks", "service(\"bank\")");
    assert_eq!(count(json!({"GroupName": "shops"})), 1);
    assert_eq!(count(json!({"GroupName": "banks"})), 0);
}

#[test]
fn what_asks_for_no_insight_is_refused() {
    let server = server();
    let id = "00000000-0000-4000-8000-000000000000";
    let range = json!({"StartTime": 0, "EndTime": 1});
    for (path, input, part) in [
        ("/Insight", json!({}), "InsightId is required"),
        (
            "/Insight",
            json!({"InsightId": "x"}),
            "InsightId: invalid value: string \"x\", expected a UUID",
        ),
        ("/Insight", json!({"InsightId": id}), "there is no insight"),
        (
            "/InsightEvents",
            json!({"InsightId": id}),
            "there is no insight",
        ),
        (
            "/InsightEvents",
            json!({"InsightId": id, "MaxResults": 51}),
            "MaxResults: invalid value: integer `51`, expected a whole number from 1 to 50",
        ),
        (
            "/InsightImpactGraph",
            json!({"InsightId": id, "StartTime": 0}),
            "EndTime is required",
        ),
        (
            "/InsightImpactGraph",
            json!({"InsightId": id, "StartTime": 0, "EndTime": 1}),
            "there is no insight",
        ),
        (
            "/InsightSummaries",
            range.clone(),
            "GroupName or GroupARN is required",
        ),
        (
            "/InsightSummaries",
            json!({"StartTime": 0, "EndTime": 1, "GroupName": "nobody"}),
            "there is no group",
        ),
        (
            "/InsightSummaries",
            json!({"StartTime": 0, "EndTime": 1, "GroupName": "Default", "States": ["OPEN"]}),
            "States[0]: unknown variant `OPEN`, expected `ACTIVE` or `CLOSED`",
        ),
        (
            "/InsightSummaries",
            json!({"StartTime": 0, "EndTime": 1, "GroupName": "Default", "States": ["ACTIVE", "CLOSED"]}),
            "States: invalid length 2",
        ),
        (
            "/InsightSummaries",
            json!({"StartTime": 0, "EndTime": 1, "GroupName": "Default", "MaxResults": 0}),
            "MaxResults: invalid value",
        ),
        (
            "/InsightSummaries",
            json!({"StartTime": 0, "EndTime": 1, "GroupName": "Default", "NextToken": "x"}),
            "NextToken \"x\" is not valid",
        ),
    ] {
        assert_refused(
            &post(&server, path, &input),
            400,
            "InvalidRequestException",
            part,
        );
    }
}
