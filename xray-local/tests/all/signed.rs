//! A server with keys: what the page asks for is told to those who may know it, and to nobody else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use serde_json::{Value, json};
use xray_local::{Keys, Server};

use crate::client::{Answer, DEADLINE, assert_refused, options, request};
use crate::shop::small;

const BROWSER: &str = "accept: text/html";

/// What the page asks for, with the operation that a key must be permitted to.
const PATHS: [(&str, &str); 17] = [
    (
        "/local/compare?one=1-581cf771-a006649127e371903a2de979&other=1-581cf771-a006649127e371903a2de970",
        "BatchGetTraces",
    ),
    ("/local/decisions?start=0&end=1", "GetTraceSummaries"),
    ("/local/doctor", "GetTraceSummaries"),
    ("/local/events", "GetTraceSummaries"),
    (
        "/local/explain?start=0&end=1&filter=service(%22a%20b%22)",
        "GetTraceSummaries",
    ),
    ("/local/filter?text=a+b", "GetTraceSummaries"),
    ("/local/health", "GetTraceSummaries"),
    ("/local/ledger", "GetTraceSummaries"),
    ("/local/map?start=0&end=1", "GetServiceGraph"),
    ("/local/sampling", "GetSamplingStatisticSummaries"),
    (
        "/local/sampling/explain?path=/a%2Fb",
        "GetSamplingStatisticSummaries",
    ),
    ("/local/tail", "GetTraceSummaries"),
    (
        "/local/traces/1-581cf771-a006649127e371903a2de979",
        "BatchGetTraces",
    ),
    (
        "/local/traces/581cf771a006649127e371903a2de979",
        "BatchGetTraces",
    ),
    (
        "/local/traces/1-581cf771-a006649127e371903a2de979/received?of=1",
        "BatchGetTraces",
    ),
    (
        "/local/traces/1-581cf771-a006649127e371903a2de979/findings",
        "BatchGetTraces",
    ),
    ("/local/", "GetTraceSummaries"),
];

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_000)
}

fn server() -> Server {
    let keys = json!({"keys": [
        {"access_key_id": "READER", "secret_access_key": secret("READER"), "policies": ["AWSXrayReadOnlyAccess"]},
        {"access_key_id": "KEEPER", "secret_access_key": secret("KEEPER"), "actions": ["xray:Get*", "xray:DeleteTraces"]},
        {"access_key_id": "GROUPER", "secret_access_key": secret("GROUPER"), "actions": ["xray:Create*"]},
        {"access_key_id": "TAGGER", "secret_access_key": secret("TAGGER"), "actions": ["xray:Create*", "xray:TagResource"]},
        {"access_key_id": "WRITER", "secret_access_key": secret("WRITER"), "actions": ["xray:Put*"]},
    ]});
    let keys = Keys::parse(&keys.to_string()).expect("keys");
    Server::start(options().keys(keys).clock(now)).expect("a free port")
}

fn secret(id: &str) -> String {
    format!("a secret that {id} knows")
}

/// The headers with which the owner of a key asks for a path.
fn signed(server: &Server, id: &str, secret: &str, path: &str, time: SystemTime) -> Vec<String> {
    signed_with(server, id, secret, ("GET", path, ""), time)
}

/// The same for a method, a path and a body.
fn signed_with(
    server: &Server,
    id: &str,
    secret: &str,
    (method, path, body): (&str, &str, &str),
    time: SystemTime,
) -> Vec<String> {
    let identity = Credentials::new(id, secret, None, None, "test").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region("local")
        .name("xray")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .expect("all is there")
        .into();
    let host = server.address().to_string();
    let headers = [("host", host.as_str())].into_iter();
    let to_sign = SignableRequest::new(method, path, headers, SignableBody::Bytes(body.as_bytes()))
        .expect("fits");
    let (instructions, _) = sign(to_sign, &parameters).expect("signed").into_parts();
    let (headers, _) = instructions.into_parts();
    let headers = headers.iter();
    headers
        .map(|header| format!("{}: {}", header.name(), header.value()))
        .collect()
}

fn get(server: &Server, path: &str, headers: &[String]) -> Answer {
    let headers: Vec<_> = headers.iter().map(String::as_str).collect();
    request(server.address(), "GET", path, &headers, "")
}

/// Asks as the owner of a key, now.
fn get_as(server: &Server, id: &str, path: &str) -> Answer {
    get(server, path, &signed(server, id, &secret(id), path, now()))
}

/// What comes first of an answer that does not end.
fn beginning(server: &Server, path: &str, headers: &[String]) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a time");
    let headers = headers.join("\r\n");
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n\r\n",
        server.address()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut text = String::new();
    while !text.contains("\n\n") {
        let mut part = [0; 1024];
        let length = stream.read(&mut part).expect("something comes");
        assert!(length > 0, "it ended after {text}");
        text.push_str(&String::from_utf8_lossy(&part[..length]));
    }
    text
}

#[test]
fn the_page_comes_to_everyone_and_what_is_stored_to_nobody_who_does_not_sign() {
    let server = server();
    let page = request(server.address(), "GET", "/", &[BROWSER], "");
    assert_eq!(page.status, 200);
    assert_eq!(get(&server, "/page/app.js", &[]).status, 200);
    for (path, _) in PATHS {
        let name = "MissingAuthenticationTokenException";
        assert_refused(&get(&server, path, &[]), 403, name, "signed requests only");
    }
}

#[test]
fn a_key_that_may_read_is_told_all_that_the_page_shows() {
    let server = server();
    for (path, _) in PATHS {
        if path == "/local/" {
            assert_eq!(get_as(&server, "READER", path).status, 404);
        } else if path == "/local/tail" {
            let document = crate::shop::small(1).to_string();
            assert_eq!(server.store().insert(&document), []);
            let path = "/local/tail?lines=1";
            let headers = signed(&server, "READER", &secret("READER"), path, now());
            let told = beginning(&server, path, &headers);
            assert!(
                told.starts_with("HTTP/1.1 200") && told.contains("1-00000001-"),
                "{told}"
            );
        } else if path == "/local/events" {
            let headers = signed(&server, "READER", &secret("READER"), path, now());
            let told = beginning(&server, path, &headers);
            assert!(
                told.starts_with("HTTP/1.1 200") && told.contains("data:"),
                "{told}"
            );
        } else {
            let answer = get_as(&server, "READER", path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
    }
}

#[test]
fn a_key_that_may_not_read_is_told_which_action_it_lacks() {
    let server = server();
    for (path, operation) in PATHS {
        let answer = get_as(&server, "WRITER", path);
        assert_refused(
            &answer,
            403,
            "AccessDeniedException",
            &format!("xray:{operation}:"),
        );
    }
}

#[test]
fn a_signature_is_good_for_its_request_and_five_minutes() {
    let server = server();
    let ledger = |id: &str, secret: &str, path: &str, time| {
        get(
            &server,
            "/local/ledger",
            &signed(&server, id, secret, path, time),
        )
    };
    let invalid = "InvalidSignatureException";
    let ago = |seconds| now() - Duration::from_secs(seconds);
    let own = secret("READER");
    assert_eq!(
        ledger("READER", &own, "/local/ledger", ago(300)).status,
        200
    );
    let late = ledger("READER", &own, "/local/ledger", ago(301));
    assert_refused(&late, 403, invalid, "301 s away from the clock");
    let moved = ledger("READER", &own, "/local/health", now());
    assert_refused(&moved, 403, invalid, "changed on its way");
    let wrong = ledger("READER", &secret("WRITER"), "/local/ledger", now());
    assert_refused(&wrong, 403, invalid, "is the secret the right one");
    let nobody = ledger("NOBODY", &own, "/local/ledger", now());
    assert_refused(&nobody, 403, "UnrecognizedClientException", "NOBODY");
}

#[test]
fn everyone_may_ask_what_they_may_do() {
    let server = server();
    let path = "/local/access";
    assert_eq!(
        get(&server, path, &[]).json(),
        json!({"isOpen": false, "permitted": []})
    );
    let permitted = |answer: &Value, operation: &str| {
        let all = answer["permitted"].as_array().expect("a list");
        all.contains(&json!(operation))
    };
    let reader = get_as(&server, "READER", path).json();
    assert_eq!(
        (&reader["isOpen"], &reader["key"]),
        (&json!(false), &json!("READER"))
    );
    assert!(permitted(&reader, "BatchGetTraces") && !permitted(&reader, "CreateGroup"));
    let writer = get_as(&server, "WRITER", path).json();
    assert!(permitted(&writer, "PutTraceSegments") && !permitted(&writer, "BatchGetTraces"));
    let wrong = get(
        &server,
        path,
        &signed(&server, "READER", "wrong", path, now()),
    );
    assert_refused(&wrong, 403, "InvalidSignatureException", "secret");

    let open = Server::start(options()).expect("a free port");
    let anybody = get(&open, path, &[]).json();
    assert_eq!(anybody["isOpen"], true);
    assert!(permitted(&anybody, "BatchGetTraces") && permitted(&anybody, "CreateGroup"));
}

#[test]
fn traces_are_taken_out_by_those_only_who_may_do_that() {
    let server = server();
    let document = crate::shop::small(1).to_string();
    assert_eq!(server.store().insert(&document), []);
    let id = server.store().traces()[0].id().to_string();
    let body = json!({"TraceIds": [id]}).to_string();
    let remove = |key: Option<&str>| {
        let call = ("POST", "/local/remove", body.as_str());
        let headers = key.map(|key| signed_with(&server, key, &secret(key), call, now()));
        let headers = headers.unwrap_or_default();
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        request(server.address(), "POST", "/local/remove", &headers, &body)
    };
    let unsigned = "MissingAuthenticationTokenException";
    assert_refused(&remove(None), 403, unsigned, "signed requests only");
    for key in ["READER", "WRITER"] {
        assert_refused(
            &remove(Some(key)),
            403,
            "AccessDeniedException",
            "xray:DeleteTraces:",
        );
    }
    assert_eq!(server.store().counts().traces, 1);
    let path = "/local/access";
    let may = |key: &str| {
        get_as(&server, key, path).json()["permitted"]
            .to_string()
            .contains("DeleteTraces")
    };
    assert!(may("KEEPER") && !may("READER"));
    assert_eq!(remove(Some("KEEPER")).json()["TraceIds"], json!([id]));
    assert_eq!(server.store().counts().traces, 0);
}

#[test]
fn the_front_tells_what_is_stored_to_those_who_may_read_it() {
    let server = server();
    server.store().insert(&small(1).to_string());
    let front = request(server.address(), "GET", "/", &[], "");
    assert_eq!(front.status, 200);
    assert!(front.body.contains("to signed requests"), "{}", front.body);
    assert!(!front.body.contains("stored"), "{}", front.body);
    let told = get_as(&server, "READER", "/");
    assert!(told.body.contains("1 trace is stored"), "{}", told.body);
    let name = "AccessDeniedException";
    assert_refused(
        &get_as(&server, "WRITER", "/"),
        403,
        name,
        "GetTraceSummaries",
    );
}

#[test]
fn tags_are_set_by_those_only_who_may_tag() {
    let server = server();
    let rule = |name: &str| {
        json!({
            "RuleName": name, "ResourceARN": "*", "Priority": 1, "FixedRate": 0.25, "ReservoirSize": 7, "ServiceName": "*",
            "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
        })
    };
    let tags = json!([{"Key": "team", "Value": "shop"}]);
    let create = |key: &str, path: &str, input: Value| {
        let body = input.to_string();
        let headers = signed_with(&server, key, &secret(key), ("POST", path, &body), now());
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        request(server.address(), "POST", path, &headers, &body)
    };
    for (path, tagged, plain) in [
        (
            "/CreateGroup",
            json!({"GroupName": "a", "Tags": tags}),
            json!({"GroupName": "b", "Tags": []}),
        ),
        (
            "/CreateSamplingRule",
            json!({"SamplingRule": rule("a"), "Tags": tags}),
            json!({"SamplingRule": rule("b")}),
        ),
    ] {
        let refused = create("GROUPER", path, tagged.clone());
        assert_refused(&refused, 403, "AccessDeniedException", "xray:TagResource:");
        assert_eq!(create("GROUPER", path, plain).status, 200, "{path}");
        assert_eq!(create("TAGGER", path, tagged).status, 200, "{path}");
    }
}
