//! The segments that X-Ray makes for services which send none, from what their callers recorded.

use xray_sdk::document::Document;
use xray_sdk::{SegmentId, TraceId};

use super::service::ServiceId;

/// A segment for the service that `call` went to.
pub(super) fn segment(trace_id: TraceId, call: &Document, service: &ServiceId) -> Document {
    Document {
        trace_id: Some(trace_id),
        parent_id: Some(call.id),
        end_time: call.end_time,
        in_progress: call.in_progress,
        // A host outside AWS has no origin.
        origin: (service.kind != "remote").then(|| service.kind.clone()),
        http: call.http.clone(),
        aws: call.aws.clone(),
        sql: call.sql.clone(),
        error: call.error,
        fault: call.fault,
        throttle: call.throttle,
        denies_failure: call.denies_failure,
        cause: call.cause.clone(),
        inferred: true,
        ..Document::new(&call.name, derived(trace_id, call.id), call.start_time)
    }
}

/// An id made from that of the call, so that each answer gives the segment the same one.
fn derived(trace_id: TraceId, call: SegmentId) -> SegmentId {
    // SplitMix64: any two calls of a trace get two ids, and none of them its own.
    let mut number = call.to_u64() ^ trace_id.to_u128() as u64;
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    SegmentId::from_u64(number ^ (number >> 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inferred_segment_is_a_copy_of_the_call_under_it() {
        let call = Document::parse(
            br#"{"name":"DynamoDB","id":"63995c3f42cd8ad8","start_time":1.5,"end_time":2,"namespace":"aws","fault":true,
                "aws":{"table_name":"orders","operation":"GetItem"},"http":{"response":{"status":500}},
                "annotations":{"own":1},"subsegments":[{"name":"retry","id":"73995c3f42cd8ad8","start_time":1,"end_time":2}]}"#,
        )
        .expect("a document");
        let trace_id = TraceId::parse("1-581cf771-a006649127e371903a2de979").expect("an id");
        let service = ServiceId::of_call(&call).expect("a call");

        let inferred = segment(trace_id, &call, &service);
        assert_ne!(inferred.id, call.id);
        assert_eq!(inferred.id, segment(trace_id, &call, &service).id);
        let mut json: serde_json::Value =
            serde_json::from_str(&inferred.to_json()).expect("is JSON");
        json.as_object_mut().expect("an object").remove("id");
        assert_eq!(
            json,
            serde_json::json!({
                "name": "DynamoDB", "trace_id": "1-581cf771-a006649127e371903a2de979", "parent_id": "63995c3f42cd8ad8",
                "start_time": 1.5, "end_time": 2.0, "fault": true, "inferred": true, "origin": "AWS::DynamoDB::Table",
                "aws": {"table_name": "orders", "operation": "GetItem"}, "http": {"response": {"status": 500}},
            })
        );
    }
}
