//! Documents of a shop, in the manner of the developer guide's examples: a web front on ECS calls an order service on EC2,
//! which calls a DynamoDB table, a database, a payment provider that sends no segments, and an SNS topic.

use serde_json::{Value, json};
use xray_local::{Limits, Store};

pub(crate) const TRACE: &str = "1-581cf771-a006649127e371903a2de979";

/// When the trace begins, in seconds since 1970.
pub(crate) const START: f64 = 1_478_293_361.0;

/// The front: 0.2 s, answers 200.
pub(crate) fn front() -> Value {
    json!({
        "name": "front",
        "id": "1000000000000001",
        "trace_id": TRACE,
        "start_time": START,
        "end_time": START + 0.2,
        "origin": "AWS::ECS::Container",
        "user": "alice",
        "http": {
            "request": {
                "method": "GET",
                "url": "http://shop.example.com/checkout",
                "user_agent": "curl/8",
                "client_ip": "192.0.2.7",
            },
            "response": {"status": 200, "content_length": 17},
        },
        "annotations": {"basket": 3, "express": true},
        "aws": {"ec2": {"instance_id": "i-0b5a4678fc325bg98", "availability_zone": "eu-west-1a"}, "account_id": "123456789012"},
        "subsegments": [{
            "name": "load order",
            "id": "1000000000000002",
            "start_time": START + 0.01,
            "end_time": START + 0.19,
            "annotations": {"order": "o-17"},
            "subsegments": [{
                "name": "orders.internal",
                "id": "1000000000000003",
                "namespace": "remote",
                "start_time": START + 0.02,
                "end_time": START + 0.18,
                "http": {
                    "request": {"method": "GET", "url": "http://orders.internal/o-17"},
                    "response": {"status": 200},
                },
            }],
        }],
    })
}

/// The order service: 0.14 s. The payment provider is throttling, the database fails, and the service answers all the same.
pub(crate) fn orders() -> Value {
    let call = |name: &str, id: u8, namespace: &str, from: f64, to: f64, more: Value| {
        let mut call = json!({
            "name": name,
            "id": format!("20000000000000{id:02x}"),
            "namespace": namespace,
            "start_time": START + from,
            "end_time": START + to,
        });
        let fields = more.as_object().expect("an object").clone();
        call.as_object_mut().expect("an object").extend(fields);
        call
    };
    json!({
        "name": "orders",
        "id": "2000000000000001",
        "trace_id": TRACE,
        "parent_id": "1000000000000003",
        "start_time": START + 0.03,
        "end_time": START + 0.17,
        "origin": "AWS::EC2::Instance",
        "user": "alice",
        "annotations": {"order": "o-17"},
        "http": {"response": {"status": 200}},
        "subsegments": [
            call("DynamoDB", 2, "aws", 0.04, 0.06, json!({
                "aws": {"operation": "GetItem", "table_name": "orders-table", "region": "eu-west-1"},
                "http": {"response": {"status": 200}},
            })),
            call("shop@db", 3, "remote", 0.06, 0.09, json!({
                "fault": true,
                "sql": {"sanitized_query": "SELECT *\n  FROM orders WHERE id = ?", "database_type": "PostgreSQL"},
            })),
            call("pay.example.com", 4, "remote", 0.1, 0.15, json!({
                "error": true,
                "throttle": true,
                "http": {"request": {"method": "POST", "url": "https://pay.example.com/"}, "response": {"status": 429}},
            })),
            call("SNS", 5, "aws", 0.15, 0.16, json!({
                "aws": {"operation": "Publish", "topic_arn": "arn:aws:sns:eu-west-1:123456789012:sold"},
            })),
        ],
    })
}

/// A store that holds these documents.
pub(crate) fn store(documents: &[Value]) -> Store {
    let store = Store::new(Limits::default());
    for document in documents {
        let rejections = store.insert(&document.to_string());
        assert_eq!(rejections, [], "{document}");
    }
    store
}

/// A small trace of its own: the number goes into its id and into its start, in seconds.
pub(crate) fn small(number: u32) -> Value {
    json!({
        "name": "small",
        "id": format!("{number:016x}"),
        "trace_id": format!("1-{number:08x}-{number:024x}"),
        "start_time": number,
        "end_time": f64::from(number) + 0.5,
    })
}

/// A text in which nothing comes again, so that it takes its room wherever it is kept.
pub(crate) fn noise(seed: u64, length: usize) -> String {
    let mut state = seed;
    let letters = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + (state >> 58) as u8)
    });
    let plain = letters.filter(|letter| letter.is_alphanumeric());
    plain.take(length).collect()
}
