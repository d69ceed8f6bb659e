//! Statistics over time, and samples of traces.

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, post, server, with};
use crate::shop::small;

fn windows(server: &Server, more: Value) -> Vec<Value> {
    let mut input = with(json!({"StartTime": 0, "EndTime": 100_000}), more);
    let mut windows = Vec::new();
    loop {
        let answer = call(server, "/TimeSeriesServiceStatistics", &input);
        assert_eq!(answer["ContainsOldGroupVersions"], false);
        windows.extend(
            answer["TimeSeriesServiceStatistics"]
                .as_array()
                .expect("a list")
                .clone(),
        );
        match answer.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return windows,
        }
    }
}

#[test]
fn all_windows_come_page_by_page() {
    let server = server();
    for number in 0..1_500 {
        assert!(
            server
                .store()
                .insert(&small(number * 60 + 1).to_string())
                .is_empty()
        );
    }
    let all = windows(&server, json!({}));
    assert_eq!(all.len(), 1_500);
    assert!(
        all.iter()
            .all(|window| window["EdgeSummaryStatistics"]["TotalCount"] == 1)
    );
    assert!(
        all.windows(2)
            .all(|two| two[0]["Timestamp"].as_f64() < two[1]["Timestamp"].as_f64())
    );
    assert_eq!(windows(&server, json!({"Period": 300})).len(), 300);
    let service = windows(
        &server,
        json!({"Period": 100_000, "EntitySelectorExpression": "service()"}),
    );
    assert_eq!(service.len(), 1);
    assert_eq!(service[0]["ServiceSummaryStatistics"]["TotalCount"], 1_500);
    assert!(service[0].get("EdgeSummaryStatistics").is_none());
    let forecast =
        json!({"EntitySelectorExpression": "id(name: \"small\")", "ForecastStatistics": true});
    let forecast = windows(&server, forecast);
    assert_eq!(forecast.len(), 1_500);
    assert!(
        forecast
            .iter()
            .all(|window| window["ServiceForecastStatistics"]["FaultCountLow"] == 0)
    );
}

#[test]
fn what_makes_no_series_is_refused() {
    let server = server();
    for (more, part) in [
        (json!({"StartTime": null}), "StartTime is required"),
        (
            json!({"StartTime": 7, "EndTime": 1}),
            "StartTime 7 lies after EndTime 1",
        ),
        (json!({"Period": 0}), "Period: invalid value: integer `0`"),
        (
            json!({"EntitySelectorExpression": ""}),
            "EntitySelectorExpression: invalid value: string \"\", expected a text of 1 to 500 characters",
        ),
        (
            json!({"EntitySelectorExpression": "front"}),
            "EntitySelectorExpression cannot be read: column 1: expected `service(…)`",
        ),
        (
            json!({"EntitySelectorExpression": "edge(\"a\", \"b\"", "ForecastStatistics": false}),
            "column 14: expected `)`",
        ),
        (
            json!({"ForecastStatistics": true}),
            "EntitySelectorExpression names no service",
        ),
        (json!({"NextToken": "x"}), "NextToken \"x\" is not valid"),
    ] {
        let input = with(json!({"StartTime": 0, "EndTime": 100}), more);
        let answer = post(&server, "/TimeSeriesServiceStatistics", &input);
        assert_refused(&answer, 400, "InvalidRequestException", part);
    }
}

#[test]
fn a_sample_holds_its_share_and_the_same_traces_however_they_are_asked_for() {
    let server = server();
    for number in 0..2_000 {
        assert!(server.store().insert(&small(number).to_string()).is_empty());
    }
    let ids = |start: u32, end: u32, rate: f64| {
        let mut input = json!({
            "StartTime": start, "EndTime": end, "Sampling": true, "SamplingStrategy": {"Name": "FixedRate", "Value": rate},
        });
        let mut ids = Vec::new();
        let mut processed = 0;
        loop {
            let page = call(&server, "/TraceSummaries", &input);
            let traces = page["TraceSummaries"].as_array().expect("a list");
            ids.extend(traces.iter().map(|trace| trace["Id"].clone()));
            processed += page["TracesProcessedCount"].as_u64().expect("a number");
            match page.get("NextToken") {
                Some(token) => input["NextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(processed, u64::from(end - start));
        ids
    };
    let whole = ids(0, 2_000, 0.25);
    assert!((400..600).contains(&whole.len()), "{}", whole.len());
    let parts = [ids(1_000, 2_000, 0.25), ids(0, 1_000, 0.25)].concat();
    assert_eq!(whole, parts);
    assert_eq!(ids(0, 2_000, 1.0).len(), 2_000);
    assert_eq!(ids(0, 2_000, 0.0).len(), 0);
    for (strategy, part) in [
        (
            json!({"Name": "Some"}),
            "SamplingStrategy.Name: unknown variant `Some`",
        ),
        (
            json!({"Value": 2}),
            "SamplingStrategy.Value: invalid value: integer `2`, expected a number from 0 to 1",
        ),
    ] {
        let input = json!({"StartTime": 0, "EndTime": 1, "SamplingStrategy": strategy});
        assert_refused(
            &post(&server, "/TraceSummaries", &input),
            400,
            "InvalidRequestException",
            part,
        );
    }
}
