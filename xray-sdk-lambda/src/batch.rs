//! The traces of the messages that an invocation gets as one batch from SQS.

use memchr::memmem;
use xray_sdk::document::limits::LINKS_PER_SEGMENT;
use xray_sdk::{Sampled, SegmentId, TraceHeader, TraceId};

/// The attribute of a message that holds its sender's header, as the key of an object.
const KEY: &[u8] = b"\"AWSTraceHeader\"";
/// What the event says of where it comes from.
const SOURCE: &[u8] = b"\"aws:sqs\"";
/// Longer than any header that a sender writes.
const HEADER_BYTES: usize = 1024;

/// The senders of an event's messages: one for each trace, in their order, and as many as a segment may have links.
/// Senders that did not record are left out: there is nothing to link with.
///
/// An event may be 6 MB, of which this is all that matters: it is searched for the key, not parsed. A key between quotes does not stand
/// within a string of JSON, whatever the messages say, for the quotes would be escaped there.
pub(crate) fn senders(event: &[u8]) -> Vec<(TraceId, SegmentId)> {
    let mut senders: Vec<(TraceId, SegmentId)> = Vec::new();
    let mut places = memmem::find_iter(event, KEY).peekable();
    if places.peek().is_none() || memmem::find(event, SOURCE).is_none() {
        return senders;
    }
    for place in places {
        let sender = text_value(&event[place + KEY.len()..]).and_then(sender);
        if let Some((trace, segment)) = sender {
            if senders.iter().all(|(other, _)| *other != trace) {
                senders.push((trace, segment));
            }
        }
        if senders.len() == LINKS_PER_SEGMENT {
            break;
        }
    }
    senders
}

fn sender(header: &str) -> Option<(TraceId, SegmentId)> {
    let header = TraceHeader::parse(header);
    let is_recorded = header.sampled() != Sampled::No;
    Some((header.root()?, header.parent()?)).filter(|_| is_recorded)
}

/// The string that follows a key. None where something else does, or it holds what no header does.
fn text_value(rest: &[u8]) -> Option<&str> {
    let rest = rest.trim_ascii_start().strip_prefix(b":")?;
    let rest = rest.trim_ascii_start().strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', &rest[..rest.len().min(HEADER_BYTES)])?;
    std::str::from_utf8(&rest[..end])
        .ok()
        .filter(|text| !text.contains('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn header(trace: u32, sampled: &str) -> String {
        format!("Root=1-5759e988-{trace:024x};Parent=00000000000000aa{sampled}")
    }

    fn message(attributes: &Value, body: &str) -> Value {
        json!({"messageId": "1", "body": body, "attributes": attributes, "eventSource": "aws:sqs"})
    }

    fn traces(event: &[u8]) -> Vec<u128> {
        let senders = senders(event).into_iter();
        senders
            .map(|(trace, _)| trace.to_u128() & u128::from(u32::MAX))
            .collect()
    }

    fn event(headers: &[String]) -> Value {
        let records = headers.iter().map(|header| {
            message(
                &json!({"AWSTraceHeader": header, "SentTimestamp": "1"}),
                "{}",
            )
        });
        json!({"Records": records.collect::<Vec<_>>()})
    }

    #[test]
    fn each_trace_is_linked_once_and_no_more_than_a_segment_may_have() {
        let headers: Vec<_> = (0..60).map(|n| header(n / 2, ";Sampled=1")).collect();
        let event = event(&headers);
        let first: Vec<u128> = (0..20).collect();
        assert_eq!(traces(event.to_string().as_bytes()), first);
        let pretty = serde_json::to_vec_pretty(&event).expect("JSON");
        assert_eq!(traces(&pretty), first);
    }

    #[test]
    fn senders_that_did_not_record_are_left_out() {
        let headers = [
            header(1, ";Sampled=0"),
            header(2, ""),
            "nonsense".to_owned(),
            "Root=1-5759e988-000000000000000000000003".to_owned(),
            header(4, ";Sampled=1"),
        ];
        assert_eq!(traces(event(&headers).to_string().as_bytes()), [2, 4]);
    }

    #[test]
    fn an_event_full_of_keys_is_read_once() {
        let mut event = b"\"AWSTraceHeader\":\"?\",".repeat(40_000);
        event.extend(SOURCE);
        let begun = std::time::Instant::now();
        assert_eq!(traces(&event), [0; 0]);
        // Searched for its source at each key, it takes minutes.
        assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    }

    #[test]
    fn what_messages_say_is_not_read() {
        let inner = json!({"AWSTraceHeader": header(1, ";Sampled=1")}).to_string();
        let event = json!({"Records": [message(&json!({}), &inner)]});
        assert_eq!(traces(event.to_string().as_bytes()), [0; 0]);
    }

    /// What S3 and EventBridge send to a queue comes with the header of the request that caused it.
    #[test]
    fn notifications_of_s3_and_events_of_eventbridge_are_linked_with_what_caused_them() {
        let of_s3 = json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "receipts"}, "object": {"key": "7.txt"}}}]});
        let of_eventbridge = json!({"version": "0", "detail-type": "order placed", "source": "shop", "detail": {"id": 7}});
        let records = [(of_s3, 1), (of_eventbridge, 2)].map(|(body, trace)| {
            let attributes = json!({"AWSTraceHeader": header(trace, ";Sampled=1")});
            message(&attributes, &body.to_string())
        });
        let event = json!({"Records": records});
        assert_eq!(traces(event.to_string().as_bytes()), [1, 2]);
    }

    #[test]
    fn other_events_have_no_senders() {
        let mut other = event(&[header(1, ";Sampled=1")]);
        other["Records"][0]["eventSource"] = json!("aws:other");
        assert_eq!(traces(other.to_string().as_bytes()), [0; 0]);
        for text in [
            "",
            "{",
            "\"AWSTraceHeader\"",
            "\"aws:sqs\"\"AWSTraceHeader\":\"Root",
        ] {
            assert_eq!(traces(text.as_bytes()), [0; 0]);
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_parsing_finds(
            messages in prop::collection::vec(("\\PC*", prop::option::of(0u32..6), any::<bool>()), 0..8),
        ) {
            let records: Vec<_> = messages
                .iter()
                .map(|(body, trace, is_sampled)| {
                    let sampled = if *is_sampled { ";Sampled=1" } else { ";Sampled=0" };
                    let attributes = match trace {
                        Some(trace) => json!({"AWSTraceHeader": header(*trace, sampled)}),
                        None => json!({}),
                    };
                    message(&attributes, body)
                })
                .collect();
            let mut expected = Vec::new();
            for (_, trace, is_sampled) in &messages {
                match trace {
                    Some(trace) if *is_sampled && !expected.contains(&u128::from(*trace)) => {
                        expected.push(u128::from(*trace));
                    }
                    _ => {}
                }
            }
            let event = json!({"Records": records}).to_string();
            prop_assert_eq!(traces(event.as_bytes()), expected);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let mut event = b"\"aws:sqs\"\"AWSTraceHeader\":\"".to_vec();
            event.extend(bytes);
            let _ = senders(&event);
        }
    }
}
