//! What the server refuses, and how it says so.

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, exchange, options, post, request, server};
use crate::shop::small;

#[test]
fn inputs_that_lack_something_or_make_no_sense_are_invalid_requests() {
    let server = server();
    let statistics = json!({
        "RuleName": "Default", "ClientID": "0123456789abcdef01234567", "Timestamp": 1, "RequestCount": 1, "SampledCount": 1
    });
    let without = |field: &str| {
        let mut statistics = statistics.clone();
        statistics.as_object_mut().expect("an object").remove(field);
        json!({"SamplingStatisticsDocuments": [statistics]})
    };
    let cases: &[(&str, Value, &str)] = &[
        (
            "/TraceSegments",
            json!({}),
            "TraceSegmentDocuments is required",
        ),
        (
            "/TraceSegments",
            json!({"TraceSegmentDocuments": "x"}),
            "expected a sequence",
        ),
        ("/TraceSegments", json!([[]]), "expected an object"),
        (
            "/TelemetryRecords",
            json!({}),
            "TelemetryRecords is required",
        ),
        (
            "/TelemetryRecords",
            json!({"TelemetryRecords": [{}]}),
            "TelemetryRecords[0].Timestamp is required",
        ),
        (
            "/TelemetryRecords",
            json!({"TelemetryRecords": [{"Timestamp": 1, "SegmentsSentCount": -1}]}),
            "TelemetryRecords[0].SegmentsSentCount: invalid value: integer `-1`",
        ),
        (
            "/TelemetryRecords",
            json!({"TelemetryRecords": [], "EC2InstanceId": 7}),
            "EC2InstanceId: invalid type",
        ),
        ("/Traces", json!({}), "TraceIds is required"),
        (
            "/Traces",
            json!({"TraceIds": [], "NextToken": "x"}),
            "NextToken is currently not supported",
        ),
        (
            "/TraceSummaries",
            json!({"EndTime": 1}),
            "StartTime is required",
        ),
        (
            "/TraceSummaries",
            json!({"StartTime": 1}),
            "EndTime is required",
        ),
        (
            "/TraceSummaries",
            json!({"StartTime": 2, "EndTime": 1}),
            "StartTime 2 lies after EndTime 1",
        ),
        (
            "/TraceSummaries",
            json!({"StartTime": -1e308, "EndTime": 1}),
            "StartTime: invalid value: floating point `-1e+308`, expected a number of seconds since 1970",
        ),
        (
            "/ServiceGraph",
            json!({"StartTime": 1, "EndTime": 1_764_000_000_000_u64}),
            "EndTime: invalid value: integer `1764000000000`, expected a number of seconds since 1970",
        ),
        (
            "/TraceSummaries",
            json!({"StartTime": "2", "EndTime": 1}),
            "invalid type: string",
        ),
        (
            "/TraceSummaries",
            json!({"StartTime": 1, "EndTime": 2, "TimeRangeType": "Any"}),
            "TimeRangeType: unknown variant `Any`, expected one of `TraceId`, `Event`, `Service`",
        ),
        (
            "/TraceSummaries",
            json!({"StartTime": 1, "EndTime": 2, "NextToken": "x"}),
            "NextToken \"x\" is not valid",
        ),
        (
            "/TraceSummaries",
            json!({"StartTime": 1, "EndTime": 2, "FilterExpression": "fault AND"}),
            "FilterExpression cannot be read: column 10: expected a keyword",
        ),
        (
            "/ServiceGraph",
            json!({"EndTime": 1}),
            "StartTime is required",
        ),
        (
            "/ServiceGraph",
            json!({"StartTime": 1, "EndTime": 2, "NextToken": "x"}),
            "NextToken",
        ),
        (
            "/ServiceGraph",
            json!({"StartTime": 1, "EndTime": 2, "GroupName": "slow"}),
            "no group \"slow\"",
        ),
        ("/TraceGraph", json!({}), "TraceIds is required"),
        (
            "/TraceGraph",
            json!({"TraceIds": [], "NextToken": "x"}),
            "NextToken",
        ),
        ("/GetSamplingRules", json!({"NextToken": "x"}), "NextToken"),
        (
            "/SamplingTargets",
            json!({}),
            "SamplingStatisticsDocuments is required",
        ),
        (
            "/SamplingTargets",
            without("RuleName"),
            "SamplingStatisticsDocuments.RuleName is required",
        ),
        (
            "/SamplingTargets",
            without("ClientID"),
            "SamplingStatisticsDocuments.ClientID is required",
        ),
        (
            "/SamplingTargets",
            without("Timestamp"),
            "SamplingStatisticsDocuments.Timestamp is required",
        ),
        (
            "/SamplingTargets",
            without("RequestCount"),
            "SamplingStatisticsDocuments.RequestCount is required",
        ),
        (
            "/SamplingTargets",
            without("SampledCount"),
            "SamplingStatisticsDocuments.SampledCount is required",
        ),
    ];
    for (path, input, part) in cases {
        assert_refused(
            &post(&server, path, input),
            400,
            "InvalidRequestException",
            part,
        );
    }
}

#[test]
fn bodies_that_are_no_json_are_invalid_requests() {
    let server = server();
    for body in ["{", "nonsense", "\u{0}", "{\"TraceIds\": [\"x\"]"] {
        let answer = request(server.address(), "POST", "/Traces", &[], body);
        assert_refused(&answer, 400, "InvalidRequestException", "cannot be read");
    }
}

#[test]
fn no_body_is_an_empty_input_and_its_type_does_not_matter() {
    let server = server();
    assert_eq!(
        request(server.address(), "POST", "/GetSamplingRules", &[], "").status,
        200
    );
    let form = ["content-type: application/x-www-form-urlencoded"];
    let answer = request(server.address(), "POST", "/GetSamplingRules", &form, "{}");
    assert_eq!(answer.status, 200);
}

#[test]
fn a_path_that_is_no_operation_is_an_unknown_operation() {
    let server = server();
    for path in [
        "/GetTraceSummaries",
        "/traces",
        "/Traces/",
        "/ListServices",
        "/../etc",
    ] {
        let answer = post(&server, path, &json!({}));
        assert_refused(&answer, 404, "UnknownOperationException", path);
    }
    let answer = request(server.address(), "GET", "/nowhere", &[], "");
    assert_refused(&answer, 404, "UnknownOperationException", "/nowhere");
}

#[test]
fn operations_are_called_with_post() {
    let server = server();
    for method in ["GET", "PUT", "DELETE"] {
        let answer = request(server.address(), method, "/Traces", &[], "");
        assert_refused(
            &answer,
            405,
            "MethodNotAllowedException",
            "called with POST",
        );
        assert_eq!(answer.header("allow"), Some("POST"));
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let server = server();
    let head = |length: &str| {
        format!(
            "POST /TraceSegments HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{length}\r\n\r\n",
            server.address()
        )
    };
    // One that says how long it is, and is refused unread; and one that does not.
    let announced = head("content-length: 17000000");
    let answer = exchange(server.address(), &[announced.as_bytes()]);
    assert_refused(
        &answer,
        413,
        "RequestEntityTooLargeException",
        "16777216 bytes",
    );

    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, " ".repeat(1 << 20));
    let chunked = head("transfer-encoding: chunked");
    let mut parts = vec![chunked.as_bytes()];
    parts.extend([chunk.as_bytes(); 17]);
    let answer = exchange(server.address(), &parts);
    assert_refused(
        &answer,
        413,
        "RequestEntityTooLargeException",
        "16777216 bytes",
    );
}

#[test]
fn a_body_that_is_encoded_is_refused_by_the_name_of_its_encoding() {
    let server = server();
    let post = |encoding: &str| {
        let header = format!("content-encoding: {encoding}");
        request(
            server.address(),
            "POST",
            "/TraceSummaries",
            &[&header],
            "{}",
        )
    };
    let answer = post("gzip");
    assert_refused(
        &answer,
        400,
        "InvalidRequestException",
        "the request body is encoded (content-encoding: gzip): expected JSON as it is",
    );
    let answer = post("Identity");
    assert_refused(
        &answer,
        400,
        "InvalidRequestException",
        "StartTime is required",
    );
}

#[test]
fn other_names_and_the_pages_of_others_are_kept_out() {
    let server = server();
    let address = server.address();
    let get = |headers: &[&str]| request(address, "GET", "/", headers, "");
    assert_refused(
        &get(&["host: example.com"]),
        403,
        "AccessDeniedException",
        "\"example.com\"",
    );
    assert_refused(
        &get(&["origin: http://example.com"]),
        403,
        "AccessDeniedException",
        "a page of \"http://example.com\"",
    );
    let answer = request(address, "POST", "/TraceSegments", &["origin: null"], "{}");
    assert_refused(&answer, 403, "AccessDeniedException", "\"null\"");
    assert_eq!(
        get(&[&format!("host: localhost:{}", address.port())]).status,
        200
    );
    assert_eq!(get(&[&format!("origin: http://{address}")]).status, 200);
}

#[test]
fn a_name_that_was_allowed_is_let_in() {
    let server = Server::start(options().allow_host("xray")).expect("a free port");
    let answer = request(server.address(), "GET", "/", &["host: xray:2000"], "");
    assert_eq!(answer.status, 200);
}

#[test]
fn a_refusal_leaves_the_server_as_it_was() {
    let server = server();
    post(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": 7}),
    );
    let input = json!({"TraceSegmentDocuments": [small(1).to_string()]});
    assert_eq!(
        call(&server, "/TraceSegments", &input),
        json!({"UnprocessedTraceSegments": []})
    );
    assert_eq!(server.store().counts().stored, 1);
}

#[test]
fn what_a_daemon_may_send_at_a_time_is_taken() {
    let options = xray_local::Options::default().bind("127.0.0.1:0".parse().expect("an address"));
    let server = xray_local::Server::start(options).expect("a free port");
    let text = "x".repeat(60_000);
    let documents: Vec<_> = (0..50)
        .map(|number| {
            serde_json::json!({
                "name": "large",
                "id": format!("{:016x}", number + 1),
                "trace_id": "1-581cf771-a006649127e371903a2de979",
                "start_time": 1_478_293_361,
                "end_time": 1_478_293_362,
                "metadata": {"default": {"text": text}},
            })
            .to_string()
        })
        .collect();
    let body = serde_json::json!({"TraceSegmentDocuments": documents}).to_string();
    assert!(body.len() > 3_000_000);
    let answer = crate::client::request(server.address(), "POST", "/TraceSegments", &[], &body);
    assert_eq!(answer.status, 200);
}
