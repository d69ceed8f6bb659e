//! BatchGetTraces: whole traces by their ids.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use xray_sdk::document::limits::TRACE_BYTES;
use xray_sdk::{SegmentId, TraceId};

use super::Backend;
use super::error::ApiError;
use super::wire::no_token;
use crate::bound::Text;
use crate::store::Snapshot;
use crate::trace::{Anatomy, seconds};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchGetTraces {
    trace_ids: Vec<Text<1, 35>>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TracesGot {
    traces: Vec<WholeTrace>,
    unprocessed_trace_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WholeTrace {
    id: TraceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    limit_exceeded: bool,
    segments: Vec<WholeSegment>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WholeSegment {
    id: SegmentId,
    document: String,
}

/// Gives out the traces in the order in which they were asked for, each once. AWS refuses more than five ids at a time;
/// here there is no such limit. Ids that are not stored, or are no ids, come back unprocessed.
pub(super) fn batch_get_traces(
    backend: &Backend,
    input: BatchGetTraces,
) -> Result<TracesGot, ApiError> {
    no_token(input.next_token.as_deref())?;
    let mut asked = HashSet::new();
    let mut traces = Vec::new();
    let mut unprocessed_trace_ids = Vec::new();
    for text in input.trace_ids {
        if backend.store.is_abandoned() {
            break;
        }
        let id = TraceId::parse(text.as_str()).ok();
        match id.and_then(|id| Some((id, backend.store.snapshot(id)?))) {
            Some((id, snapshot)) if asked.insert(id) => {
                traces.push(WholeTrace::of(&snapshot, backend.store.is_full(id)));
            }
            Some(_) => {}
            None => unprocessed_trace_ids.push(text.into()),
        }
    }
    Ok(TracesGot {
        traces,
        unprocessed_trace_ids,
    })
}

impl WholeTrace {
    fn of(snapshot: &Snapshot, is_full: bool) -> Self {
        let trace = snapshot.assemble();
        let documents = Anatomy::of(&trace).documents();
        let segment = |document: &xray_sdk::document::Document| WholeSegment {
            id: document.id,
            document: document.to_json(),
        };
        Self {
            id: trace.id(),
            duration: trace.duration().map(seconds),
            // X-Ray would have refused what is beyond; here it is all there, unless a limit was set.
            limit_exceeded: is_full || snapshot.bytes() > TRACE_BYTES,
            segments: documents.iter().map(segment).collect(),
        }
    }
}
