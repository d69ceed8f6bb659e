use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{PullConsumer, pull};
use async_nats::jetstream::{self, AckKind, Context, stream};
use futures_util::StreamExt as _;
use xray_sdk::sampling::Never;
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Batch, Consume as _, Delivered, Publish as _};

use crate::line::Line;
use crate::place;
use crate::seen::senders::{self, SENDERS};
use crate::seen::{documents, node, queue, tree};

/// A stream of its own, with one consumer: the context, the subject, the consumer.
async fn create() -> (Context, String, PullConsumer) {
    let client = place::nats_login()
        .connect(place::nats())
        .await
        .expect("a server");
    let context = jetstream::new(client);
    let (name, consumer) = create_in(&context).await;
    (context, name, consumer)
}

async fn create_in(context: &Context) -> (String, PullConsumer) {
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
    (name, consumer)
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
async fn messages_of_senders_of_all_kinds_are_handled() {
    let (context, orders, consumer) = create().await;
    let capture = Capture::new("shop");
    for sender in &SENDERS {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = sender.header {
            headers.insert(name, value);
        }
        let sent = context.publish_with_headers(orders.clone(), headers, "7".into());
        sent.await.expect("sent").await.expect("stored");
    }
    let all = consumer.messages().await.expect("messages");
    let done = all
        .take(SENDERS.len())
        .traced(capture.recorder(), "worker")
        .for_each(|message| async move { message.ack().await.expect("told") });
    done.await.expect("all of them");
    senders::check(&capture);
}

#[tokio::test]
async fn a_message_whose_stream_does_not_answer_in_time_is_a_fault() {
    let client = place::nats_login()
        .connect(place::nats())
        .await
        .expect("a server");
    let mut context = jetstream::new(client.clone());
    context.set_timeout(Duration::from_millis(50));
    let capture = Capture::new("shop");
    let orders = place::unique("orders");
    // It gets the message, and is no stream.
    let _silent = client
        .subscribe(orders.clone())
        .await
        .expect("a subscription");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&context, &orders))
        .await
        .expect_err("nobody stores it");
    let sent = node(&capture, &orders);
    assert_eq!(sent["fault"], true);
    let cause = &sent["cause"]["exceptions"][0];
    assert_eq!(
        cause["message"], "timed out: didn't receive ack in time",
        "{cause}"
    );
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_is_recorded_on_both_sides() {
    let (line, url) = Line::of(&place::nats()).await;
    let options = place::nats_login().max_reconnects(1);
    let client = options.connect(url).await.expect("a server");
    let mut context = jetstream::new(client);
    context.set_timeout(Duration::from_secs(5));
    let (orders, consumer) = create_in(&context).await;
    let capture = Capture::new("shop");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&context, &orders)).await.expect("stored");
    let mut messages = consumer
        .messages()
        .await
        .expect("messages")
        .traced(capture.recorder(), "worker");
    let message = messages.next().await.expect("open").expect("a message");
    let work = message.run(|message| async move {
        drop(line);
        message.double_ack().await
    });
    work.await.expect_err("the server is gone");
    let shop = capture.recorder().segment("shop again");
    shop.run(publish(&context, &orders))
        .await
        .expect_err("the server is gone");
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(
        lines,
        "shop\n  orders\n    worker fault\nshop again\n  orders fault\n"
    );
    assert!(queue(&node(&capture, "worker"))["outcome"].is_null());
}

#[tokio::test]
async fn a_consumer_that_is_deleted_ends_with_an_error_and_leaves_nothing_open() {
    let (context, orders, consumer) = create().await;
    let capture = Capture::new("shop");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&context, &orders)).await.expect("stored");
    let messages = consumer.messages().await.expect("messages");
    let (context, orders) = (&context, &orders);
    let done = messages
        .traced(capture.recorder(), "worker")
        .for_each(|message| async move {
            message.double_ack().await.expect("told");
            let stream = context.get_stream(orders).await.expect("it is there");
            stream.delete_consumer("packers").await.expect("deleted");
        });
    done.await.expect_err("the stream of messages tells why");
    let lines = tree(&capture).replace(orders.as_str(), "orders");
    assert_eq!(lines, "shop\n  orders\n    worker\n");
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
    let work = |messages: Vec<Delivered<jetstream::Message>>| async move {
        for (place, message) in messages.iter().enumerate() {
            let kind = match place {
                0 => AckKind::Term,
                _ => AckKind::Ack,
            };
            message.double_ack_with(kind).await.expect("told");
        }
    };
    Batch::handle(messages, capture.recorder(), "worker", work).await;
    let worker = node(&capture, "worker");
    assert_eq!(
        worker["links"].as_array().map(Vec::len),
        Some(3),
        "{worker}"
    );
    assert_eq!(queue(&worker)["received"]["messages"], 4);
    let outcomes = &queue(&worker)["outcomes"];
    assert_eq!(
        (&outcomes["ack"], &outcomes["reject"]),
        (&3.into(), &1.into())
    );
    assert_eq!(worker["error"], true);
    let traces: Vec<_> = documents(&capture)
        .iter()
        .map(|document| document["trace_id"].clone())
        .collect();
    for link in worker["links"].as_array().into_iter().flatten() {
        assert!(traces.contains(&link["trace_id"]), "{link}");
    }
}
