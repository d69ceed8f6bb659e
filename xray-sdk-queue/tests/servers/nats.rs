use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::{Client, HeaderMap};
use futures_util::StreamExt as _;
use xray_sdk::sampling::Never;
use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, Sampled, current};
use xray_sdk_queue::{Consume as _, Publish as _, Receive as _, extract};

use crate::line::Line;
use crate::place;
use crate::seen::senders::{self, SENDERS};
use crate::seen::{node, queue, tree};

async fn connect() -> Client {
    place::nats_login()
        .connect(place::nats())
        .await
        .expect("a server")
}

#[tokio::test]
async fn a_message_goes_round_in_one_trace() {
    let client = connect().await;
    let capture = Capture::new("shop");
    let prices = place::unique("prices");
    let messages = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    let shop = capture.recorder().segment("shop");
    let work = async { client.traced().publish(prices.clone(), "7".into()).await };
    shop.run(work).await.expect("sent");
    let consumer = messages.take(1).traced(capture.recorder(), "worker");
    let Ok(()) = consumer
        .for_each(|message| async move { assert_eq!(message.payload, "7") })
        .await;
    let lines = tree(&capture).replace(&prices, "prices");
    assert_eq!(lines, "shop\n  prices\n    worker\n");
    assert_eq!(node(&capture, &prices)["namespace"], "remote");
    let received = &queue(&node(&capture, "worker"))["received"].clone();
    assert_eq!(
        (&received["broker"], &received["from"]),
        (&"nats".into(), &prices.as_str().into())
    );
    assert!(received["delay_ms"].is_u64(), "{received}");
}

#[tokio::test]
async fn a_request_lasts_until_its_answer_and_its_server_stands_below_it() {
    let client = connect().await;
    let capture = Capture::new("shop");
    let prices = place::unique("prices");
    let mut requests = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    let (server, recorder) = (client.clone(), capture.recorder().clone());
    let answering = tokio::spawn(async move {
        let request = requests.next().await.expect("open");
        let answer = |request: xray_sdk_queue::Delivered<async_nats::Message>| async move {
            let reply = request.reply.clone().expect("a request");
            server.traced().publish(reply, "7".into()).await
        };
        request.traced(&recorder, "prices").run(answer).await
    });
    let shop = capture.recorder().segment("shop");
    let work = async {
        client
            .traced()
            .request(prices.clone(), "pears".into())
            .await
    };
    let answer = shop.run(work).await.expect("an answer");
    assert_eq!(answer.payload, "7");
    answering.await.expect("no panic").expect("sent");
    let lines = tree(&capture).replace(&prices, "request");
    assert_eq!(lines, "shop\n  request\n    prices\n      _INBOX\n");
}

#[tokio::test]
async fn a_request_that_nobody_answers_is_recorded() {
    let client = connect().await;
    let capture = Capture::new("shop");
    let nobody = place::unique("nobody");
    let shop = capture.recorder().segment("shop");
    let work = async {
        client
            .traced()
            .request(nobody.clone(), "pears".into())
            .await
    };
    shop.run(work).await.expect_err("nobody is there");
    assert_eq!(
        tree(&capture).replace(&nobody, "nobody"),
        "shop\n  nobody fault\n"
    );
}

#[tokio::test]
async fn headers_are_kept_and_what_is_not_sampled_is_told_so() {
    let client = connect().await;
    let capture = Capture::with_sampler("shop", Never);
    let prices = place::unique("prices");
    let mut messages = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    let mut headers = HeaderMap::new();
    headers.insert("kind", "fruit");
    let shop = capture.recorder().segment("shop");
    let work = async {
        client
            .traced()
            .publish_with_headers(prices, headers, "7".into())
            .await
    };
    shop.run(work).await.expect("sent");
    let message = messages.next().await.expect("open");
    let headers = message.headers.as_ref().expect("headers");
    assert_eq!(headers.len(), 2);
    assert_eq!(
        headers.get("kind").map(async_nats::HeaderValue::as_str),
        Some("fruit")
    );
    assert_eq!(extract(headers).sampled(), Sampled::No);
    message
        .traced(capture.recorder(), "worker")
        .run(|_| async {})
        .await;
    assert_eq!(tree(&capture), "");
}

#[tokio::test]
async fn outside_of_a_trace_a_message_has_no_headers() {
    let client = connect().await;
    let prices = place::unique("prices");
    let mut messages = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    client
        .traced()
        .publish(prices, "7".into())
        .await
        .expect("sent");
    let message = messages.next().await.expect("open");
    assert_eq!(message.headers, None);
}

#[tokio::test]
async fn messages_of_senders_of_all_kinds_are_handled() {
    let client = connect().await;
    let capture = Capture::new("shop");
    let prices = place::unique("prices");
    let messages = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    for sender in &SENDERS {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = sender.header {
            headers.insert(name, value);
        }
        let sent = client.publish_with_headers(prices.clone(), headers, "7".into());
        sent.await.expect("sent");
    }
    let all = messages.take(SENDERS.len());
    let Ok(()) = all
        .traced(capture.recorder(), "worker")
        .for_each(|_| async {})
        .await;
    senders::check(&capture);
}

#[tokio::test]
async fn a_subject_that_holds_an_id_may_be_called_by_a_name() {
    let client = connect().await;
    let capture = Capture::new("shop");
    let prices = place::unique("prices");
    let shop = capture.recorder().segment("shop");
    let work = async {
        let prices = client.traced().named("price").publish(prices, "7".into());
        prices.await.expect("sent");
        let reply = client.traced().publish(client.new_inbox(), "7".into());
        reply.await.expect("sent");
    };
    shop.run(work).await;
    assert_eq!(tree(&capture), "shop\n  price\n  _INBOX\n");
}

#[tokio::test]
async fn a_request_whose_time_is_over_is_a_fault() {
    let options = place::nats_login().request_timeout(Some(Duration::from_millis(50)));
    let client = options.connect(place::nats()).await.expect("a server");
    let capture = Capture::new("shop");
    let prices = place::unique("prices");
    // It takes requests, and never answers.
    let _silent = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    let shop = capture.recorder().segment("shop");
    let work = async {
        let request = client.traced().request(prices.clone(), "pears".into());
        request.await.expect_err("nobody answers")
    };
    let error = shop.run(work).await;
    assert_eq!(error.kind(), RequestErrorKind::TimedOut);
    let request = node(&capture, &prices);
    assert_eq!(request["fault"], true);
    let cause = &request["cause"]["exceptions"][0];
    let message = cause["message"].as_str().expect("a message");
    assert!(message.starts_with("request timed out"), "{message}");
}

#[tokio::test]
async fn a_subscription_that_is_cancelled_ends_after_what_it_has() {
    let client = connect().await;
    let capture = Capture::new("shop");
    let prices = place::unique("prices");
    let mut messages = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    messages.unsubscribe_after(2).await.expect("asked for");
    for _ in 0..3 {
        let sent = client.publish(prices.clone(), "7".into());
        sent.await.expect("sent");
    }
    let Ok(()) = messages
        .traced(capture.recorder(), "worker")
        .for_each(|_| async {})
        .await;
    assert_eq!(tree(&capture), "worker\nworker\n");
}

#[tokio::test]
async fn a_request_whose_server_goes_away_is_a_fault() {
    let (line, url) = Line::of(&place::nats()).await;
    let options = place::nats_login().max_reconnects(1).request_timeout(None);
    let client = options.connect(url).await.expect("a server");
    let capture = Capture::new("shop");
    let prices = place::unique("prices");
    // It takes requests, and never answers.
    let mut silent = client
        .subscribe(prices.clone())
        .await
        .expect("a subscription");
    let shop = capture.recorder().segment("shop");
    let work = async {
        let request = client.traced().request(prices.clone(), "pears".into());
        let cut = async {
            silent.next().await.expect("the request");
            drop(line);
        };
        let cut = cut.in_subsegment("cut");
        let (answer, ()) = tokio::join!(request, cut);
        assert!(current().is_recording());
        answer
    };
    shop.run(work).await.expect_err("the server is gone");
    let lines = tree(&capture).replace(&prices, "prices");
    assert_eq!(lines, "shop\n  prices fault\n  cut\n");
}
