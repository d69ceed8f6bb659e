//! Sampling rules over the API: made, changed, taken away and listed.

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, options, post, server};
use crate::time::{Time, at};

/// A rule with all that a rule must have.
pub(crate) fn rule(name: &str) -> Value {
    json!({
        "RuleName": name, "ResourceARN": "*", "Priority": 100, "FixedRate": 0.25, "ReservoirSize": 5, "ServiceName": "checkout",
        "ServiceType": "AWS::ECS::Container", "Host": "*.example.com", "HTTPMethod": "GET", "URLPath": "/orders/*", "Version": 1,
    })
}

pub(crate) fn with(field: &str, value: Value) -> Value {
    let mut rule = rule("slow");
    rule[field] = value;
    rule
}

pub(crate) fn create(server: &Server, rule: &Value) -> Value {
    call(
        server,
        "/CreateSamplingRule",
        &json!({"SamplingRule": rule}),
    )["SamplingRuleRecord"]
        .take()
}

/// The names of the rules, in the order of the listing.
pub(crate) fn names(server: &Server) -> Vec<String> {
    let answer = call(server, "/GetSamplingRules", &json!({}));
    let records = answer["SamplingRuleRecords"].as_array().expect("a list");
    let name = |record: &Value| {
        record["SamplingRule"]["RuleName"]
            .as_str()
            .expect("a name")
            .to_owned()
    };
    records.iter().map(name).collect()
}

#[test]
fn there_is_the_default_rule() {
    assert_eq!(
        call(&server(), "/GetSamplingRules", &json!({})),
        json!({"SamplingRuleRecords": [{
            "SamplingRule": {
                "RuleName": "Default",
                "RuleARN": "arn:aws:xray:us-east-1:000000000000:sampling-rule/Default",
                "ResourceARN": "*",
                "Priority": 10000,
                "FixedRate": 0.05,
                "ReservoirSize": 1,
                "ServiceName": "*",
                "ServiceType": "*",
                "Host": "*",
                "HTTPMethod": "*",
                "URLPath": "*",
                "Version": 1,
                "Attributes": {},
            },
            "CreatedAt": 0.0,
            "ModifiedAt": 0.0,
        }]})
    );
}

#[test]
fn the_first_request_of_each_official_sdk_is_answered() {
    let server = server();
    for input in [json!({}), json!({"NextToken": null})] {
        let answer = call(&server, "/GetSamplingRules", &input);
        assert_eq!(answer.get("NextToken"), None, "the last page has no token");
    }
}

#[test]
fn a_rule_is_made_changed_and_taken_away() {
    let time = Time::new();
    let server = Server::start(options().clock(time.clock())).expect("a free port");
    let mut full = with(
        "SamplingRateBoost",
        json!({"MaxRate": 1, "CooldownWindowMinutes": 10}),
    );
    full["Attributes"] = json!({"stage": "prod"});
    let arn = "arn:aws:xray:us-east-1:000000000000:sampling-rule/slow";

    let mut expected = full.clone();
    expected["RuleARN"] = json!(arn);
    expected["SamplingRateBoost"]["MaxRate"] = json!(1.0);
    let mut record = json!({"SamplingRule": expected, "CreatedAt": at(0.0), "ModifiedAt": at(0.0)});
    assert_eq!(create(&server, &full), record);
    assert_eq!(names(&server), ["slow", "Default"]);

    time.pass(60.0);
    let change = json!({"RuleARN": arn, "FixedRate": 1, "Attributes": {}, "Host": null});
    record["SamplingRule"]["FixedRate"] = json!(1.0);
    record["SamplingRule"]["Attributes"] = json!({});
    record["ModifiedAt"] = json!(at(60.0));
    let answer = call(
        &server,
        "/UpdateSamplingRule",
        &json!({"SamplingRuleUpdate": change}),
    );
    assert_eq!(answer, json!({"SamplingRuleRecord": record}));

    let answer = call(&server, "/DeleteSamplingRule", &json!({"RuleName": "slow"}));
    assert_eq!(answer, json!({"SamplingRuleRecord": record}));
    assert_eq!(names(&server), ["Default"]);
}

#[test]
fn rules_are_taken_away_by_arn_too() {
    let server = server();
    let arn = create(&server, &rule("a/b"))["SamplingRule"]["RuleARN"].take();
    call(&server, "/DeleteSamplingRule", &json!({"RuleARN": arn}));
    assert_eq!(names(&server), ["Default"]);
}

#[test]
fn the_default_rule_changes_its_rate_and_reservoir() {
    let server = server();
    let change = json!({"RuleName": "Default", "FixedRate": 0.5, "ReservoirSize": 10});
    let answer = call(
        &server,
        "/UpdateSamplingRule",
        &json!({"SamplingRuleUpdate": change}),
    );
    let record = &answer["SamplingRuleRecord"];
    assert_eq!(record["SamplingRule"]["FixedRate"], 0.5);
    assert_eq!(record["SamplingRule"]["ReservoirSize"], 10);
    assert_eq!(record["CreatedAt"], 0.0);
}

#[test]
fn the_26th_rule_exceeds_the_limit() {
    let server = server();
    for number in 0..25 {
        create(&server, &rule(&format!("rule-{number:02}")));
    }
    let input = json!({"SamplingRule": rule("one-more")});
    let answer = post(&server, "/CreateSamplingRule", &input);
    assert_refused(
        &answer,
        400,
        "RuleLimitExceededException",
        "there are 25 sampling rules",
    );
    let listed = names(&server);
    assert_eq!(listed.len(), 26, "on one page, for SDKs that read no other");
    call(
        &server,
        "/DeleteSamplingRule",
        &json!({"RuleName": "rule-07"}),
    );
    call(&server, "/CreateSamplingRule", &input);
}
