//! Adaptive sampling: X-Ray is told of faults, and may raise a rate for a while.

use std::time::Duration;

use serde_json::{Value, json};

use super::process::Process;
use super::xray::{XRay, rule};
use crate::sampling::{Reason, Sampler as _};

const SECOND: Duration = Duration::from_secs(1);

fn boosted() -> Vec<Value> {
    let boost = json!({"MaxRate": 0.5, "CooldownWindowMinutes": 5});
    vec![rule(
        "Default",
        10_000,
        0,
        0.1,
        &json!({"SamplingRateBoost": boost}),
    )]
}

fn boosts(xray: &XRay) -> Vec<Value> {
    let state = xray.state();
    let reports = state.reports.iter();
    let lists = reports.filter_map(|report| report["SamplingBoostStatisticsDocuments"].as_array());
    lists.flatten().cloned().collect()
}

#[test]
fn faults_are_told_of_sampled_and_unsampled_requests() {
    let xray = XRay::new(boosted());
    let mut process = Process::with_rules(&xray);
    for (die, is_fault) in [
        (0.0, true),
        (0.0, false),
        (0.9, true),
        (0.9, true),
        (0.9, false),
    ] {
        let decision = process.decide_with(&Default::default(), die);
        assert!(decision.is_observed());
        process.sampler.observe(&decision, is_fault);
    }
    process.pass(10 * SECOND);
    let told = &boosts(&xray)[0];
    let expected = json!({
        "RuleName": "Default", "ServiceName": "checkout", "Timestamp": told["Timestamp"],
        "AnomalyCount": 3, "TotalCount": 5, "SampledAnomalyCount": 1,
    });
    assert_eq!(*told, expected);
    process.any();
    process.pass(10 * SECOND);
    assert_eq!(boosts(&xray).len(), 1, "nothing ended since then");
}

#[test]
fn a_rule_that_is_never_boosted_does_not_ask_how_segments_end() {
    let xray = XRay::new(vec![rule("Default", 10_000, 0, 0.1, &json!({}))]);
    let mut process = Process::with_rules(&xray);
    assert!(!process.any().is_observed());
}

#[test]
fn a_boost_raises_the_rate_until_its_time() {
    let xray = XRay::new(boosted());
    let mut process = Process::with_rules(&xray);
    process.any();
    let until = xray.epoch_seconds() + 60.0;
    xray.state().target = json!({"SamplingBoost": {"BoostRate": 0.5, "BoostRateTTL": until}});
    process.pass(10 * SECOND);
    assert_eq!(process.any().reason(), Reason::Boost(0.5));
    xray.state().target = json!({});
    process.pass(40 * SECOND);
    assert_eq!(process.any().reason(), Reason::Boost(0.5));
    process.pass(12 * SECOND);
    assert_eq!(process.any().reason(), Reason::Rate(0.1));
}

#[test]
fn a_boost_never_lowers_the_rate() {
    let xray = XRay::new(boosted());
    let mut process = Process::with_rules(&xray);
    process.any();
    let until = xray.epoch_seconds() + 60.0;
    xray.state().target = json!({"SamplingBoost": {"BoostRate": 0.05, "BoostRateTTL": until}});
    process.pass(10 * SECOND);
    assert_eq!(process.any().reason(), Reason::Rate(0.1));
}

#[test]
fn a_rule_that_is_not_boosted_any_more_is_not_told_of_by_its_ends() {
    let xray = XRay::new(boosted());
    let mut process = Process::with_rules(&xray);
    let decision = process.any();
    xray.change(vec![rule("Default", 10_000, 0, 0.1, &json!({}))]);
    process.pass(10 * SECOND);
    let reports = xray.state().reports.len();
    // It was open all the time.
    process.sampler.observe(&decision, true);
    process.pass(60 * SECOND);
    assert_eq!(xray.state().reports.len(), reports);
    assert_eq!(boosts(&xray), [Value::Null; 0]);
}

#[test]
fn the_name_of_a_service_is_told_as_far_as_x_ray_takes_it() {
    let xray = XRay::new(boosted());
    let mut process = Process::named(&xray, &"ü".repeat(65));
    process.pass(5 * SECOND);
    let decision = process.any();
    process.sampler.observe(&decision, true);
    process.pass(10 * SECOND);
    assert_eq!(boosts(&xray)[0]["ServiceName"], "ü".repeat(64));
}

#[test]
fn ends_that_could_not_be_told_are_told_later() {
    let xray = XRay::new(boosted());
    let mut process = Process::with_rules(&xray);
    let decision = process.any();
    xray.state().is_reachable = false;
    process.sampler.observe(&decision, true);
    process.pass(20 * SECOND);
    xray.state().is_reachable = true;
    process.sampler.observe(&decision, false);
    process.pass(60 * SECOND);
    let told = boosts(&xray);
    assert_eq!(
        (&told[0]["AnomalyCount"], &told[0]["TotalCount"]),
        (&json!(1), &json!(2))
    );
}
