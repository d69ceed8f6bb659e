//! Segments in which nothing else is: they are written without a tree, and as others are.

use serde_json::Value;
use xray_sdk::document::Sql;
use xray_sdk::testing::{Capture, ManualClock};
use xray_sdk::{Segment, SegmentId, TraceHeader};

use crate::schema;

const CALLER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// Records all that a segment may have but for exceptions, and what `more` does; tells its complete document without its id.
fn complete(more: impl FnOnce(&mut Segment)) -> Value {
    let capture = Capture::with_clock("checkout", &ManualClock::at(1_700_000_000));
    let header = TraceHeader::parse(CALLER);
    let linked = header.root().expect("it has one");
    let mut segment = capture
        .recorder()
        .segment("a\tname")
        .continuing(header)
        .begin();
    segment
        .http_request("GET", "http://shop/\"orders\"")
        .user_agent(&"x".repeat(1_000))
        .client_ip("203.0.113.7", true)
        .http_status(404)
        .http_status(429)
        .content_length(13)
        .sql(&Sql {
            sanitized_query: Some("select 1".into()),
            ..Sql::default()
        })
        .annotate("a key", 1)
        .annotate("a key", "text")
        .annotate("ratio", 0.5)
        .metadata("list", &[1, 2])
        .metadata_in("other", "list", "text")
        .aws("region", "eu-west-1")
        .link(linked, SegmentId::from_u64(7))
        .set_user("somebody")
        .fault();
    more(&mut segment);
    segment.end();
    let documents = capture.bytes();
    let last = documents.last().expect("it was sent");
    assert_eq!(schema::problems(last), [""; 0]);
    let health = capture.recorder().health();
    let counted = (
        health.segments,
        health.nodes,
        health.trimmed,
        health.repaired,
    );
    assert_eq!(counted, (1, 1, 1, 2), "{health:?}");
    assert_eq!(health.lost_total(), 0);
    let mut document: Value = serde_json::from_slice(last).expect("JSON");
    document["id"].take();
    document
}

#[test]
fn a_segment_alone_is_written_as_one_that_was_gathered() {
    let alone = complete(|_| ());
    // What is seen before it ends comes in two parts.
    let gathered = complete(|segment| {
        segment.send_in_progress();
    });
    assert_eq!(alone, gathered);
    for (pointer, expected) in [
        ("/name", "aname"),
        ("/parent_id", "53995c3f42cd8ad8"),
        ("/annotations/a_key", "text"),
        ("/http/request/url", "http://shop/\"orders\""),
        ("/user", "somebody"),
    ] {
        let value = alone.pointer(pointer).and_then(Value::as_str);
        assert_eq!(value, Some(expected), "{pointer}");
    }
    assert_eq!(alone.pointer("/throttle"), Some(&Value::Bool(true)));
}

#[test]
fn what_comes_after_a_segment_alone_is_sent_by_itself() {
    let capture = Capture::new("checkout");
    let mut segment = capture.recorder().segment("checkout").begin();
    let mut child = segment.subsegment("later").begin();
    let id = segment.id();
    segment.end();
    assert_eq!(capture.documents().len(), 1);
    child.annotate("kept", true);
    child.end();
    let documents = capture.documents();
    assert_eq!(documents.len(), 2, "{documents:?}");
    assert_eq!((&*documents[1].name, documents[1].parent_id), ("later", id));
    assert_eq!(capture.recorder().health().lost_total(), 0);
}
