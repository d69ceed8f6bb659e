use serde_json::{Value, json};
use xray_sdk::testing::{Capture, ManualClock};

use super::*;
use crate::contender::tests::assert_each_accounts_for_all;

/// What W says, as X-Ray has it, without what differs from one recording to the next.
fn work() -> Value {
    json!({
        "name": "checkout-api",
        "http": {
            "request": {
                "method": "POST",
                "url": "https://api.example.com/v1/orders/123456",
                "client_ip": "203.0.113.42",
                "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
            },
            "response": {"status": 200},
        },
        "metadata": {"default": {"cart": "cart-7f3a9c2e-checkout-v2"}},
        "subsegments": [
            {
                "name": "load_order",
                "annotations": {"items": 42},
                "subsegments": [
                    {
                        "name": "payments.example.com",
                        "namespace": "remote",
                        "http": {
                            "request": {"method": "GET", "url": "https://payments.example.com/v2/auth/778"},
                            "response": {"status": 200},
                        },
                        "annotations": {"tier": "gold"},
                    },
                    {
                        "name": "orders@db1.example.com",
                        "namespace": "remote",
                        "sql": {
                            "sanitized_query":
                                "SELECT id, sku, qty, price FROM order_items WHERE order_id = ? AND cancelled = ?",
                            "database_type": "PostgreSQL",
                        },
                        "annotations": {"replica": "replica-2"},
                    },
                ],
            },
            {
                "name": "price_cart",
                "annotations": {"cached": true},
                "subsegments": [
                    {
                        "name": "inventory.example.com",
                        "namespace": "remote",
                        "http": {
                            "request": {"method": "GET", "url": "https://inventory.example.com/v1/sku/991"},
                            "response": {"status": 200},
                        },
                        "annotations": {"zone": "eu-west-1a"},
                    },
                ],
            },
        ],
    })
}

/// What one way of recording sends for one request.
fn recorded(record: fn(&Recorder, &Request<'_>)) -> Value {
    let capture = Capture::with_clock(CHECKOUT, &ManualClock::at(1_700_000_000));
    record(capture.recorder(), &Request::example());
    let documents = capture.bytes();
    assert_eq!(documents.len(), 1, "one document for one request");
    serde_json::from_slice(&documents[0]).expect("a document is JSON")
}

/// Takes out what differs from one recording to the next, and what tells of the SDK and not of the work.
/// Every node must have an id of its own and both times.
fn strip(document: &mut Value, ids: &mut Vec<String>) {
    let node = document.as_object_mut().expect("an object");
    let id = node.remove("id").expect("an id");
    ids.push(id.as_str().expect("text").to_owned());
    for time in ["start_time", "end_time"] {
        let time = node.remove(time).and_then(|time| time.as_f64());
        assert!(time.is_some_and(|time| time >= 1_700_000_000.0));
    }
    for other in ["trace_id", "service", "aws"] {
        node.remove(other);
    }
    let below = node.get_mut("subsegments").and_then(Value::as_array_mut);
    for subsegment in below.into_iter().flatten() {
        strip(subsegment, ids);
    }
}

fn assert_is_work(record: fn(&Recorder, &Request<'_>)) {
    assert_is_the_work(recorded(record).to_string().as_bytes());
}

/// Whether a document says all that W says.
pub(crate) fn assert_is_the_work(document: &[u8]) {
    let mut document = serde_json::from_slice(document).expect("a document is JSON");
    let mut ids = Vec::new();
    strip(&mut document, &mut ids);
    assert_eq!(document, work());
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn closures_record_the_work() {
    assert_is_work(closures::record);
}

#[test]
fn futures_record_the_work() {
    assert_is_work(futures::record);
}

#[test]
fn async_functions_record_the_work() {
    assert_is_work(functions::record);
}

#[test]
fn handles_record_the_work() {
    assert_is_work(handles::record);
}

#[test]
fn the_work_is_a_document_of_about_1800_bytes() {
    let bytes = recorded(closures::record).to_string().len();
    assert!((1_600..=2_000).contains(&bytes), "{bytes}");
}

#[test]
fn every_contender_accounts_for_all_of_its_requests() {
    assert_each_accounts_for_all(ENTRIES);
    assert_each_accounts_for_all(SENDING);
}
