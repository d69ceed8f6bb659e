//! The operations of the X-Ray API, each a function from a request body to a response body.

mod error;
mod graph;
mod ingest;
mod sampling;
mod summaries;
mod traces;
mod wire;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::Store;
pub(crate) use error::ApiError;

/// An operation that this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    PutTraceSegments,
    PutTelemetryRecords,
    BatchGetTraces,
    GetTraceSummaries,
    GetServiceGraph,
    GetTraceGraph,
    GetSamplingRules,
    GetSamplingTargets,
}

impl Operation {
    pub(crate) const ALL: [Self; 8] = [
        Self::PutTraceSegments,
        Self::PutTelemetryRecords,
        Self::BatchGetTraces,
        Self::GetTraceSummaries,
        Self::GetServiceGraph,
        Self::GetTraceGraph,
        Self::GetSamplingRules,
        Self::GetSamplingTargets,
    ];

    /// The path that is posted to. Often not the name of the operation.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::PutTraceSegments => "/TraceSegments",
            Self::PutTelemetryRecords => "/TelemetryRecords",
            Self::BatchGetTraces => "/Traces",
            Self::GetTraceSummaries => "/TraceSummaries",
            Self::GetServiceGraph => "/ServiceGraph",
            Self::GetTraceGraph => "/TraceGraph",
            Self::GetSamplingRules => "/GetSamplingRules",
            Self::GetSamplingTargets => "/SamplingTargets",
        }
    }

    /// Does it.
    pub(crate) fn run(self, store: &Store, body: &[u8]) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::PutTraceSegments => call(body, |input| ingest::put_trace_segments(store, input)),
            Self::PutTelemetryRecords => call(body, ingest::put_telemetry_records),
            Self::BatchGetTraces => call(body, |input| traces::batch_get_traces(store, input)),
            Self::GetTraceSummaries => {
                call(body, |input| summaries::get_trace_summaries(store, input))
            }
            Self::GetServiceGraph => call(body, |input| graph::get_service_graph(store, input)),
            Self::GetTraceGraph => call(body, |input| graph::get_trace_graph(store, input)),
            Self::GetSamplingRules => call(body, sampling::get_sampling_rules),
            Self::GetSamplingTargets => call(body, sampling::get_sampling_targets),
        }
    }
}

fn call<Input: DeserializeOwned, Output: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Input) -> Result<Output, ApiError>,
) -> Result<Vec<u8>, ApiError> {
    operation(wire::read(body)?).map(|output| wire::write(&output))
}
