//! What is refused of sampling rules and reports, and how.

use serde_json::{Value, json};

use crate::client::{assert_refused, call, post, server};
use crate::sampling_rules::{create, names, rule, with};
use crate::sampling_targets::{anomalies, report, targets, with_time};

#[test]
fn a_new_rule_that_is_not_valid_is_refused_with_field_value_and_what_was_expected() {
    let server = server();
    let long = |length: usize| json!("x".repeat(length));
    let tags = |count: usize| -> Value {
        (0..count)
            .map(|number| json!({"Key": number.to_string(), "Value": ""}))
            .collect()
    };
    let cases = [
        (
            with("RuleName", json!("")),
            "SamplingRule.RuleName: invalid value: string \"\", expected a text of 1 to 32 characters",
        ),
        (
            with("RuleName", long(33)),
            "SamplingRule.RuleName: invalid value: string \"xxx",
        ),
        (
            with("RuleName", json!(7)),
            "SamplingRule.RuleName: invalid type: integer `7`, expected a text of 1 to 32 characters",
        ),
        (
            with("RuleName", json!(null)),
            "RuleName or RuleARN is required",
        ),
        (
            with("RuleName", json!("Default")),
            "RuleName \"Default\" is taken",
        ),
        (
            with("RuleARN", json!("arn:aws:xray:us-east-1:1:sampling-rule/x")),
            "RuleName and RuleARN are both there",
        ),
        (
            with("RuleARN", json!("x")),
            "SamplingRule.RuleARN: invalid value: string \"x\", expected arn:aws:xray:us-east-1:000000000000:sampling-rule/NAME",
        ),
        (
            with("ResourceARN", long(501)),
            "expected a text of at most 500 characters",
        ),
        (
            with("Priority", json!(0)),
            "SamplingRule.Priority: invalid value: integer `0`, expected a whole number from 1 to 9999",
        ),
        (
            with("Priority", json!(10_000)),
            "Priority 10000 is that of the default rule: expected a whole number from 1 to 9999",
        ),
        (
            with("Priority", json!(10_001)),
            "SamplingRule.Priority: invalid value: integer `10001`, expected a whole number from 1 to 9999",
        ),
        (
            with("Priority", json!(1.5)),
            "SamplingRule.Priority: invalid value: floating point `1.5`, expected a whole number from 1 to 9999",
        ),
        (
            with("Priority", json!("1")),
            "SamplingRule.Priority: invalid type: string \"1\", expected a whole number from 1 to 9999",
        ),
        (
            with("Priority", json!(null)),
            "SamplingRule.Priority is required",
        ),
        (
            with("FixedRate", json!(1.5)),
            "SamplingRule.FixedRate: invalid value: floating point `1.5`, expected a number from 0 to 1",
        ),
        (
            with("FixedRate", json!(-0.1)),
            "SamplingRule.FixedRate: invalid value: floating point `-0.1`, expected a number from 0 to 1",
        ),
        (
            with("ReservoirSize", json!(-1)),
            "SamplingRule.ReservoirSize: invalid value: integer `-1`, expected a whole number from 0 to 2147483647",
        ),
        (
            with("ReservoirSize", json!(3_000_000_000_u32)),
            "SamplingRule.ReservoirSize: invalid value: integer `3000000000`",
        ),
        (
            with("ServiceName", long(65)),
            "SamplingRule.ServiceName: invalid value",
        ),
        (
            with("ServiceType", long(65)),
            "SamplingRule.ServiceType: invalid value",
        ),
        (with("Host", long(65)), "SamplingRule.Host: invalid value"),
        (
            with("HTTPMethod", long(11)),
            "SamplingRule.HTTPMethod: invalid value: string \"xxxxxxxxxxx\", expected a text of at most 10 characters",
        ),
        (
            with("URLPath", long(129)),
            "SamplingRule.URLPath: invalid value",
        ),
        (
            with("Version", json!(2)),
            "SamplingRule.Version: invalid value: integer `2`, expected 1",
        ),
        (
            with("Version", json!(null)),
            "SamplingRule.Version is required",
        ),
        (
            with("Attributes", json!({"": "x"})),
            "expected a text of 1 to 32 characters",
        ),
        (
            with("Attributes", json!({"key": long(33)})),
            "SamplingRule.Attributes.key: invalid value",
        ),
        (
            with(
                "Attributes",
                json!({"a": "1", "b": "1", "c": "1", "d": "1", "e": "1", "f": "1"}),
            ),
            "SamplingRule.Attributes: invalid length 6, expected at most 5 attributes",
        ),
        (
            with(
                "SamplingRateBoost",
                json!({"MaxRate": 2, "CooldownWindowMinutes": 1}),
            ),
            "SamplingRule.SamplingRateBoost.MaxRate: invalid value: integer `2`, expected a number from 0 to 1",
        ),
        (
            with(
                "SamplingRateBoost",
                json!({"MaxRate": 1, "CooldownWindowMinutes": -1}),
            ),
            "SamplingRule.SamplingRateBoost.CooldownWindowMinutes: invalid value: integer `-1`",
        ),
        (
            with("SamplingRateBoost", json!({"MaxRate": 1})),
            "SamplingRule.SamplingRateBoost.CooldownWindowMinutes is required",
        ),
        (
            json!(7),
            "SamplingRule: invalid type: integer `7`, expected an object",
        ),
        (json!(null), "SamplingRule is required"),
    ];
    let refused = |input: &Value, part: &str| {
        assert_refused(
            &post(&server, "/CreateSamplingRule", input),
            400,
            "InvalidRequestException",
            part,
        );
    };
    for (rule, part) in &cases {
        refused(&json!({"SamplingRule": rule}), part);
    }
    let tagged = |tags: Value| json!({"SamplingRule": rule("slow"), "Tags": tags});
    refused(&tagged(json!([{"Key": "a"}])), "Tags[0].Value is required");
    refused(
        &tagged(json!([{"Key": "", "Value": ""}])),
        "Tags[0].Key: invalid value: string \"\"",
    );
    refused(
        &tagged(json!([{"Key": "aws:x", "Value": ""}])),
        "Tags[0].Key: invalid value: string \"aws:x\", expected 1 to 128 letters",
    );
    refused(
        &tagged(tags(51)),
        "Tags: the resource would have 51 tags: expected at most 50",
    );
    assert_eq!(names(&server), ["Default"], "what was refused was not made");
    call(&server, "/CreateSamplingRule", &tagged(tags(50)));
}

#[test]
fn a_change_that_is_not_valid_is_refused() {
    let server = server();
    create(&server, &rule("slow"));
    let cases = [
        (
            "/UpdateSamplingRule",
            json!({}),
            "SamplingRuleUpdate is required",
        ),
        (
            "/UpdateSamplingRule",
            json!({"SamplingRuleUpdate": {"FixedRate": 1}}),
            "RuleName or RuleARN is required",
        ),
        (
            "/UpdateSamplingRule",
            json!({"SamplingRuleUpdate": {"RuleName": "slow", "RuleARN": "arn:aws:xray:us-east-1:000000000000:sampling-rule/slow"}}),
            "RuleName and RuleARN are both there",
        ),
        (
            "/UpdateSamplingRule",
            json!({"SamplingRuleUpdate": {"RuleName": "fast"}}),
            "there is no sampling rule \"fast\"",
        ),
        (
            "/UpdateSamplingRule",
            json!({"SamplingRuleUpdate": {"RuleName": "slow", "FixedRate": 7}}),
            "SamplingRuleUpdate.FixedRate: invalid value: integer `7`, expected a number from 0 to 1",
        ),
        (
            "/UpdateSamplingRule",
            json!({"SamplingRuleUpdate": {"RuleName": "slow", "Priority": 10_000}}),
            "Priority 10000 is that of the default rule",
        ),
        (
            "/UpdateSamplingRule",
            json!({"SamplingRuleUpdate": {"RuleName": "Default", "URLPath": "/x"}}),
            "URLPath of the default rule cannot be changed",
        ),
        (
            "/DeleteSamplingRule",
            json!({}),
            "RuleName or RuleARN is required",
        ),
        (
            "/DeleteSamplingRule",
            json!({"RuleName": "fast"}),
            "there is no sampling rule \"fast\"",
        ),
        (
            "/DeleteSamplingRule",
            json!({"RuleName": "Default"}),
            "the default rule cannot be deleted",
        ),
        (
            "/DeleteSamplingRule",
            json!({"RuleARN": "slow"}),
            "RuleARN: invalid value: string \"slow\"",
        ),
        (
            "/GetSamplingRules",
            json!({"NextToken": "x"}),
            "NextToken \"x\" is not valid",
        ),
        (
            "/GetSamplingRules",
            json!({"NextToken": "1/"}),
            "NextToken \"1/\" is not valid",
        ),
    ];
    for (path, input, part) in &cases {
        assert_refused(
            &post(&server, path, input),
            400,
            "InvalidRequestException",
            part,
        );
    }
    assert_eq!(names(&server), ["slow", "Default"]);
}

#[test]
fn a_bad_document_comes_back_and_the_others_are_processed() {
    let (server, time) = with_time();
    let with = |field: &str, value: Value| {
        let mut report = report("Default", 1, &time);
        report[field] = value;
        report
    };
    let cases = [
        (
            with("ClientID", json!("abc")),
            "ClientID: invalid value: string \"abc\", expected 24 hexadecimal digits",
        ),
        (
            with("ClientID", json!("+123456789012345678901234")),
            "expected 24 hexadecimal digits",
        ),
        (
            with("ClientID", json!("x".repeat(24))),
            "expected 24 hexadecimal digits",
        ),
        (
            with("RuleName", json!("")),
            "RuleName: invalid value: string \"\", expected a text of 1 to 32 characters",
        ),
        (
            with("Timestamp", json!("now")),
            "Timestamp: invalid type: string \"now\", expected a number of seconds since 1970",
        ),
        (
            with("RequestCount", json!(-1)),
            "RequestCount: invalid value: integer `-1`, expected a whole number from 0 to 2147483647",
        ),
        (
            with("SampledCount", json!(0.5)),
            "SampledCount: invalid value: floating point `0.5`",
        ),
        (
            with("BorrowCount", json!([])),
            "BorrowCount: invalid type: sequence",
        ),
        (json!(7), "invalid type: integer `7`, expected an object"),
    ];
    for (bad, part) in cases {
        let answer = targets(&server, &[bad.clone(), report("Default", 1, &time)]);
        assert_eq!(
            answer["SamplingTargetDocuments"].as_array().map(Vec::len),
            Some(1),
            "{bad}"
        );
        let unprocessed = &answer["UnprocessedStatistics"][0];
        assert_eq!(unprocessed["ErrorCode"], "400");
        assert_eq!(unprocessed.get("RuleName"), bad.get("RuleName"));
        let message = unprocessed["Message"].as_str().expect("a text");
        assert!(
            message.contains(part),
            "{message:?} should tell of {part:?}"
        );
    }
}

#[test]
fn a_call_brings_at_most_25_documents_of_each_kind() {
    let (server, time) = with_time();
    let reports = |count| vec![report("Default", 1, &time); count];
    let boosts = |count| vec![anomalies("Default", 0, 0, &time); count];
    assert_eq!(
        targets(&server, &reports(25))["UnprocessedStatistics"],
        json!([])
    );
    let input = json!({"SamplingStatisticsDocuments": reports(26)});
    let part = "SamplingStatisticsDocuments has 26 documents: expected at most 25";
    assert_refused(
        &post(&server, "/SamplingTargets", &input),
        400,
        "InvalidRequestException",
        part,
    );
    let input =
        json!({"SamplingStatisticsDocuments": [], "SamplingBoostStatisticsDocuments": boosts(26)});
    let part = "SamplingBoostStatisticsDocuments has 26 documents: expected at most 25";
    assert_refused(
        &post(&server, "/SamplingTargets", &input),
        400,
        "InvalidRequestException",
        part,
    );
    let input =
        json!({"SamplingStatisticsDocuments": [], "SamplingBoostStatisticsDocuments": boosts(25)});
    call(&server, "/SamplingTargets", &input);
}

#[test]
fn boost_statistics_that_lack_something_make_the_call_invalid() {
    let (server, time) = with_time();
    let whole = anomalies("Default", 0, 0, &time);
    for field in whole.as_object().expect("an object").keys() {
        let mut lacking = whole.clone();
        lacking.as_object_mut().expect("an object").remove(field);
        let input = json!({"SamplingStatisticsDocuments": [], "SamplingBoostStatisticsDocuments": [lacking]});
        let part = format!("SamplingBoostStatisticsDocuments.{field} is required");
        assert_refused(
            &post(&server, "/SamplingTargets", &input),
            400,
            "InvalidRequestException",
            &part,
        );
    }
}

#[test]
fn a_token_that_is_none_is_refused() {
    let server = server();
    for token in ["", "x", "-1/Default", "1/"] {
        let answer = post(
            &server,
            "/SamplingStatisticSummaries",
            &json!({"NextToken": token}),
        );
        assert_refused(
            &answer,
            400,
            "InvalidRequestException",
            &format!("NextToken {token:?} is not valid"),
        );
    }
}
