//! How rules come, change and go.

use std::time::Duration;

use serde_json::{Value, json};

use super::process::Process;
use super::xray::{XRay, rule};
use crate::sampling::central::transport::Operation;
use crate::sampling::{Fallback, Reason, SamplingRequest};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn default_rule(rate: f64) -> Vec<Value> {
    vec![rule("Default", 10_000, 0, rate, &json!({}))]
}

fn path(path: &str) -> SamplingRequest<'_> {
    SamplingRequest {
        path: Some(path),
        ..SamplingRequest::default()
    }
}

#[test]
fn local_rules_decide_until_x_rays_have_come() {
    let xray = XRay::new(default_rule(1.0));
    let mut process = Process::new(&xray, 1);
    assert_eq!(process.any().fallback(), Some(Fallback::NoRules));
    process.pass(5 * SECOND);
    assert_eq!(process.any().fallback(), None);
}

#[test]
fn rules_are_asked_for_again_every_five_minutes() {
    let xray = XRay::new(default_rule(1.0));
    let mut process = Process::with_rules(&xray);
    process.pass(60 * MINUTE);
    let calls = xray.calls(Operation::Rules);
    assert!((11..=13).contains(&calls), "{calls} in an hour");
}

#[test]
fn a_changed_rule_is_in_force_within_ten_seconds() {
    for seed in 0..20 {
        let xray = XRay::new(default_rule(0.0));
        let mut process = Process::new(&xray, seed);
        // At some time between two reports.
        for _ in 0..30 + seed {
            process.any();
            process.pass(SECOND);
        }
        process.any();
        xray.change(default_rule(1.0));
        xray.state().target = json!({"FixedRate": null});
        process.pass(10 * SECOND);
        assert_eq!(process.any().reason(), Reason::Rate(1.0), "seed {seed}");
    }
}

#[test]
fn two_changes_in_one_second_are_both_seen() {
    let xray = XRay::new(default_rule(0.0));
    xray.state().target = json!({"FixedRate": null});
    let mut process = Process::with_rules(&xray);
    process.any();
    process.pass(20 * SECOND);
    xray.change(default_rule(0.5));
    let calls = xray.calls(Operation::Rules);
    while xray.calls(Operation::Rules) == calls {
        process.any();
        // Still in the second of the change, by X-Ray's clock.
        let modification = xray.epoch_seconds();
        xray.state().modification = modification;
        process.pass(SECOND / 10);
    }
    assert_eq!(process.any().reason(), Reason::Rate(0.5));
    let modification = xray.state().modification;
    xray.change(default_rule(1.0));
    xray.state().modification = modification;
    process.pass(10 * SECOND);
    assert_eq!(process.any().reason(), Reason::Rate(1.0));
}

#[test]
fn rules_that_did_not_change_are_not_asked_for_out_of_turn() {
    let xray = XRay::new(default_rule(0.0));
    let mut process = Process::with_rules(&xray);
    for _ in 0..120 {
        process.any();
        process.pass(SECOND);
    }
    assert_eq!(xray.calls(Operation::Rules), 1);
    xray.change(default_rule(1.0));
    for _ in 0..120 {
        process.any();
        process.pass(SECOND);
    }
    // At once, and once more for what else may have changed in the same second.
    assert_eq!(xray.calls(Operation::Rules), 3);
}

#[test]
fn new_rules_and_priorities_take_effect_wherever_they_stand_in_the_answer() {
    let (a, b) = (json!({"URLPath": "/a*"}), json!({"URLPath": "/*b"}));
    let one = |priority: u32| rule("one", priority, 0, 0.0, &a);
    let other = |priority: u32| rule("other", priority, 0, 0.0, &b);
    let last = rule("Default", 10_000, 0, 0.0, &json!({}));
    let xray = XRay::new(vec![one(10), other(20), last.clone()]);
    let mut process = Process::with_rules(&xray);
    assert_eq!(process.rule_for(&path("/ab")), "one");
    // The change is in the first rule, and the last one is as it was.
    for (rules, expected) in [
        (vec![one(30), other(20), last.clone()], "other"),
        (
            vec![
                rule("new", 1, 0, 0.0, &json!({})),
                one(30),
                other(20),
                last.clone(),
            ],
            "new",
        ),
        (vec![last.clone(), one(30)], "one"),
    ] {
        process.any();
        xray.change(rules);
        process.pass(10 * SECOND);
        assert_eq!(process.rule_for(&path("/ab")), expected);
    }
}

#[test]
fn a_refresh_keeps_quotas_and_counts() {
    let reservoir = |rate: f64| vec![rule("Default", 10_000, 6, rate, &json!({}))];
    let xray = XRay::new(reservoir(0.0));
    let mut process = Process::with_rules(&xray);
    process.any();
    process.pass(11 * SECOND);
    // Reports fail, refreshes do not.
    xray.state().failures =
        vec![crate::sampling::central::transport::Failure::Refused(500, String::new()); 1_000];
    for _ in 0..270 {
        process.any();
        process.pass(SECOND);
    }
    xray.state().rules = reservoir(0.5);
    process.pass(50 * SECOND);
    assert_eq!(xray.calls(Operation::Rules), 2);
    assert_eq!(
        process.decide_with(&path("/"), 0.9).reason(),
        Reason::Borrowed
    );
    assert_eq!(
        process.decide_with(&path("/"), 0.9).reason(),
        Reason::Rate(0.5)
    );
    xray.state().failures.clear();
    process.pass(MINUTE);
    assert_eq!(xray.told("Default").requests, 273);
}

#[test]
fn an_empty_answer_leaves_the_rules_as_they_are() {
    let xray = XRay::new(default_rule(1.0));
    let mut process = Process::with_rules(&xray);
    xray.change(Vec::new());
    process.pass(10 * MINUTE);
    assert!(xray.calls(Operation::Rules) > 2);
    assert_eq!(process.any().reason(), Reason::Rate(1.0));
    assert_eq!(process.notices().len(), 1, "{:?}", process.notices());
}

#[test]
fn rules_hold_for_an_hour() {
    let xray = XRay::new(default_rule(1.0));
    let mut process = Process::with_rules(&xray);
    xray.state().is_reachable = false;
    process.pass(59 * MINUTE);
    assert_eq!(process.any().fallback(), None);
    process.pass(2 * MINUTE);
    assert_eq!(process.any().fallback(), Some(Fallback::OldRules));
}

#[test]
fn a_daemon_that_is_gone_for_two_hours_costs_no_count() {
    let xray = XRay::new(default_rule(0.5));
    let mut processes = [Process::new(&xray, 1), Process::new(&xray, 2)];
    let mut by_x_ray = 0;
    let mut run = |time: Duration, by: &mut Vec<Option<Fallback>>| {
        for _ in 0..time.as_secs() {
            for process in &mut processes {
                let decision = process.any();
                by_x_ray += u64::from(decision.fallback().is_none());
                by.push(decision.fallback());
            }
            for _ in 0..10 {
                xray.clock.advance(SECOND / 10);
                processes.iter_mut().for_each(Process::turn);
            }
        }
    };
    let (mut before, mut away, mut after) = (Vec::new(), Vec::new(), Vec::new());
    run(5 * MINUTE, &mut before);
    assert_eq!(before.last(), Some(&None));
    xray.state().is_reachable = false;
    run(120 * MINUTE, &mut away);
    assert_eq!(away.first(), Some(&None), "the rules hold for a while");
    assert_eq!(away.last(), Some(&Some(Fallback::OldRules)));
    let calls_away = xray.state().calls.len();
    xray.state().is_reachable = true;
    run(2 * MINUTE, &mut after);
    let back = after
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |last| last / 2 + 1);
    assert!(back <= 60, "X-Ray's rules were back after {back} seconds");
    assert!(calls_away < 1_000, "{calls_away} calls in vain");
    // The last decisions are told ten seconds later.
    for _ in 0..110 {
        xray.clock.advance(SECOND / 10);
        processes.iter_mut().for_each(Process::turn);
    }
    assert_eq!(xray.told("Default").requests, by_x_ray);
}
