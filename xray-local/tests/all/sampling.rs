use std::time::SystemTime;

use serde_json::json;

use crate::client::{call, server};

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
fn reports_on_the_default_rule_get_a_target_and_others_come_back() {
    let report = |rule: &str| {
        json!({
            "RuleName": rule, "ClientID": "0123456789abcdef01234567", "Timestamp": 1_478_293_361,
            "RequestCount": 10, "SampledCount": 2, "BorrowCount": 1,
        })
    };
    let input = json!({"SamplingStatisticsDocuments": [report("Default"), report("deleted")]});
    let mut answer = call(&server(), "/SamplingTargets", &input);
    let quota_ttl = answer["SamplingTargetDocuments"][0]["ReservoirQuotaTTL"].take();
    assert_eq!(
        answer,
        json!({
            "SamplingTargetDocuments": [{
                "RuleName": "Default", "FixedRate": 0.05, "ReservoirQuota": 1, "ReservoirQuotaTTL": null, "Interval": 10,
            }],
            "LastRuleModification": 0.0,
            "UnprocessedStatistics": [{
                "RuleName": "deleted", "ErrorCode": "UnknownRule", "Message": "there is no sampling rule of this name",
            }],
            "UnprocessedBoostStatistics": [],
        })
    );
    let now = SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("later than 1970")
        .as_secs_f64();
    let left = quota_ttl.as_f64().expect("a number") - now;
    assert!((200.0..=300.0).contains(&left), "{left} seconds");
}
