//! A recorder in a function of AWS Lambda, which writes the segments itself.

use serde_json::{Value, json};
use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, RecorderBuilder, Segment, TraceHeader, current, subsegment};

use crate::schema;

const INVOCATION: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1";

fn function() -> Capture {
    Capture::with("resize", RecorderBuilder::segments_by_lambda)
}

fn invocation(capture: &Capture, header: &str) -> Segment {
    let segment = capture.recorder().own_segment();
    segment.continuing(TraceHeader::parse(header)).begin()
}

fn documents(capture: &Capture) -> Vec<Value> {
    let bytes = capture.bytes();
    for document in &bytes {
        assert_eq!(schema::problems(document), [""; 0]);
    }
    let read = |document: &Vec<u8>| serde_json::from_slice(document).expect("JSON");
    bytes.iter().map(read).collect()
}

#[test]
fn an_invocation_is_a_subsegment_of_the_segment_that_lambda_writes() {
    let capture = function();
    let mut segment = invocation(&capture, INVOCATION);
    let id = segment.id().expect("recorded");
    {
        let _entered = segment.enter();
        current().annotate("size", 3);
        subsegment("decode").run(|_| ());
        let sent = current().header().expect("a header").to_string();
        assert_eq!(
            sent,
            INVOCATION.replace("53995c3f42cd8ad8", &id.to_string())
        );
    }
    drop(segment);
    let documents = documents(&capture);
    assert_eq!(documents.len(), 1);
    let document = &documents[0];
    assert_eq!(document["type"], "subsegment");
    assert_eq!(document["name"], "resize");
    assert_eq!(document["id"], id.to_string());
    assert_eq!(document["parent_id"], "53995c3f42cd8ad8");
    assert_eq!(document["trace_id"], "1-5759e988-bd862e3fe1be46a994272793");
    assert_eq!(document["annotations"], json!({"size": 3}));
    assert_eq!(document["subsegments"][0]["name"], "decode");
    for key in ["aws", "service", "origin", "namespace"] {
        assert_eq!(document.get(key), None, "{key} is the segment's");
    }
}

#[test]
fn a_segment_within_an_invocation_is_a_subsegment_of_what_is_current() {
    let capture = function();
    let mut segment = invocation(&capture, INVOCATION);
    let entered = segment.enter();
    subsegment("route").run(|route| {
        let mut server = invocation(&capture, INVOCATION);
        server.http_status(200);
        let answer = server.response_header().to_string();
        assert_eq!(answer, "Root=1-5759e988-bd862e3fe1be46a994272793");
        let _entered = server.enter();
        subsegment("load").run(|_| ());
        assert!(route.is_recording());
    });
    drop(entered);
    drop(segment);
    assert_eq!(
        capture.tree(),
        "resize\n  route\n    resize 200\n      load\n"
    );
}

#[test]
fn what_lambda_decided_is_passed_on_as_it_came() {
    let unsampled = INVOCATION.replace("Sampled=1", "Sampled=0");
    for header in [
        unsampled.as_str(),
        "Root=1-5759e988-bd862e3fe1be46a994272793",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a87bd80c:1",
    ] {
        let capture = function();
        let mut segment = invocation(&capture, header);
        let entered = segment.enter();
        let mut server = invocation(&capture, header);
        let inner = server.enter();
        let sent = |header: Option<TraceHeader>| header.expect("a header").to_string();
        assert_eq!(sent(current().header()), header);
        assert_eq!(
            sent(subsegment("call").remote().begin().header()),
            header,
            "to what is called"
        );
        drop(inner);
        drop(server);
        drop(entered);
        drop(segment);
        assert_eq!(capture.tree(), "");
    }
}

#[test]
fn nothing_is_recorded_outside_an_invocation_and_that_is_told() {
    let capture = function();
    capture
        .recorder()
        .segment("warm up")
        .run_sync(|segment| assert!(!segment.is_recording()));
    assert_eq!(capture.tree(), "");
    let notices = capture.recorder().health().notices;
    assert!(notices[0].contains("turn on active tracing"), "{notices:?}");
}

#[test]
fn messages_of_other_traces_are_linked() {
    let capture = function();
    let mut segment = invocation(&capture, INVOCATION);
    let entered = segment.enter();
    let other = "Root=1-5759e988-000000000000000000000001;Parent=00000000000000aa;Sampled=1";
    invocation(&capture, other).end();
    invocation(&capture, &other.replace("Sampled=1", "Sampled=0")).end();
    drop(entered);
    drop(segment);
    assert_eq!(
        documents(&capture)[0]["links"],
        json!([{"trace_id": "1-5759e988-000000000000000000000001", "id": "00000000000000aa"}])
    );
}

#[test]
fn a_user_has_no_place_in_a_function_and_that_is_told() {
    let capture = function();
    invocation(&capture, INVOCATION).set_user("ada");
    assert_eq!(documents(&capture)[0].get("user"), None);
    let health = capture.recorder().health();
    assert_eq!(health.trimmed, 1);
    assert!(health.notices[0].contains("set_user"), "{health:?}");
}

#[test]
fn an_invocation_in_progress_shows_what_its_handles_have_open() {
    let capture = function();
    let mut segment = invocation(&capture, INVOCATION);
    segment.annotate("size", 3);
    segment.record_message("Late", "too late");
    segment.subsegment("done").run(|_| ());
    let mut call = segment.subsegment("call").remote().begin();
    segment.send_in_progress();

    let so_far = documents(&capture);
    let named = |name: &str| {
        let found = so_far.iter().find(|document| document["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {so_far:?}"))
    };
    let open = named("resize");
    assert_eq!(open["in_progress"], true);
    assert_eq!(open["annotations"], json!({"size": 3}));
    assert_eq!(open["cause"]["exceptions"][0]["message"], "too late");
    assert_eq!(open["subsegments"][0]["name"], "call");
    assert_eq!(open["subsegments"][0]["in_progress"], true);
    assert_eq!(named("done")["parent_id"], open["id"]);
    assert_eq!(named("done").get("in_progress"), None);

    call.http_status(500);
    drop(call);
    drop(segment);
    let all = documents(&capture);
    let last = &all[so_far.len()];
    assert_eq!(all.len(), so_far.len() + 1, "{all:?}");
    assert_eq!(last["id"], open["id"]);
    assert_eq!(last.get("in_progress"), None);
    assert_eq!(last["annotations"], json!({"size": 3}));
    assert_eq!(last["cause"], open["cause"]);
    assert_eq!(last["subsegments"][0]["id"], open["subsegments"][0]["id"]);
    assert_eq!(last["subsegments"][0]["http"]["response"]["status"], 500);
}

#[tokio::test]
async fn futures_in_an_invocation_are_its_subsegments() {
    let capture = function();
    let header = TraceHeader::parse(INVOCATION);
    let work = async { async {}.in_subsegment("load").await };
    let segment = capture.recorder().own_segment().continuing(header);
    segment.run(work).await;
    assert_eq!(capture.tree(), "resize\n  load\n");
}
