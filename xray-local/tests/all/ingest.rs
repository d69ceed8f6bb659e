use serde_json::json;
use xray_local::{Limits, RejectionCode, TimeRange};

use crate::client::{DEADLINE, call, options, request, send, server};
use crate::shop::{TRACE, front, orders, small};

#[test]
fn documents_over_udp_and_over_http_make_one_trace() {
    let server = server();
    send(&server, &front());
    let answer = call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [orders().to_string()]}),
    );
    assert_eq!(answer, json!({"UnprocessedTraceSegments": []}));
    let store = server.store();
    assert!(store.wait_until(|store| store.counts().stored == 2, DEADLINE));

    let traces = store.traces();
    assert_eq!(traces.len(), 1);
    assert_eq!(traces[0].tree().lines().nth(3), Some("      orders 200"));
    assert_eq!(
        store.trace(TRACE.parse().expect("an id")).as_ref(),
        traces.first()
    );
}

#[test]
fn documents_that_fail_are_named_and_the_others_stored() {
    let server = server();
    let mut nameless = small(2);
    nameless.as_object_mut().expect("an object").remove("name");
    let input = json!({"TraceSegmentDocuments": [
        small(1).to_string(), nameless.to_string(), "not json", "[]", json!([small(3), small(4)]).to_string(),
    ]});
    let answer = call(&server, "/TraceSegments", &input);
    let unprocessed = answer["UnprocessedTraceSegments"]
        .as_array()
        .expect("a list");
    let told: Vec<_> = unprocessed
        .iter()
        .map(|one| {
            (
                one["Id"].as_str(),
                one["ErrorCode"].as_str().expect("a code"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("0000000000000002"), "MissingName"),
            (None, "ParseError"),
            (None, "MissingId"),
        ]
    );
    assert_eq!(
        unprocessed[0]["Message"],
        "Invalid segment. ErrorCode: MissingName, Cause: name is not there"
    );
    assert!(unprocessed[1]["Id"].is_null(), "null, not left out");
    let counts = server.store().counts();
    assert_eq!((counts.stored, counts.rejected, counts.traces), (3, 3, 3));
}

#[test]
fn a_document_refused_over_udp_is_counted_and_told() {
    let server = server();
    let mut endless = small(1);
    endless
        .as_object_mut()
        .expect("an object")
        .remove("end_time");
    send(&server, &endless);
    let store = server.store();
    assert!(store.wait_until(|store| store.counts().rejected == 1, DEADLINE));
    let rejections = store.rejections();
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].code(), RejectionCode::MissingEndTime);
    assert_eq!(rejections[0].id(), Some("0000000000000001"));
    assert_eq!(server.stop().accepted, 1, "the datagram itself was good");
}

#[test]
fn the_oldest_traces_make_room() {
    let limits = Limits {
        traces: 3,
        ..Limits::default()
    };
    let server = xray_local::Server::start(options().limits(limits)).expect("a free port");
    let documents: Vec<_> = [40, 10, 30, 20, 50]
        .map(|number| small(number).to_string())
        .into();
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": documents}),
    );
    let store = server.store();
    let starts: Vec<_> = store
        .summaries(&TimeRange::ALWAYS)
        .iter()
        .map(|trace| trace.start_time)
        .collect();
    assert_eq!(
        starts,
        [50.0, 30.0, 20.0],
        "those that came first are gone, and the newest stand first"
    );
    let counts = store.counts();
    assert_eq!(
        (counts.stored, counts.traces, counts.evicted_traces),
        (5, 3, 2)
    );
}

#[test]
fn telemetry_is_taken() {
    let input = json!({
        "EC2InstanceId": "i-1", "Hostname": "host", "ResourceARN": "arn",
        "TelemetryRecords": [{"Timestamp": 1.7e9, "SegmentsReceivedCount": 3, "BackendConnectionErrors": {"OtherCount": 0}}],
    });
    assert_eq!(call(&server(), "/TelemetryRecords", &input), json!({}));
}

/// As deep as is read: of values, and of subsegments in one another.
#[test]
fn what_is_deep_is_stored_and_given_out() {
    let server = server();
    let mut values = json!("bottom");
    for _ in 0..250 {
        values = json!([values]);
    }
    let mut one = small(1);
    one["metadata"] = json!({"default": {"deep": values}});
    let mut other = small(2);
    for number in (0..126_u64).rev() {
        let mut call = small(2);
        call["id"] = json!(format!("{:016x}", 1_000 + number));
        call["subsegments"] = other["subsegments"].take();
        other["subsegments"] = json!([call]);
    }
    let documents = [one.to_string(), other.to_string()];
    let input = json!({"TraceSegmentDocuments": documents});
    let answer = call(&server, "/TraceSegments", &input);
    assert_eq!(answer, json!({"UnprocessedTraceSegments": []}));

    let ids = [&one, &other].map(|document| document["trace_id"].clone());
    let answer = call(&server, "/Traces", &json!({"TraceIds": ids}));
    let given: Vec<_> = answer["Traces"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|trace| trace["Segments"][0]["Document"].as_str())
        .collect();
    assert!(given.iter().any(|text| text.contains("[[\"bottom\"]]")));
    assert!(
        given
            .iter()
            .any(|text| text.matches("\"id\"").count() == 127)
    );
    for id in &ids {
        let path = format!("/local/traces/{}", id.as_str().expect("a text"));
        for more in ["", "/findings", "/received?of=0000000000000001"] {
            let answer = request(server.address(), "GET", &format!("{path}{more}"), &[], "");
            assert_eq!(answer.status, 200, "{path}{more}: {}", answer.body);
        }
    }
}
