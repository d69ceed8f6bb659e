//! Whatever comes over the network, an operation answers or says what is wrong.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::clock::Clock;
use crate::store::Limits;

fn operation(name: &str) -> &'static Operation {
    let named = OPERATIONS.iter().find(|operation| operation.name == name);
    named.expect("is an operation")
}

fn backend() -> Backend {
    Backend {
        store: Store::new(Limits::default()),
        control: Control::start(None, None, Clock::default()).expect("needs no file"),
    }
}

/// The names that inputs have, and others.
fn key() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "SamplingRule",
        "SamplingRuleUpdate",
        "SamplingStatisticsDocuments",
        "SamplingBoostStatisticsDocuments",
        "SamplingRateBoost",
        "Attributes",
        "Tags",
        "NextToken",
        "RuleName",
        "RuleARN",
        "ClientID",
        "Timestamp",
        "RequestCount",
        "Priority",
        "FixedRate",
        "Version",
        "GroupName",
        "GroupARN",
        "FilterExpression",
        "InsightsConfiguration",
        "ResourceARN",
        "TagKeys",
        "PolicyName",
        "PolicyDocument",
        "Type",
        "Name",
        "Rule",
        "Probabilistic",
        "Destination",
        "TraceIds",
        "StartTime",
        "EndTime",
        "TelemetryRecords",
        "TraceSegmentDocuments",
        "EntitySelectorExpression",
        "Period",
        "RetrievalToken",
        "TraceFormat",
        "InsightId",
        "MaxResults",
    ];
    prop_oneof![
        8 => prop::sample::select(KNOWN).prop_map(str::to_owned),
        1 => ".{0,8}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..3_u8).prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!("Default")),
        Just(json!("1-581cf771-a006649127e371903a2de979")),
        Just(json!("arn:aws:xray:us-east-1:000000000000:group/Default")),
        Just(json!("1/Default")),
        Just(json!("0123456789abcdef01234567")),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn text(longest: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..=longest)
        .prop_map(|letters| letters.into_iter().collect())
}

/// A rule that keeps to all bounds.
fn rule() -> impl Strategy<Value = Value> {
    let name = prop::collection::vec(any::<char>(), 1..=32)
        .prop_map(|letters| letters.into_iter().collect::<String>());
    let boost = prop::option::of((0.0..=1.0, 0..=i32::MAX));
    (
        (name.clone(), text(500), 1..=9999, 0.0..=1.0, 0..=i32::MAX),
        (text(64), text(64), text(64), text(10), text(128)),
        prop::collection::btree_map(name.clone(), name, 0..=5),
        boost,
    )
        .prop_map(|(main, matching, attributes, boost)| {
            json!({
                "RuleName": main.0, "ResourceARN": main.1, "Priority": main.2, "FixedRate": main.3, "ReservoirSize": main.4,
                "ServiceName": matching.0, "ServiceType": matching.1, "Host": matching.2, "HTTPMethod": matching.3,
                "URLPath": matching.4, "Version": 1, "Attributes": attributes,
                "SamplingRateBoost": boost.map(|(rate, minutes)| json!({"MaxRate": rate, "CooldownWindowMinutes": minutes})),
            })
        })
}

#[test]
fn the_table_of_operations_is_that_of_the_router() {
    let row = |line: &str| {
        let cells: Vec<_> = line
            .strip_prefix("| ")?
            .split(" | ")
            .map(str::to_owned)
            .collect();
        match cells.as_slice() {
            [name, path, told] if path.starts_with('/') && told.len() > 2 => {
                Some((name.clone(), path.clone()))
            }
            _ => None,
        }
    };
    let rows: Vec<_> = include_str!("../../API.md")
        .lines()
        .filter_map(row)
        .collect();
    let known = OPERATIONS.iter();
    let known: Vec<_> = known
        .map(|operation| (operation.name.to_owned(), operation.path.to_owned()))
        .collect();
    assert_eq!(rows, known);
}

/// AWS's model of the API is no part of the repository: where it lies beside it, it is compared.
#[test]
fn every_operation_of_the_model_has_its_path() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/botocore-xray-service-2.json"
    );
    let Ok(model) = std::fs::read(file) else {
        return;
    };
    let model: Value = serde_json::from_slice(&model).expect("is JSON");
    let modelled = model["operations"].as_object().expect("an object").iter();
    let mut modelled: Vec<_> = modelled
        .map(|(name, operation)| (name.as_str(), operation["http"]["requestUri"].as_str()))
        .collect();
    modelled.sort_unstable();
    let known = OPERATIONS.iter();
    let known: Vec<_> = known
        .map(|operation| (operation.name, Some(operation.path)))
        .collect();
    assert_eq!(known, modelled);
}

proptest! {
    #[test]
    fn any_input_is_answered_or_refused(input in value(), bytes: Vec<u8>) {
        let backend = backend();
        for operation in &OPERATIONS {
            for body in [input.to_string().as_bytes(), &bytes] {
                match operation.run(&backend, body) {
                    Ok(answer) => prop_assert!(serde_json::from_slice::<Value>(&answer).is_ok()),
                    Err(error) => prop_assert!(error.status() < 500, "{}: {error}", operation.name),
                }
            }
        }
    }

    #[test]
    fn a_rule_within_all_bounds_is_made_and_listed_as_it_was_given(mut rule in rule()) {
        let backend = backend();
        let body = json!({"SamplingRule": rule}).to_string();
        let made = operation("CreateSamplingRule").run(&backend, body.as_bytes()).expect("a new rule");
        let made: Value = serde_json::from_slice(&made).expect("JSON");
        let listed = operation("GetSamplingRules").run(&backend, b"").expect("a list");
        let mut listed: Value = serde_json::from_slice(&listed).expect("JSON");
        prop_assert_eq!(&listed["SamplingRuleRecords"][0], &made["SamplingRuleRecord"]);

        let mut found = listed["SamplingRuleRecords"][0]["SamplingRule"].take();
        found.as_object_mut().expect("an object").remove("RuleARN");
        if rule["SamplingRateBoost"].is_null() {
            rule.as_object_mut().expect("an object").remove("SamplingRateBoost");
        }
        prop_assert_eq!(found, rule);
    }
}

#[cfg(feature = "keys")]
#[test]
fn each_operation_is_an_action_that_a_key_can_be_permitted() {
    for Operation { name, .. } in &OPERATIONS {
        let key = serde_json::json!({
            "access_key_id": "K", "secret_access_key": "one of 16 letters", "actions": [format!("xray:{name}")],
        });
        let keys = serde_json::json!({"keys": [key]}).to_string();
        crate::access::Keys::parse(&keys).expect(name);
    }
}
