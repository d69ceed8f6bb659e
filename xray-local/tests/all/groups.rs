//! Groups and tags over the API, and what they change about other answers.

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, options, post, server, with};
use crate::folder::Folder;
use crate::sampling_rules::{create, rule};
use crate::shop::small;

/// Makes a group and answers what the server tells of it.
fn make(server: &Server, name: &str, filter: &str) -> Value {
    let input = json!({"GroupName": name, "FilterExpression": filter});
    call(server, "/CreateGroup", &input)["Group"].clone()
}

fn names(server: &Server) -> Vec<String> {
    let answer = call(server, "/Groups", &json!({}));
    assert!(
        answer.get("NextToken").is_none(),
        "the only page is the last"
    );
    let groups = answer["Groups"].as_array().expect("a list");
    let name = |group: &Value| group["GroupName"].as_str().expect("a text").to_owned();
    groups.iter().map(name).collect()
}

fn tags(server: &Server, arn: &Value) -> Value {
    call(server, "/ListTagsForResource", &json!({"ResourceARN": arn}))["Tags"].clone()
}

/// A trace of one segment of this name, at this second.
fn trace(server: &Server, number: u32, name: &str) {
    let mut document = small(number);
    document["name"] = json!(name);
    assert!(server.store().insert(&document.to_string()).is_empty());
}

#[test]
fn a_group_is_made_changed_and_taken_away() {
    let server = server();
    assert_eq!(names(&server), ["Default"]);
    let made = make(&server, "slow", "responsetime > 5");
    assert_eq!(made["FilterExpression"], "responsetime > 5");
    assert_eq!(
        made["InsightsConfiguration"],
        json!({"InsightsEnabled": false, "NotificationsEnabled": false})
    );
    let by_arn = call(&server, "/GetGroup", &json!({"GroupARN": made["GroupARN"]}));
    assert_eq!(by_arn["Group"], made);
    let change = json!({"GroupName": "slow", "FilterExpression": "fault", "InsightsConfiguration": {"InsightsEnabled": true}});
    let changed = call(&server, "/UpdateGroup", &change);
    assert_eq!(changed["Group"]["FilterExpression"], "fault");
    assert_eq!(
        changed["Group"]["InsightsConfiguration"]["InsightsEnabled"],
        true
    );
    assert_eq!(names(&server), ["Default", "slow"]);
    assert_eq!(
        call(&server, "/DeleteGroup", &json!({"GroupName": "slow"})),
        json!({})
    );
    assert_eq!(names(&server), ["Default"]);
}

#[test]
fn what_makes_no_group_is_refused() {
    let server = server();
    make(&server, "slow", "");
    for (path, input, part) in [
        ("/CreateGroup", json!({}), "GroupName is required"),
        (
            "/CreateGroup",
            json!({"GroupName": ""}),
            "GroupName: invalid value: string \"\", expected a text of 1 to 32",
        ),
        (
            "/CreateGroup",
            json!({"GroupName": "slow"}),
            "GroupName \"slow\" is taken",
        ),
        ("/CreateGroup", json!({"GroupName": "Default"}), "is taken"),
        (
            "/CreateGroup",
            json!({"GroupName": "a", "FilterExpression": "fault AND"}),
            "FilterExpression: cannot be read: column 10",
        ),
        (
            "/CreateGroup",
            json!({"GroupName": "a", "InsightsConfiguration": {"NotificationsEnabled": true}}),
            "NotificationsEnabled",
        ),
        (
            "/CreateGroup",
            json!({"GroupName": "a", "Tags": [{"Key": "aws:a", "Value": ""}]}),
            "Tags[0].Key",
        ),
        ("/GetGroup", json!({}), "GroupName or GroupARN is required"),
        (
            "/GetGroup",
            json!({"GroupName": "Slow"}),
            "there is no group \"Slow\"",
        ),
        (
            "/GetGroup",
            json!({"GroupARN": "x"}),
            "there is no group with the ARN \"x\"",
        ),
        (
            "/Groups",
            json!({"NextToken": "x"}),
            "NextToken \"x\" is not valid",
        ),
        (
            "/UpdateGroup",
            json!({"GroupName": "nobody"}),
            "there is no group",
        ),
        (
            "/UpdateGroup",
            json!({"GroupName": "Default", "FilterExpression": "ok"}),
            "the default group",
        ),
        (
            "/DeleteGroup",
            json!({"GroupName": "Default"}),
            "the default group cannot be deleted",
        ),
        (
            "/DeleteGroup",
            json!({}),
            "GroupName or GroupARN is required",
        ),
        (
            "/ServiceGraph",
            json!({"StartTime": 0, "EndTime": 1, "GroupName": "nobody"}),
            "there is no group",
        ),
        (
            "/TimeSeriesServiceStatistics",
            json!({"StartTime": 0, "EndTime": 1, "GroupName": "nobody"}),
            "there is no group",
        ),
    ] {
        assert_refused(
            &post(&server, path, &input),
            400,
            "InvalidRequestException",
            part,
        );
    }
    assert_eq!(names(&server), ["Default", "slow"]);
}

#[test]
fn graphs_series_and_filters_know_groups() {
    let server = server();
    trace(&server, 1, "shop");
    trace(&server, 2, "shop");
    trace(&server, 3, "bank");
    let shops = make(&server, "shops", "service(\"shop\")");
    let range = |more: Value| with(json!({"StartTime": 0, "EndTime": 100}), more);
    let services = |more: Value| {
        let answer = call(&server, "/ServiceGraph", &range(more));
        assert_eq!(answer["ContainsOldGroupVersions"], false);
        answer["Services"].as_array().expect("a list").len()
    };
    assert_eq!(services(json!({})), 4, "two services and their clients");
    assert_eq!(services(json!({"GroupName": "Default"})), 4);
    assert_eq!(services(json!({"GroupName": "shops"})), 2);
    assert_eq!(services(json!({"GroupARN": shops["GroupARN"]})), 2);

    let series = call(
        &server,
        "/TimeSeriesServiceStatistics",
        &range(json!({"GroupName": "shops"})),
    );
    let windows = series["TimeSeriesServiceStatistics"]
        .as_array()
        .expect("a list");
    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0]["EdgeSummaryStatistics"]["TotalCount"], 2);

    let count = |filter: &str| {
        let answer = call(
            &server,
            "/TraceSummaries",
            &range(json!({"FilterExpression": filter})),
        );
        answer["TraceSummaries"].as_array().expect("a list").len()
    };
    assert_eq!(count("group.name = \"shops\""), 2);
    assert_eq!(count("group.name != \"shops\""), 1);
    assert_eq!(count("group.name = \"Default\""), 3);
    assert_eq!(count("group.name = \"nobody\""), 0);
    let arn = shops["GroupARN"].as_str().expect("a text");
    assert_eq!(count(&format!("group.arn = \"{arn}\"")), 2);

    call(
        &server,
        "/UpdateGroup",
        &json!({"GroupName": "shops", "FilterExpression": "service(\"bank\")"}),
    );
    assert_eq!(
        count("group.name = \"shops\""),
        1,
        "a new filter holds of old traces too"
    );
}

#[test]
fn groups_and_rules_have_tags() {
    let server = server();
    create(&server, &rule("slow-rule"));
    let rule_arn = json!("arn:aws:xray:us-east-1:000000000000:sampling-rule/slow-rule");
    let input = json!({"GroupName": "slow", "Tags": [{"Key": "stage", "Value": "test"}]});
    let group = call(&server, "/CreateGroup", &input)["Group"]["GroupARN"].clone();
    assert_eq!(
        tags(&server, &group),
        json!([{"Key": "stage", "Value": "test"}])
    );
    assert_eq!(tags(&server, &rule_arn), json!([]));
    for arn in [&group, &rule_arn] {
        let put = json!({"ResourceARN": arn, "Tags": [{"Key": "stage", "Value": "live"}, {"Key": "owner", "Value": ""}]});
        assert_eq!(call(&server, "/TagResource", &put), json!({}));
        assert_eq!(
            tags(&server, arn),
            json!([{"Key": "owner", "Value": ""}, {"Key": "stage", "Value": "live"}])
        );
        let take = json!({"ResourceARN": arn, "TagKeys": ["stage", "nothing"]});
        assert_eq!(call(&server, "/UntagResource", &take), json!({}));
        assert_eq!(tags(&server, arn), json!([{"Key": "owner", "Value": ""}]));
    }
    call(
        &server,
        "/DeleteSamplingRule",
        &json!({"RuleName": "slow-rule"}),
    );
    create(&server, &rule("slow-rule"));
    assert_eq!(
        tags(&server, &rule_arn),
        json!([]),
        "tags go with what has them"
    );
}

#[test]
fn what_cannot_be_tagged_is_told() {
    let server = server();
    let arn = |resource: &str| format!("arn:aws:xray:us-east-1:000000000000:{resource}");
    for path in ["/TagResource", "/UntagResource", "/ListTagsForResource"] {
        let input = |arn: String| json!({"ResourceARN": arn, "Tags": [], "TagKeys": []});
        for missing in [arn("group/nobody/X"), arn("sampling-rule/nobody")] {
            let answer = post(&server, path, &input(missing.clone()));
            assert_refused(&answer, 404, "ResourceNotFoundException", &missing);
            assert_eq!(answer.json()["ResourceName"], missing);
        }
        let answer = post(&server, path, &input("x".to_owned()));
        assert_refused(
            &answer,
            400,
            "InvalidRequestException",
            "expected the ARN of a group",
        );
        assert_eq!(
            post(&server, path, &input(arn("group/Default"))).status,
            200
        );
    }
    let many: Vec<_> = (0..51)
        .map(|key| json!({"Key": format!("key-{key}"), "Value": ""}))
        .collect();
    let answer = post(
        &server,
        "/TagResource",
        &json!({"ResourceARN": arn("group/Default"), "Tags": many}),
    );
    assert_refused(&answer, 400, "TooManyTagsException", "would have 51 tags");
    assert_eq!(answer.json()["ResourceName"], arn("group/Default"));
    let answer = post(
        &server,
        "/CreateGroup",
        &json!({"GroupName": "a", "Tags": many}),
    );
    assert_refused(
        &answer,
        400,
        "InvalidRequestException",
        "would have 51 tags",
    );
}

#[test]
fn groups_and_tags_are_there_again_after_a_restart() {
    let folder = Folder::new();
    let start = || Server::start(options().rules(folder.file())).expect("a free port");
    let (group, all) = {
        let server = start();
        make(&server, "gone", "ok");
        call(&server, "/DeleteGroup", &json!({"GroupName": "gone"}));
        let group = make(&server, "slow", "responsetime > 5");
        let put = json!({"ResourceARN": group["GroupARN"], "Tags": [{"Key": "a", "Value": "b"}]});
        call(&server, "/TagResource", &put);
        (group, call(&server, "/Groups", &json!({})))
    };
    let server = start();
    assert_eq!(call(&server, "/Groups", &json!({})), all);
    assert_eq!(
        tags(&server, &group["GroupARN"]),
        json!([{"Key": "a", "Value": "b"}])
    );
}
