use serde_json::{Value, json};

use super::*;

const NOW: f64 = 1_700_000_040.5;

fn definition(fields: Value) -> Definition {
    serde_json::from_value(fields).expect("within its bounds")
}

fn complete(name: &str) -> Value {
    json!({
        "RuleName": name, "ResourceARN": "*", "Priority": 10, "FixedRate": 0.1, "ReservoirSize": 10, "ServiceName": "*",
        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
    })
}

fn with(name: &str, field: &str, value: Value) -> Value {
    let mut fields = complete(name);
    fields[field] = value;
    fields
}

fn rules(definitions: &[Value]) -> Rules {
    let mut rules = Rules::default();
    for fields in definitions {
        rules
            .create(definition(fields.clone()), NOW)
            .expect("a new rule");
    }
    rules
}

fn names(rules: &Rules) -> Vec<&str> {
    let records = rules.records().iter();
    records
        .map(|record| record.sampling_rule.rule_name.as_str())
        .collect()
}

fn name(name: &str) -> RuleName {
    RuleName::new(name).expect("a name")
}

fn report(rule: &str, client: u8) -> Report {
    Report {
        rule_name: name(rule),
        client_id: ClientId::try_from(format!("{client:024x}")).expect("24 digits"),
        timestamp: NOW,
        counts: Counts {
            requests: 5,
            borrowed: 1,
            sampled: 2,
        },
    }
}

fn quota(sampling: &mut Sampling, rule: &str, client: u8, now: f64) -> Option<u32> {
    let answers = sampling.report(&[report(rule, client)], now);
    answers[0].as_ref().expect("a rule").reservoir_quota
}

#[test]
fn rules_stand_in_the_order_in_which_they_are_tried() {
    let mut rules = rules(&[
        with("late", "Priority", json!(9999)),
        complete("b"),
        complete("a"),
        with("first", "Priority", json!(1)),
    ]);
    assert_eq!(names(&rules), ["first", "a", "b", "late", "Default"]);
    let change = json!({"RuleName": "late", "Priority": 2});
    rules.update(definition(change), NOW).expect("there");
    assert_eq!(names(&rules), ["first", "late", "a", "b", "Default"]);
}

#[test]
fn a_new_rule_needs_each_field_that_the_api_requires() {
    let fields = complete("a");
    for field in fields.as_object().expect("an object").keys() {
        let mut lacking = fields.clone();
        lacking.as_object_mut().expect("an object").remove(field);
        let refused = Rules::default().create(definition(lacking), NOW);
        let error = refused.expect_err(field).to_string();
        assert!(
            error.contains(field) && error.ends_with("is required"),
            "{error}"
        );
    }
}

#[test]
fn there_may_be_25_rules_beside_the_default_rule() {
    let many: Vec<_> = (0..25)
        .map(|number| complete(&format!("rule-{number}")))
        .collect();
    let mut rules = rules(&many);
    let before = rules.clone();
    let create = |rules: &mut Rules, name| rules.create(definition(complete(name)), NOW);
    assert_eq!(create(&mut rules, "one-more"), Err(RuleError::LimitReached));
    assert_eq!(rules, before);
    rules.delete(&name("rule-7")).expect("there");
    assert!(create(&mut rules, "one-more").is_ok());
}

#[test]
fn names_are_taken_once() {
    let mut rules = rules(&[complete("a")]);
    for taken in ["a", "Default"] {
        let refused = rules.create(definition(complete(taken)), NOW);
        assert_eq!(refused, Err(RuleError::Exists(name(taken))));
    }
    assert!(
        rules.create(definition(complete("A")), NOW).is_ok(),
        "letters count"
    );
}

#[test]
fn an_update_changes_what_it_names_and_the_time_of_the_change() {
    let mut rules = rules(&[complete("a")]);
    let change = json!({
        "RuleName": "a", "FixedRate": 0.5, "ReservoirSize": 3, "Host": "shop", "HTTPMethod": "GET", "URLPath": "/x",
        "ServiceName": "s", "ServiceType": "t", "ResourceARN": "r", "Attributes": {"k": "v"},
        "SamplingRateBoost": {"MaxRate": 1, "CooldownWindowMinutes": 5},
    });
    let changed = rules
        .update(definition(change.clone()), NOW + 7.0)
        .expect("there");
    let written = serde_json::to_value(&changed).expect("can be written");
    for (field, value) in change.as_object().expect("an object") {
        let expected = match field.as_str() {
            "SamplingRateBoost" => &json!({"MaxRate": 1.0, "CooldownWindowMinutes": 5}),
            _ => value,
        };
        assert_eq!(&written["SamplingRule"][field], expected, "{field}");
    }
    assert_eq!(written["SamplingRule"]["Priority"], 10);
    assert_eq!(
        (changed.created_at, changed.modified_at),
        (NOW.floor(), NOW.floor() + 7.0)
    );

    let again = rules.update(definition(change), NOW + 60.0).expect("there");
    assert_eq!(
        again, changed,
        "nothing changed, and so the time did not either"
    );
}

#[test]
fn of_the_default_rule_only_rate_reservoir_and_boost_change() {
    let mut rules = Rules::default();
    let mut update = |fields: Value| rules.update(definition(fields), NOW);
    let changed = update(json!({
        "RuleName": "Default", "FixedRate": 1, "ReservoirSize": 0, "Priority": 10_000, "Host": "*",
        "SamplingRateBoost": {"MaxRate": 1, "CooldownWindowMinutes": 5},
    }));
    let record = changed.expect("what stays may be named");
    assert_eq!((record.created_at, record.modified_at), (0.0, NOW.floor()));
    for (field, value) in [
        ("Priority", json!(9)),
        ("Host", json!("shop")),
        ("ServiceName", json!("")),
        ("ServiceType", json!("x")),
        ("HTTPMethod", json!("GET")),
        ("URLPath", json!("/")),
        ("ResourceARN", json!("arn")),
        ("Attributes", json!({"k": "v"})),
    ] {
        let refused = update(json!({"RuleName": "Default", field: value}));
        assert_eq!(refused, Err(RuleError::DefaultFixed(field)));
    }
    assert_eq!(
        rules.delete(&RuleName::default_rule()),
        Err(RuleError::DefaultStays)
    );
}

#[test]
fn the_priority_of_the_default_rule_is_no_other_rules() {
    let last = with("a", "Priority", json!(10_000));
    let refused = Rules::default().create(definition(last), NOW);
    assert_eq!(refused, Err(RuleError::LastPriority));
    let change = json!({"RuleName": "a", "Priority": 10_000});
    let refused = rules(&[complete("a")]).update(definition(change), NOW);
    assert_eq!(refused, Err(RuleError::LastPriority));
}

#[test]
fn pages_of_rules_go_on_where_the_last_ended_also_when_rules_come_and_go() {
    let mut rules = rules(&[complete("a"), complete("c"), complete("d"), complete("e")]);
    let first = rules.page(None, 2);
    assert_eq!(first.items.len(), 2);
    rules.delete(&name("c")).expect("there");
    rules.create(definition(complete("b")), NOW).expect("new");
    let second = rules.page(first.next.as_ref(), 3);
    let found: Vec<_> = second
        .items
        .iter()
        .map(|record| record.sampling_rule.rule_name.as_str())
        .collect();
    assert_eq!(found, ["d", "e", "Default"]);
    assert_eq!(second.next, None, "a page that is full may be the last");
}

#[test]
fn clients_that_report_in_one_call_share_at_once() {
    let mut sampling = Sampling::new(rules(&[complete("a")]), NOW);
    let reports = [report("a", 1), report("a", 2), report("Default", 1)];
    let answers = sampling.report(&reports, NOW);
    let quotas: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().expect("a rule").reservoir_quota)
        .collect();
    assert_eq!(quotas, [Some(5), Some(5), Some(1)]);
    let target = answers[0].as_ref().expect("a rule");
    assert_eq!(target.reservoir_quota_ttl, Some(NOW.floor() + 300.0));
    assert_eq!((target.fixed_rate, target.interval), (0.1, 10));
}

#[test]
fn a_newcomer_is_told_no_quota_and_no_end_of_one() {
    let mut sampling = Sampling::new(Rules::default(), NOW);
    assert_eq!(quota(&mut sampling, "Default", 1, NOW), Some(1));
    let answers = sampling.report(&[report("Default", 2)], NOW);
    let target = answers[0].as_ref().expect("a rule");
    assert_eq!(
        serde_json::to_value(target).expect("can be written"),
        json!({"RuleName": "Default", "FixedRate": 0.05, "Interval": 10})
    );
}

#[test]
fn a_change_is_newer_than_whatever_was_fetched_before_it() {
    let mut sampling = Sampling::new(Rules::default(), NOW);
    // Some clients cut the time of their fetch to whole seconds, others do not.
    let fetched = NOW + 100.2;
    assert!(sampling.changed_at() < fetched.floor());
    let mut changed = sampling.rules().clone();
    let change = json!({"RuleName": "Default", "FixedRate": 0.7});
    changed
        .update(definition(change), fetched + 0.1)
        .expect("there");
    sampling.replace_rules(changed, fetched + 0.1);
    assert!(sampling.changed_at() > fetched);
    assert!(sampling.changed_at() <= fetched + 1.0);

    let answers = sampling.report(&[report("Default", 1)], fetched + 10.0);
    assert_eq!(answers[0].as_ref().expect("a rule").fixed_rate, 0.7);
}

#[test]
fn a_new_server_asks_clients_to_fetch_its_rules() {
    let fetched_from_another = NOW - 0.1;
    assert!(Sampling::new(Rules::default(), NOW).changed_at() > fetched_from_another);
}

#[test]
fn a_rule_that_is_gone_is_unknown_and_forgotten() {
    let mut sampling = Sampling::new(rules(&[complete("a")]), NOW);
    assert_eq!(quota(&mut sampling, "a", 1, NOW), Some(10));
    sampling.replace_rules(Rules::default(), NOW);
    let answers = sampling.report(&[report("a", 1), report("Default", 1)], NOW);
    assert_eq!(answers[0], Err(RuleError::Unknown(name("a"))));
    assert!(answers[1].is_ok(), "the others are processed");
    let page = sampling.summaries(None, 10, NOW);
    assert_eq!(page.items.len(), 1, "{page:?}");

    sampling.replace_rules(rules(&[complete("a")]), NOW);
    assert_eq!(
        quota(&mut sampling, "a", 2, NOW),
        Some(10),
        "nobody holds a part of the new one"
    );
}

#[test]
fn a_boost_is_told_to_all_clients_of_its_rule() {
    let boosted = with(
        "a",
        "SamplingRateBoost",
        json!({"MaxRate": 0.9, "CooldownWindowMinutes": 1}),
    );
    let mut sampling = Sampling::new(rules(&[boosted, complete("b")]), NOW);
    let anomalies = |rule| AnomalyReport {
        rule_name: name(rule),
        timestamp: NOW,
        anomalies: 2,
        sampled_anomalies: 0,
    };
    assert_eq!(sampling.report_anomalies(&anomalies("a"), NOW), Ok(()));
    assert_eq!(
        sampling.report_anomalies(&anomalies("b"), NOW),
        Err(RuleError::NoBoost(name("b")))
    );
    assert_eq!(
        sampling.report_anomalies(&anomalies("c"), NOW),
        Err(RuleError::Unknown(name("c")))
    );

    let mut boosts = |now| -> Vec<_> {
        let reports = [report("a", 1), report("a", 2), report("b", 1)];
        let answers = sampling.report(&reports, now).into_iter();
        answers
            .map(|answer| answer.expect("a rule").sampling_boost)
            .collect()
    };
    let boost = SamplingBoost {
        boost_rate: 0.9,
        boost_rate_ttl: (NOW + 60.0).floor(),
    };
    assert_eq!(boosts(NOW), [Some(boost), Some(boost), None]);
    assert_eq!(boosts(NOW + 60.0), [None, None, None]);
}

#[test]
fn summaries_come_by_window_and_rule_in_pages() {
    let mut sampling = Sampling::new(rules(&[complete("a")]), NOW);
    for back in [0.0, 10.0, 20.0] {
        for rule in ["a", "Default"] {
            let timestamp = NOW - back;
            let one = Report {
                timestamp,
                ..report(rule, 1)
            };
            sampling.report(&[one.clone(), one], NOW);
        }
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = sampling.summaries(after.as_ref(), 4, NOW);
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let keys: Vec<_> = found
        .iter()
        .map(|summary| (summary.window - 1_700_000_000, summary.rule_name.as_str()))
        .collect();
    assert_eq!(
        keys,
        [
            (40, "Default"),
            (40, "a"),
            (30, "Default"),
            (30, "a"),
            (20, "Default"),
            (20, "a")
        ]
    );
    for summary in found {
        assert_eq!(summary.counts.requests, 10);
        assert_eq!((summary.counts.borrowed, summary.counts.sampled), (2, 4));
    }
}
