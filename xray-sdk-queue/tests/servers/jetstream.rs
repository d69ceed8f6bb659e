use async_nats::jetstream::consumer::{PullConsumer, pull};
use async_nats::jetstream::{self, AckKind, Context, stream};
use futures_util::StreamExt as _;
use xray_sdk::sampling::Never;
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Batch, Consume as _, Publish as _};

use crate::place;
use crate::seen::{documents, node, queue, tree};

/// A stream of its own, with one consumer: the context, the subject, the consumer.
async fn create() -> (Context, String, PullConsumer) {
    let client = async_nats::connect(place::nats()).await.expect("a server");
    let context = jetstream::new(client);
    let name = place::unique("orders");
    let settings = stream::Config {
        name: name.clone(),
        subjects: vec![name.clone()],
        storage: stream::StorageType::Memory,
        ..stream::Config::default()
    };
    let stream = context.create_stream(settings).await.expect("a stream");
    let settings = pull::Config {
        durable_name: Some("packers".to_owned()),
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(settings).await.expect("a consumer");
    (context, name, consumer)
}

async fn publish(context: &Context, subject: &str) -> Result<(), async_nats::Error> {
    let stored = context
        .traced()
        .publish(subject.to_owned(), "7 pears".into());
    stored.await?.await?;
    Ok(())
}

#[tokio::test]
async fn a_message_goes_round_in_one_trace() {
    let (context, orders, consumer) = create().await;
    let capture = Capture::new("shop");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&context, &orders)).await.expect("stored");
    let messages = consumer.messages().await.expect("messages").take(1);
    let done = messages
        .traced(capture.recorder(), "worker")
        .for_each(|message| async move {
            subsegment("pack").run(|_| assert_eq!(message.payload, "7 pears"));
            message.double_ack().await.expect("told");
        });
    done.await.expect("one message");
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(lines, "shop\n  orders\n    worker\n      pack\n");
    assert_eq!(queue(&node(&capture, &orders))["outcome"], "ack");
    let worker = node(&capture, "worker");
    assert_eq!(queue(&worker)["outcome"], "ack");
    let received = &queue(&worker)["received"];
    assert!(received["delay_ms"].is_u64(), "{received}");
    assert_eq!(
        (&received["redelivered"], &received["redeliveries"]),
        (&false.into(), &0.into())
    );
}

#[tokio::test]
async fn a_message_that_is_refused_comes_again_and_is_counted() {
    let (context, orders, consumer) = create().await;
    let capture = Capture::new("shop");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&context, &orders)).await.expect("stored");
    let messages = consumer.messages().await.expect("messages").take(3);
    let done = messages
        .traced(capture.recorder(), "worker")
        .for_each(|message| async move {
            let kind = match message.info().expect("of a stream").delivered {
                3 => AckKind::Term,
                _ => AckKind::Nak(None),
            };
            message.ack_with(AckKind::Progress).await.expect("told");
            message.ack_with(kind).await.expect("told");
        });
    done.await.expect("three deliveries");
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(
        lines,
        "shop\n  orders\n    worker fault\n    worker fault\n    worker error\n"
    );
    let documents = documents(&capture);
    let counts: Vec<_> = documents
        .iter()
        .filter(|document| document["name"] == "worker")
        .map(|worker| queue(worker)["received"]["redeliveries"].as_u64())
        .collect();
    assert_eq!(counts, [Some(0), Some(1), Some(2)]);
}

#[tokio::test]
async fn a_message_that_no_stream_takes_is_a_fault() {
    let (context, ..) = create().await;
    let capture = Capture::new("shop");
    let nowhere = place::unique("nowhere");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&context, &nowhere))
        .await
        .expect_err("no stream has it");
    assert_eq!(
        tree(&capture).replace(&nowhere, "nowhere"),
        "shop\n  nowhere fault\n"
    );
}

#[tokio::test]
async fn a_batch_of_several_traces_is_linked_to_all_of_them() {
    let (context, orders, consumer) = create().await;
    let capture = Capture::new("shop");
    for _ in 0..3 {
        let shop = capture.recorder().segment("shop");
        shop.run(publish(&context, &orders)).await.expect("stored");
    }
    let unsampled = Capture::with_sampler("shop", Never);
    let shop = unsampled.recorder().segment("shop");
    shop.run(publish(&context, &orders)).await.expect("stored");
    let batch = consumer
        .fetch()
        .max_messages(4)
        .messages()
        .await
        .expect("a batch");
    let messages: Vec<_> = batch
        .map(|message| message.expect("a message"))
        .collect()
        .await;
    let work = async {
        for message in &messages {
            message.ack().await.expect("told");
        }
    };
    Batch::of(&messages)
        .run(capture.recorder(), "worker", work)
        .await;
    let worker = node(&capture, "worker");
    assert_eq!(
        worker["links"].as_array().map(Vec::len),
        Some(3),
        "{worker}"
    );
    assert_eq!(queue(&worker)["received"]["messages"], 4);
    let traces: Vec<_> = documents(&capture)
        .iter()
        .map(|document| document["trace_id"].clone())
        .collect();
    for link in worker["links"].as_array().into_iter().flatten() {
        assert!(traces.contains(&link["trace_id"]), "{link}");
    }
}
