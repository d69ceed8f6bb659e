use xray_sdk::TraceHeader;
use xray_sdk::testing::Capture;
use xray_sdk_aws::message::{self, Batch};
use xray_sdk_aws::{XrayInterceptor, client};

use super::{moto, unique};
use crate::record::documents;

/// moto keeps no tracing header by itself, as SQS does.
fn carrying() -> XrayInterceptor {
    XrayInterceptor::new()
        .trace_attribute(true)
        .ask_for_trace(true)
}

async fn queue(queues: &aws_sdk_sqs::Client, name: &str) -> String {
    let created = queues
        .create_queue()
        .queue_name(unique(name))
        .send()
        .await
        .expect("a queue");
    created.queue_url.expect("has a URL")
}

async fn receive(queues: &aws_sdk_sqs::Client, url: &str) -> Vec<aws_sdk_sqs::types::Message> {
    let receive = queues
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(10);
    let received = receive.send().await.expect("messages");
    received.messages.unwrap_or_default()
}

#[tokio::test]
async fn a_message_brings_the_trace_of_its_sender() {
    let capture = Capture::new("shop");
    let queues = client!(aws_sdk_sqs, &moto(), carrying());
    let url = queue(&queues, "brings-the-trace").await;
    let send = queues
        .send_message()
        .queue_url(&url)
        .message_body("SECRET")
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(send)
        .await
        .expect("is sent");
    let received = receive(&queues, &url).await;
    let segment = capture
        .recorder()
        .segment("worker")
        .continuing(message::sender(received[0].attributes()));
    segment.run(async {}).await;
    assert_eq!(capture.tree(), "shop\n  SQS 200\n    worker\n");
    let documents = documents(&capture);
    let call = &documents[0]["subsegments"][0];
    assert_eq!(call["aws"]["queue_url"], url);
    assert_eq!(call["aws"]["account_id"], "123456789012");
    assert_eq!(call["aws"]["message_id"].as_str(), received[0].message_id());
}

#[tokio::test]
async fn a_batch_that_is_received_is_linked_to_its_senders() {
    let capture = Capture::new("shop");
    let queues = client!(aws_sdk_sqs, &moto(), carrying());
    let url = queue(&queues, "is-linked").await;
    for body in ["one", "two"] {
        let send = queues
            .send_message()
            .queue_url(&url)
            .message_body(body)
            .send();
        capture
            .recorder()
            .segment("shop")
            .run(send)
            .await
            .expect("is sent");
    }
    let received = receive(&queues, &url).await;
    let batch: Batch = received
        .iter()
        .map(|message| message.attributes())
        .collect();
    batch
        .segment(capture.recorder(), "worker")
        .run(async {})
        .await;
    let documents = documents(&capture);
    let (workers, shops): (Vec<_>, Vec<_>) = documents
        .iter()
        .partition(|document| document["name"] == "worker");
    let mut calls: Vec<_> = shops
        .iter()
        .map(|shop| shop["subsegments"][0]["id"].as_str())
        .collect();
    let mut links: Vec<_> = workers[0]["links"]
        .as_array()
        .expect("links")
        .iter()
        .map(|link| link["id"].as_str())
        .collect();
    calls.sort_unstable();
    links.sort_unstable();
    assert_eq!((received.len(), links), (2, calls));
}

#[tokio::test]
async fn the_messages_of_a_batch_are_counted() {
    let capture = Capture::new("shop");
    let queues = client!(aws_sdk_sqs, &moto(), carrying());
    let url = queue(&queues, "are-counted").await;
    let entry = |id: &str| {
        let entry = aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body("SECRET");
        entry.build().expect("is complete")
    };
    let send = queues
        .send_message_batch()
        .queue_url(&url)
        .entries(entry("1"))
        .entries(entry("2"))
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(send)
        .await
        .expect("are sent");
    let aws = &documents(&capture)[0]["subsegments"][0]["aws"];
    assert_eq!(
        (&aws["message_count"], &aws["successful_count"]),
        (&2.into(), &2.into())
    );
    assert_eq!(receive(&queues, &url).await.len(), 2);
}

#[tokio::test]
async fn a_sender_that_is_not_sampled_says_so() {
    let queues = client!(aws_sdk_sqs, &moto(), carrying());
    let url = queue(&queues, "not-sampled").await;
    let capture = Capture::new("shop");
    let send = queues
        .send_message()
        .queue_url(&url)
        .message_body("one")
        .send();
    capture
        .recorder()
        .segment("shop")
        .sampled(false)
        .run(send)
        .await
        .expect("is sent");
    let received = receive(&queues, &url).await;
    let header: TraceHeader = message::sender(received[0].attributes());
    assert_eq!(header.sampled(), xray_sdk::Sampled::No);
    let missing = queues
        .send_message()
        .queue_url(format!("{url}-missing"))
        .message_body("one")
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(missing)
        .await
        .expect_err("no such queue");
    let exception = &documents(&capture)[0]["subsegments"][0]["cause"]["exceptions"][0];
    assert!(
        exception["type"]
            .as_str()
            .is_some_and(|code| code.contains("NonExistentQueue") || code == "QueueDoesNotExist"),
        "{exception}"
    );
}
