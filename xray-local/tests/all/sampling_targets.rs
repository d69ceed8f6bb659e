//! What clients report, and what they are told to do.

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{call, options};
use crate::time::{Time, at};

pub(crate) fn report(rule: &str, client: u8, time: &Time) -> Value {
    json!({
        "RuleName": rule, "ClientID": format!("{client:024x}"), "Timestamp": time.now(),
        "RequestCount": 10, "SampledCount": 2, "BorrowCount": 1,
    })
}

pub(crate) fn anomalies(rule: &str, anomalies: u32, sampled: u32, time: &Time) -> Value {
    json!({
        "RuleName": rule, "ServiceName": "checkout", "Timestamp": time.now(),
        "AnomalyCount": anomalies, "TotalCount": 10, "SampledAnomalyCount": sampled,
    })
}

pub(crate) fn targets(server: &Server, reports: &[Value]) -> Value {
    call(
        server,
        "/SamplingTargets",
        &json!({"SamplingStatisticsDocuments": reports}),
    )
}

pub(crate) fn quota(server: &Server, rule: &str, client: u8, time: &Time) -> Option<u64> {
    let answer = targets(server, &[report(rule, client, time)]);
    answer["SamplingTargetDocuments"][0]["ReservoirQuota"].as_u64()
}

pub(crate) fn with_time() -> (Server, Time) {
    let time = Time::new();
    let server = Server::start(options().clock(time.clock())).expect("a free port");
    (server, time)
}

pub(crate) fn create(server: &Server, name: &str, more: &Value) {
    let mut rule = json!({
        "RuleName": name, "ResourceARN": "*", "Priority": 1, "FixedRate": 0.25, "ReservoirSize": 7, "ServiceName": "*",
        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
    });
    let more = more.as_object().expect("an object").clone();
    rule.as_object_mut().expect("an object").extend(more);
    call(
        server,
        "/CreateSamplingRule",
        &json!({"SamplingRule": rule}),
    );
}

pub(crate) fn update(server: &Server, change: &Value) {
    call(
        server,
        "/UpdateSamplingRule",
        &json!({"SamplingRuleUpdate": change}),
    );
}

#[test]
fn reports_get_a_target_and_those_on_other_rules_come_back() {
    let (server, time) = with_time();
    let reports = [report("Default", 1, &time), report("deleted", 1, &time)];
    assert_eq!(
        targets(&server, &reports),
        json!({
            "SamplingTargetDocuments": [{
                "RuleName": "Default", "FixedRate": 0.05, "ReservoirQuota": 1, "ReservoirQuotaTTL": at(300.0), "Interval": 10,
            }],
            "LastRuleModification": at(1.0),
            "UnprocessedStatistics": [{
                "RuleName": "deleted", "ErrorCode": "404", "Message": "there is no sampling rule \"deleted\"",
            }],
            "UnprocessedBoostStatistics": [],
        })
    );
}

#[test]
fn two_clients_share_a_reservoir_and_one_that_goes_away_gives_its_part_back() {
    let (server, time) = with_time();
    create(&server, "shared", &json!({}));
    assert_eq!(quota(&server, "shared", 1, &time), Some(7));
    assert_eq!(
        quota(&server, "shared", 2, &time),
        None,
        "it goes on borrowing"
    );
    for _ in 0..30 {
        time.pass(10.0);
        let quotas = [1, 2].map(|client| quota(&server, "shared", client, &time));
        assert!(quotas.iter().flatten().sum::<u64>() <= 7, "{quotas:?}");
        assert!(
            quotas
                .iter()
                .all(|quota| quota.is_some_and(|quota| quota >= 3)),
            "{quotas:?}"
        );
    }
    time.pass(20.0);
    assert_ne!(quota(&server, "shared", 1, &time), Some(7));
    time.pass(10.0);
    assert_eq!(quota(&server, "shared", 1, &time), Some(7));
}

#[test]
fn clients_see_that_rules_changed_and_get_the_new_rate_at_once() {
    let (server, time) = with_time();
    create(&server, "edited", &json!({}));
    let ask = || targets(&server, &[report("edited", 1, &time)]);
    time.pass(5.0);
    let fetched = time.now();
    call(&server, "/GetSamplingRules", &json!({}));
    let modified = |answer: &Value| answer["LastRuleModification"].as_f64().expect("a number");
    assert!(modified(&ask()) < fetched);

    update(&server, &json!({"RuleName": "edited", "FixedRate": 0.75}));
    time.pass(10.0);
    let answer = ask();
    assert!(modified(&answer) > fetched, "{answer}");
    assert_eq!(answer["SamplingTargetDocuments"][0]["FixedRate"], 0.75);

    let fetched = time.now();
    assert!(
        modified(&ask()) < fetched,
        "once fetched, they are the latest"
    );
    update(&server, &json!({"RuleName": "edited", "FixedRate": 0.75}));
    assert!(
        modified(&ask()) < fetched,
        "what changes nothing is no change"
    );
    call(
        &server,
        "/DeleteSamplingRule",
        &json!({"RuleName": "edited"}),
    );
    assert!(modified(&ask()) > fetched);
}

#[test]
fn anomalies_boost_a_rule_for_a_minute_once_in_a_cooldown_window() {
    let (server, time) = with_time();
    let boost = json!({"SamplingRateBoost": {"MaxRate": 0.5, "CooldownWindowMinutes": 5}});
    create(&server, "boosted", &boost);
    let ask = |missed: u32| {
        let mut answer = call(
            &server,
            "/SamplingTargets",
            &json!({
                "SamplingStatisticsDocuments": [report("boosted", 1, &time)],
                "SamplingBoostStatisticsDocuments": [anomalies("boosted", missed + 1, 1, &time)],
            }),
        );
        assert_eq!(answer["UnprocessedBoostStatistics"], json!([]));
        let target = answer["SamplingTargetDocuments"][0].take();
        assert_eq!(target["FixedRate"], 0.25, "which stays");
        target.get("SamplingBoost").cloned()
    };
    assert_eq!(ask(0), None);
    time.pass(10.0);
    let boost = Some(json!({"BoostRate": 0.5, "BoostRateTTL": at(70.0)}));
    assert_eq!(ask(3), boost);
    time.pass(50.0);
    assert_eq!(ask(3), boost);
    time.pass(10.0);
    assert_eq!(ask(3), None);
    time.pass(5.0 * 60.0 - 60.0);
    assert_eq!(
        ask(3),
        Some(json!({"BoostRate": 0.5, "BoostRateTTL": at(370.0)}))
    );
}

#[test]
fn boost_statistics_that_cannot_be_used_come_back() {
    let (server, time) = with_time();
    let mut bad = anomalies("Default", 1, 0, &time);
    bad["AnomalyCount"] = json!("many");
    let answer = call(
        &server,
        "/SamplingTargets",
        &json!({
            "SamplingStatisticsDocuments": [],
            "SamplingBoostStatisticsDocuments": [bad, anomalies("Default", 1, 0, &time), anomalies("deleted", 1, 0, &time)],
        }),
    );
    assert_eq!(
        answer["UnprocessedBoostStatistics"],
        json!([
            {
                "RuleName": "Default", "ErrorCode": "400",
                "Message": "AnomalyCount: invalid type: string \"many\", expected a whole number from 0 to 2147483647",
            },
            {"RuleName": "Default", "ErrorCode": "400", "Message": "the sampling rule \"Default\" has no SamplingRateBoost"},
            {"RuleName": "deleted", "ErrorCode": "404", "Message": "there is no sampling rule \"deleted\""},
        ])
    );
    assert_eq!(answer["SamplingTargetDocuments"], json!([]));
}

#[test]
fn what_was_reported_is_summed_up_by_rule_and_window() {
    let (server, time) = with_time();
    create(&server, "other", &json!({}));
    let ask = || call(&server, "/SamplingStatisticSummaries", &json!({}));
    assert_eq!(ask(), json!({"SamplingStatisticSummaries": []}));

    targets(
        &server,
        &[
            report("Default", 1, &time),
            report("Default", 2, &time),
            report("other", 1, &time),
        ],
    );
    time.pass(10.0);
    let mut last = report("other", 1, &time);
    last.as_object_mut()
        .expect("an object")
        .remove("BorrowCount");
    targets(&server, &[last]);
    let summary = |rule: &str, window: f64, counts: [u32; 3]| {
        json!({
            "RuleName": rule, "Timestamp": window, "RequestCount": counts[0], "BorrowCount": counts[1], "SampledCount": counts[2],
        })
    };
    let expected = json!({"SamplingStatisticSummaries": [
        summary("other", at(10.0), [10, 0, 2]),
        summary("Default", at(0.0), [20, 2, 4]),
        summary("other", at(0.0), [10, 1, 2]),
    ]});
    assert_eq!(ask(), expected);
    time.pass(2.0 * 3600.0);
    assert_eq!(ask(), json!({"SamplingStatisticSummaries": []}));
}

#[test]
fn summaries_come_in_pages() {
    let (server, time) = with_time();
    for _ in 0..150 {
        targets(&server, &[report("Default", 1, &time)]);
        time.pass(10.0);
    }
    let mut windows = Vec::new();
    let mut pages = 0;
    let mut input = json!({});
    loop {
        let answer = call(&server, "/SamplingStatisticSummaries", &input);
        let summaries = answer["SamplingStatisticSummaries"]
            .as_array()
            .expect("a list");
        windows.extend(
            summaries
                .iter()
                .map(|summary| summary["Timestamp"].as_f64().expect("a number")),
        );
        pages += 1;
        let Some(token) = answer.get("NextToken") else {
            break;
        };
        input = json!({"NextToken": token});
    }
    assert_eq!(pages, 2);
    let expected: Vec<_> = (0..150)
        .rev()
        .map(|number| at(f64::from(number) * 10.0))
        .collect();
    assert_eq!(windows, expected);
}

#[test]
fn reports_of_another_time_come_back_unprocessed_and_count_nothing() {
    let (server, time) = with_time();
    create(
        &server,
        "a",
        &json!({"SamplingRateBoost": {"MaxRate": 0.9, "CooldownWindowMinutes": 1}}),
    );
    let of = |mut report: Value, apart: f64| {
        report["Timestamp"] = json!(time.now() + apart);
        report
    };
    for (apart, told) in [(-4_000.0, "4000 s ago"), (4_000.0, "4000 s ahead")] {
        let input = json!({
            "SamplingStatisticsDocuments": [of(report("a", 1, &time), apart), report("Default", 1, &time)],
            "SamplingBoostStatisticsDocuments": [of(anomalies("a", 5, 0, &time), apart)],
        });
        let answer = call(&server, "/SamplingTargets", &input);
        let targets = answer["SamplingTargetDocuments"]
            .as_array()
            .expect("a list");
        assert_eq!(
            (targets.len(), &targets[0]["RuleName"]),
            (1, &json!("Default"))
        );
        for list in ["UnprocessedStatistics", "UnprocessedBoostStatistics"] {
            let unprocessed = &answer[list][0];
            assert_eq!(
                (&unprocessed["RuleName"], &unprocessed["ErrorCode"]),
                (&json!("a"), &json!("400"))
            );
            let message = unprocessed["Message"].as_str().expect("a text");
            assert!(
                message.contains(told) && message.contains("clock"),
                "{message}"
            );
        }
    }
    let summaries = call(&server, "/SamplingStatisticSummaries", &json!({}));
    let summaries = summaries["SamplingStatisticSummaries"]
        .as_array()
        .expect("a list");
    assert!(
        summaries
            .iter()
            .all(|summary| summary["RuleName"] == "Default")
    );
    let within = [
        of(report("a", 1, &time), -3_000.0),
        of(report("a", 2, &time), 200.0),
    ];
    let answer = targets(&server, &within);
    assert_eq!(answer["UnprocessedStatistics"], json!([]));
}
