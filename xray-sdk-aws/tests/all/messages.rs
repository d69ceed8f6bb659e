//! The trace in messages.

use std::collections::HashMap;

use serde_json::{Value, json};
use xray_sdk::testing::Capture;
use xray_sdk::{Sampled, TraceHeader, current};
use xray_sdk_aws::message::{self, Batch, TRACE_ATTRIBUTE};
use xray_sdk_aws::{XrayInterceptor, client};

use crate::canned::Canned;
use crate::record::documents;

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

fn root(number: u8) -> String {
    format!("1-5759e988-bd862e3fe1be46a9942727{number:02x}")
}

/// The attributes of a message in trace `number`.
fn attributes(number: u8, sampled: &str) -> HashMap<String, String> {
    let header = format!(
        "Root={};Parent=53995c3f42cd8a{number:02x}{sampled}",
        root(number)
    );
    HashMap::from([
        ("SentTimestamp".to_owned(), "1".to_owned()),
        (TRACE_ATTRIBUTE.to_owned(), header),
    ])
}

#[tokio::test]
async fn a_consumer_continues_the_trace_of_the_sender() {
    let capture = Capture::new("worker");
    for attributes in [attributes(1, ";Sampled=1"), attributes(2, ";Sampled=0")] {
        let segment = capture
            .recorder()
            .segment("worker")
            .continuing(message::sender(Some(&attributes)));
        segment.run(async {}).await;
    }
    let documents = documents(&capture);
    assert_eq!(documents.len(), 1, "one sender was not sampled");
    assert_eq!(documents[0]["trace_id"], root(1));
    assert_eq!(documents[0]["parent_id"], "53995c3f42cd8a01");
}

#[test]
fn a_message_without_a_header_has_the_empty_one() {
    assert_eq!(message::sender::<String>(None), TraceHeader::default());
    let other = HashMap::from([("SentTimestamp", "1".to_owned())]);
    assert_eq!(message::sender(Some(&other)).sampled(), Sampled::Unknown);
}

#[tokio::test]
async fn a_batch_is_linked_to_its_sampled_senders() {
    let capture = Capture::new("worker");
    let messages = [
        attributes(1, ";Sampled=1"),
        attributes(2, ";Sampled=0"),
        attributes(3, ";Sampled=1"),
        attributes(3, ";Sampled=1"),
        attributes(4, ""),
    ];
    let batch: Batch = messages.iter().map(Some).chain([None]).collect();
    let work = async {
        current().annotate("inside", true);
        for attributes in &messages {
            message::part("message", Some(attributes)).run(|_| ());
        }
    };
    batch.segment(capture.recorder(), "worker").run(work).await;
    let documents = documents(&capture);
    assert_eq!(documents.len(), 1);
    assert_eq!(
        documents[0]["links"],
        json!([
            {"trace_id": root(1), "id": "53995c3f42cd8a01"},
            {"trace_id": root(3), "id": "53995c3f42cd8a03"},
        ])
    );
    assert_eq!(
        documents[0].get("parent_id"),
        None,
        "it is a trace of its own"
    );
    assert_eq!(documents[0]["annotations"]["inside"], true);
    let parts = documents[0]["subsegments"].as_array().map(Vec::len);
    assert_eq!(
        parts,
        Some(4),
        "the message of the sender that was not sampled is left out"
    );
}

#[test]
fn a_batch_of_senders_that_are_not_sampled_is_not() {
    let capture = Capture::new("worker");
    let messages = [attributes(1, ";Sampled=0"), attributes(2, "")];
    let batch: Batch = messages.iter().map(Some).collect();
    batch.segment(capture.recorder(), "worker").begin().end();
    assert!(capture.bytes().is_empty());
}

#[test]
fn the_sampler_decides_on_a_batch_of_which_nobody_decided() {
    let capture = Capture::new("worker");
    let batch: Batch = [attributes(1, "")].iter().map(Some).collect();
    batch.segment(capture.recorder(), "worker").begin().end();
    assert_eq!(capture.tree(), "worker\n");
    assert_eq!(documents(&capture)[0].get("links"), None);
}

#[tokio::test]
async fn messages_carry_the_header_where_that_is_asked_for() {
    let capture = Capture::new("shop");
    let canned = Canned::json(r#"{"MessageId":"M","Successful":[],"Failed":[]}"#);
    let interceptor = XrayInterceptor::new().trace_attribute(true);
    let queues = client!(aws_sdk_sqs, &canned.config().build(), interceptor);
    let entry = |id: &str| {
        let entry = aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body("one");
        entry.build().expect("is complete")
    };
    let work = async {
        queues
            .send_message()
            .queue_url(QUEUE)
            .message_body("one")
            .send()
            .await
            .expect("is sent");
        let batch = queues
            .send_message_batch()
            .queue_url(QUEUE)
            .entries(entry("1"))
            .entries(entry("2"));
        batch.send().await.expect("are sent");
        queues
            .purge_queue()
            .queue_url(QUEUE)
            .send()
            .await
            .expect("is purged");
    };
    capture.recorder().segment("shop").run(work).await;
    let requests = canned.requests();
    let body = |number: usize| -> Value {
        let body = requests[number].body().bytes().expect("in memory");
        let length = requests[number].headers().get("content-length");
        assert_eq!(length.map(str::to_owned), Some(body.len().to_string()));
        serde_json::from_slice(body).expect("is JSON")
    };
    let carried = |message: &Value| {
        let attribute = &message["MessageSystemAttributes"][TRACE_ATTRIBUTE];
        assert_eq!(attribute["DataType"], "String");
        attribute["StringValue"].as_str().map(str::to_owned)
    };
    assert_eq!(carried(&body(0)), canned.trace_header(0));
    for entry in body(1)["Entries"].as_array().expect("entries") {
        assert_eq!(carried(entry), canned.trace_header(1));
        assert_eq!(entry["MessageBody"], "one");
    }
    assert_eq!(body(2), json!({"QueueUrl": QUEUE}));
}

#[tokio::test]
async fn the_header_of_each_message_is_asked_for_in_and_outside_of_segments() {
    let capture = Capture::new("worker");
    let canned = Canned::json("{}");
    let interceptor = XrayInterceptor::new().ask_for_trace(true);
    let queues = client!(aws_sdk_sqs, &canned.config().build(), interceptor);
    let receive = || {
        queues
            .receive_message()
            .queue_url(QUEUE)
            .wait_time_seconds(1)
    };
    receive().send().await.expect("an answer");
    let sent_at = receive().message_system_attribute_names("SentTimestamp".into());
    let segment = capture.recorder().segment("worker");
    segment.run(sent_at.send()).await.expect("an answer");
    let own = receive().message_system_attribute_names(TRACE_ATTRIBUTE.into());
    own.send().await.expect("an answer");
    let asked: Vec<Value> = canned
        .requests()
        .iter()
        .map(|request| {
            let body = request.body().bytes().expect("in memory");
            let length = request.headers().get("content-length");
            assert_eq!(length.map(str::to_owned), Some(body.len().to_string()));
            serde_json::from_slice(body).expect("is JSON")
        })
        .collect();
    for (request, names) in asked.iter().zip([
        json!([TRACE_ATTRIBUTE]),
        json!(["SentTimestamp", TRACE_ATTRIBUTE]),
        json!([TRACE_ATTRIBUTE]),
    ]) {
        assert_eq!(
            request,
            &json!({"QueueUrl": QUEUE, "WaitTimeSeconds": 1, "MessageSystemAttributeNames": names})
        );
    }
}

#[tokio::test]
async fn requests_are_sent_as_they_are_where_it_is_not() {
    let capture = Capture::new("shop");
    let canned = Canned::json(r#"{"MessageId":"M"}"#);
    let queues = client!(aws_sdk_sqs, &canned.config().build());
    let send = queues
        .send_message()
        .queue_url(QUEUE)
        .message_body("one")
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(send)
        .await
        .expect("is sent");
    let requests = canned.requests();
    let receive = queues.receive_message().queue_url(QUEUE);
    receive.send().await.expect("an answer");
    for request in requests.iter().chain(&canned.requests()) {
        let body = String::from_utf8_lossy(request.body().bytes().expect("in memory"));
        assert!(!body.contains(TRACE_ATTRIBUTE), "{body}");
    }
}
