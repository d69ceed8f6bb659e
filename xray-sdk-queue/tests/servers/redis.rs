use futures_util::FutureExt as _;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamPendingCountReply, StreamReadOptions,
    StreamReadReply,
};
use redis::{AsyncCommands as _, Client};
use xray_sdk::sampling::Never;
use xray_sdk::testing::Capture;
use xray_sdk::{Sampled, subsegment};
use xray_sdk_queue::redis_streams::{AddTraced as _, Entry, entries};
use xray_sdk_queue::{Receive as _, extract};

use crate::line::Line;
use crate::place;
use crate::seen::senders::{self, SENDERS};
use crate::seen::{node, queue, tree};

const FIELDS: [(&str, &str); 2] = [("item", "pears"), ("count", "7")];

async fn connect(url: &str) -> MultiplexedConnection {
    let client = Client::open(url).expect("a URL");
    client
        .get_multiplexed_async_connection()
        .await
        .expect("a server")
}

/// A stream of its own, with the group `packers`.
async fn create(connection: &mut MultiplexedConnection) -> String {
    let name = place::unique("orders");
    let created: redis::RedisResult<()> = connection
        .xgroup_create_mkstream(&name, "packers", "$")
        .await;
    created.expect("a group");
    name
}

async fn read(connection: &mut MultiplexedConnection, stream: &str) -> StreamReadReply {
    let options = StreamReadOptions::default()
        .group("packers", "worker")
        .count(10);
    let reply: Option<StreamReadReply> = connection
        .xread_options(&[stream], &[">"], &options)
        .await
        .expect("a reply");
    reply.expect("entries")
}

#[tokio::test]
async fn an_entry_goes_round_in_one_trace() {
    let mut connection = connect(&place::redis()).await;
    let capture = Capture::new("shop");
    let orders = create(&mut connection).await;
    let shop = capture.recorder().segment("shop");
    let added = shop
        .run(async { connection.xadd_traced(&orders, "*", &FIELDS).await })
        .await;
    let id = added.expect("added").expect("an id");
    let reply = read(&mut connection, &orders).await;
    let entry = entries(&reply).next().expect("an entry");
    assert_eq!(entry.id, id);
    let packed = entry
        .traced(capture.recorder(), "worker")
        .run(|entry| async move {
            subsegment("pack").run(|_| assert_eq!(entry.get::<u8>("count"), Some(7)));
            entry.ack(&mut connection, "packers").await
        });
    assert_eq!(packed.await.expect("told"), 1);
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(lines, "shop\n  orders\n    worker\n      pack\n");
    assert_eq!(queue(&node(&capture, &orders))["sent"]["fields"], 2);
    let worker = node(&capture, "worker");
    assert_eq!(queue(&worker)["outcome"], "ack");
    assert!(queue(&worker)["received"]["delay_ms"].is_u64(), "{worker}");
}

#[tokio::test]
async fn fields_are_kept_and_what_is_not_sampled_is_told_so() {
    let mut connection = connect(&place::redis()).await;
    let capture = Capture::with_sampler("shop", Never);
    let orders = create(&mut connection).await;
    let shop = capture.recorder().segment("shop");
    let added = shop
        .run(async { connection.xadd_traced(&orders, "*", &FIELDS).await })
        .await;
    added.expect("added");
    let reply = read(&mut connection, &orders).await;
    let entry = entries(&reply).next().expect("an entry");
    assert_eq!(entry.map.len(), 3);
    assert_eq!(extract(&entry).sampled(), Sampled::No);
    entry
        .traced(capture.recorder(), "worker")
        .run(|_| async {})
        .await;
    assert_eq!(tree(&capture), "");
}

#[tokio::test]
async fn an_entry_is_acknowledged_once() {
    let mut connection = connect(&place::redis()).await;
    let capture = Capture::new("shop");
    let orders = create(&mut connection).await;
    let added = connection.xadd_traced(&orders, "*", &FIELDS).await;
    added.expect("added outside of a trace");
    let reply = read(&mut connection, &orders).await;
    let entry = entries(&reply).next().expect("an entry");
    assert_eq!(entry.map.len(), 2);
    for told in [1, 0] {
        let mut connection = connection.clone();
        let work = entry
            .traced(capture.recorder(), "worker")
            .run(|entry| async move { entry.ack(&mut connection, "packers").await });
        assert_eq!(work.await.expect("told"), told);
    }
    let documents = crate::seen::documents(&capture);
    assert_eq!(queue(&documents[0])["outcome"], "ack");
    assert!(queue(&documents[1])["outcome"].is_null());
}

#[tokio::test]
async fn entries_of_senders_of_all_kinds_are_handled() {
    let mut connection = connect(&place::redis()).await;
    let capture = Capture::new("shop");
    let orders = create(&mut connection).await;
    for sender in &SENDERS {
        let mut fields = vec![("item", "pears")];
        fields.extend(sender.header);
        let added: redis::RedisResult<String> = connection.xadd(&orders, "*", &fields).await;
        added.expect("added");
    }
    let reply = read(&mut connection, &orders).await;
    for entry in entries(&reply) {
        let mut connection = connection.clone();
        let work = entry
            .traced(capture.recorder(), "worker")
            .run(|entry| async move { entry.ack(&mut connection, "packers").await });
        assert_eq!(work.await.expect("told"), 1);
    }
    senders::check(&capture);
}

#[tokio::test]
async fn an_entry_that_another_consumer_gave_up_comes_again_and_is_counted() {
    let mut connection = connect(&place::redis()).await;
    let capture = Capture::new("shop");
    let orders = create(&mut connection).await;
    let shop = capture.recorder().segment("shop");
    let added = shop
        .run(async { connection.xadd_traced(&orders, "*", &FIELDS).await })
        .await;
    added.expect("added");
    let reply = read(&mut connection, &orders).await;
    let given_up = entries(&reply)
        .next()
        .expect("an entry")
        .traced(capture.recorder(), "worker")
        .run(|_| std::future::pending::<()>());
    assert!(given_up.now_or_never().is_none());

    let claimed: StreamAutoClaimReply = connection
        .xautoclaim_options(
            &orders,
            "packers",
            "another",
            0,
            "0-0",
            StreamAutoClaimOptions::default(),
        )
        .await
        .expect("claimed");
    let pending: StreamPendingCountReply = connection
        .xpending_count(&orders, "packers", "-", "+", 10)
        .await
        .expect("told");
    let entry = Entry::of(&orders, &claimed.claimed[0]);
    let times = pending.ids[0].times_delivered as u64;
    let packed = entry
        .delivered(times)
        .traced(capture.recorder(), "worker")
        .run(|entry| async move { entry.ack(&mut connection, "packers").await });
    assert_eq!(packed.await.expect("told"), 1);
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(lines, "shop\n  orders\n    worker\n    worker\n");
    let documents = crate::seen::documents(&capture);
    let received: Vec<_> = documents
        .iter()
        .filter(|document| document["name"] == "worker")
        .map(|worker| &queue(worker)["received"])
        .collect();
    assert!(
        received[0]["redelivered"].is_null(),
        "XREADGROUP does not tell: {}",
        received[0]
    );
    assert_eq!(
        (&received[1]["redelivered"], &received[1]["redeliveries"]),
        (&true.into(), &1.into())
    );
}

#[tokio::test]
async fn what_the_server_repeats_of_an_entry_is_not_recorded() {
    let mut connection = connect(&place::redis()).await;
    let capture = Capture::new("shop");
    let orders = create(&mut connection).await;
    // A server that does not know a command repeats its first arguments. This one knows XADD, so its answer is passed on.
    let answer: redis::RedisResult<()> = redis::cmd("XADDED")
        .arg(&orders)
        .arg("*")
        .arg(FIELDS[0].1)
        .query_async(&mut connection)
        .await;
    let answer = answer.expect_err("there is no such command");
    assert!(answer.to_string().contains("pears"), "{answer}");
    let mut unknowing = Unknowing(answer);
    let shop = capture.recorder().segment("shop");
    let added = shop
        .run(async { unknowing.xadd_traced(&orders, "*", &FIELDS).await })
        .await;
    assert!(added.expect_err("handed on").to_string().contains("pears"));
    let sent = node(&capture, &orders);
    let cause = &sent["cause"]["exceptions"][0];
    let message = cause["message"].as_str().expect("a message");
    assert!(message.contains("unknown command"), "{message}");
    assert!(!sent.to_string().contains("pears"), "{sent}");
}

/// A server that does not know any command.
struct Unknowing(redis::RedisError);

impl ConnectionLike for Unknowing {
    fn req_packed_command<'a>(
        &'a mut self,
        _: &'a redis::Cmd,
    ) -> redis::RedisFuture<'a, redis::Value> {
        let error = self.0.clone();
        Box::pin(async { Err(error) })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a redis::Pipeline,
        _: usize,
        _: usize,
    ) -> redis::RedisFuture<'a, Vec<redis::Value>> {
        let error = self.0.clone();
        Box::pin(async { Err(error) })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

#[tokio::test]
async fn an_id_that_is_too_small_is_a_fault() {
    let mut connection = connect(&place::redis()).await;
    let capture = Capture::new("shop");
    let orders = create(&mut connection).await;
    let shop = capture.recorder().segment("shop");
    let added = shop
        .run(async { connection.xadd_traced(&orders, "0-0", &FIELDS).await })
        .await;
    added.expect_err("ids begin at 0-1");
    assert_eq!(
        tree(&capture).replace(&orders, "orders"),
        "shop\n  orders fault\n"
    );
    let cause = node(&capture, &orders)["cause"]["exceptions"][0].clone();
    let message = cause["message"].as_str().expect("a message");
    assert!(message.contains("must be greater than 0-0"), "{message}");
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_is_recorded_on_both_sides() {
    let (line, url) = Line::of(&place::redis()).await;
    let mut connection = connect(&url).await;
    let capture = Capture::new("shop");
    let orders = create(&mut connection).await;
    let shop = capture.recorder().segment("shop");
    let added = shop
        .run(async { connection.xadd_traced(&orders, "*", &FIELDS).await })
        .await;
    added.expect("added");
    let reply = read(&mut connection, &orders).await;
    let entry = entries(&reply).next().expect("an entry");
    let mut same = connection.clone();
    let work = entry
        .traced(capture.recorder(), "worker")
        .run(|entry| async move {
            drop(line);
            entry.ack(&mut same, "packers").await
        });
    work.await.expect_err("the server is gone");
    let shop = capture.recorder().segment("shop again");
    let added = shop
        .run(async { connection.xadd_traced(&orders, "*", &FIELDS).await })
        .await;
    added.expect_err("the server is gone");
    let lines = tree(&capture).replace(&orders, "orders");
    assert_eq!(
        lines,
        "shop\n  orders\n    worker fault\nshop again\n  orders fault\n"
    );
    assert!(queue(&node(&capture, "worker"))["outcome"].is_null());
}
