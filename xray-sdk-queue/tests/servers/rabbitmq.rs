use futures_util::{FutureExt as _, StreamExt as _};
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions,
    BasicPublishOptions, BasicRejectOptions, ConfirmSelectOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use xray_sdk::sampling::Never;
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Consume as _, Publish as _, Receive as _};

use crate::line::Line;
use crate::place;
use crate::seen::senders::{self, SENDERS};
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
