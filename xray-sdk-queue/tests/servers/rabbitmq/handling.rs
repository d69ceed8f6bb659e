//! What is recorded of handling.

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::BasicProperties;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicNackOptions, BasicPublishOptions, BasicRejectOptions,
    QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Consume as _, Receive as _};

use super::{connect, consume, declare, publish};
use crate::place;
use crate::seen::senders::{self, SENDERS};
use crate::seen::{node, queue, tree};

#[tokio::test]
async fn a_message_that_is_put_back_is_a_fault_and_comes_again_in_the_same_trace() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "quorum").await;
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&channel, &orders))
        .await
        .expect("confirmed");

    let mut consumer = consume(&channel, &orders)
        .await
        .traced(capture.recorder(), "worker");
    for again in [true, false] {
        let message = consumer.next().await.expect("open").expect("a message");
        let work = message.run(|delivery| async move {
            let told = match again {
                true => {
                    delivery
                        .nack(BasicNackOptions {
                            requeue: true,
                            multiple: false,
                        })
                        .await
                }
                false => delivery.reject(BasicRejectOptions { requeue: false }).await,
            };
            assert!(told.expect("told"));
            let twice = delivery.ack(BasicAckOptions::default()).await;
            assert!(
                !twice.expect("no error"),
                "it was told before: lapin says so, and no outcome changes"
            );
        });
        work.await;
    }
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(
        lines,
        "shop\n  orders\n    worker fault\n    worker error\n"
    );
    let text = crate::seen::documents(&capture);
    let last = &text
        .iter()
        .rfind(|document| document["name"] == "worker")
        .expect("a worker");
    let received = &queue(last)["received"];
    assert_eq!(
        (&received["redelivered"], &received["redeliveries"]),
        (&true.into(), &1.into())
    );
    assert_eq!(queue(last)["outcome"], "reject");
}

#[tokio::test]
async fn messages_of_senders_of_all_kinds_are_handled() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "classic").await;
    for sender in &SENDERS {
        let mut headers = FieldTable::default();
        if let Some((name, value)) = sender.header {
            headers.insert(name.into(), AMQPValue::LongString(value.into()));
        }
        let properties = BasicProperties::default().with_headers(headers);
        let options = BasicPublishOptions::default();
        let sent =
            channel.basic_publish("".into(), orders.as_str().into(), options, b"", properties);
        sent.await.expect("sent").await.expect("confirmed");
    }
    let all = consume(&channel, &orders)
        .await
        .take(SENDERS.len())
        .traced(capture.recorder(), "worker");
    let done = all.for_each(|delivery| async move {
        let told = delivery.ack(BasicAckOptions::default()).await;
        assert!(told.expect("told"));
    });
    done.await.expect("all of them");
    senders::check(&capture);
}

#[tokio::test]
async fn a_message_that_nobody_can_handle_is_tried_and_set_aside_in_one_trace() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let dead = declare(&channel, "classic").await;
    let orders = place::unique("poisoned");
    let mut arguments = FieldTable::default();
    for (name, value) in [
        ("x-queue-type", AMQPValue::LongString("quorum".into())),
        ("x-delivery-limit", AMQPValue::LongInt(2)),
        ("x-dead-letter-exchange", AMQPValue::LongString("".into())),
        (
            "x-dead-letter-routing-key",
            AMQPValue::LongString(dead.as_str().into()),
        ),
    ] {
        arguments.insert(name.into(), value);
    }
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare(orders.as_str().into(), options, arguments);
    declared.await.expect("a queue");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&channel, &orders))
        .await
        .expect("confirmed");

    // The first delivery and two more.
    let tried = consume(&channel, &orders).await.take(3);
    let tried = tried.traced(capture.recorder(), "worker");
    let done = tried.for_each(|delivery| async move {
        let options = BasicNackOptions {
            requeue: true,
            multiple: false,
        };
        delivery.nack(options).await.expect("told");
    });
    done.await.expect("three deliveries");
    let mut buried = consume(&channel, &dead)
        .await
        .traced(capture.recorder(), "undertaker");
    let letter = buried.next().await.expect("open").expect("a dead letter");
    letter
        .run(|delivery| async move { delivery.ack(BasicAckOptions::default()).await })
        .await
        .expect("told");
    let lines = tree(&capture).replace(&orders, "orders");
    let tried = "    worker fault\n".repeat(3);
    assert_eq!(lines, format!("shop\n  orders\n{tried}    undertaker\n"));
    let counts: Vec<_> = crate::seen::documents(&capture)
        .iter()
        .filter(|document| document["name"] == "worker")
        .map(|worker| queue(worker)["received"]["redeliveries"].as_u64())
        .collect();
    assert_eq!(counts, [Some(0), Some(1), Some(2)]);
    let buried = node(&capture, "undertaker");
    let letter = &queue(&buried)["received"]["dead_letter"];
    assert_eq!(
        (&letter["queue"], &letter["reason"]),
        (&orders.as_str().into(), &"delivery_limit".into())
    );
}

#[tokio::test]
async fn a_consumer_that_is_cancelled_ends_and_leaves_nothing_open() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    // By the program, after the first message.
    let orders = declare(&channel, "classic").await;
    publish(&channel, &orders).await.expect("confirmed");
    let consumer = consume(&channel, &orders).await;
    let (tag, by_program) = (consumer.tag(), channel.clone());
    let consumer = consumer.traced(capture.recorder(), "worker");
    let done = consumer.for_each(|delivery| {
        let (tag, channel) = (tag.clone(), by_program.clone());
        async move {
            delivery
                .ack(BasicAckOptions::default())
                .await
                .expect("told");
            let cancelled = channel.basic_cancel(tag, BasicCancelOptions::default());
            cancelled.await.expect("cancelled");
        }
    });
    done.await.expect("an end, and no error");
    // By the broker, whose queue is gone.
    let mut consumer = consume(&channel, &orders)
        .await
        .traced(capture.recorder(), "worker");
    let deleted = channel.queue_delete(orders.as_str().into(), QueueDeleteOptions::default());
    deleted.await.expect("deleted");
    assert!(consumer.next().await.is_none());
    assert_eq!(tree(&capture), "worker\n");
    assert_eq!(queue(&node(&capture, "worker"))["outcome"], "ack");
}

#[tokio::test]
async fn work_that_is_given_up_is_told_and_its_message_comes_again() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "quorum").await;
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&channel, &orders))
        .await
        .expect("confirmed");
    let (_other, first) = connect(&place::rabbitmq()).await;
    let mut consumer = consume(&first, &orders)
        .await
        .traced(capture.recorder(), "worker");
    let message = consumer.next().await.expect("open").expect("a message");
    let work = message.run(|_delivery| std::future::pending::<()>());
    assert!(work.now_or_never().is_none(), "nobody waits for it");
    first.close(200, "gone".into()).await.expect("closed");

    let mut consumer = consume(&channel, &orders)
        .await
        .traced(capture.recorder(), "worker");
    let message = consumer.next().await.expect("open").expect("a message");
    message
        .run(|delivery| async move { delivery.ack(BasicAckOptions::default()).await })
        .await
        .expect("told");
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(lines, "shop\n  orders\n    worker\n    worker\n");
    let documents = crate::seen::documents(&capture);
    let workers: Vec<_> = documents
        .iter()
        .filter(|document| document["name"] == "worker")
        .collect();
    assert_eq!(workers[0]["metadata"]["xray"]["aborted"], true);
    assert_eq!(queue(workers[1])["received"]["redelivered"], true);
}

#[tokio::test]
async fn a_header_that_is_no_text_begins_a_trace() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "classic").await;
    let mut headers = FieldTable::default();
    let bytes = AMQPValue::ByteArray(b"\xff\xfe".to_vec().into());
    headers.insert("X-Amzn-Trace-Id".into(), bytes);
    let properties = BasicProperties::default().with_headers(headers);
    let options = BasicPublishOptions::default();
    let sent = channel.basic_publish("".into(), orders.as_str().into(), options, b"", properties);
    sent.await.expect("sent").await.expect("confirmed");
    let message = consume(&channel, &orders).await.next().await;
    let message = message.expect("open").expect("a message");
    let work = message.traced(capture.recorder(), "worker");
    work.run(|delivery| async move { delivery.ack(BasicAckOptions::default()).await })
        .await
        .expect("told");
    assert!(crate::seen::documents(&capture)[0]["parent_id"].is_null());
}
