use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::http::Request;
use axum::http::request::Parts;

use super::*;

const SECRET: &str = "a secret of enough letters";
const BODY: &[u8] = br#"{"TraceIds":["1-581cf771-a006649127e371903a2de979"]}"#;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_000)
}

fn keys() -> Keys {
    Keys::parse(
        &serde_json::json!({"keys": [
            {"access_key_id": "READER", "secret_access_key": SECRET, "policies": ["AWSXrayReadOnlyAccess"]},
        ]})
        .to_string(),
    )
    .expect("keys")
}

/// A request as an AWS client makes it.
fn signed(id: &str, secret: &str, time: SystemTime) -> Parts {
    let identity = Credentials::new(id, secret, None, None, "test").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region("eu-north-1")
        .name("xray")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .expect("all is there")
        .into();
    let mut request = Request::post("/Traces")
        .header("host", "127.0.0.1:2000")
        .header("content-type", "application/json")
        .body(())
        .expect("a request");
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    let to_sign =
        SignableRequest::new("POST", "/Traces", headers, SignableBody::Bytes(BODY)).expect("fits");
    let (instructions, _) = sign(to_sign, &parameters).expect("signed").into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

fn admit(head: &Parts, operation: &str, body: &[u8]) -> Result<(), &'static str> {
    let keys = keys();
    let recognised = keys.recognise(head, Some(operation), now());
    let admitted = recognised.and_then(|()| keys.verify(head, body));
    admitted.map_err(|denial| denial.name)
}

#[test]
fn a_request_that_is_signed_with_a_key_is_let_in_to_what_the_key_may_do() {
    let head = signed("READER", SECRET, now());
    assert_eq!(admit(&head, "BatchGetTraces", BODY), Ok(()));
    assert_eq!(
        admit(&head, "PutTraceSegments", BODY),
        Err("AccessDeniedException")
    );
}

#[test]
fn what_was_changed_or_signed_with_another_secret_is_not() {
    let mismatch = Err("InvalidSignatureException");
    let head = signed("READER", SECRET, now());
    assert_eq!(admit(&head, "BatchGetTraces", b"{}"), mismatch);
    let other = signed("READER", "another secret than that", now());
    assert_eq!(admit(&other, "BatchGetTraces", BODY), mismatch);

    let mut moved = head.clone();
    moved.uri = "/TraceGraph".parse().expect("a path");
    assert_eq!(admit(&moved, "GetTraceGraph", BODY), mismatch);
    let mut renamed = head;
    let host = "127.0.0.1:3000".parse().expect("a value");
    renamed.headers.insert("host", host);
    assert_eq!(admit(&renamed, "BatchGetTraces", BODY), mismatch);
}

#[test]
fn a_key_that_nobody_has_is_told() {
    let head = signed("STRANGER", SECRET, now());
    assert_eq!(
        admit(&head, "BatchGetTraces", BODY),
        Err("UnrecognizedClientException")
    );
}

#[test]
fn clocks_may_be_five_minutes_apart() {
    let at = |seconds: i64| {
        let apart = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 {
            now() - apart
        } else {
            now() + apart
        };
        admit(&signed("READER", SECRET, time), "BatchGetTraces", BODY)
    };
    assert_eq!(at(-300), Ok(()));
    assert_eq!(at(300), Ok(()));
    assert_eq!(at(-301), Err("InvalidSignatureException"));
    assert_eq!(at(301), Err("InvalidSignatureException"));
}

#[test]
fn what_is_not_signed_may_ask_for_sampling_only() {
    let (head, ()) = Request::post("/").body(()).expect("a request").into_parts();
    assert_eq!(admit(&head, "GetSamplingRules", b""), Ok(()));
    assert_eq!(admit(&head, "GetSamplingTargets", b"{}"), Ok(()));
    for operation in ["GetSamplingStatisticSummaries", "PutTraceSegments"] {
        assert_eq!(
            admit(&head, operation, b"{}"),
            Err("MissingAuthenticationTokenException")
        );
    }
    assert!(keys().recognise(&head, None, now()).is_err());
}

#[test]
fn a_signature_that_lacks_something_is_told_what() {
    let head = signed("READER", SECRET, now());
    let whole = head.headers["authorization"].to_str().expect("text");
    let cases = [
        ("Basic QTpC".to_owned(), "Signature Version 4"),
        (whole.replace("AWS4-HMAC", "AWS5-HMAC"), "AWS4-HMAC-SHA256"),
        (
            whole.replace("Credential=", "Who="),
            "Credential is missing",
        ),
        (whole.replace("/xray/", "/s3/"), "for \"s3\""),
        (whole.replace("/xray/", "/"), "day, region, service"),
        (whole.replace("host;", ""), "lacks host"),
        (whole.replace(";x-amz-date", ""), "lacks x-amz-date"),
        (whole.replace("Signature=", "Sign="), "Signature is missing"),
        (
            whole.replace("READER/2025", "READER/2024"),
            "credential is of 2024",
        ),
    ];
    for (authorization, part) in cases {
        let mut head = head.clone();
        let value = authorization.parse().expect("a value");
        head.headers.insert("authorization", value);
        let denial = keys()
            .recognise(&head, Some("BatchGetTraces"), now())
            .expect_err(&authorization);
        assert_eq!(denial.name, "IncompleteSignatureException");
        assert!(denial.message.contains(part), "{denial:?} {part:?}");
    }
    let mut dateless = head.clone();
    dateless.headers.remove("x-amz-date");
    let denial = keys()
        .recognise(&dateless, None, now())
        .expect_err("no date");
    assert!(denial.message.contains("X-Amz-Date is missing"));

    let mut more = head;
    let named = whole_with(&more, "content-type;", "accept;content-type;");
    more.headers.insert("authorization", named);
    let denial = keys().verify(&more, BODY).expect_err("no such header");
    assert!(denial.message.contains("\"accept\""), "{denial:?}");
}

fn whole_with(head: &Parts, part: &str, other: &str) -> axum::http::HeaderValue {
    let whole = head.headers["authorization"].to_str().expect("text");
    whole.replace(part, other).parse().expect("a value")
}

#[test]
fn secrets_are_not_shown() {
    assert_eq!(format!("{:?}", keys()), "{\"READER\"}");
}
