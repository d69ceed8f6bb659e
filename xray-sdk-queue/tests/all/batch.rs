use serde_json::{Value, json};
use xray_sdk::sampling::{Always, Never};
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;
use xray_sdk_queue::{Batch, Delivered, Outcome};

use crate::broker::Letter;
use crate::seen::{node, queue, tree};

async fn handle(capture: &Capture, letters: &[Letter]) {
    let work = async { subsegment("pack").run(|_| ()) };
    Batch::of(letters)
        .run(capture.recorder(), "worker", work)
        .await;
}

#[tokio::test]
async fn a_batch_of_one_trace_continues_it() {
    let capture = Capture::new("shop");
    handle(
        &capture,
        &[1, 2, 3].map(|parent| Letter::from_trace(7, parent, "1")),
    )
    .await;
    let worker = node(&capture, "worker");
    assert_eq!(worker["trace_id"], "1-5759e988-000000000000000000000007");
    assert_eq!(worker["parent_id"], "0000000000000001");
    assert!(worker["links"].is_null(), "{worker}");
    assert_eq!(queue(&worker)["received"]["messages"], 3);
}

#[tokio::test]
async fn a_batch_of_several_traces_is_linked_to_those_that_are_sampled() {
    let capture = Capture::with_sampler("shop", Never);
    let letters = [
        Letter::from_trace(1, 1, "0"),
        Letter::from_trace(2, 2, "1"),
        Letter::from_trace(2, 2, "1"),
        Letter::from_trace(3, 3, "1"),
        Letter::default(),
    ];
    handle(&capture, &letters).await;
    assert_eq!(tree(&capture), "worker\n  pack\n");
    let worker = node(&capture, "worker");
    assert!(worker["parent_id"].is_null());
    let links = worker["links"].as_array().expect("links");
    assert_eq!(links.len(), 2, "{links:?}");
    assert_eq!(links[0]["trace_id"], "1-5759e988-000000000000000000000002");
    assert_eq!(links[0]["id"], "0000000000000002");
    let received = &queue(&worker)["received"];
    assert_eq!(
        (&received["messages"], &received["senders"]),
        (&5.into(), &2.into())
    );
}

#[tokio::test]
async fn at_most_20_senders_are_linked_and_all_are_counted() {
    let capture = Capture::new("shop");
    let letters: Vec<_> = (1..=30)
        .chain([1, 30])
        .map(|trace| Letter::from_trace(trace, trace, "1"))
        .collect();
    handle(&capture, &letters).await;
    let worker = node(&capture, "worker");
    assert_eq!(worker["links"].as_array().map(Vec::len), Some(20));
    assert_eq!(queue(&worker)["received"]["senders"], 30);
}

#[tokio::test]
async fn a_batch_whose_senders_are_not_sampled_is_not_recorded() {
    let capture = Capture::with_sampler("shop", Always);
    handle(
        &capture,
        &[1, 2].map(|trace| Letter::from_trace(trace, 1, "0")),
    )
    .await;
    assert_eq!(tree(&capture), "");
}

#[tokio::test]
async fn the_sampler_decides_where_no_sender_did() {
    for (sampled, capture) in [
        ("worker\n  pack\n", Capture::with_sampler("shop", Always)),
        ("", Capture::with_sampler("shop", Never)),
    ] {
        handle(
            &capture,
            &[Letter::default(), Letter::from_trace(1, 1, "?")],
        )
        .await;
        assert_eq!(tree(&capture), sampled);
    }
}

#[tokio::test]
async fn what_is_told_of_each_message_is_counted() {
    for (outcomes, line, counted) in [
        (&[][..], "worker\n", Value::Null),
        (&[Outcome::Ack; 3], "worker\n", json!({"ack": 3})),
        (
            &[Outcome::Ack, Outcome::Reject, Outcome::Ack],
            "worker error\n",
            json!({"ack": 2, "reject": 1}),
        ),
        (
            &[Outcome::Nack, Outcome::Nack],
            "worker fault\n",
            json!({"nack": 2}),
        ),
    ] {
        let capture = Capture::new("shop");
        let letters = vec![Letter::default(); 3];
        let work = |letters: Vec<Delivered<Letter>>| async move {
            for (letter, outcome) in letters.iter().zip(outcomes) {
                letter.outcome(*outcome);
            }
        };
        Batch::handle(letters, capture.recorder(), "worker", work).await;
        assert_eq!(tree(&capture), line);
        let worker = node(&capture, "worker");
        assert_eq!(queue(&worker)["received"]["messages"], 3);
        assert_eq!(queue(&worker)["outcomes"], counted);
    }
}

#[tokio::test]
async fn a_batch_without_messages_is_no_trouble() {
    let capture = Capture::new("shop");
    handle(&capture, &[]).await;
    assert_eq!(tree(&capture), "worker\n  pack\n");
}
