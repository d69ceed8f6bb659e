//! What the brokers' own messages tell of themselves.

use std::collections::HashMap;

use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};
use rdkafka::message::{Header, OwnedHeaders, OwnedMessage, Timestamp};
use redis::Value;
use redis::streams::{StreamId, StreamKey, StreamReadReply};
use serde_json::{Value as Json, json};
use xray_sdk::testing::Capture;
use xray_sdk_queue::redis_streams::entries;
use xray_sdk_queue::{Message, Receive as _};

use crate::seen::{node, queue};

const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// What the segment of a message tells, and the trace that it is in.
async fn told(message: impl Message) -> (Json, String) {
    let capture = Capture::new("shop");
    message
        .traced(capture.recorder(), "worker")
        .run(|_| async {})
        .await;
    let worker = node(&capture, "worker");
    let trace = worker["trace_id"].as_str().expect("an id").to_owned();
    (queue(&worker)["received"].clone(), trace)
}

fn delivery(exchange: &str, headers: &[(&str, AMQPValue)], is_again: bool) -> Delivery {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert((*name).into(), value.clone());
    }
    let mut delivery = Delivery::mock(1, exchange.into(), "pears".into(), is_again, b"7".to_vec());
    delivery.properties = delivery.properties.with_headers(table);
    delivery
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[tokio::test]
async fn a_delivery_of_rabbitmq() {
    let (received, trace) = told(delivery(
        "orders",
        &[("X-Amzn-Trace-Id", text(HEADER))],
        false,
    ))
    .await;
    assert_eq!(
        (&received["broker"], &received["from"]),
        (&"rabbitmq".into(), &"orders".into())
    );
    assert_eq!(received["redelivered"], false);
    assert_eq!(received["redeliveries"], 0);
    assert!(received["delay_ms"].is_null(), "{received}");
    assert_eq!(trace, ROOT);
}

#[tokio::test]
async fn a_dead_letter_tells_where_it_died_and_why() {
    let headers = [
        ("x-first-death-queue", text("orders")),
        ("x-first-death-reason", text("delivery_limit")),
    ];
    let (received, _) = told(delivery("dead", &headers, false)).await;
    assert_eq!(
        received["dead_letter"],
        json!({"queue": "orders", "reason": "delivery_limit"})
    );
}

#[tokio::test]
async fn a_delivery_of_the_default_exchange_comes_from_its_queue() {
    let (received, _) = told(delivery("", &[], true)).await;
    assert_eq!(
        (&received["from"], &received["redelivered"]),
        (&"pears".into(), &true.into())
    );
}

#[tokio::test]
async fn a_quorum_queue_counts_deliveries() {
    let count = ("x-delivery-count", AMQPValue::LongLongInt(3));
    let (received, _) = told(delivery("orders", &[count], true)).await;
    assert_eq!(
        (&received["redelivered"], &received["redeliveries"]),
        (&true.into(), &3.into())
    );
}

#[tokio::test]
async fn headers_of_other_types_are_passed_over() {
    let headers = [
        ("X-Amzn-Trace-Id", AMQPValue::LongLongInt(7)),
        ("traceparent", AMQPValue::Void),
        ("x-delivery-count", text("many")),
        (
            "awstraceheader",
            AMQPValue::ByteArray(HEADER.as_bytes().to_vec().into()),
        ),
    ];
    let (received, trace) = told(delivery("orders", &headers, false)).await;
    assert_eq!(received["redeliveries"], 0);
    assert_eq!(trace, ROOT);
}

#[tokio::test]
async fn the_exactest_time_of_a_delivery_counts() {
    let far = ("Xray-Sent-Ms", text("1700000000000"));
    let exact = ("timestamp_in_ms", AMQPValue::LongLongInt(9_999_999_999_999));
    let mut seconds = delivery("orders", &[], false);
    seconds.properties = seconds.properties.with_timestamp(9_999_999_999);
    assert_eq!(told(seconds).await.0["delay_ms"], 0);
    let mut both = delivery("orders", std::slice::from_ref(&far), false);
    both.properties = both.properties.with_timestamp(9_999_999_999);
    assert!(told(both).await.0["delay_ms"].as_u64() > Some(0));
    assert_eq!(
        told(delivery("orders", &[far, exact], false)).await.0["delay_ms"],
        0
    );
}

#[tokio::test]
async fn a_message_of_kafka() {
    let header = Header {
        key: "x-amzn-trace-id",
        value: Some(HEADER),
    };
    let empty = Header::<&str> {
        key: "X-Amzn-Trace-Id",
        value: None,
    };
    let headers = OwnedHeaders::new().insert(empty).insert(header);
    let time = Timestamp::CreateTime(1_700_000_000_000);
    let message = OwnedMessage::new(None, None, "orders".to_owned(), time, 0, 0, Some(headers));
    let (received, trace) = told(message).await;
    assert_eq!(
        (&received["broker"], &received["from"]),
        (&"kafka".into(), &"orders".into())
    );
    assert!(
        received["redelivered"].is_null(),
        "Kafka does not tell: {received}"
    );
    assert!(received["delay_ms"].as_u64() > Some(0));
    assert_eq!(trace, ROOT);
}

#[tokio::test]
async fn an_entry_of_a_stream_of_redis() {
    let field = (
        "X-Amzn-Trace-Id".to_owned(),
        Value::BulkString(HEADER.into()),
    );
    let entry = |id: &str| StreamId {
        id: id.to_owned(),
        map: HashMap::from([field.clone(), ("count".to_owned(), Value::Int(7))]),
        milliseconds_elapsed_from_delivery: None,
        delivered_count: Some(3),
    };
    let key = "orders".to_owned();
    let ids = vec![entry("1700000000000-0"), entry("7-1"), entry("none")];
    let reply = StreamReadReply {
        keys: vec![StreamKey { key, ids }],
    };
    let entries: Vec<_> = entries(&reply).collect();
    let (received, trace) = told(entries[0]).await;
    assert_eq!(
        (&received["broker"], &received["from"]),
        (&"redis".into(), &"orders".into())
    );
    assert!(received["delay_ms"].as_u64() > Some(0));
    assert_eq!(received["redeliveries"], 2);
    assert_eq!(trace, ROOT);
    let claimed = told(entries[0].delivered(5)).await.0;
    assert_eq!(claimed["redeliveries"], 4, "XPENDING knows better");
    for id_without_time in &entries[1..] {
        assert!(told(*id_without_time).await.0["delay_ms"].is_null());
    }
}
