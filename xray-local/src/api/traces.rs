//! BatchGetTraces: whole traces by their ids.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use xray_sdk::document::limits::TRACE_BYTES;
use xray_sdk::{SegmentId, TraceId};

use super::Backend;
use super::error::ApiError;
use super::wire::no_token;
use crate::bound::Text;
use crate::store::{Snapshot, Store};
use crate::trace::{Anatomy, seconds};

/// How many bytes of documents an answer has, about. A trace that is larger comes alone.
const ANSWER: usize = 64 << 20;

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
/// here they may be any number, and what an answer has no room for comes back unprocessed, as do ids that are not stored, or are no ids.
pub(super) fn batch_get_traces(
    backend: &Backend,
    input: BatchGetTraces,
) -> Result<TracesGot, ApiError> {
    no_token(input.next_token.as_deref())?;
    Ok(TracesGot::of(&backend.store, input.trace_ids, ANSWER))
}

impl TracesGot {
    fn of(store: &Store, trace_ids: Vec<Text<1, 35>>, most: usize) -> Self {
        let mut asked = HashSet::new();
        let mut bytes = 0;
        let mut got = Self {
            traces: Vec::new(),
            unprocessed_trace_ids: Vec::new(),
        };
        for text in trace_ids {
            if store.is_abandoned() {
                break;
            }
            let id = TraceId::parse(text.as_str()).ok();
            if id.is_some_and(|id| asked.contains(&id)) {
                continue;
            }
            let found = id.filter(|_| bytes < most);
            match found.and_then(|id| Some((id, store.snapshot(id)?))) {
                Some((id, snapshot)) => {
                    asked.insert(id);
                    bytes += snapshot.bytes();
                    got.traces
                        .push(WholeTrace::of(&snapshot, store.is_full(id)));
                }
                None => got.unprocessed_trace_ids.push(text.into()),
            }
        }
        got
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    #[test]
    fn what_an_answer_has_no_room_for_comes_back_unprocessed() {
        let store = Store::new(Limits::default());
        let id = |number: u32| format!("1-581cf771-{number:024x}");
        for number in 1..=3 {
            let document = format!(
                r#"{{"name":"a","id":"53995c3f42cd8ad8","trace_id":"{}","start_time":1,"end_time":2}}"#,
                id(number)
            );
            assert_eq!(store.insert(&document), []);
        }
        let got = |most| {
            let ids = [1, 2, 1, 3].map(|number| Text::new(&id(number)).expect("an id"));
            let got = TracesGot::of(&store, ids.to_vec(), most);
            (got.traces.len(), got.unprocessed_trace_ids)
        };
        assert_eq!(got(ANSWER), (3, Vec::new()));
        assert_eq!(got(1), (1, vec![id(2), id(3)]));
    }
}
