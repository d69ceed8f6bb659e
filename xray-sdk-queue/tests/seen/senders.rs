//! Senders of all kinds: what a message of each carries, and the trace in which it is to be handled.

use serde_json::Value;
use xray_sdk::testing::Capture;

use super::documents;

pub(crate) struct Sender {
    /// The header and its value, if it has any.
    pub(crate) header: Option<(&'static str, &'static str)>,
    /// Trace and parent of the consumer's segment. Without, it begins a trace.
    trace: Option<(&'static str, &'static str)>,
    is_sampled: bool,
}

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const OTHER: &str = "1-4efaaf4d-1e8720b39541901950019ee5";
const PARENT: &str = "53995c3f42cd8ad8";
const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

const fn begins(header: Option<(&'static str, &'static str)>) -> Sender {
    Sender {
        header,
        trace: None,
        is_sampled: true,
    }
}

const fn continues(name: &'static str, value: &'static str, root: &'static str) -> Sender {
    Sender {
        header: Some((name, value)),
        trace: Some((root, PARENT)),
        is_sampled: true,
    }
}

const fn unsampled(name: &'static str, value: &'static str) -> Sender {
    Sender {
        header: Some((name, value)),
        trace: None,
        is_sampled: false,
    }
}

pub(crate) const SENDERS: [Sender; 9] = [
    // Not traced at all.
    begins(None),
    // Broken.
    begins(Some(("X-Amzn-Trace-Id", "Root=1-nonsense;Parent=;=\u{e9}"))),
    begins(Some(("X-Amzn-Trace-Id", ""))),
    begins(Some(("traceparent", "00-4efaaf4d-53995c3f42cd8ad8-01"))),
    // Other X-Ray SDKs.
    continues("x-amzn-trace-id", XRAY, ROOT),
    continues("AWSTraceHeader", XRAY, ROOT),
    unsampled(
        "X-Amzn-Trace-Id",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
    ),
    // W3C only.
    continues(
        "traceparent",
        "00-4efaaf4d1e8720b39541901950019ee5-53995c3f42cd8ad8-01",
        OTHER,
    ),
    unsampled(
        "traceparent",
        "00-4efaaf4d1e8720b39541901950019ee5-53995c3f42cd8ad8-00",
    ),
];

/// A message of each was handled, in this order.
pub(crate) fn check(capture: &Capture) {
    let documents = documents(capture);
    let mut documents = documents.iter();
    for sender in SENDERS.iter().filter(|sender| sender.is_sampled) {
        let worker = documents.next().expect("each is handled");
        let seen = (worker["trace_id"].as_str(), worker["parent_id"].as_str());
        match sender.trace {
            Some((root, parent)) => assert_eq!(seen, (Some(root), Some(parent)), "{worker}"),
            None => {
                assert!(seen.0.is_some() && seen.1.is_none(), "{worker}");
                assert_ne!(seen.0, Some(ROOT));
            }
        }
        assert_eq!(worker["name"], Value::from("worker"));
    }
    assert!(documents.next().is_none(), "the rest is not sampled");
}
