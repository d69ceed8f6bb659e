//! PutTraceSegments and PutTelemetryRecords: what SDKs and daemons send.

use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::wire::required;
use crate::store::Store;
use crate::validate::Rejection;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutTraceSegments {
    trace_segment_documents: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TraceSegmentsPut {
    unprocessed_trace_segments: Vec<UnprocessedTraceSegment>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedTraceSegment {
    id: Option<String>,
    error_code: &'static str,
    message: String,
}

/// Stores what can be stored; what was stored when it answers outlives the process. The call succeeds also when documents are
/// refused: the answer names them. It fails when the disk does.
pub(super) fn put_trace_segments(
    store: &Store,
    input: PutTraceSegments,
) -> Result<TraceSegmentsPut, ApiError> {
    let documents = required(input.trace_segment_documents, "TraceSegmentDocuments")?;
    let rejections = store.put(documents.iter().map(String::as_str))?;
    let unprocessed = rejections.into_iter().map(UnprocessedTraceSegment::from);
    Ok(TraceSegmentsPut {
        unprocessed_trace_segments: unprocessed.collect(),
    })
}

impl From<Rejection> for UnprocessedTraceSegment {
    fn from(rejection: Rejection) -> Self {
        Self {
            id: rejection.id().map(str::to_owned),
            error_code: rejection.code().as_str(),
            message: rejection.message(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutTelemetryRecords {
    telemetry_records: Option<Vec<TelemetryRecord>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TelemetryRecord {
    timestamp: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct TelemetryRecordsPut {}

/// Takes a daemon's report of itself, of which nothing is kept.
pub(super) fn put_telemetry_records(
    input: PutTelemetryRecords,
) -> Result<TelemetryRecordsPut, ApiError> {
    for record in required(input.telemetry_records, "TelemetryRecords")? {
        required(record.timestamp, "TelemetryRecords.Timestamp")?;
    }
    Ok(TelemetryRecordsPut {})
}
