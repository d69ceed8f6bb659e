//! What is recorded of sending.

use futures_util::StreamExt as _;
use lapin::BasicProperties;
use lapin::options::{BasicAckOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use xray_sdk::sampling::Never;
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Consume as _, Publish as _, Receive as _};

use super::{connect, consume, declare, publish};
use crate::place;
use crate::seen::{node, queue, tree};

#[tokio::test]
async fn messages_are_told_apart_and_the_programs_headers_are_kept() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "classic").await;
    let mut headers = FieldTable::default();
    headers.insert("kind".into(), AMQPValue::LongInt(7));
    let properties = BasicProperties::default()
        .with_headers(headers)
        .with_content_type("text/plain".into());
    for _ in 0..2 {
        let options = BasicPublishOptions::default();
        let sent = channel.traced();
        let sent = sent.basic_publish(
            "".into(),
            orders.as_str().into(),
            options,
            b"",
            properties.clone(),
        );
        let shop = capture.recorder().segment("shop");
        let sent = shop.run(sent).await.expect("sent");
        sent.await.expect("confirmed");
    }
    let done = consume(&channel, &orders)
        .await
        .take(2)
        .traced(capture.recorder(), "worker");
    let checked = done.for_each(|delivery| async move {
        let properties = &delivery.properties;
        let headers = properties.headers().as_ref().expect("headers").inner();
        assert_eq!(headers.get("kind"), Some(&AMQPValue::LongInt(7)));
        assert_eq!(
            properties.content_type().as_ref().map(ShortString::as_str),
            Some("text/plain")
        );
        delivery
            .ack(BasicAckOptions::default())
            .await
            .expect("told");
    });
    checked.await.expect("two messages");
    // What is current when a future is polled is its parent, wherever it was made.
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(lines, "shop\n  orders\n    worker\n".repeat(2));
}

#[tokio::test]
async fn a_message_that_no_queue_takes_is_an_error() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let nowhere = place::unique("nowhere");
    let shop = capture.recorder().segment("shop");
    let confirmed = shop
        .run(publish(&channel, &nowhere))
        .await
        .expect("confirmed");
    assert!(
        confirmed.take_message().is_some(),
        "lapin's answer is handed on"
    );
    assert_eq!(
        tree(&capture).replace(&nowhere, "nowhere"),
        "shop\n  nowhere error\n"
    );
    assert_eq!(queue(&node(&capture, &nowhere))["returned"], "NO_ROUTE");
}

#[tokio::test]
async fn a_message_that_the_broker_does_not_accept_is_a_fault() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = place::unique("full");
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(1));
    let overflow = AMQPValue::LongString("reject-publish".into());
    arguments.insert("x-overflow".into(), overflow);
    let options = QueueDeclareOptions::default();
    let declared = channel.queue_declare(orders.as_str().into(), options, arguments);
    declared.await.expect("a queue");
    let shop = capture.recorder().segment("shop");
    let work = async {
        let first = publish(&channel, &orders).await.expect("confirmed");
        let second = publish(&channel, &orders).await.expect("confirmed");
        (first.is_ack(), second.is_nack())
    };
    assert_eq!(shop.run(work).await, (true, true));
    let lines = tree(&capture).replace(&orders, "full");
    assert_eq!(lines, "shop\n  full\n  full fault\n");
}

#[tokio::test]
async fn who_does_not_wait_for_the_broker_has_no_outcome_and_the_message_is_sent() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "classic").await;
    let shop = capture.recorder().segment("shop");
    let work = async {
        let options = BasicPublishOptions::default();
        let traced = channel.traced();
        let properties = BasicProperties::default();
        let name = orders.as_str().into();
        let sent = traced.basic_publish("".into(), name, options, b"", properties);
        drop(sent.await.expect("sent"));
    };
    shop.run(work).await;
    let sent = node(&capture, &orders);
    assert!(sent["end_time"].is_number() && queue(&sent)["outcome"].is_null());
    assert!(
        sent["metadata"]["xray"].is_null(),
        "nothing was given up: {sent}"
    );
    let message = consume(&channel, &orders).await.next().await;
    message.expect("open").expect("a message");
}

#[tokio::test]
async fn a_message_that_is_not_sampled_says_so_to_its_consumer() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let sender = Capture::with_sampler("shop", Never);
    let orders = declare(&channel, "classic").await;
    let shop = sender.recorder().segment("shop");
    shop.run(publish(&channel, &orders))
        .await
        .expect("confirmed");
    let consumer = Capture::new("worker");
    let message = consume(&channel, &orders)
        .await
        .next()
        .await
        .expect("open")
        .expect("a message");
    let headers = message.properties.headers().clone().expect("a header");
    assert_eq!(
        headers.inner().len(),
        1,
        "the time of sending is told in recorded traces only"
    );
    let work = message.traced(consumer.recorder(), "worker");
    work.run(|delivery| async move { delivery.ack(BasicAckOptions::default()).await })
        .await
        .expect("told");
    assert_eq!(tree(&sender) + &tree(&consumer), "");
}

#[tokio::test]
async fn a_queue_whose_name_the_broker_made_up_is_no_node_of_its_own() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let options = QueueDeclareOptions {
        exclusive: true,
        ..QueueDeclareOptions::default()
    };
    let replies = channel.queue_declare("".into(), options, FieldTable::default());
    let replies = replies.await.expect("a queue");
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&channel, replies.name().as_str()))
        .await
        .expect("confirmed");
    assert_eq!(tree(&capture), "shop\n  amq.gen\n");
    let sent = node(&capture, "amq.gen");
    assert_eq!(queue(&sent)["sent"]["routing_key"], replies.name().as_str());
}
