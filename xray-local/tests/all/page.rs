//! What the page is made of, without a browser; `tests/page` looks at it in one.

use serde_json::json;
use xray_local::Server;

use crate::client::{assert_refused, call, options, request, server};
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
fn a_filter_is_checked_while_it_is_typed() {
    let server = server();
    let check = |text: &str| get(&server, &format!("/local/filter?text={text}")).json();
    assert_eq!(check(""), json!({}));
    assert_eq!(check("fault"), json!({}));
    assert_eq!(check("fault%20AND")["problem"]["column"], 10);
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
}

#[cfg(feature = "keys")]
#[test]
fn with_keys_the_page_comes_and_what_is_stored_does_not() {
    let keys = r#"{"keys": [{"access_key_id": "K", "secret_access_key": "a secret of enough letters", "actions": ["*"]}]}"#;
    let keys = xray_local::Keys::parse(keys).expect("keys");
    let server = Server::start(options().keys(keys)).expect("a free port");
    let page = request(server.address(), "GET", "/", &[BROWSER], "");
    assert_eq!(page.status, 200);
    assert_eq!(get(&server, "/page/app.js").status, 200);
    for path in ["/local/ledger", "/local/events", "/local/map?start=0&end=1"] {
        let name = "MissingAuthenticationTokenException";
        assert_refused(&get(&server, path), 403, name, "signed requests only");
    }
}
