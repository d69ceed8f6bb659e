//! Sampling rules across restarts.

use std::fs;

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, options, post, server};
use crate::folder::Folder;
use crate::sampling_rules::{create, names, rule};

#[test]
fn rules_are_there_again_after_a_restart() {
    let folder = Folder::new();
    let start = || Server::start(options().rules(folder.file())).expect("a free port");
    let before = {
        let server = start();
        assert!(
            !folder.file().exists(),
            "nothing is written before a change"
        );
        create(&server, &rule("slow"));
        create(&server, &rule("gone"));
        call(&server, "/DeleteSamplingRule", &json!({"RuleName": "gone"}));
        let change = json!({"RuleName": "Default", "FixedRate": 0.5});
        call(
            &server,
            "/UpdateSamplingRule",
            &json!({"SamplingRuleUpdate": change}),
        );
        call(&server, "/GetSamplingRules", &json!({}))
    };
    assert_eq!(call(&start(), "/GetSamplingRules", &json!({})), before);
    let kept = fs::read(folder.file()).expect("is there");
    let kept: Value = serde_json::from_slice(&kept).expect("is JSON");
    assert_eq!(kept, before, "the file has the form of the answer");
}

#[test]
fn without_a_file_nothing_is_kept() {
    create(&server(), &rule("slow"));
    assert_eq!(names(&server()), ["Default"]);
}

#[test]
fn a_file_that_holds_no_rules_is_an_error_and_stays_as_it_is() {
    let folder = Folder::new();
    fs::write(folder.file(), "{\"SamplingRuleRecords\": 7}").expect("can be written");
    let error = Server::start(options().rules(folder.file()))
        .err()
        .expect("is refused");
    assert!(error.is_kept_file(), "{error}");
    let expected = format!(
        "cannot use the sampling rules in {}: SamplingRuleRecords: invalid type: integer `7`, expected a sequence",
        folder.file().display()
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
    let left = fs::read_to_string(folder.file()).expect("is there");
    assert_eq!(left, "{\"SamplingRuleRecords\": 7}");
}

#[test]
fn a_change_that_cannot_be_kept_is_not_made() {
    let folder = Folder::new();
    let server = Server::start(options().rules(folder.file())).expect("a free port");
    create(&server, &rule("slow"));
    fs::write(folder.file(), "somebody else's").expect("can be written");
    let answer = post(&server, "/DeleteSamplingRule", &json!({"RuleName": "slow"}));
    assert_refused(
        &answer,
        500,
        "InternalFailure",
        "changed by another program",
    );
    assert_eq!(names(&server), ["slow", "Default"]);
}

#[test]
fn a_file_may_hold_more_rules_than_a_page() {
    let folder = Folder::new();
    let records: Vec<_> = (0..60)
        .map(|number| json!({"SamplingRule": rule(&format!("rule-{number:02}"))}))
        .collect();
    let contents = json!({"SamplingRuleRecords": records}).to_string();
    fs::write(folder.file(), contents).expect("can be written");
    let server = Server::start(options().rules(folder.file())).expect("a free port");
    let mut lengths = Vec::new();
    let mut input = json!({});
    loop {
        let answer = call(&server, "/GetSamplingRules", &input);
        lengths.push(
            answer["SamplingRuleRecords"]
                .as_array()
                .expect("a list")
                .len(),
        );
        let Some(token) = answer.get("NextToken") else {
            break;
        };
        input = json!({"NextToken": token});
    }
    assert_eq!(lengths, [50, 11]);
}
