//! How calls that failed look.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Value, json};
use xray_sdk::testing::Capture;
use xray_sdk_aws::client;

use crate::canned::{Answer, Canned};
use crate::record::call;

/// What is recorded of a `PutItem` that `canned` answers.
async fn put(canned: &Canned, timeouts: TimeoutConfig) -> Value {
    let capture = Capture::new("shop");
    let config = canned.config().timeout_config(timeouts).build();
    let tables = client!(aws_sdk_dynamodb, &config);
    let put = tables
        .put_item()
        .table_name("orders")
        .item("id", AttributeValue::S("7".into()))
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(put)
        .await
        .expect_err("it fails");
    call(&capture)
}

async fn put_answered(status: u16, body: &'static str) -> Value {
    let canned =
        Canned::new(move |_, _| Answer::json(status, body).header("x-amzn-requestid", "REQUEST"));
    put(&canned, TimeoutConfig::disabled()).await
}

/// The flags and the exceptions of a call.
fn ending(call: &Value) -> Value {
    let mut ending = json!({});
    for field in ["error", "fault", "throttle"] {
        if let Some(set) = call.get(field) {
            ending[field] = set.clone();
        }
    }
    ending["exceptions"] = call["cause"]["exceptions"].clone();
    ending
}

#[tokio::test]
async fn a_refused_condition_is_an_error_of_the_caller() {
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#;
    let call = put_answered(400, body).await;
    assert_eq!(
        ending(&call),
        json!({"error": true, "exceptions": [
            {"type": "ConditionalCheckFailedException", "message": "The conditional request failed", "remote": true},
        ]})
    );
    assert_eq!(call["http"]["response"]["status"], 400);
    assert_eq!(call["aws"]["request_id"], "REQUEST");
    assert_eq!(call["aws"]["retries"], 0);
}

#[tokio::test]
async fn a_denied_call_is_an_error_of_the_caller() {
    let body = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: x is not authorized"}"#;
    assert_eq!(
        ending(&put_answered(400, body).await),
        json!({"error": true, "exceptions": [
            {"type": "AccessDeniedException", "message": "User: x is not authorized", "remote": true},
        ]})
    );
}

#[tokio::test]
async fn what_the_sdk_takes_for_throttling_is_throttled_whatever_its_status() {
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"too much"}"#;
    let call = put_answered(400, body).await;
    assert_eq!(
        ending(&call),
        json!({"error": true, "throttle": true, "exceptions": [
            {"type": "ProvisionedThroughputExceededException", "message": "too much", "remote": true},
        ]})
    );
    assert!(call["aws"]["retries"].as_u64() > Some(0), "{call}");
}

#[tokio::test]
async fn a_broken_service_is_a_fault() {
    let call = put_answered(500, r#"{"__type":"InternalServerError","message":"oh"}"#).await;
    assert_eq!(
        ending(&call),
        json!({"fault": true, "exceptions": [{"type": "InternalServerError", "message": "oh", "remote": true}]})
    );
}

#[tokio::test]
async fn an_answer_that_names_no_error_is_still_an_answer() {
    for (status, flag) in [(403, "error"), (500, "fault"), (429, "throttle")] {
        let call = put_answered(status, "{}").await;
        assert_eq!(call["http"]["response"]["status"], status);
        assert_eq!(call[flag], true, "{call}");
        assert_eq!(call.get("fault").is_some(), status == 500, "{call}");
        assert_eq!(
            call["cause"]["exceptions"],
            json!([{"type": "ServiceError", "message": format!("HTTP status {status}"), "remote": true}])
        );
    }
}

/// What services that speak JSON answer to a signature that is wrong: all that was signed, and so the session token.
#[tokio::test]
async fn what_was_signed_is_not_recorded_with_a_refused_signature() {
    let body = r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:x\nx-amz-security-token:SECRET\n'"}"#;
    let call = put_answered(400, body).await;
    let exception = &call["cause"]["exceptions"][0];
    assert_eq!(exception["type"], "InvalidSignatureException");
    let message = exception["message"].as_str().expect("a message");
    assert!(message.starts_with("The request signature we calculated does not match"));
    assert!(message.ends_with("The Canonical String?"), "{message}");
}

/// A segment knows 32 texts that its exceptions must not hold.
#[tokio::test]
async fn what_many_errors_quote_is_not_recorded_of_any() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|number, _| {
        let message = format!("Value 'SECRET {number}' at 'limit' failed");
        let body = json!({"__type": "ValidationException", "message": message});
        Answer::json(400, &body.to_string())
    });
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let work = async {
        for _ in 0..40 {
            tables.list_tables().send().await.expect_err("it fails");
        }
    };
    capture.recorder().segment("shop").run(work).await;
    // Which looks for the secret in all of it.
    assert!(!crate::record::documents(&capture).is_empty());
}

#[tokio::test]
async fn what_an_error_quotes_is_not_recorded_by_the_program_either() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| {
        let body = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value 'SECRET' at 'limit' failed to satisfy constraint: Member must be less"}"#;
        Answer::json(400, body)
    });
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let work = async {
        let error = tables.list_tables().send().await.expect_err("it fails");
        xray_sdk::current().record_error(&error);
        xray_sdk::current().record_message("Refused", &format!("{error:?}"));
    };
    capture.recorder().segment("shop").run(work).await;
    // Which looks for the secret in all of it.
    let documents = crate::record::documents(&capture);
    let exceptions = &documents[0]["cause"]["exceptions"];
    assert!(
        exceptions.to_string().contains("Value '?' at 'limit'"),
        "{exceptions}"
    );
}

#[tokio::test]
async fn a_call_that_succeeds_at_last_tells_its_retries_and_is_no_fault() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|number, _| match number {
        0 | 1 => Answer::json(503, "{}"),
        _ => Answer::json(200, "{}").header("x-amzn-requestid", "THIRD"),
    });
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect("an answer");
    let call = call(&capture);
    assert_eq!(call.get("fault"), None);
    assert_eq!(
        (&call["aws"]["retries"], &call["aws"]["request_id"]),
        (&json!(2), &json!("THIRD"))
    );
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_a_fault_without_a_response() {
    let canned = Canned::new(|_, _| Answer::Never);
    for timeouts in [
        TimeoutConfig::builder().operation_timeout(Duration::from_secs(1)),
        TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(1)),
    ] {
        let call = put(&canned, timeouts.build()).await;
        assert_eq!(call["fault"], true, "{call}");
        assert_eq!(call.get("http"), None);
        let exception = &call["cause"]["exceptions"][0];
        assert_eq!(exception["type"], "TimeoutError", "{call}");
        assert_eq!(exception.get("remote"), None);
        assert_eq!(
            call["metadata"],
            Value::Null,
            "it was not given up by the program"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_fault_with_its_whole_chain() {
    let canned = Canned::new(|_, _| Answer::Refused);
    let call = put(&canned, TimeoutConfig::disabled()).await;
    assert_eq!(call["fault"], true);
    assert_eq!(call.get("http"), None);
    let exceptions = call["cause"]["exceptions"].as_array().expect("exceptions");
    assert_eq!(exceptions[0]["type"], "DispatchFailure", "{call}");
    assert_eq!(
        exceptions
            .last()
            .map(|exception| (&exception["type"], &exception["message"])),
        Some((
            &json!("std::io::error::Error"),
            &json!("connection refused")
        ))
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_a_fault() {
    let canned = Canned::new(|_, _| Answer::json(200, "{this is no JSON"));
    let call = put(&canned, TimeoutConfig::disabled()).await;
    assert_eq!(
        (&call["fault"], &call["http"]["response"]["status"]),
        (&json!(true), &json!(200))
    );
    assert_eq!(
        call["cause"]["exceptions"][0]["type"], "ResponseError",
        "{call}"
    );
}

#[tokio::test]
async fn a_call_without_credentials_is_a_fault() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let mut config = canned.config();
    config.set_credentials_provider(None);
    let config = config.build();
    let tables = client!(aws_sdk_dynamodb, &config);
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect_err("nobody may");
    assert!(canned.requests().is_empty());
    let call = call(&capture);
    assert_eq!(call["fault"], true);
    assert_eq!(
        call["cause"]["exceptions"][0]["type"], "DispatchFailure",
        "{call}"
    );
    assert_eq!(
        call["aws"],
        json!({"operation": "ListTables", "region": "eu-west-1", "retries": 0})
    );
}

#[tokio::test]
async fn a_call_that_is_not_sent_tells_what_it_was_about() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let objects = client!(aws_sdk_s3, &canned.config().build());
    // The key stands in the path, so there is no request without one.
    let get = objects.get_object().bucket("receipts").key("").send();
    capture
        .recorder()
        .segment("shop")
        .run(get)
        .await
        .expect_err("has no key");
    assert!(canned.requests().is_empty());
    let call = call(&capture);
    assert_eq!(
        call["cause"]["exceptions"][0]["type"],
        "ConstructionFailure"
    );
    assert_eq!(
        (
            &call["aws"]["operation"],
            &call["aws"]["region"],
            &call["aws"]["bucket_name"]
        ),
        (&json!("GetObject"), &json!("eu-west-1"), &json!("receipts"))
    );
}

#[tokio::test]
async fn the_errors_of_s3_look_the_same() {
    let slow_down = "<Error><Code>SlowDown</Code><Message>less</Message></Error>";
    for (status, body, expected) in [
        (
            404,
            "<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>",
            json!({"error": true, "exceptions": [{"type": "NoSuchBucket", "message": "gone", "remote": true}]}),
        ),
        (
            503,
            slow_down,
            json!({"error": true, "throttle": true, "exceptions": [{"type": "SlowDown", "message": "less", "remote": true}]}),
        ),
        (
            200,
            "<Error><Code>InternalError</Code><Message>half way</Message></Error>",
            json!({"fault": true, "exceptions": [{"type": "InternalError", "message": "half way", "remote": true}]}),
        ),
    ] {
        let capture = Capture::new("shop");
        let canned = Canned::new(move |_, _| Answer::xml(status, body));
        let objects = client!(aws_sdk_s3, &canned.config().build());
        let copy = objects
            .copy_object()
            .bucket("b")
            .key("k")
            .copy_source("b/other")
            .send();
        capture
            .recorder()
            .segment("shop")
            .run(copy)
            .await
            .expect_err("it fails");
        assert_eq!(ending(&call(&capture)), expected);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_is_closed_and_marked() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| Answer::Never);
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let work = async {
        let mut list = Box::pin(tables.list_tables().send());
        poll_fn(|cx| {
            assert!(list.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(list);
        xray_sdk::current().annotate("went_on", true);
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(canned.requests().len(), 1, "it was on its way");
    let call = call(&capture);
    assert_eq!(call["metadata"], json!({"xray": {"aborted": true}}));
    assert_eq!((call.get("fault"), call.get("error")), (None, None));
    assert_eq!(call["aws"]["operation"], "ListTables");
}
