use serde_json::json;
use xray_sdk::document::{Document, Trace};

use super::*;
use crate::entry::{Entry, Span};
use crate::index::Gather as _;
use id::minute;

/// The minute at which everything begins here.
const FIRST: i64 = 28_000_000;

/// A front that calls orders, which calls a table: the table fails, or the front itself does, or nothing does.
fn trace(number: u64, minute: i64, fails: &str) -> Entry {
    let start = minute as f64 * MINUTE + (number % 60) as f64;
    let trace_id = format!("1-{:08x}-{number:024x}", 1);
    let id = |digit: u64| format!("{digit}{number:015x}");
    let table_fails = fails == "table";
    let front = json!({
        "name": "front", "id": id(1), "trace_id": trace_id, "start_time": start, "end_time": start + 0.5,
        "fault": !fails.is_empty(), "subsegments": [{
            "name": "orders", "id": id(2), "namespace": "remote", "start_time": start, "end_time": start + 0.4, "fault": table_fails,
        }],
    });
    let orders = json!({
        "name": "orders", "id": id(3), "trace_id": trace_id, "parent_id": id(2), "start_time": start + 0.1, "end_time": start + 0.3,
        "fault": table_fails, "subsegments": [{
            "name": "DynamoDB", "id": id(4), "namespace": "aws", "aws": {"table_name": "table"}, "fault": table_fails,
            "start_time": start + 0.1, "end_time": start + 0.2,
        }],
    });
    let documents = [front, orders]
        .map(|document| Document::parse(document.to_string().as_bytes()).expect("a document"));
    Entry::of(&Trace::assemble(documents).remove(0), 1, Span::default())
}

/// Ten traces a minute; in the minutes named, so many of them fail, where it says.
fn tallies(minutes: i64, failing: &[(i64, u64, &str)]) -> Tallies {
    let mut tallies = Tallies::default();
    let mut number = 0;
    for minute in 0..minutes {
        for turn in 0..10 {
            number += 1;
            let fails = failing
                .iter()
                .find(|(when, count, _)| *when == minute && turn < *count);
            let fails = fails.map_or("", |(_, _, place)| *place);
            tallies.entry(&trace(number, FIRST + minute, fails));
        }
    }
    tallies
}

fn insights(minutes: i64, failing: &[(i64, u64, &str)]) -> (Tallies, Vec<Insight>) {
    let tallies = tallies(minutes, failing);
    let now = (FIRST + minutes) as f64 * MINUTE;
    let insights = Insight::all(&tallies, now);
    (tallies, insights)
}

#[test]
fn a_service_that_fails_now_and_then_is_no_news() {
    let now_and_then: Vec<_> = (0..60)
        .step_by(10)
        .map(|minute| (minute, 1, "table"))
        .collect();
    assert_eq!(insights(60, &now_and_then).1, []);
    assert_eq!(
        insights(60, &[(30, 2, "table")]).1,
        [],
        "two of ten may be an accident"
    );
}

#[test]
fn the_service_whose_own_fault_it_is_has_the_insight() {
    let failing = [(40, 8, "table"), (41, 9, "table"), (44, 7, "table")];
    let (tallies, insights) = insights(48, &failing);
    let [insight] = insights.as_slice() else {
        panic!("{insights:?}");
    };
    assert_eq!(
        (insight.service.name.as_str(), insight.service.kind.as_str()),
        ("table", "AWS::DynamoDB::Table")
    );
    assert_eq!(insight.minutes, FIRST + 40..FIRST + 45);
    assert_eq!(
        insight.state,
        InsightState::Active,
        "only three minutes are over"
    );
    let anomalous: Vec<_> = insight
        .anomalies
        .iter()
        .map(|anomaly| (anomaly.minute - FIRST, anomaly.counts.faults))
        .collect();
    assert_eq!(anomalous, [(40, 8), (41, 9), (44, 7)]);

    let effect = insight.effect(&tallies, insight.minutes.end - 1);
    let impact = |fault_count, total_count| Impact {
        fault_count,
        ok_count: total_count - fault_count,
        total_count,
    };
    assert_eq!(
        (effect.clients, effect.service),
        (impact(24, 50), impact(24, 50))
    );
    let names: Vec<_> = effect
        .anomalous
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    assert_eq!(names, ["front", "orders", "table"]);
    let first = insight.effect(&tallies, insight.minutes.start);
    assert_eq!(first.service, impact(8, 10));
    assert_eq!(
        insight.summary_of(&insight.anomalies[0]),
        "8 of 10 requests to table (AWS::DynamoDB::Table) failed by its own fault. At most 1 were expected."
    );
    assert!(
        insight.summary().starts_with("24 of 30 requests to table"),
        "{}",
        insight.summary()
    );
}

#[test]
fn calm_ends_an_insight_and_another_one_follows() {
    let (_, insights) = insights(
        40,
        &[(10, 10, "table"), (16, 10, "front"), (30, 10, "front")],
    );
    let told: Vec<_> = insights
        .iter()
        .map(|insight| {
            (
                insight.service.name.as_str(),
                insight.minutes.start - FIRST,
                insight.state,
            )
        })
        .collect();
    use InsightState::Closed;
    assert_eq!(
        told,
        [
            ("front", 30, Closed),
            ("front", 16, Closed),
            ("table", 10, Closed)
        ]
    );
}

#[test]
fn what_goes_on_failing_is_expected_in_the_end() {
    let failing: Vec<_> = (60..240).map(|minute| (minute, 5, "table")).collect();
    let (_, insights) = insights(240, &failing);
    let [insight] = insights.as_slice() else {
        panic!("{insights:?}");
    };
    assert_eq!(insight.minutes.start, FIRST + 60);
    assert!(
        (70..130).contains(&(insight.minutes.end - FIRST)),
        "{insight:?}"
    );
    assert_eq!(insight.state, InsightState::Closed);
}

#[test]
fn an_id_is_a_uuid_that_finds_its_insight() {
    let (_, insights) = insights(40, &[(10, 10, "table"), (30, 10, "table")]);
    let id = |insight: &Insight, group| InsightId::new(&insight.id(group)).expect("a UUID");
    let [second, first] = insights.as_slice() else {
        panic!("{insights:?}");
    };
    assert_eq!(i64::from(minute(&id(first, "a"))), FIRST + 10);
    assert!(first.has_id("a", &id(first, "a")));
    assert!(!first.has_id("b", &id(first, "a")));
    assert!(!first.has_id("a", &id(second, "a")));
    for text in [
        "",
        "x",
        "01ab3f00-0000-4000-8000-00000000000",
        "01ab3f00-0000-6000-8000-000000000000",
        "01ab3f00-0000-4000-c000-000000000000",
        "01ab3f00-0000-4000-8000-00000000000g",
    ] {
        assert!(InsightId::new(text).is_none(), "{text}");
    }
}
