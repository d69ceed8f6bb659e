//! What the server knows: what arrived, its traces, sampling, and what recorders report.

use std::net::UdpSocket;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use xray_local::Server;
use xray_sdk::sampling::Always;
use xray_sdk::{Recorder, TraceHeader};

use super::{Visit, visit_at};
use crate::client::{DEADLINE, request, server};

fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs_f64().floor()
}

/// A trace of now.
fn trace(number: u32) -> String {
    format!("1-{:08x}-{number:024x}", now() as u64)
}

/// A segment that began a second ago and has ended.
fn segment(trace: u32, id: u64) -> Value {
    json!({
        "name": "shop", "id": format!("{id:016x}"), "trace_id": self::trace(trace),
        "start_time": now() - 1.0, "end_time": now() - 0.5
    })
}

/// Sends documents over UDP, waits until the server has dealt with them, and asks the doctor.
fn after(documents: &[Value]) -> (Server, Visit) {
    let server = server();
    request(server.address(), "POST", "/GetSamplingRules", &[], "{}");
    let datagrams = documents
        .iter()
        .map(|document| format!("{{\"format\":\"json\",\"version\":1}}\n{document}"));
    send(&server, datagrams);
    let visit = visit_at(server.address(), &[]);
    (server, visit)
}

fn send(server: &Server, datagrams: impl Iterator<Item = String>) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let mut sent = 0;
    for datagram in datagrams {
        socket
            .send_to(datagram.as_bytes(), server.address())
            .expect("sent");
        sent += 1;
    }
    let came = |store: &xray_local::Store| store.counts().stored + store.counts().rejected == sent;
    assert!(server.store().wait_until(came, DEADLINE));
}

#[test]
fn traces_that_somebody_took_out_are_told() {
    let (server, _) = after(&[segment(1, 1), segment(2, 2)]);
    let input = json!({"TraceIds": [trace_of(&server)]}).to_string();
    let removed = request(server.address(), "POST", "/local/remove", &[], &input);
    assert_eq!(removed.status, 200, "{}", removed.body);
    let visit = visit_at(server.address(), &[]);
    visit.found(0, &["D19?"]);
    assert!(
        visit.seen("D19").starts_with("1 trace was taken out"),
        "{}",
        visit.text
    );
}

/// The id of a trace that is there.
fn trace_of(server: &Server) -> String {
    server.store().traces()[0].id().to_string()
}

#[test]
fn good_segments_have_no_findings() {
    let (_server, visit) = after(&[segment(1, 1), segment(2, 2)]);
    visit.found(0, &[]);
}

#[test]
fn d03_what_arrives_is_no_document() {
    let server = server();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for text in [
        segment(1, 1).to_string(),
        format!("{{\"format\":\"json\",\"version\":2}}\n{}", segment(1, 1)),
    ] {
        socket
            .send_to(text.as_bytes(), server.address())
            .expect("sent");
    }
    send(
        &server,
        ["{\"format\":\"json\",\"version\":1}\n{\"name\":\"a\"}".to_owned()].into_iter(),
    );
    let visit = visit_at(server.address(), &[]);
    assert_eq!(visit.exit, 3);
    assert!(
        visit
            .seen("D03")
            .contains("2 of 3 datagrams had no header line"),
        "{}",
        visit.text
    );
    assert!(
        visit.text.contains("refused with MissingId"),
        "{}",
        visit.text
    );
}

#[test]
fn d04_documents_are_too_large() {
    let server = server();
    let mut large = segment(1, 1);
    large["metadata"] = json!({"space": {"text": "x".repeat(66_000)}});
    let input = json!({"TraceSegmentDocuments": [large.to_string()]}).to_string();
    assert_eq!(
        request(server.address(), "POST", "/TraceSegments", &[], &input).status,
        200
    );
    let visit = visit_at(server.address(), &[]);
    assert_eq!(visit.exit, 3);
    let seen = visit.seen("D04");
    let expected = "1 case of DocumentTooLarge in the latest traces, as the document has ";
    assert!(seen.starts_with(expected), "{}", visit.text);
}

#[test]
fn d05_times_are_off() {
    let old = json!({
        "name": "shop", "id": "00000000000000aa", "trace_id": "1-581cf771-a006649127e371903a2de979",
        "start_time": 1478293361, "end_time": 1478293362
    });
    let (_server, visit) = after(&[old]);
    assert_eq!(visit.exit, 3);
    assert!(visit.seen("D05").contains("OldTrace"), "{}", visit.text);
    let mut wrong = segment(1, 1);
    wrong["trace_id"] = json!("1-2");
    let (_server, visit) = after(&[wrong]);
    assert!(
        visit.seen("D05").contains("refused with InvalidTraceId"),
        "{}",
        visit.text
    );
}

#[test]
fn d06_what_it_stands_in_never_arrived() {
    let mut orphan = segment(1, 1);
    orphan["type"] = json!("subsegment");
    orphan["parent_id"] = json!("00000000000000ff");
    let (_server, visit) = after(&[orphan]);
    visit.found(3, &["D06"]);
    assert!(visit.seen("D06").contains("never arrived"));
    let mut called = segment(1, 1);
    called["parent_id"] = json!("00000000000000ff");
    let (_server, visit) = after(&[called]);
    visit.found(0, &["D06?"]);
}

#[test]
fn d07_a_segment_never_closes() {
    let open = json!({
        "name": "shop", "id": "00000000000000aa", "trace_id": trace(1), "start_time": now() - 3600.0, "in_progress": true
    });
    let (_server, visit) = after(&[open]);
    visit.found(3, &["D07"]);
}

#[test]
fn d10_a_sampling_rule_hides_requests() {
    let server = server();
    for (sampled, exit, id) in [(0, 3, "D10"), (1, 0, "D10?")] {
        let report = json!({"SamplingStatisticsDocuments": [{
            "RuleName": "Default", "ClientID": "0123456789abcdef01234567", "Timestamp": now(),
            "RequestCount": 10, "SampledCount": sampled, "BorrowCount": 0
        }]});
        let answer = request(
            server.address(),
            "POST",
            "/SamplingTargets",
            &[],
            &report.to_string(),
        );
        assert_eq!(answer.status, 200, "{}", answer.body);
        let visit = visit_at(server.address(), &[]);
        visit.found(exit, &[id]);
        assert!(visit.seen("D10").contains("\"Default\""), "{}", visit.text);
    }
}

#[test]
fn d11_nobody_asks_for_rules() {
    let server = server();
    send(
        &server,
        [format!(
            "{{\"format\":\"json\",\"version\":1}}\n{}",
            segment(1, 1)
        )]
        .into_iter(),
    );
    let visit = visit_at(server.address(), &[]);
    visit.found(0, &["D11?"]);
}

#[test]
fn d11_a_trace_of_the_future_says_nothing_of_when_it_came() {
    let mut ahead = segment(1, 1);
    (ahead["start_time"], ahead["end_time"]) = (json!(now() + 4_000.0), json!(now() + 4_001.0));
    let (_server, visit) = after(&[segment(2, 2), ahead]);
    visit.found(3, &["D05"]);
}

#[test]
fn d10_a_rate_is_told_as_people_write_it() {
    let server = server();
    let change = json!({"SamplingRuleUpdate": {"RuleName": "Default", "FixedRate": 0.07}});
    request(
        server.address(),
        "POST",
        "/UpdateSamplingRule",
        &[],
        &change.to_string(),
    );
    let report = json!({"SamplingStatisticsDocuments": [{
        "RuleName": "Default", "ClientID": "0123456789abcdef01234567", "Timestamp": now(),
        "RequestCount": 10, "SampledCount": 1, "BorrowCount": 0
    }]});
    request(
        server.address(),
        "POST",
        "/SamplingTargets",
        &[],
        &report.to_string(),
    );
    let visit = visit_at(server.address(), &[]);
    assert!(visit.seen("D10").contains("then 7 %)"), "{}", visit.text);
}

#[test]
fn d15_annotations_are_dropped() {
    let mut spaced = segment(1, 1);
    spaced["annotations"] = json!({"user id": 7});
    let (_server, visit) = after(&[spaced]);
    visit.found(3, &["D15"]);
    assert!(visit.seen("D15").contains("user id"));
}

#[test]
fn d16_one_request_makes_two_traces() {
    let request = json!({"request": {"method": "GET", "url": "http://stock.internal/items?id=7"}});
    let mut caller = segment(1, 1);
    caller["subsegments"] = json!([{
        "name": "stock.internal", "id": "00000000000000ab", "namespace": "remote", "http": request,
        "start_time": now() - 0.9, "end_time": now() - 0.6
    }]);
    let mut called = segment(2, 2);
    called["name"] = json!("stock");
    called["start_time"] = json!(now() - 0.8);
    called["http"] = json!({"request": {"url": "https://stock.internal/items"}});
    let (_server, visit) = after(&[caller.clone(), called.clone()]);
    visit.found(3, &["D16"]);
    assert!(
        visit.seen("D16").contains("stock.internal/items"),
        "{}",
        visit.text
    );
    called["start_time"] = json!(now() - 100.0);
    let (_server, visit) = after(&[caller, called]);
    assert_eq!(visit.ids(), [""; 0], "{}", visit.text);
}

#[test]
fn d19_a_daemon_has_lost_segments() {
    let server = server();
    let report = json!({
        "Hostname": "here",
        "TelemetryRecords": [{"Timestamp": now(), "SegmentsReceivedCount": 9, "SegmentsSentCount": 4, "SegmentsSpilloverCount": 5}]
    });
    let answer = request(
        server.address(),
        "POST",
        "/TelemetryRecords",
        &[],
        &report.to_string(),
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    let visit = visit_at(server.address(), &[]);
    visit.found(3, &["D19"]);
    assert!(visit.seen("D19").contains("5 dropped for lack of room"));
}

/// What the doctor says of a recorder that did something and ended.
fn of_recorder(work: impl FnOnce(&Recorder)) -> Visit {
    let server = server();
    request(server.address(), "POST", "/GetSamplingRules", &[], "{}");
    let recorder = Recorder::builder("checkout")
        .daemon_address(&server.address().to_string())
        .sampler(Always)
        .report_health(true)
        .build()
        .expect("a recorder");
    work(&recorder);
    recorder.shutdown(Duration::ZERO);
    drop(recorder);
    // The last report is behind all documents: when the next one is stored, it has been heard.
    send_last(&server);
    visit_at(server.address(), &[])
}

fn send_last(server: &Server) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let last = format!("{{\"format\":\"json\",\"version\":1}}\n{}", segment(99, 99));
    socket
        .send_to(last.as_bytes(), server.address())
        .expect("sent");
    let has_it = |store: &xray_local::Store| {
        store
            .traces()
            .iter()
            .any(|trace| trace.id().to_string().ends_with(&format!("{:024x}", 99)))
    };
    assert!(server.store().wait_until(has_it, DEADLINE));
}

#[test]
fn a_recorder_that_does_well_has_no_findings() {
    let visit = of_recorder(|recorder| recorder.segment("one").run_sync(|_| ()));
    visit.found(0, &[]);
}

#[test]
fn d08_a_recorder_tells_of_callers_that_decided() {
    let visit = of_recorder(|recorder| {
        let refused = TraceHeader::parse("Root=1-581cf771-a006649127e371903a2de979;Sampled=0");
        recorder.segment("one").continuing(refused).run_sync(|_| ());
    });
    visit.found(3, &["D08"]);
    assert!(
        visit.seen("D08").contains("checkout (process "),
        "{}",
        visit.text
    );
}

#[test]
fn d15_a_recorder_tells_of_keys_that_it_changed() {
    let visit = of_recorder(|recorder| {
        recorder.segment("one").run_sync(|segment| {
            segment.annotate("user.id", 7);
        });
    });
    visit.found(3, &["D15"]);
}

#[test]
fn d17_a_recorder_ends_before_its_work() {
    let mut open = None;
    let visit = of_recorder(|recorder| open = Some(recorder.segment("one").begin()));
    assert_eq!(visit.exit, 3, "{}", visit.text);
    assert!(visit.ids().contains(&"D17".to_owned()), "{}", visit.text);
}
