use std::borrow::Cow;

use super::account::SERVICES;
use super::*;
use crate::validate::{judge, validate};

const GOOD: &str = r#"{"name":"shop","id":"70de5b6f19ff9a0a","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":1,"end_time":2}"#;

/// Enters a text as a store does that takes all that is fit.
fn enter(ledger: &mut Ledger, text: &str, source: Source, now: f64) {
    let judged = judge(text);
    let arrival = Arrival {
        whose: judged.whose,
        text,
        is_mended: false,
        fate: match judged.verdict {
            Ok(_) => Fate::Stored,
            Err(rejection) => Fate::Refused(rejection),
        },
    };
    if let Some(page) = ledger.enter(arrival, source, now) {
        ledger.find(page, &validate(text, now));
    }
}

fn told(ledger: &Ledger) -> serde_json::Value {
    serde_json::to_value(ledger.told()).expect("can be written")
}

#[test]
fn each_service_has_an_account_for_each_way() {
    let mut ledger = Ledger::default();
    let odd = GOOD.replace(
        "\"end_time\":2",
        "\"end_time\":2,\"annotations\":{\"a b\":1,\"c d\":1}",
    );
    let endless = GOOD.replace(",\"end_time\":2", "");
    let part = GOOD.replace(
        "\"name\"",
        "\"type\":\"subsegment\",\"parent_id\":\"70de5b6f19ff9a0b\",\"name\"",
    );
    for (text, source) in [
        (GOOD, Source::Udp),
        (&odd, Source::Udp),
        (&endless, Source::Udp),
        (GOOD, Source::Api),
        (&part, Source::Api),
        ("nonsense", Source::Api),
    ] {
        enter(&mut ledger, text, source, 5.0);
    }
    let told = told(&ledger);
    let holders: Vec<_> = told
        .as_array()
        .expect("a list")
        .iter()
        .map(|told| {
            (
                &told["service"],
                &told["of"],
                &told["source"],
                &told["taken"],
            )
        })
        .collect();
    assert_eq!(
        serde_json::json!(holders),
        serde_json::json!([
            ["shop", "service", "udp", 2],
            ["shop", "service", "api", 1],
            [null, "subsegments sent by themselves", "api", 1],
            [null, "documents that name no service", "api", 0],
        ])
    );
    assert_eq!(told[0]["refused"][0]["code"], "MissingEndTime");
    // Two of the trace's time are advice; two annotations in one document are one document.
    let key = told[0]["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|tally| tally["code"] == "InvalidAnnotationKey")
        .expect("found");
    assert_eq!(
        (&key["documents"], &key["severity"]),
        (&serde_json::json!(1), &serde_json::json!("dropped"))
    );
    let refused: Vec<_> = ledger
        .refused()
        .map(|refused| (refused.service.as_deref(), refused.code))
        .collect();
    assert_eq!(
        refused,
        [(Some("shop"), "MissingEndTime"), (None, "ParseError")]
    );
}

#[test]
fn what_comes_fast_is_inspected_in_part() {
    let mut ledger = Ledger::default();
    let some = MOST_BYTES as usize / GOOD.len();
    for _ in 0..some + 500 {
        enter(&mut ledger, GOOD, Source::Udp, 5.0);
    }
    assert_eq!(told(&ledger)[0]["inspected"], some);
    let other = GOOD.replace("shop", "stock");
    for _ in 0..FIRST + 5 {
        enter(&mut ledger, &other, Source::Udp, 5.0);
    }
    assert_eq!(told(&ledger)[1]["inspected"], FIRST);
    let later = 5.0 + 20.0 * GOOD.len() as f64 / BYTES_A_SECOND;
    enter(&mut ledger, &other, Source::Udp, later);
    assert_eq!(told(&ledger)[1]["inspected"], FIRST + 1);
}

#[test]
fn no_more_accounts_are_kept_than_can_be_read() {
    let mut ledger = Ledger::default();
    for number in 0..SERVICES + 50 {
        let arrival = Arrival {
            whose: Whose::Service(Cow::Owned(format!("{}{number}", "é".repeat(1_000)))),
            text: "",
            is_mended: true,
            fate: Fate::Unwritten,
        };
        let source = [Source::Udp, Source::Program][number % 2];
        assert!(ledger.enter(arrival, source, 5.0).is_none());
    }
    // Names are told apart by their first letters only.
    assert_eq!(told(&ledger).as_array().map(Vec::len), Some(2));
    for number in 0..SERVICES + 50 {
        enter(
            &mut ledger,
            &GOOD.replace("shop", &format!("shop {number}")),
            Source::Api,
            5.0,
        );
    }
    assert_eq!(
        told(&ledger).as_array().map(Vec::len),
        Some(2 + SERVICES + 1)
    );
    let told = told(&ledger);
    let others = told
        .as_array()
        .and_then(|all| all.iter().find(|told| told["of"] == "other services"));
    assert_eq!(others.expect("some")["taken"], 50);
}
