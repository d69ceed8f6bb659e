//! Kafka, by the mock cluster of librdkafka: real clients over sockets of this machine.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::Message as _;
use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Headers as _, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use xray_sdk::Sampled;
use xray_sdk::sampling::Never;
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Consume as _, Delivered, Publish as _, extract};

use crate::altered;
use crate::seen::senders::{self, SENDERS};
use crate::seen::{documents, node, queue, tree};

const PATIENCE: Timeout = Timeout::After(Duration::from_secs(60));

struct Kafka {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Kafka {
    fn start() -> Self {
        let cluster = MockCluster::new(1).expect("sockets of this machine");
        cluster.create_topic("orders", 1, 1).expect("a topic");
        Self { cluster }
    }

    fn settings(&self) -> ClientConfig {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", self.cluster.bootstrap_servers());
        settings
    }

    fn producer(&self) -> FutureProducer {
        let mut settings = self.settings();
        settings.set("message.timeout.ms", "30000");
        settings.create().expect("settings that are right")
    }

    fn consumer(&self) -> StreamConsumer {
        let mut settings = self.settings();
        settings
            .set("group.id", "packers")
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false");
        let consumer: StreamConsumer = settings.create().expect("settings that are right");
        consumer.subscribe(&["orders"]).expect("a topic");
        consumer
    }
}

fn order(headers: Option<OwnedHeaders>) -> FutureRecord<'static, str, str> {
    let record = FutureRecord::to("orders").key("pears").payload("7");
    FutureRecord { headers, ..record }
}

/// Takes the next message, and does nothing with it but to commit it.
async fn consume(kafka: &Kafka, capture: &Capture) -> OwnedHeaders {
    let consumer = kafka.consumer();
    let mut messages = consumer.stream().traced(capture.recorder(), "worker");
    let message = messages.next().await.expect("open").expect("a message");
    let consumer = &consumer;
    let work = |message: Delivered<BorrowedMessage<'_>>| {
        let committed = message.commit(consumer, CommitMode::Async);
        let headers = message.headers().map(BorrowedHeaders::detach);
        async move { committed.map(|()| headers) }
    };
    message
        .run(work)
        .await
        .expect("committed")
        .unwrap_or_default()
}

#[tokio::test]
async fn a_message_goes_round_in_one_trace() {
    let kafka = Kafka::start();
    let capture = Capture::new("shop");
    let shop = capture.recorder().segment("shop");
    let work = async { kafka.producer().traced().send(order(None), PATIENCE).await };
    shop.run(work).await.expect("stored");
    consume(&kafka, &capture).await;
    assert_eq!(tree(&capture), "shop\n  orders\n    worker\n");
    let sent = node(&capture, "orders");
    assert_eq!(sent["namespace"], "remote");
    assert_eq!(queue(&sent)["sent"]["topic"], "orders");
    assert_eq!(queue(&sent)["stored"]["offset"], 0);
    let received = node(&capture, "worker");
    assert_eq!(queue(&received)["outcome"], "ack");
    assert!(queue(&received)["received"]["delay_ms"].is_u64());
}

#[tokio::test]
async fn the_headers_of_a_record_are_kept_and_a_stale_trace_is_replaced() {
    let kafka = Kafka::start();
    let capture = Capture::with_sampler("shop", Never);
    let header = |key, value| Header {
        key,
        value: Some(value),
    };
    let headers = OwnedHeaders::new()
        .insert(header(
            "X-Amzn-Trace-Id",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ))
        .insert(header("other", "kept"));
    let shop = capture.recorder().segment("shop");
    let work = async {
        kafka
            .producer()
            .traced()
            .send(order(Some(headers)), PATIENCE)
            .await
    };
    shop.run(work).await.expect("stored");
    let headers = consume(&kafka, &capture).await;
    assert_eq!(headers.count(), 2);
    assert_eq!(headers.get(0).key, "other");
    let header = extract(&headers);
    assert_eq!(header.sampled(), Sampled::No, "{header}");
    assert_eq!(
        tree(&capture),
        "",
        "the consumer is told that it is not sampled"
    );
}

#[tokio::test]
async fn a_broker_that_is_down_is_a_fault_and_the_message_comes_back() {
    let kafka = Kafka::start();
    let capture = Capture::new("shop");
    let mut settings = kafka.settings();
    settings.set("message.timeout.ms", "200");
    let producer: FutureProducer = settings.create().expect("settings that are right");
    kafka.cluster.broker_down(1).expect("it was up");
    let shop = capture.recorder().segment("shop");
    let work = async { producer.traced().send(order(None), PATIENCE).await };
    let (_, message) = shop.run(work).await.expect_err("nobody is there");
    assert_eq!(message.topic(), "orders");
    assert_eq!(tree(&capture), "shop\n  orders fault\n");
    let cause = &node(&capture, "orders")["cause"]["exceptions"][0];
    assert!(
        cause["message"]
            .as_str()
            .is_some_and(|text| text.contains("timed out")),
        "{cause}"
    );
}

#[tokio::test]
async fn messages_of_senders_of_all_kinds_are_handled() {
    let kafka = Kafka::start();
    let capture = Capture::new("shop");
    let producer = kafka.producer();
    for sender in &SENDERS {
        let headers = sender.header.map(|(key, value)| {
            OwnedHeaders::new().insert(Header {
                key,
                value: Some(value),
            })
        });
        let sent = producer.send(order(headers), PATIENCE).await;
        sent.expect("stored");
    }
    let consumer = kafka.consumer();
    let mut messages = consumer.stream().traced(capture.recorder(), "worker");
    for _ in &SENDERS {
        let message = messages.next().await.expect("open").expect("a message");
        let consumer = &consumer;
        let work = |message: Delivered<BorrowedMessage<'_>>| {
            let told = message.store_offset(consumer);
            async move { told }
        };
        message.run(work).await.expect("stored");
    }
    senders::check(&capture);
    let worker = node(&capture, "worker");
    assert_eq!(queue(&worker)["outcome"], "ack", "{worker}");
}

#[tokio::test]
async fn a_commit_that_nobody_takes_is_recorded() {
    let kafka = Kafka::start();
    let capture = Capture::new("shop");
    let sent = kafka.producer().send(order(None), PATIENCE).await;
    sent.expect("stored");
    let consumer = kafka.consumer();
    let mut messages = consumer.stream().traced(capture.recorder(), "worker");
    let message = messages.next().await.expect("open").expect("a message");
    // A consumer that belongs to no group has nowhere to commit.
    let stranger: StreamConsumer = kafka.settings().create().expect("settings that are right");
    let work = |message: Delivered<BorrowedMessage<'_>>| {
        let told = message.commit(&stranger, CommitMode::Sync);
        async move { told }
    };
    message.run(work).await.expect_err("no group");
    assert_eq!(tree(&capture), "worker fault\n");
    assert!(queue(&node(&capture, "worker"))["outcome"].is_null());
}

#[tokio::test]
async fn a_message_with_a_broken_header_begins_a_trace() {
    let kafka = Kafka::start();
    let capture = Capture::new("shop");
    let broken = Header {
        key: "X-Amzn-Trace-Id",
        value: Some(b"\xff\x00;Root=".as_slice()),
    };
    let headers = OwnedHeaders::new().insert(broken);
    let sent = kafka.producer().send(order(Some(headers)), PATIENCE).await;
    sent.expect("stored");
    consume(&kafka, &capture).await;
    assert_eq!(tree(&capture), "worker\n");
    assert!(documents(&capture)[0]["parent_id"].is_null());
}

#[tokio::test]
async fn a_header_whose_name_is_no_text_does_not_bring_a_consumer_down() {
    let capture = Capture::new("shop");
    let kafka = Kafka::start();
    let broker = kafka.cluster.bootstrap_servers();
    let broker = broker.parse().expect("one broker, by its address");
    let way = altered::way(broker, b"unreadable", b"unread\xff\xfele").await;
    let mut settings = kafka.settings();
    settings.set("bootstrap.servers", way.to_string());
    let producer: FutureProducer = settings.create().expect("settings that are right");
    let odd = Header {
        key: "unreadable",
        value: Some("1"),
    };
    let headers = OwnedHeaders::new().insert(odd);
    let work = async {
        let sent = producer.traced().send(order(Some(headers)), PATIENCE).await;
        sent.expect("stored");
    };
    capture.recorder().segment("shop").run(work).await;
    let consumer = kafka.consumer();
    let mut messages = consumer.stream().traced(capture.recorder(), "worker");
    let message = messages.next().await.expect("open").expect("a message");
    let detach = |message: Delivered<BorrowedMessage<'_>>| {
        let headers = message.headers().map(BorrowedHeaders::detach);
        async move { headers.expect("there are some") }
    };
    let mut headers = message.run(detach).await;
    assert_eq!(headers.count(), 2);
    assert_eq!(tree(&capture), "shop\n  orders\n    worker\n");
    // And it can be sent on.
    capture.recorder().segment("worker").run_sync(|segment| {
        xray_sdk_queue::inject(segment, &mut headers);
    });
    assert_eq!(headers.count(), 3);
}
