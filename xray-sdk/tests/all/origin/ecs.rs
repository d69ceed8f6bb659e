use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use xray_sdk::testing::Surroundings;

use super::endpoint::{Endpoint, Reply};
use super::{CONTAINER, HOST_NAME, capture, record, record_until, told};

const V4: &str = "ECS_CONTAINER_METADATA_URI_V4";
const V3: &str = "ECS_CONTAINER_METADATA_URI";
const DOCKER_ID: &str = "cd189a933e5849daa93386466019ab50-2495160603";
const ARN: &str = "arn:aws-cn:ecs:cn-north-1:111122223333:container/shop/cd189a933e5849daa93386466019ab50/05966557-f16c-49cb-9352-24b3a0dcd0e1";

/// As the ECS developer guide shows it, shortened.
fn metadata() -> String {
    json!({
        "DockerId": DOCKER_ID,
        "Name": "checkout",
        "Labels": {"com.amazonaws.ecs.cluster": "shop"},
        "LogDriver": "awslogs",
        "LogOptions": {"awslogs-group": "/ecs/checkout", "awslogs-region": "cn-northwest-1"},
        "ContainerARN": ARN,
    })
    .to_string()
}

fn container() -> Surroundings {
    Surroundings::new()
        .file(HOST_NAME, "ip-10-0-2-106\n")
        .file("/proc/self/cgroup", "0::/\n")
        .patience(super::DEADLINE)
}

/// What is known without an answer.
fn little() -> (Option<&'static str>, serde_json::Value) {
    let block = json!({"ecs": {"container": "ip-10-0-2-106"}});
    (Some("AWS::ECS::Container"), block)
}

fn is_whole(document: &xray_sdk::document::Document) -> bool {
    let ecs = document.aws.as_ref().and_then(|aws| aws.ecs.as_ref());
    ecs.is_some_and(|ecs| ecs.container_id.is_some())
}

#[test]
fn ecs_is_told_from_the_metadata_of_version_4() {
    let endpoint = Endpoint::new(|_| Reply::Body(metadata()));
    let surroundings = container().variable(V4, &endpoint.url("/v4/0a-1"));
    let capture = capture(&surroundings);
    let document = record_until(&capture, |document, _| is_whole(document));
    let block = json!({
        "ecs": {"container": "ip-10-0-2-106", "container_id": DOCKER_ID, "container_arn": ARN},
        "cloudwatch_logs": [{
            "log_group": "/ecs/checkout",
            "arn": "arn:aws-cn:logs:cn-northwest-1:111122223333:log-group:/ecs/checkout",
        }],
    });
    assert_eq!(told(&document), (Some("AWS::ECS::Container"), block));
    assert!(endpoint.request().starts_with("GET /v4/0a-1 HTTP/1.1\r\n"));
    assert!(capture.recorder().health().notices.is_empty());
}

#[test]
fn version_3_is_asked_when_version_4_fails() {
    let endpoint = Endpoint::new(|request| {
        if request.starts_with("GET /v4") {
            return Reply::Status(503);
        }
        let task = "arn:aws:ecs:eu-west-1:111122223333:task/shop/cd189a93";
        let labels = json!({"com.amazonaws.ecs.task-arn": task});
        Reply::Body(json!({"DockerId": CONTAINER, "Labels": labels}).to_string())
    });
    let surroundings = container()
        .variable(V4, &endpoint.url("/v4/0a-1"))
        .variable(V3, &endpoint.url("/v3/0a-1"))
        .variable("AWS_LOG_GROUP", "shop");
    let capture = capture(&surroundings);
    let document = record_until(&capture, |document, _| is_whole(document));
    let block = json!({
        "ecs": {"container": "ip-10-0-2-106", "container_id": CONTAINER},
        "cloudwatch_logs": [{"log_group": "shop", "arn": "arn:aws:logs:eu-west-1:111122223333:log-group:shop"}],
    });
    assert_eq!(told(&document), (Some("AWS::ECS::Container"), block));
}

#[test]
fn other_log_drivers_have_no_log_group() {
    let endpoint = Endpoint::new(|_| {
        let options = json!({"awslogs-group": "x"});
        let metadata =
            json!({"DockerId": CONTAINER, "LogDriver": "fluentd", "LogOptions": options});
        Reply::Body(metadata.to_string())
    });
    let surroundings = container().variable(V4, &endpoint.url("/v4/0a-1"));
    let capture = capture(&surroundings);
    let document = record_until(&capture, |document, _| is_whole(document));
    assert!(
        document
            .aws
            .is_some_and(|aws| aws.cloudwatch_logs.is_empty())
    );
}

#[test]
fn segments_before_the_answer_are_not_held_up_and_later_ones_tell_all() {
    let (release, held) = mpsc::channel::<()>();
    let endpoint = Endpoint::new(move |_| {
        // Until the test lets go of it.
        let _ = held.recv();
        Reply::Body(metadata())
    });
    let surroundings = container().variable(V4, &endpoint.url("/v4/0a-1"));
    let capture = capture(&surroundings);
    for _ in 0..10 {
        assert_eq!(told(&record(&capture)), little());
    }
    let long = capture.recorder().segment("long").begin();
    drop(release);
    record_until(&capture, |document, _| is_whole(document));
    // Begun before the answer, and sent after it.
    long.end();
    let documents = capture.documents();
    let long = documents.last().expect("a document");
    assert_eq!(long.name, "long");
    assert!(is_whole(long));
}

#[test]
fn an_endpoint_that_hangs_delays_no_segment() {
    let endpoint = Endpoint::new(|_| Reply::Nothing);
    let surroundings = container()
        .variable(V4, &endpoint.url("/v4/0a-1"))
        .variable(V3, &endpoint.url("/v3/0a-1"));
    let capture = capture(&surroundings);
    // The question is out, and nobody has given up.
    assert!(endpoint.request().starts_with("GET /v4/0a-1 "));
    for number in 1..=100 {
        assert_eq!(told(&record(&capture)), little());
        assert_eq!(capture.recorder().health().documents, number);
    }
    assert!(capture.recorder().shutdown(super::DEADLINE));
    assert!(capture.recorder().health().notices.is_empty());
}

#[test]
fn no_usable_answer_is_told_once_with_the_reason() {
    let garbage = [
        (Reply::Raw("SSH-2.0\r\n"), "something else than HTTP"),
        (Reply::Raw(""), "an answer that ends early"),
        (Reply::Status(404), "HTTP status 404"),
        (Reply::Body("<html>".into()), "not about a container"),
        (Reply::Body("{}".into()), "not about a container"),
        (Reply::Body("[]".into()), "not about a container"),
        (Reply::Body("9".repeat(100_000)), "more than 65536 bytes"),
    ];
    for (reply, reason) in garbage {
        let reply = std::sync::Mutex::new(Some(reply));
        let endpoint = Endpoint::new(move |_| {
            let reply = reply.lock().expect("not poisoned").take();
            reply.expect("one request")
        });
        assert_useless(&endpoint.url("/v4/0a-1"), super::DEADLINE, reason);
    }
}

#[test]
fn an_endpoint_that_is_absent_or_hangs_is_told_once() {
    assert_useless(&Endpoint::absent(), super::DEADLINE, "refused");
    let endpoint = Endpoint::new(|_| Reply::Nothing);
    let url = endpoint.url("/v4/0a-1");
    assert_useless(&url, Duration::from_millis(50), "no answer in time");
}

#[track_caller]
fn assert_useless(url: &str, patience: Duration, reason: &str) {
    let surroundings = container().variable(V4, url).patience(patience);
    let capture = capture(&surroundings);
    let document = record_until(&capture, |_, recorder| {
        !recorder.health().notices.is_empty()
    });
    assert_eq!(told(&document), little());
    let notices = capture.recorder().health().notices;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains(reason), "{notices:?}");
    assert!(
        !notices[0].contains("0a-1"),
        "the path is nobody's: {notices:?}"
    );
}

#[test]
fn what_cannot_be_used_of_the_metadata_is_left_out_and_told() {
    let endpoint = Endpoint::new(|_| {
        let long = format!("arn:{}", "x".repeat(600));
        Reply::Body(json!({"DockerId": "0a1b", "ContainerARN": long}).to_string())
    });
    let capture = capture(&container().variable(V4, &endpoint.url("/v4/0a-1")));
    let document = record_until(&capture, |document, _| is_whole(document));
    let block = json!({"ecs": {"container": "ip-10-0-2-106", "container_id": "0a1b"}});
    assert_eq!(told(&document), (Some("AWS::ECS::Container"), block));
    let notices = capture.recorder().health().notices;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("ContainerARN"), "{notices:?}");
}
