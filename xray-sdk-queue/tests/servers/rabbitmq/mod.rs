mod handling;
mod sending;

use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Consume as _, Publish as _};

use crate::line::Line;
use crate::place;
use crate::seen::{node, queue, tree};

/// A channel on which messages are confirmed. Its connection lives as long as it is held.
async fn connect(url: &str) -> (Connection, Channel) {
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(url, properties)
        .await
        .expect("a broker");
    let channel = connection.create_channel().await.expect("a channel");
    let confirmed = channel.confirm_select(ConfirmSelectOptions::default());
    confirmed.await.expect("confirms");
    (connection, channel)
}

/// A queue of its own; `kind` is `classic` or `quorum`.
async fn declare(channel: &Channel, kind: &str) -> String {
    let name = place::unique("orders");
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString(kind.into()));
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare(name.as_str().into(), options, arguments);
    declared.await.expect("a queue");
    name
}

async fn consume(channel: &Channel, queue: &str) -> Consumer {
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default());
    consumer.await.expect("a consumer")
}

/// Publishes to the default exchange, and waits for the broker.
async fn publish(channel: &Channel, queue: &str) -> lapin::Result<lapin::Confirmation> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default();
    let sent = channel
        .traced()
        .basic_publish("".into(), queue.into(), options, b"7 pears", properties)
        .await?;
    sent.await
}

#[tokio::test]
async fn a_message_goes_round_in_one_trace() {
    let (_connection, channel) = connect(&place::rabbitmq()).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "classic").await;
    let shop = capture.recorder().segment("shop");
    let confirmed = shop.run(publish(&channel, &orders)).await;
    assert!(confirmed.expect("confirmed").is_ack());

    let mut consumer = consume(&channel, &orders)
        .await
        .traced(capture.recorder(), "worker");
    let message = consumer.next().await.expect("open").expect("a message");
    message
        .run(|delivery| async move {
            subsegment("pack").run(|_| assert_eq!(delivery.data, b"7 pears"));
            delivery
                .ack(BasicAckOptions::default())
                .await
                .expect("told")
        })
        .await;
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(lines, "shop\n  orders\n    worker\n      pack\n");
    let sent = node(&capture, &orders);
    assert_eq!(sent["namespace"], "remote");
    assert_eq!(queue(&sent)["outcome"], "ack");
    assert_eq!(queue(&sent)["sent"]["bytes"], 7);
    let received = node(&capture, "worker");
    assert_eq!(queue(&received)["outcome"], "ack");
    assert_eq!(queue(&received)["received"]["redelivered"], false);
    assert!(
        queue(&received)["received"]["delay_ms"].is_u64(),
        "{received}"
    );
}

#[tokio::test]
async fn a_broker_that_goes_away_in_the_middle_is_recorded_on_both_sides() {
    let (line, url) = Line::of(&place::rabbitmq()).await;
    let (_connection, channel) = connect(&url).await;
    let capture = Capture::new("shop");
    let orders = declare(&channel, "classic").await;
    let shop = capture.recorder().segment("shop");
    shop.run(publish(&channel, &orders))
        .await
        .expect("confirmed");

    let mut consumer = consume(&channel, &orders)
        .await
        .traced(capture.recorder(), "worker");
    let message = consumer.next().await.expect("open").expect("a message");
    let gone = message.run(|delivery| async move {
        drop(line);
        // lapin notices by itself, and closes the stream.
        delivery
    });
    let delivery = gone.await;
    let closed = consumer.next().await.expect("an error before the end");
    closed.err().expect("the connection is gone");
    let told = delivery.ack(BasicAckOptions::default()).await;
    assert!(!matches!(told, Ok(true)), "{told:?}");

    let shop = capture.recorder().segment("shop again");
    let failed = shop.run(publish(&channel, &orders)).await;
    failed.expect_err("nobody is there");
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(
        lines,
        "shop\n  orders\n    worker\nshop again\n  orders fault\n"
    );
    assert!(queue(&node(&capture, "worker"))["outcome"].is_null());
}
