//! What X-Ray's answers may look like.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::process::Process;
use super::xray::{XRay, rule};
use crate::sampling::SamplingRequest;
use crate::sampling::central::manifest::Manifest;
use crate::sampling::central::transport::Operation;
use crate::sampling::central::wire::{SamplingRule, SamplingRules, SamplingTargets};

const SECOND: Duration = Duration::from_secs(1);

fn default_rule() -> Value {
    rule("Default", 10_000, 1, 0.05, &json!({}))
}

#[test]
fn rules_are_asked_by_priority_then_by_name_and_the_default_last() {
    let xray = XRay::new(vec![
        // Its own conditions do not matter, whatever they are.
        rule("Default", 1, 1, 0.05, &json!({"URLPath": "/never"})),
        rule("b", 2, 1, 0.05, &json!({"HTTPMethod": "GET"})),
        rule("a", 2, 1, 0.05, &json!({"HTTPMethod": "G?T"})),
        rule("B", 2, 1, 0.05, &json!({"URLPath": "/big"})),
        rule("z", 1, 1, 0.05, &json!({"URLPath": "/orders/*"})),
    ]);
    let process = Process::with_rules(&xray);
    let rule_for = |method, path| {
        process.rule_for(&SamplingRequest {
            method: Some(method),
            path: Some(path),
            ..SamplingRequest::default()
        })
    };
    assert_eq!(rule_for("GET", "/orders/7"), "z");
    assert_eq!(rule_for("GET", "/"), "a");
    assert_eq!(
        rule_for("GET", "/big"),
        "B",
        "capital letters stand before small ones"
    );
    assert_eq!(rule_for("POST", "/"), "Default");
}

#[test]
fn every_field_of_a_rule_is_matched() {
    for (field, value) in [
        ("ServiceName", json!("other")),
        ("ServiceType", json!("AWS::EC2::Instance")),
        ("Host", json!("other.example.com")),
        ("HTTPMethod", json!("POST")),
        ("URLPath", json!("/other")),
        ("ResourceARN", json!("arn:aws:ecs:*:other")),
        ("Attributes", json!({"tier": "silver"})),
        ("Attributes", json!({"tier": "gold", "region": "*"})),
    ] {
        let xray = XRay::new(vec![
            rule("special", 1, 1, 0.05, &json!({field: value})),
            default_rule(),
        ]);
        let process = Process::with_rules(&xray);
        let request = SamplingRequest {
            service: "checkout",
            host: Some("shop.example.com"),
            method: Some("GET"),
            path: Some("/orders/7"),
            origin: Some("AWS::ECS::Container"),
            resource_arn: Some("arn:aws:ecs:eu-west-1:123456789012:service/checkout"),
            attributes: &[("tier", "gold")],
        };
        assert_eq!(process.rule_for(&request), "Default", "{field} is {value}");
    }
}

#[test]
fn rules_with_attributes_and_resource_arns_decide() {
    let xray = XRay::new(vec![
        rule(
            "gold",
            1,
            1,
            0.05,
            &json!({"Attributes": {"tier": "g*"}, "ResourceARN": "arn:*:service/checkout"}),
        ),
        default_rule(),
    ]);
    let process = Process::with_rules(&xray);
    let request = SamplingRequest {
        resource_arn: Some("arn:aws:ecs:eu-west-1:123456789012:service/checkout"),
        attributes: &[("tier", "gold")],
        ..SamplingRequest::default()
    };
    assert_eq!(process.rule_for(&request), "gold");
    assert_eq!(process.rule_for(&SamplingRequest::default()), "Default");
}

#[test]
fn all_pages_of_rules_are_read() {
    let mut rules: Vec<_> = (0..23)
        .map(|number| {
            rule(
                &format!("rule {number}"),
                1,
                1,
                0.0,
                &json!({"URLPath": format!("/{number}")}),
            )
        })
        .collect();
    rules.push(default_rule());
    let xray = XRay::new(rules);
    xray.state().rules_a_page = 10;
    let process = Process::with_rules(&xray);
    assert_eq!(xray.calls(Operation::Rules), 3);
    for number in [0, 9, 10, 22] {
        let path = format!("/{number}");
        let request = SamplingRequest {
            path: Some(&path),
            ..SamplingRequest::default()
        };
        assert_eq!(process.rule_for(&request), format!("rule {number}"));
    }
}

#[test]
fn pages_without_end_are_given_up() {
    let rules = (0..200).map(|number| rule(&format!("rule {number}"), 1, 1, 0.0, &json!({})));
    let xray = XRay::new(rules.collect());
    xray.state().rules_a_page = 1;
    let mut process = Process::new(&xray, 1);
    process.pass(5 * SECOND);
    assert_eq!(xray.calls(Operation::Rules), 100);
    assert!(
        process.notices()[0].contains("100 pages"),
        "{:?}",
        process.notices()
    );
}

/// What is told, and how often rules were asked for, after one attempt that has to be given up.
fn given_up(xray: &XRay) -> (Vec<String>, usize) {
    let mut process = Process::new(xray, 1);
    while process.notices().is_empty() {
        process.pass(SECOND);
    }
    assert!(process.sampler.shared.manifest.load().is_none());
    (process.notices(), xray.calls(Operation::Rules))
}

#[test]
fn more_rules_than_any_account_has_are_given_up() {
    let rules = (0..4_000).map(|number| rule(&format!("rule {number}"), 1, 1, 0.0, &json!({})));
    let xray = XRay::new(rules.collect());
    let (notices, calls) = given_up(&xray);
    assert!(notices[0].contains("more than 1000 rules"), "{notices:?}");
    assert_eq!(calls, 11);
}

#[test]
fn rules_of_more_bytes_than_can_be_meant_are_given_up() {
    let long = json!({"URLPath": "/".repeat(900_000)});
    let rules = (0..20).map(|number| rule(&format!("rule {number}"), 1, 1, 0.0, &long));
    let xray = XRay::new(rules.collect());
    xray.state().rules_a_page = 1;
    let (notices, calls) = given_up(&xray);
    assert!(notices[0].contains("4194304 bytes"), "{notices:?}");
    assert_eq!(calls, 5);
}

#[test]
fn a_page_that_names_an_earlier_one_as_the_next_is_the_last() {
    let xray = XRay::new((0..9).map(|_| default_rule()).collect());
    xray.state().rules_a_page = 1;
    xray.state().next_page = Some("3");
    let (notices, calls) = given_up(&xray);
    assert!(notices[0].contains("names itself"), "{notices:?}");
    assert_eq!(calls, 2);
}

#[test]
fn pages_that_come_slowly_are_given_up_after_half_a_minute() {
    let rules = (0..200).map(|number| rule(&format!("rule {number}"), 1, 1, 0.0, &json!({})));
    let xray = XRay::new(rules.collect());
    xray.state().rules_a_page = 1;
    xray.state().answer_time = Duration::from_millis(4_500);
    let (notices, calls) = given_up(&xray);
    assert!(notices[0].contains("30 seconds"), "{notices:?}");
    assert_eq!(calls, 7);
}

#[test]
fn rules_that_are_not_understood_are_left_out() {
    let mut broken = rule("broken", 1, 1, 0.0, &json!({}));
    broken["FixedRate"] = json!("often");
    let newer = rule("newer", 1, 1, 0.0, &json!({"Version": 2}));
    let nameless = rule("", 1, 1, 0.0, &json!({}));
    let xray = XRay::new(vec![broken, newer, nameless, default_rule()]);
    let process = Process::with_rules(&xray);
    assert_eq!(process.rule_for(&SamplingRequest::default()), "Default");
    let notices = process.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].contains("\"broken\": invalid type: string \"often\"")
            && notices[0].contains("2 more"),
        "{notices:?}"
    );
}

#[test]
fn targets_that_are_not_understood_cost_no_others() {
    let text = json!({
        "SamplingTargetDocuments": [{"RuleName": 7}, "what", {"RuleName": "a", "FixedRate": 0.5}],
        "UnprocessedStatistics": null, "LastRuleModification": null, "Other": {},
    });
    let targets: SamplingTargets = serde_json::from_value(text).expect("an answer");
    assert_eq!(targets.sampling_target_documents.len(), 1);
    assert!(targets.unprocessed_statistics.is_empty());
}

/// Values where X-Ray has numbers, names and lists.
fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({"a": "*"})),
    ]
}

const RULE_FIELDS: [&str; 13] = [
    "RuleName",
    "Priority",
    "ReservoirSize",
    "FixedRate",
    "Version",
    "ResourceARN",
    "ServiceName",
    "ServiceType",
    "Host",
    "HTTPMethod",
    "URLPath",
    "Attributes",
    "SamplingRateBoost",
];

const TARGET_FIELDS: [&str; 5] = [
    "FixedRate",
    "ReservoirQuota",
    "ReservoirQuotaTTL",
    "Interval",
    "SamplingBoost",
];

proptest! {
    #[test]
    fn any_answer_leaves_rules_that_decide(
        rule_changes in prop::collection::vec((0..RULE_FIELDS.len(), anything()), 0..4),
        target_changes in prop::collection::vec((0..TARGET_FIELDS.len(), anything()), 0..4),
        modification in anything(),
    ) {
        let xray = XRay::new(vec![default_rule()]);
        let clock = &xray.clock;
        let mut changed = rule("changed", 1, 1, 0.5, &json!({}));
        for (field, value) in rule_changes {
            changed[RULE_FIELDS[field]] = value;
        }
        let page = json!({"SamplingRuleRecords": [{"SamplingRule": changed}, {"SamplingRule": default_rule()}]});
        let page: SamplingRules = serde_json::from_value(page).expect("readable entries are read");
        let rules = page.sampling_rule_records.iter().filter_map(|entry| SamplingRule::read(entry).ok()).collect();
        let manifest = Manifest::new(rules, None, clock.now()).expect("the default rule is there");
        let request = SamplingRequest::default();
        manifest.find(&request).expect("a rule").decide(clock.now(), || 0.5);
        let mut target = json!({"RuleName": "Default"});
        for (field, value) in target_changes {
            target[TARGET_FIELDS[field]] = value;
        }
        let answer = json!({"SamplingTargetDocuments": [target], "LastRuleModification": modification});
        if let Ok(answer) = serde_json::from_value::<SamplingTargets>(answer) {
            let due = manifest.due(clock.now());
            let manifest = manifest.answered(&due, &answer, clock.now(), clock);
            clock.advance(10 * SECOND);
            manifest.find(&request).expect("a rule").decide(clock.now(), || 0.5);
            manifest.due(clock.now());
        }
    }
}
