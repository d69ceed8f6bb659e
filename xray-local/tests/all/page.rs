//! What the page is made of, without a browser; `tests/page` looks at it in one.

use std::net::UdpSocket;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;
use xray_local::Server;

use crate::client::{DEADLINE, assert_refused, call, options, request, server};
use crate::shop::small;

const BROWSER: &str = "accept: text/html,application/xhtml+xml,*/*;q=0.8";

fn get(server: &Server, path: &str) -> crate::client::Answer {
    request(server.address(), "GET", path, &[], "")
}

#[test]
fn browsers_get_the_page_and_others_a_few_words() {
    let server = server();
    let page = request(server.address(), "GET", "/", &[BROWSER], "");
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(get(&server, "/").body.starts_with("xray-local "));
}

#[test]
fn every_file_that_the_page_names_is_there() {
    let server = server();
    let page = request(server.address(), "GET", "/", &[BROWSER], "");
    let named = page
        .body
        .split('"')
        .filter(|text| text.starts_with("/page/"));
    let mut count = 0;
    for path in named {
        let file = get(&server, path);
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        count += 1;
    }
    assert!(count > 6, "{}", page.body);
    assert_eq!(get(&server, "/page/../Cargo.toml").status, 404);
}

#[test]
fn what_is_asked_wrongly_is_refused_as_the_api_refuses() {
    let server = server();
    let invalid = "InvalidRequestException";
    for (path, part) in [
        ("/local/map", "start"),
        ("/local/map?start=now&end=1", "start"),
        ("/local/compare?one=1", "other"),
        (
            "/local/explain?start=0&end=1&filter=fault+AND",
            "filter cannot be read: column 10",
        ),
        ("/local/tail?filter=(", "filter cannot be read: column 2"),
        ("/local/tail?lines=many", "lines"),
        ("/local/traces/%ff", "UTF-8"),
        ("/local/traces/1", "is no trace id"),
    ] {
        assert_refused(&get(&server, path), 400, invalid, part);
    }
    assert_refused(
        &get(&server, "/local/nothing"),
        404,
        "UnknownOperationException",
        "/local/nothing",
    );
}

#[test]
fn a_trace_is_drawn_in_rows() {
    let server = server();
    let input = json!({"TraceSegmentDocuments": [small(1).to_string()]});
    call(&server, "/TraceSegments", &input);
    let id = server.store().traces()[0].id();
    let trace = get(&server, &format!("/local/traces/{id}")).json();
    assert_eq!(trace["id"], id.to_string());
    assert_eq!(trace["rows"][0]["level"], 0);
    assert_eq!(trace["rows"][0]["isSegment"], true);
    assert_eq!(trace["rows"][0]["isCritical"], true);
    assert_eq!(trace["rows"][0]["id"], trace["documents"][0]["id"]);
    let nodes = trace["map"]["nodes"].as_array().expect("a list");
    assert!(nodes.iter().any(|node| node["type"] == "client"), "{trace}");

    let unknown = get(&server, "/local/traces/1-00000002-00000000000000000000000f");
    assert_eq!(unknown.json(), json!(null));
    let senseless = get(&server, "/local/traces/x");
    assert_refused(&senseless, 400, "InvalidRequestException", "no trace id");
}

#[test]
fn how_a_filter_is_answered_is_told() {
    let server = server();
    let input = json!({"TraceSegmentDocuments": [small(1).to_string()]});
    call(&server, "/TraceSegments", &input);
    let explain = |question: &str| get(&server, &format!("/local/explain?{question}"));
    let all = explain("start=0&end=9999999999").json();
    assert_eq!(
        (&all["Filter"], &all["Found"]),
        (&json!(""), &json!(1)),
        "{all}"
    );
    let none = explain("start=0&end=9999999999&filter=user%20=%20%22nobody%22").json();
    assert_eq!(none["Terms"][0]["Term"], "user = \"nobody\"", "{none}");
    let counts = ["Traces", "BlocksSearched", "TracesRead", "Found"].map(|key| &none[key]);
    assert_eq!(
        counts,
        [&json!(1), &json!(0), &json!(0), &json!(0)],
        "{none}"
    );
    let senseless = explain("start=0&end=1&filter=responsetime%20%3E");
    assert_refused(&senseless, 400, "InvalidRequestException", "column");
}

#[test]
fn a_filter_is_checked_while_it_is_typed() {
    let server = server();
    let check = |text: &str| get(&server, &format!("/local/filter?text={text}")).json();
    assert_eq!(check("")["problem"], json!(null));
    assert_eq!(check("fault")["problem"], json!(null));
    assert_eq!(check("fault%20AND")["problem"]["column"], 10);
}

#[test]
fn what_can_come_next_is_told_where_the_cursor_stands() {
    let server = server();
    let input = json!({"TraceSegmentDocuments": [small(1).to_string()]});
    call(&server, "/TraceSegments", &input);
    let name = server.store().traces()[0].segments()[0].name.clone();
    let completion = |query: &str| {
        let check = get(&server, &format!("/local/filter?{query}")).json();
        check["completion"].clone()
    };
    let services = completion("text=service(");
    let named = json!({"text": format!("{name:?}"), "kind": "service", "note": "1×"});
    let candidates = services["candidates"].as_array().expect("a list");
    assert!(candidates.contains(&named), "{services}");
    assert_eq!(services["from"], 8);
    let within = completion("text=fau%20AND%20ok&before=3");
    assert_eq!(within["candidates"][0]["text"], "fault ");
    assert_eq!(within["from"], 0);
}

#[test]
fn two_traces_are_compared_part_by_part() {
    let server = server();
    let documents = [small(1).to_string(), small(2).to_string()];
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": documents}),
    );
    let ids: Vec<_> = server
        .store()
        .traces()
        .iter()
        .map(|trace| trace.id().to_string())
        .collect();
    let path = |other: &str| format!("/local/compare?one={}&other={other}", ids[0]);
    let found = get(&server, &path(&ids[1])).json();
    assert_eq!(found["found"]["one"]["id"], ids[0]);
    let row = &found["found"]["rows"][0];
    assert_eq!(row["level"], 0);
    assert!(
        row["one"]["id"].is_string() && row["other"]["id"].is_string(),
        "{row}"
    );
    let gone = "1-00000002-00000000000000000000000f";
    assert_eq!(get(&server, &path(gone)).json(), json!({"missing": [gone]}));
    assert_refused(
        &get(&server, &path("x")),
        400,
        "InvalidRequestException",
        "no trace id",
    );
}

#[test]
fn what_came_is_told_to_the_letter_with_what_x_ray_would_drop() {
    let server = server();
    let mut document = small(1);
    document["annotations"] = json!({"a b": 1});
    let text = serde_json::to_string_pretty(&document).expect("JSON");
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [text]}),
    );
    let trace = server.store().traces()[0].clone();
    let (id, of) = (trace.id(), trace.segments()[0].id);
    let received = get(&server, &format!("/local/traces/{id}/received?of={of}")).json();
    assert_eq!(received[0]["text"], text);
    assert_eq!(received[0]["findings"][0]["path"], "annotations.a b");
    let none = get(
        &server,
        &format!("/local/traces/{id}/received?of=ffffffffffffffff"),
    )
    .json();
    assert_eq!(none, json!([]));
    let findings = get(&server, &format!("/local/traces/{id}/findings")).json();
    assert_eq!(findings["documents"][0]["id"], of.to_string());
    assert_eq!(
        findings["documents"][0]["findings"][0]["code"],
        "InvalidAnnotationKey"
    );
}

#[test]
fn the_map_tells_rates_and_times_of_services_and_calls() {
    let now = UNIX_EPOCH + Duration::from_secs(10_000);
    let server = Server::start(options().clock(move || now)).expect("a free port");
    for number in 0..10_u32 {
        let start = 9_760 + number;
        let document = json!({
            "name": "shop", "id": format!("{number:016x}"), "trace_id": format!("1-{start:08x}-{number:024x}"),
            "start_time": start, "end_time": f64::from(start) + 0.1 * f64::from(number + 1),
        });
        assert!(server.store().insert(&document.to_string()).is_empty());
    }
    let map = get(&server, "/local/map?start=0&end=20000").json();
    let nodes = map["nodes"].as_array().expect("a list");
    let shop = nodes
        .iter()
        .find(|node| node["type"] == "")
        .expect("the shop");
    // Four minutes have passed since the first request.
    for counts in [&shop["counts"], &map["edges"][0]["counts"]] {
        assert_eq!(counts["perMinute"], 2.5);
        assert_eq!(
            (&counts["median"], &counts["p95"]),
            (&json!(0.5), &json!(1.0))
        );
    }
}

#[test]
fn what_was_sampled_is_told_with_the_rules_that_were_tried() {
    let server = server();
    let rule = json!({
        "RuleName": "orders", "Priority": 5, "FixedRate": 0.5, "ReservoirSize": 4, "ResourceARN": "*", "ServiceName": "*",
        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "/orders*", "Version": 1,
    });
    call(
        &server,
        "/CreateSamplingRule",
        &json!({"SamplingRule": rule}),
    );
    let report = json!({
        "RuleName": "orders", "ClientID": "0123456789abcdef01234567", "RequestCount": 9, "SampledCount": 3,
        "BorrowCount": 1, "Timestamp": UNIX_EPOCH.elapsed().expect("after 1970").as_secs(),
    });
    call(
        &server,
        "/SamplingTargets",
        &json!({"SamplingStatisticsDocuments": [report]}),
    );
    let activity = get(&server, "/local/sampling").json();
    assert_eq!(
        activity["rules"][0],
        json!({"rule": "orders", "clients": 1, "quota": 4})
    );
    let told = &activity["reports"][0];
    assert_eq!(
        (&told["requests"], &told["quota"], &told["rate"]),
        (&json!(9), &json!(4), &json!(0.5))
    );

    let explained = get(&server, "/local/sampling/explain?path=/orders/7&method=GET").json();
    assert_eq!(
        explained["trials"],
        json!([{"rule": "orders", "priority": 5}])
    );
    assert_eq!(explained["use"]["clients"], 1);

    let mut document = small(1);
    document["http"] =
        json!({"request": {"method": "GET", "url": "http://shop.example.com:8080/basket?x=1"}});
    document["aws"] = json!({"xray": {"sampling_rule_name": "orders"}});
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [document.to_string()]}),
    );
    let decisions = get(&server, "/local/decisions?start=0&end=9999999999").json();
    assert_eq!(decisions[0]["rule"], "orders");
    let mismatch = json!({"field": "URLPath", "expected": "/orders*", "found": "/basket"});
    assert_eq!(decisions[0]["trials"][0]["mismatch"], mismatch);
    assert_eq!(decisions[0]["trials"][1]["rule"], "Default");
}

#[test]
fn health_tells_what_came_and_what_was_lost() {
    let server = server();
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    udp.send_to(b"nonsense", server.address()).expect("is sent");
    let document = format!("{{\"format\":\"json\",\"version\":1}}\n{}", small(1));
    udp.send_to(document.as_bytes(), server.address())
        .expect("is sent");
    let deadline = Duration::from_secs(10);
    assert!(
        server
            .store()
            .wait_until(|store| store.counts().stored == 1, deadline)
    );
    let records =
        json!({"TelemetryRecords": [{"Timestamp": 7, "SegmentsSentCount": 3}], "Hostname": "web"});
    call(&server, "/TelemetryRecords", &records);
    let health = get(&server, "/local/health").json();
    let datagrams = &health["datagrams"];
    assert_eq!(
        (&datagrams["received"], &datagrams["accepted"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(datagrams["missingDocument"], 1);
    assert_eq!(
        (&health["store"]["stored"], &health["store"]["traces"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(health["queue"]["room"], 16 << 20);
    assert_eq!(
        (&health["daemons"][0]["name"], &health["daemons"][0]["sent"]),
        (&json!("web"), &json!(3))
    );
}

#[test]
fn what_was_refused_stands_in_the_ledger() {
    let server = server();
    let input = json!({"TraceSegmentDocuments": ["{\"id\":\"70de5b6f19ff9a0a\"}"]});
    call(&server, "/TraceSegments", &input);
    let ledger = get(&server, "/local/ledger").json();
    assert_eq!(
        (&ledger["stored"], &ledger["rejected"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(ledger["rejections"][0]["id"], "70de5b6f19ff9a0a");
    assert_eq!(ledger["rejections"][0]["code"], "MissingName");
    assert_eq!(ledger["rejections"][0]["source"], "api");
}

#[test]
fn the_ledger_has_an_account_for_each_service_and_way() {
    let server = server();
    let mut odd = small(2);
    odd["annotations"] = json!({"a b": 1});
    let mut endless = small(3);
    endless["end_time"] = json!(null);
    let documents = [small(1), odd, endless].map(|document| document.to_string());
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": documents}),
    );
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let mut document = format!("{{\"format\":\"json\",\"version\":1}}\n{}", small(4)).into_bytes();
    document.pop();
    document.extend_from_slice(b",\"user\":\"\xff\"}");
    udp.send_to(&document, server.address()).expect("is sent");
    let services = |path: &str| get(&server, path).json()["services"].clone();
    // What is stored is entered afterwards.
    let is_entered =
        |_: &xray_local::Store| services("/local/ledger").as_array().map(Vec::len) == Some(2);
    assert!(server.store().wait_until(is_entered, DEADLINE));

    for path in ["/local/ledger", "/local/health"] {
        let services = services(path);
        let [by_udp, by_api] = [&services[0], &services[1]];
        assert_eq!(
            (&by_udp["source"], &by_udp["taken"]),
            (&json!("udp"), &json!(1))
        );
        assert_eq!(
            (&by_api["source"], &by_api["taken"]),
            (&json!("api"), &json!(2))
        );
        assert_eq!(by_api["service"], small(1)["name"]);
        assert_eq!(by_api["refused"][0]["code"], "MissingEndTime");
        assert_eq!(by_api["refused"][0]["documents"], 1);
        let has = |account: &serde_json::Value, code: &str, severity: &str| {
            let findings = account["findings"].as_array().expect("a list");
            findings
                .iter()
                .any(|found| found["code"] == code && found["severity"] == severity)
        };
        assert!(has(by_api, "InvalidAnnotationKey", "dropped"), "{by_api}");
        assert!(has(by_udp, "NotUtf8", "cut"), "{by_udp}");
    }
}
