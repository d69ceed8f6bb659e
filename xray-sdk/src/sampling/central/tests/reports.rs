//! What X-Ray is told of decisions, and when.

use std::time::Duration;

use serde_json::json;

use super::process::Process;
use super::xray::{XRay, rule};
use crate::sampling::SamplingRequest;
use crate::sampling::central::transport::{Failure, Operation};

const SECOND: Duration = Duration::from_secs(1);

fn default_rule() -> Vec<serde_json::Value> {
    vec![rule("Default", 10_000, 1, 0.05, &json!({}))]
}

#[test]
fn without_requests_there_is_nothing_to_report() {
    let xray = XRay::new(default_rule());
    let mut process = Process::with_rules(&xray);
    process.pass(60 * SECOND);
    assert_eq!(xray.calls(Operation::Targets), 0);
}

#[test]
fn counts_stay_when_a_report_fails() {
    let xray = XRay::new(default_rule());
    let mut process = Process::with_rules(&xray);
    xray.state().failures = vec![
        Failure::Unreachable("no".to_owned()),
        Failure::Refused(500, String::new()),
        Failure::Garbled("no".to_owned()),
    ];
    let again = xray.state().failures.clone();
    xray.state().failures.extend(again);
    for _ in 0..100 {
        process.any();
        process.pass(SECOND);
    }
    process.pass(120 * SECOND);
    assert!(xray.state().failures.is_empty());
    assert_eq!(xray.told("Default").requests, 100);
    // Once for each that has another cure.
    assert_eq!(process.notices().len(), 3, "{:?}", process.notices());
}

#[test]
fn reports_go_out_in_batches_of_25() {
    let rules = |count: u32| {
        (0..count)
            .map(|number| {
                let name = format!("rule {number}");
                rule(&name, 1, 1, 0.0, &json!({"URLPath": format!("/{number}")}))
            })
            .collect()
    };
    let xray = XRay::new(rules(60));
    let mut process = Process::with_rules(&xray);
    for number in 0..60 {
        let path = format!("/{number}");
        process.decide(&SamplingRequest {
            path: Some(&path),
            ..SamplingRequest::default()
        });
    }
    // What is refused of one batch is no reason to hold the others back.
    xray.state().failures = vec![Failure::Refused(400, String::new())];
    process.pass(10 * SECOND);
    assert_eq!(xray.calls(Operation::Targets), 3);
    assert_eq!(xray.state().told.len(), 35);
    process.pass(20 * SECOND);
    let state = xray.state();
    assert_eq!(state.told.len(), 60);
    assert!(state.told.values().all(|told| told.requests == 1));
}

#[test]
fn each_rule_is_reported_at_its_own_interval_in_seconds() {
    let xray = XRay::new(vec![
        rule("often", 1, 1, 0.0, &json!({"URLPath": "/often"})),
        rule("Default", 10_000, 1, 0.0, &json!({})),
    ]);
    let mut process = Process::with_rules(&xray);
    let reports_of = |name: &str| {
        let is_of = |document: &serde_json::Value| document["RuleName"] == *name;
        let state = xray.state();
        let lists = state.reports.iter();
        let lists = lists.filter_map(|report| report["SamplingStatisticsDocuments"].as_array());
        lists.flatten().filter(|document| is_of(document)).count()
    };
    let path = |path| SamplingRequest {
        path: Some(path),
        ..SamplingRequest::default()
    };
    xray.state().target = json!({"Interval": 30});
    process.decide(&path("/"));
    process.pass(10 * SECOND);
    assert_eq!(reports_of("Default"), 1);
    // Only the other rule is told to be reported every ten seconds from now on.
    xray.state().target = json!({"Interval": 10});
    for _ in 0..28 {
        process.decide(&path("/often"));
        process.decide(&path("/"));
        process.pass(SECOND);
    }
    assert_eq!(reports_of("Default"), 1, "its 30 seconds are not over");
    assert!(
        (2..=3).contains(&reports_of("often")),
        "{}",
        reports_of("often")
    );
    process.pass(12 * SECOND);
    assert_eq!(reports_of("Default"), 2);
}

#[test]
fn an_ordinary_rule_is_reported_at_every_call() {
    let xray = XRay::new(default_rule());
    let mut process = Process::with_rules(&xray);
    for _ in 0..100 {
        process.any();
        process.pass(SECOND);
    }
    let calls = xray.calls(Operation::Targets);
    assert!((10..=11).contains(&calls), "{calls} in 100 seconds");
}

#[test]
fn what_x_ray_did_not_take_is_told_again() {
    let xray = XRay::new(default_rule());
    let mut process = Process::with_rules(&xray);
    process.any();
    xray.state().refused.insert("Default".to_owned(), "500");
    process.pass(10 * SECOND);
    assert_eq!(xray.told("Default").requests, 0);
    process.any();
    xray.state().refused.clear();
    process.pass(10 * SECOND);
    assert_eq!(xray.told("Default").requests, 2);
    assert_eq!(
        xray.calls(Operation::Rules),
        1,
        "the rule is not in question"
    );
}

#[test]
fn rules_that_x_ray_does_not_know_any_more_are_asked_for_again_but_not_all_the_time() {
    let xray = XRay::new(default_rule());
    let mut process = Process::with_rules(&xray);
    xray.state()
        .refused
        .insert("Default".to_owned(), "UnknownRule");
    for _ in 0..180 {
        process.any();
        process.pass(SECOND);
    }
    let calls = xray.calls(Operation::Rules);
    assert!((3..=4).contains(&calls), "{calls} in three minutes");
}

#[test]
fn what_is_reported_has_the_form_of_the_api() {
    let xray = XRay::new(default_rule());
    let mut process = Process::with_rules(&xray);
    process.any();
    process.pass(10 * SECOND);
    let state = xray.state();
    let report = &state.reports[0];
    assert_eq!(report.as_object().map(serde_json::Map::len), Some(1));
    let document = &report["SamplingStatisticsDocuments"][0];
    let mut keys: Vec<_> = document.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "BorrowCount",
            "ClientID",
            "RequestCount",
            "RuleName",
            "SampledCount",
            "Timestamp"
        ]
    );
    assert!(document["Timestamp"].is_u64());
}
