//! Whole traces as a server has them.

use serde::{Deserialize, Serialize};
use xray_sdk::TraceId;
use xray_sdk::document::{Document, Trace};

use super::Failure;
use super::client::Client;

/// How many traces AWS gives out at a time.
const AT_ONCE: usize = 5;

/// A trace and its documents, in X-Ray's JSON.
pub(super) struct StoredTrace {
    pub(super) id: TraceId,
    pub(super) duration: Option<f64>,
    /// What was sent. What X-Ray infers for services that send nothing is not among it.
    pub(super) documents: Vec<String>,
}

/// What became of what was asked for.
pub(super) struct Stored {
    pub(super) traces: Vec<StoredTrace>,
    /// Those that are not there.
    pub(super) missing: Vec<TraceId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    trace_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    traces: Vec<WholeTrace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WholeTrace {
    id: String,
    duration: Option<f64>,
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Segment {
    document: String,
}

/// What tells a segment that X-Ray inferred.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Origin {
    inferred: bool,
}

impl Stored {
    /// Asks for these traces, in this order.
    pub(super) fn get(client: &Client, ids: &[TraceId]) -> Result<Self, Failure> {
        let mut stored = Self {
            traces: Vec::new(),
            missing: Vec::new(),
        };
        for ids in ids.chunks(AT_ONCE) {
            let input = Input {
                trace_ids: ids.iter().map(ToString::to_string).collect(),
            };
            let output: Output = client.call("/Traces", &input)?;
            let mut got: Vec<_> = output
                .traces
                .into_iter()
                .filter_map(StoredTrace::of)
                .collect();
            for id in ids {
                match got.iter().position(|trace| trace.id == *id) {
                    Some(at) => stored.traces.push(got.swap_remove(at)),
                    None if stored.traces.iter().any(|trace| trace.id == *id) => {}
                    None => stored.missing.push(*id),
                }
            }
        }
        Ok(stored)
    }
}

impl StoredTrace {
    fn of(whole: WholeTrace) -> Option<Self> {
        let is_inferred = |document: &str| {
            serde_json::from_str::<Origin>(document).is_ok_and(|origin| origin.inferred)
        };
        let documents = whole.segments.into_iter().map(|segment| segment.document);
        Some(Self {
            id: whole.id.parse().ok()?,
            duration: whole.duration,
            documents: documents
                .filter(|document| !is_inferred(document))
                .collect(),
        })
    }

    /// The trace, put together. None where there is nothing that can be read.
    pub(super) fn assemble(&self) -> Option<Trace> {
        let documents = self.documents.iter();
        let read = documents.filter_map(|document| Document::parse(document.as_bytes()).ok());
        Trace::assemble(read).into_iter().next()
    }
}

/// Tells of traces that are not there. `ids` must not be empty.
pub(super) fn missing(ids: &[TraceId], client: &Client) -> Failure {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    Failure::not_found(
        format!("{} does not have {}", client.endpoint(), ids.join(", ")),
        "`xray-local traces ls` lists what it has. Was it sampled, and sent here? `xray-local doctor` finds out.",
    )
}
