//! PutTraceSegments and PutTelemetryRecords: what SDKs and daemons send.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::ApiError;
use super::wire::Nothing;
use crate::ledger::Source;
use crate::telemetry::Report;
use crate::validate::Rejection;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutTraceSegments {
    trace_segment_documents: Vec<String>,
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
    backend: &Backend,
    input: PutTraceSegments,
) -> Result<TraceSegmentsPut, ApiError> {
    let documents = input.trace_segment_documents.iter().map(String::as_str);
    let rejections = backend.store.put(documents, Source::Api)?;
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

/// Takes a daemon's report of itself, which the front page tells.
pub(super) fn put_telemetry_records(backend: &Backend, input: Report) -> Result<Nothing, ApiError> {
    backend
        .control
        .telemetry(|telemetry| telemetry.report(input));
    Ok(Nothing {})
}
