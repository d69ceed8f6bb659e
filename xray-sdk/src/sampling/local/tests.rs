use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sampling::Pattern;

fn no_die() -> f64 {
    panic!("no die is needed")
}

fn manual(rules: LocalRules) -> (LocalRules, Clock) {
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    (rules.clock(clock.clone()), clock)
}

fn request<'a>(method: &'a str, path: &'a str) -> SamplingRequest<'a> {
    SamplingRequest {
        host: Some("shop.example.com"),
        method: Some(method),
        path: Some(path),
        ..SamplingRequest::default()
    }
}

#[test]
fn the_first_of_each_second_are_sampled_and_then_a_share() {
    let (rules, clock) = manual(LocalRules::new(2, 0.05));
    let any = SamplingRequest::default();
    for _ in 0..3 {
        let now = clock.now();
        assert!(rules.decide_at(&any, now, no_die).is_sampled());
        assert!(rules.decide_at(&any, now, no_die).is_sampled());
        assert!(rules.decide_at(&any, now, || 0.049_9).is_sampled());
        assert!(!rules.decide_at(&any, now, || 0.05).is_sampled());
        clock.advance(Duration::from_secs(1));
    }
}

#[test]
fn the_default_is_one_a_second_and_5_percent() {
    let (rules, clock) = manual(LocalRules::default());
    let any = SamplingRequest::default();
    let first = rules.decide_at(&any, clock.now(), no_die);
    assert_eq!(
        first.to_string(),
        "sampled: one of those that local rule \"default\" takes each second"
    );
    let second = rules.decide_at(&any, clock.now(), || 0.5);
    assert_eq!(
        second.to_string(),
        "not sampled: not among the 5 % that local rule \"default\" takes of the others"
    );
}

#[test]
fn the_first_rule_that_matches_decides() {
    let (rules, clock) = manual(
        LocalRules::new(1, 0.05)
            .rule(LocalRule::new(0, 0.0).path("/health"))
            .rule(LocalRule::new(5, 0.5).method("post").path("/orders/*"))
            .rule(LocalRule::new(0, 1.0).host("*.example.com").path("/o*")),
    );
    let name = |method, path| {
        let decision = rules.decide_at(&request(method, path), clock.now(), || 0.9);
        decision.rule().expect("a rule decides").to_owned()
    };
    assert_eq!(name("GET", "/health"), "* * /health");
    assert_eq!(name("POST", "/orders/7"), "post * /orders/*");
    assert_eq!(name("GET", "/orders/7"), "* *.example.com /o*");
    assert_eq!(name("GET", "/"), "default");
}

#[test]
fn each_rule_has_its_own_fixed_number() {
    let (rules, clock) = manual(
        LocalRules::new(1, 0.0)
            .rule(LocalRule::new(1, 0.0).path("/a"))
            .rule(LocalRule::new(1, 0.0).path("/b")),
    );
    for path in ["/a", "/b", "/c"] {
        let request = request("GET", path);
        let decide = || rules.decide_at(&request, clock.now(), || 0.0).is_sampled();
        assert!(decide(), "{path}");
        assert!(!decide(), "{path}");
    }
}

#[test]
fn an_explanation_uses_nothing_up() {
    let (rules, clock) = manual(LocalRules::new(1, 0.0));
    let any = SamplingRequest::default();
    for _ in 0..3 {
        let explained = rules.explain_at(&any, clock.now(), no_die);
        assert_eq!(explained.reason(), Reason::Reservoir);
    }
    assert!(rules.decide_at(&any, clock.now(), no_die).is_sampled());
    let explained = rules.explain_at(&any, clock.now(), || 0.0);
    assert_eq!(explained.reason(), Reason::Rate(0.0));
    assert!(!explained.is_sampled());
}

/// A rules file of version 2 with one rule, of which `change` makes something else.
fn file(change: impl FnOnce(&mut Value)) -> String {
    let mut file = json!({
        "version": 2,
        "rules": [{
            "description": "orders", "host": "*.example.com", "http_method": "POST", "url_path": "/orders/*",
            "fixed_target": 0, "rate": 0.25,
        }],
        "default": {"fixed_target": 3, "rate": 1},
    });
    change(&mut file);
    serde_json::to_string_pretty(&file).expect("JSON")
}

/// What is wrong with a rules file, from the path within it on.
fn wrong(change: impl FnOnce(&mut Value)) -> String {
    let error = LocalRules::parse(&file(change)).expect_err("no rules file");
    assert!(error.is_invalid(), "{error}");
    let text = error.to_string();
    let (_, problem) = text.split_once(": ").expect("a place and a problem");
    problem.to_owned()
}

#[test]
fn a_file_of_version_2_is_read() {
    let (rules, clock) = manual(LocalRules::parse(&file(|_| ())).expect("a rules file"));
    let order = rules.decide_at(&request("POST", "/orders/7"), clock.now(), || 0.3);
    assert_eq!(order.rule(), Some("orders"));
    assert_eq!(order.reason(), Reason::Rate(0.25));
    let other = rules.decide_at(&request("GET", "/orders/7"), clock.now(), no_die);
    assert_eq!(other.rule(), Some("default"));
}

#[test]
fn a_file_of_version_1_calls_the_host_service_name() {
    let text = file(|file| {
        file["version"] = json!(1);
        let host = file["rules"][0]["host"].take();
        let rule = file["rules"][0].as_object_mut().expect("a rule");
        rule.remove("host");
        rule.insert("service_name".into(), host);
    });
    let rules = LocalRules::parse(&text).expect("a rules file");
    assert_eq!(
        rules.explain(&request("POST", "/orders/7")).rule(),
        Some("orders")
    );
    let elsewhere = SamplingRequest {
        service: "shop.example.com",
        host: Some("other"),
        ..request("POST", "/orders/7")
    };
    assert_eq!(rules.explain(&elsewhere).rule(), Some("default"));
}

#[test]
fn rules_may_be_left_out_and_a_byte_order_mark_may_be_there() {
    let text = "\u{feff}{\"default\": {\"rate\": 0, \"fixed_target\": 0}, \"version\": 1}";
    let rules = LocalRules::parse(text).expect("a rules file");
    assert!(!rules.decide(&SamplingRequest::default()).is_sampled());
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_was_expected() {
    let text = "{\n  \"version\": 2,\n  \"default\": {\"fixed_target\": 1, \"rate\": 1.5}\n}";
    assert_eq!(
        LocalRules::parse(text)
            .expect_err("a rate over 1")
            .to_string(),
        "sampling rules:3:42: default.rate is 1.5: expected a number from 0 to 1"
    );
    let text = "{\n  \"version\": 2,\n  \"défaut\": {}}";
    assert_eq!(
        LocalRules::parse(text)
            .expect_err("an unknown key")
            .to_string(),
        "sampling rules:3:4: défaut is no known key: expected version, default, rules"
    );
    let text = "{\"version\": 2,\n  \"default\": }";
    let error = LocalRules::parse(text).expect_err("no JSON").to_string();
    assert_eq!(error, "sampling rules:2:14: expected value");
}

#[test]
fn nothing_is_missing_unknown_or_there_twice() {
    let keys = |wrong: &str| {
        wrong
            .split(" expected")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    for (expected, change) in [
        (
            "the whole has no \"version\", which is required",
            Box::new(|file: &mut Value| drop(remove(file, "version")))
                as Box<dyn FnOnce(&mut Value)>,
        ),
        (
            "the whole has no \"default\", which is required",
            Box::new(|file: &mut Value| drop(remove(file, "default"))),
        ),
        (
            "default has no \"rate\", which is required",
            Box::new(|file: &mut Value| drop(remove(&mut file["default"], "rate"))),
        ),
        (
            "rules[0] has no \"http_method\", which is required",
            Box::new(|file: &mut Value| drop(remove(&mut file["rules"][0], "http_method"))),
        ),
        (
            "rules[0].service_name is no known key:",
            Box::new(|file: &mut Value| file["rules"][0]["service_name"] = json!("*")),
        ),
        (
            "default.url_path is no known key:",
            Box::new(|file: &mut Value| file["default"]["url_path"] = json!("*")),
        ),
    ] {
        assert_eq!(keys(&wrong(change)), expected);
    }
    let twice = file(|_| ()).replacen("\"rate\": 0.25", "\"rate\": 0.25, \"rate\": 0.5", 1);
    let error = LocalRules::parse(&twice).expect_err("a key twice");
    assert!(
        error
            .to_string()
            .ends_with("rules[0].rate is there twice: expected once"),
        "{error}"
    );
}

fn remove(object: &mut Value, key: &str) -> Option<Value> {
    object.as_object_mut().expect("an object").remove(key)
}

#[test]
fn no_value_is_beyond_its_bounds() {
    for (pointer, value, expected) in [
        ("/version", json!(3), "version is 3: expected 1 or 2"),
        ("/version", json!("2"), "version is \"2\": expected 1 or 2"),
        ("/rules", json!({}), "rules is {}: expected an array"),
        ("/rules/0", json!(7), "rules[0] is 7: expected an object"),
        (
            "/rules/0/rate",
            json!(-0.1),
            "rules[0].rate is -0.1: expected a number from 0 to 1",
        ),
        (
            "/rules/0/rate",
            json!("0.1"),
            "rules[0].rate is \"0.1\": expected a number from 0 to 1",
        ),
        (
            "/default/fixed_target",
            json!(-1),
            "default.fixed_target is -1: expected a whole number from 0 to 4294967295",
        ),
        (
            "/default/fixed_target",
            json!(1.5),
            "default.fixed_target is 1.5: expected a whole number from 0 to 4294967295",
        ),
        (
            "/rules/0/url_path",
            json!(""),
            "rules[0].url_path is \"\": expected text that is not empty",
        ),
        (
            "/rules/0/host",
            json!(null),
            "rules[0].host is null: expected text that is not empty",
        ),
    ] {
        let change = |file: &mut Value| *file.pointer_mut(pointer).expect("there") = value;
        assert_eq!(wrong(change), expected);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let path = std::env::temp_dir()
        .join("no such folder")
        .join("rules.json");
    let error = LocalRules::read(&path).expect_err("no file");
    assert!(error.is_system(), "{error}");
    assert!(
        error.to_string().contains(&path.display().to_string()),
        "{error}"
    );
}

#[test]
fn an_error_of_syntax_is_shown_at_its_character() {
    for (text, told) in [
        (
            "",
            "sampling rules:1:1: the whole is empty: expected an object",
        ),
        (
            " \n",
            "sampling rules:2:1: the whole is empty: expected an object",
        ),
        ("{\n  \"grün\": x}", "sampling rules:2:11: expected value"),
    ] {
        let error = LocalRules::parse(text).expect_err("no rules");
        assert_eq!(error.to_string(), told, "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = LocalRules::parse(&text);
    }

    /// Files that are nearly right: one byte is something else.
    #[test]
    fn any_damage_is_read_or_refused_with_a_place_inside(place in 0usize..400, byte in prop::char::range(' ', '~')) {
        let mut text: Vec<char> = file(|_| ()).chars().collect();
        let place = place % text.len();
        text[place] = byte;
        let text: String = text.into_iter().collect();
        if let Err(error) = LocalRules::parse(&text) {
            let told = error.to_string();
            let mut parts = told.split(':').skip(1);
            let line: usize = parts.next().and_then(|part| part.parse().ok()).expect("a line");
            let column: usize = parts.next().and_then(|part| part.parse().ok()).expect("a column");
            let lines: Vec<_> = text.lines().collect();
            prop_assert!((1..=lines.len()).contains(&line), "{}", told);
            prop_assert!(column <= lines[line - 1].chars().count() + 1, "{}", told);
        }
    }

    /// Rates of so few digits that they are the same after they were written and read.
    #[test]
    fn what_a_file_says_is_what_is_decided_by(target in 0u32..50, rate in (0u32..=1_000).prop_map(|thousandths| f64::from(thousandths) / 1_000.0), host in "[a-z*?.]{1,12}", path in "/[a-z*?/]{0,12}") {
        let text = file(|file| {
            file["rules"][0]["host"] = json!(host);
            file["rules"][0]["url_path"] = json!(path);
            file["rules"][0]["fixed_target"] = json!(target);
            file["rules"][0]["rate"] = json!(rate);
        });
        let (rules, clock) = manual(LocalRules::parse(&text).expect("a rules file"));
        let asked = request("POST", "/orders/7");
        let is_for_it = Pattern::new(host).matches("shop.example.com") && Pattern::new(path).matches("/orders/7");
        let decisions: Vec<_> = (0..60).map(|_| rules.decide_at(&asked, clock.now(), || rate)).collect();
        let expected = if is_for_it { "orders" } else { "default" };
        prop_assert!(decisions.iter().all(|decision| decision.rule() == Some(expected)));
        let taken = decisions.iter().filter(|decision| decision.reason() == Reason::Reservoir).count();
        prop_assert_eq!(taken as u32, if is_for_it { target } else { 3 });
        if is_for_it && rate < 1.0 {
            prop_assert_eq!(decisions.iter().filter(|decision| decision.is_sampled()).count() as u32, target);
        }
    }
}
