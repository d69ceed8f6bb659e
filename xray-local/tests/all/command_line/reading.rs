//! What reads: traces, map, tail, sampling, groups, health.

use serde_json::json;

use super::*;

#[test]
fn traces_are_listed_by_filter_the_newest_first() {
    let server = server_with(&[1, 2]);
    let told = ask(&server, &["traces", "ls"]).ok();
    let lines: Vec<_> = told.data.lines().collect();
    assert!(lines[0].starts_with("TRACE"), "{}", told.data);
    assert_eq!(lines.len(), 3, "{}", told.data);
    let told = ask(&server, &["traces", "ls", "fault", "--json"])
        .ok()
        .json();
    assert_eq!(told["traces"].as_array().expect("a list").len(), 1);
    assert_eq!(told["traces"][0]["id"], id(1));
    assert_eq!(told["traces"][0]["outcome"], "fault");
    let one = ask(&server, &["traces", "ls", "-n", "1", "--json"])
        .ok()
        .json();
    assert_eq!(one["traces"].as_array().expect("a list").len(), 1);
    let none = ask(&server, &["traces", "ls", "--since", "1s", "--json"])
        .ok()
        .json();
    assert_eq!(none["traces"], json!([]), "they began years ago");
}

#[test]
fn a_filter_that_is_none_is_told_with_a_mark_under_the_character() {
    let told = ask(&server(), &["traces", "ls", "responsetime > fast"]);
    told.refused(2, "  responsetime > fast\n                 ^\n");
    assert!(told.talk.contains("expected a number"), "{}", told.talk);
    let wide = ask(&server(), &["traces", "ls", "user = 中文 ] 1"]);
    wide.refused(2, "  user = 中文 ] 1\n              ^\n");
    ask(&server(), &["tail", "-f", "fault AND"]).refused(2, "column 10");
    ask(&server(), &["assert", "nonsense ="]).refused(2, "Filters look like");
    ask(&server(), &["export", "("]).refused(2, "column");
}

#[test]
fn a_trace_is_drawn_by_either_form_of_its_id() {
    let server = server_with(&[1]);
    let drawn = ask(&server, &["traces", "get", &id(1)]).ok().data;
    assert!(
        drawn.starts_with(&format!("trace {}  500 ms  GET /checkout  503\n", id(1))),
        "{drawn}"
    );
    assert!(drawn.contains("  orders (remote) "), "{drawn}");
    let w3c = id(1)[2..].replace('-', "");
    assert_eq!(ask(&server, &["traces", "get", &w3c]).ok().data, drawn);
    let told = ask(&server, &["traces", "get", &id(1), "--json"])
        .ok()
        .json();
    let documents = told["traces"][0]["documents"].as_array().expect("a list");
    assert_eq!(documents.len(), 1, "what X-Ray infers is not what was sent");
    assert_eq!(documents[0]["subsegments"][1]["name"], "orders");
    let web = ask(&server, &["traces", "get", &id(1), "--web"]).ok().data;
    assert_eq!(web, format!("{}/#/trace/{}\n", server.url(), id(1)));
}

#[test]
fn a_trace_that_is_not_there_is_told_beside_those_that_are() {
    let told = ask(&server_with(&[1]), &["traces", "get", &id(1), &id(9)]);
    told.refused(4, &id(9));
    assert!(told.data.contains(&id(1)), "{}", told.data);
    ask(&server(), &["traces", "get", "nonsense"]).refused(2, "nonsense");
}

#[test]
fn two_traces_are_compared() {
    let server = server_with(&[1]);
    let mut other = document(2);
    other["subsegments"][0]["end_time"] = json!(1_478_293_361.3);
    other["subsegments"][1]["name"] = json!("stock");
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [other.to_string()]}),
    );
    let told = ask(&server, &["traces", "diff", &id(1), &id(2)]).ok().data;
    assert!(
        told.contains("100 ms  200 ms  +100 ms  ok          · price"),
        "{told}"
    );
    assert!(told.contains("fault / -   · orders"), "{told}");
    assert!(told.contains("- / ok      · stock"), "{told}");
    let rows = ask(&server, &["traces", "diff", "--json", &id(1), &id(2)])
        .ok()
        .json();
    assert_eq!(rows["rows"].as_array().expect("a list").len(), 4);
    ask(&server, &["traces", "diff", &id(1), &id(7)]).refused(4, &id(7));
}

#[test]
fn the_map_is_text_or_a_picture() {
    let server = server_with(&[1, 2]);
    let text = ask(&server, &["map"]).ok().data;
    assert!(text.starts_with("client -> front -> orders\n"), "{text}");
    assert!(
        text.contains("front                   2   1      0         0      1  500 ms"),
        "{text}"
    );
    let svg = ask(&server, &["map", "--svg"]).ok().data;
    assert!(
        svg.starts_with("<svg ") && svg.contains("<title>orders</title>"),
        "{svg}"
    );
    let dot = ask(&server, &["map", "--dot", "--trace", &id(2)]).ok().data;
    assert!(dot.contains("label=\"front\\n1 ok, 500 ms\""), "{dot}");
    let json = ask(&server, &["map", "--json"]).ok().json();
    assert_eq!(json["services"].as_array().expect("a list").len(), 3);
    ask(&server, &["map", "--svg", "--json"]).refused(2, "cannot be used with");
    ask(&server, &["map", "--group", "nobody"]).refused(4, "has no group \"nobody\"");
}

#[test]
fn a_map_of_traces_that_are_not_there_is_told_beside_that_of_those_that_are() {
    let server = server_with(&[2]);
    let told = ask(&server, &["map", "--trace", &id(2), "--trace", &id(9)]);
    told.refused(4, &format!("does not have {}", id(9)));
    assert!(
        told.data.starts_with("client -> front -> orders\n"),
        "{}",
        told.data
    );
    let none = ask(&server, &["map", "--json", "--trace", &id(9)]);
    none.refused(4, &id(9));
    assert_eq!(none.data, "");
}

#[test]
fn how_traces_are_found_is_told() {
    let server = server_with(&[1, 2, 3]);
    let told = ask(
        &server,
        &["traces", "explain", "fault AND http.status = 503"],
    )
    .ok();
    for part in [
        "filter      fault AND http.status = 503\n",
        "index       3 traces in 1 block (",
        "looked up fault: 2 traces in 1 block\n",
        "read        nothing: the index was enough",
        "found       2 traces",
    ] {
        assert!(told.data.contains(part), "{}", told.data);
    }
    let all = ask(&server, &["traces", "explain", "--json"]).ok().json();
    assert_eq!((&all["filter"], &all["found"]), (&json!(""), &json!(3)));
    let none = ask(&server, &["traces", "explain", "--since", "1s", "--json"]);
    assert_eq!(none.ok().json()["found"], 0);
    ask(&server, &["traces", "explain", "fault AND"]).refused(2, "column 10");
}

#[test]
fn what_a_clock_ahead_says_is_listed_and_told() {
    let server = server();
    let mut ahead = document(1);
    (ahead["start_time"], ahead["end_time"]) = (json!(4_000_000_000.0), json!(4_000_100_000.0));
    ahead["subsegments"] = json!([]);
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [ahead.to_string()]}),
    );
    for arguments in [&["traces", "ls"][..], &["traces", "ls", "--since", "1h"]] {
        let told = ask(&server, arguments).ok().data;
        let line = told.lines().nth(1).expect(&told);
        assert!(
            line.contains("  in ") && line.contains(" d  27.8 h  fault"),
            "{told}"
        );
    }
    assert!(
        ask(&server, &["traces", "get", &id(1)])
            .ok()
            .data
            .contains("  27.8 h  ")
    );
}

#[test]
fn an_empty_store_is_no_error_and_says_so() {
    let server = server();
    for arguments in [&["traces", "ls"][..], &["map"]] {
        let told = ask(&server, arguments).ok();
        assert_eq!(told.data, "");
        assert!(told.talk.contains("xray-local health"), "{}", told.talk);
    }
    assert_eq!(
        ask(&server, &["traces", "ls", "--json"]).ok().json()["traces"],
        json!([])
    );
    assert_eq!(
        ask(&server, &["map", "--json"]).ok().json()["services"],
        json!([])
    );
    assert_eq!(ask(&server, &["export"]).ok().data, "");
    assert!(
        ask(&server, &["health"])
            .ok()
            .data
            .contains("keeps    0 traces")
    );
}

#[test]
fn sampling_is_listed_and_explained() {
    let server = server();
    let rule = json!({"SamplingRule": {"RuleName": "health", "Priority": 10, "FixedRate": 0.0, "ReservoirSize": 0,
        "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "GET", "URLPath": "/health", "ResourceARN": "*", "Version": 1}});
    call(&server, "/CreateSamplingRule", &rule);
    let rules = ask(&server, &["sampling", "rules", "--json"]).ok().json();
    assert_eq!(rules["rules"][0]["name"], "health");
    assert_eq!(rules["rules"][1]["name"], "Default");
    assert!(
        ask(&server, &["sampling", "rules"])
            .ok()
            .data
            .contains("5 %")
    );
    let explain = |path| {
        ask(
            &server,
            &["sampling", "explain", "--method", "get", "--path", path],
        )
        .ok()
        .data
    };
    assert!(
        explain("/health").contains("health decides"),
        "{}",
        explain("/health")
    );
    let other = explain("/orders");
    assert!(
        other.contains("health  no: URLPath /orders is not /health"),
        "{other}"
    );
    assert!(other.contains("Default decides"), "{other}");
    ask(&server, &["sampling", "explain", "--attribute", "gold"]).refused(2, "tier=gold");
}

#[test]
fn groups_are_made_listed_used_and_taken_away() {
    let server = server_with(&[1, 2]);
    ask(
        &server,
        &["groups", "create", "failed", "fault", "--insights"],
    )
    .ok();
    let told = ask(&server, &["groups", "ls", "--json"]).ok().json();
    assert_eq!(told["groups"][1]["name"], "failed");
    assert_eq!(told["groups"][1]["insights"]["enabled"], true);
    let found = ask(
        &server,
        &["traces", "ls", "group.name = \"failed\"", "--json"],
    )
    .ok()
    .json();
    assert_eq!(found["traces"].as_array().expect("a list").len(), 1);
    ask(&server, &["groups", "create", "failed", "fault"]).refused(1, "failed");
    ask(&server, &["groups", "rm", "failed"]).ok();
    ask(&server, &["groups", "rm", "failed"]).refused(4, "has no group \"failed\"");
    ask(&server, &["groups", "rm", "Default"]).refused(1, "the default group cannot be deleted");
    assert_eq!(ask(&server, &["groups", "ls"]).ok().data.lines().count(), 2);
}

#[test]
fn health_tells_what_became_of_the_documents_of_each_service_and_what_to_do() {
    let server = server_with(&[1, 2]);
    let mut long = document(3);
    long["annotations"] = json!({"a b": 1});
    let documents = [
        long.to_string(),
        json!({"name": "ba\u{1b}d", "id": "1"}).to_string(),
    ];
    let input = json!({"TraceSegmentDocuments": documents});
    call(&server, "/TraceSegments", &input);
    let told = ask(&server, &["health"]).ok().data;
    let row = |name: &str| {
        let line = told.lines().find(|line| line.starts_with(name));
        let words = line.unwrap_or_else(|| panic!("{told}")).split_whitespace();
        words.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("SERVICE"), "SERVICE CAME BY LAST STORED REFUSED FOUND");
    let front = row("front");
    assert!(
        front.starts_with("front API ")
            && front.ends_with("ago 3 0 3 OldTrace, 1 InvalidAnnotationKey"),
        "{front}"
    );
    assert!(!told.contains('\u{1b}'), "{told}");
    assert!(
        told.contains("stored, X-Ray would drop InvalidAnnotationKey in 1 document\n  "),
        "{told}"
    );
    let json = ask(&server, &["health", "--json"]).ok().json();
    let services = json["services"].as_array().expect("a list");
    let front = services
        .iter()
        .find(|service| service["service"] == "front")
        .expect("is told");
    assert_eq!(
        (&front["taken"], &front["source"]),
        (&json!(3), &json!("api"))
    );
    assert_eq!(front["findings"][0]["documents"], 3);
}
