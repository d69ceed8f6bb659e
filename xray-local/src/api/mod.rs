//! The operations of the X-Ray API, each a function from a request body to a response body.

mod error;
mod graph;
mod ingest;
mod sampling;
mod summaries;
mod targets;
mod traces;
mod wire;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::Control;
use crate::store::Store;
pub(crate) use error::ApiError;

/// What the operations work on.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) store: Store,
    pub(crate) control: Control,
}

/// An operation that this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    PutTraceSegments,
    PutTelemetryRecords,
    BatchGetTraces,
    GetTraceSummaries,
    GetServiceGraph,
    GetTraceGraph,
    CreateSamplingRule,
    UpdateSamplingRule,
    DeleteSamplingRule,
    GetSamplingRules,
    GetSamplingTargets,
    GetSamplingStatisticSummaries,
}

impl Operation {
    pub(crate) const ALL: [Self; 12] = [
        Self::PutTraceSegments,
        Self::PutTelemetryRecords,
        Self::BatchGetTraces,
        Self::GetTraceSummaries,
        Self::GetServiceGraph,
        Self::GetTraceGraph,
        Self::CreateSamplingRule,
        Self::UpdateSamplingRule,
        Self::DeleteSamplingRule,
        Self::GetSamplingRules,
        Self::GetSamplingTargets,
        Self::GetSamplingStatisticSummaries,
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
            Self::CreateSamplingRule => "/CreateSamplingRule",
            Self::UpdateSamplingRule => "/UpdateSamplingRule",
            Self::DeleteSamplingRule => "/DeleteSamplingRule",
            Self::GetSamplingRules => "/GetSamplingRules",
            Self::GetSamplingTargets => "/SamplingTargets",
            Self::GetSamplingStatisticSummaries => "/SamplingStatisticSummaries",
        }
    }

    /// The name, which IAM writes `xray:` before.
    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }

    /// Does it.
    pub(crate) fn run(self, backend: &Backend, body: &[u8]) -> Result<Vec<u8>, ApiError> {
        let Backend { store, control } = backend;
        match self {
            Self::PutTraceSegments => call(body, |input| ingest::put_trace_segments(store, input)),
            Self::PutTelemetryRecords => call(body, ingest::put_telemetry_records),
            Self::BatchGetTraces => call(body, |input| traces::batch_get_traces(store, input)),
            Self::GetTraceSummaries => {
                call(body, |input| summaries::get_trace_summaries(store, &input))
            }
            Self::GetServiceGraph => call(body, |input| graph::get_service_graph(store, input)),
            Self::GetTraceGraph => call(body, |input| graph::get_trace_graph(store, input)),
            Self::CreateSamplingRule => {
                call(body, |input| sampling::create_sampling_rule(control, input))
            }
            Self::UpdateSamplingRule => {
                call(body, |input| sampling::update_sampling_rule(control, input))
            }
            Self::DeleteSamplingRule => {
                call(body, |input| sampling::delete_sampling_rule(control, input))
            }
            Self::GetSamplingRules => {
                call(body, |input| sampling::get_sampling_rules(control, input))
            }
            Self::GetSamplingTargets => {
                call(body, |input| targets::get_sampling_targets(control, input))
            }
            Self::GetSamplingStatisticSummaries => call(body, |input| {
                targets::get_sampling_statistic_summaries(control, input)
            }),
        }
    }
}

fn call<Input: DeserializeOwned, Output: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Input) -> Result<Output, ApiError>,
) -> Result<Vec<u8>, ApiError> {
    operation(wire::read(body)?).map(|output| wire::write(&output))
}

#[cfg(test)]
mod tests;
