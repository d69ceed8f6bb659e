//! The operations of the X-Ray API, each a function from a request body to a response body.

#![allow(
    clippy::needless_pass_by_value,
    reason = "each operation is given its input, so that the table of operations has functions of one shape"
)]

mod error;
mod graph;
mod groups;
mod ingest;
mod insights;
mod policies;
mod retrieval;
mod sampling;
mod selection;
mod series;
mod settings;
mod summaries;
mod tags;
mod targets;
mod traces;
mod wire;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::asker::Asker;
use crate::control::Control;
use crate::store::Store;
pub(crate) use error::ApiError;

/// What the operations work on.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) store: Store,
    pub(crate) control: Control,
}

impl Backend {
    /// The same, for one who may leave before the answer is there.
    pub(crate) fn asked_by(mut self, asker: Asker) -> Self {
        self.store = self.store.asked_by(asker);
        self
    }

    /// A client asks how to sample.
    fn polled(&self) {
        let now = self.control.now();
        self.control.telemetry(|telemetry| telemetry.poll(now));
    }
}

/// An operation of the API.
pub(crate) struct Operation {
    /// What it is called, and what an IAM action is called behind `xray:`.
    pub(crate) name: &'static str,
    /// The path that is posted to. Often not the name.
    pub(crate) path: &'static str,
    run: fn(&Backend, &[u8]) -> Result<Vec<u8>, ApiError>,
}

/// All of them, by name. API.md says what each does here.
pub(crate) const OPERATIONS: [Operation; 38] = [
    Operation {
        name: "BatchGetTraces",
        path: "/Traces",
        run: |backend, body| call(backend, body, traces::batch_get_traces),
    },
    Operation {
        name: "CancelTraceRetrieval",
        path: "/CancelTraceRetrieval",
        run: |backend, body| call(backend, body, retrieval::cancel_trace_retrieval),
    },
    Operation {
        name: "CreateGroup",
        path: "/CreateGroup",
        run: |backend, body| call(backend, body, groups::create_group),
    },
    Operation {
        name: "CreateSamplingRule",
        path: "/CreateSamplingRule",
        run: |backend, body| call(backend, body, sampling::create_sampling_rule),
    },
    Operation {
        name: "DeleteGroup",
        path: "/DeleteGroup",
        run: |backend, body| call(backend, body, groups::delete_group),
    },
    Operation {
        name: "DeleteResourcePolicy",
        path: "/DeleteResourcePolicy",
        run: |backend, body| call(backend, body, policies::delete_resource_policy),
    },
    Operation {
        name: "DeleteSamplingRule",
        path: "/DeleteSamplingRule",
        run: |backend, body| call(backend, body, sampling::delete_sampling_rule),
    },
    Operation {
        name: "GetEncryptionConfig",
        path: "/EncryptionConfig",
        run: |backend, body| call(backend, body, settings::get_encryption_config),
    },
    Operation {
        name: "GetGroup",
        path: "/GetGroup",
        run: |backend, body| call(backend, body, groups::get_group),
    },
    Operation {
        name: "GetGroups",
        path: "/Groups",
        run: |backend, body| call(backend, body, groups::get_groups),
    },
    Operation {
        name: "GetIndexingRules",
        path: "/GetIndexingRules",
        run: |backend, body| call(backend, body, settings::get_indexing_rules),
    },
    Operation {
        name: "GetInsight",
        path: "/Insight",
        run: |backend, body| call(backend, body, insights::get_insight),
    },
    Operation {
        name: "GetInsightEvents",
        path: "/InsightEvents",
        run: |backend, body| call(backend, body, insights::get_insight_events),
    },
    Operation {
        name: "GetInsightImpactGraph",
        path: "/InsightImpactGraph",
        run: |backend, body| call(backend, body, insights::get_insight_impact_graph),
    },
    Operation {
        name: "GetInsightSummaries",
        path: "/InsightSummaries",
        run: |backend, body| call(backend, body, insights::get_insight_summaries),
    },
    Operation {
        name: "GetRetrievedTracesGraph",
        path: "/GetRetrievedTracesGraph",
        run: |backend, body| call(backend, body, retrieval::get_retrieved_traces_graph),
    },
    Operation {
        name: "GetSamplingRules",
        path: "/GetSamplingRules",
        run: |backend, body| call(backend, body, sampling::get_sampling_rules),
    },
    Operation {
        name: "GetSamplingStatisticSummaries",
        path: "/SamplingStatisticSummaries",
        run: |backend, body| call(backend, body, targets::get_sampling_statistic_summaries),
    },
    Operation {
        name: "GetSamplingTargets",
        path: "/SamplingTargets",
        run: |backend, body| call(backend, body, targets::get_sampling_targets),
    },
    Operation {
        name: "GetServiceGraph",
        path: "/ServiceGraph",
        run: |backend, body| call(backend, body, graph::get_service_graph),
    },
    Operation {
        name: "GetTimeSeriesServiceStatistics",
        path: "/TimeSeriesServiceStatistics",
        run: |backend, body| call(backend, body, series::get_time_series_service_statistics),
    },
    Operation {
        name: "GetTraceGraph",
        path: "/TraceGraph",
        run: |backend, body| call(backend, body, graph::get_trace_graph),
    },
    Operation {
        name: "GetTraceSegmentDestination",
        path: "/GetTraceSegmentDestination",
        run: |backend, body| call(backend, body, settings::get_trace_segment_destination),
    },
    Operation {
        name: "GetTraceSummaries",
        path: "/TraceSummaries",
        run: |backend, body| call(backend, body, summaries::get_trace_summaries),
    },
    Operation {
        name: "ListResourcePolicies",
        path: "/ListResourcePolicies",
        run: |backend, body| call(backend, body, policies::list_resource_policies),
    },
    Operation {
        name: "ListRetrievedTraces",
        path: "/ListRetrievedTraces",
        run: |backend, body| call(backend, body, retrieval::list_retrieved_traces),
    },
    Operation {
        name: "ListTagsForResource",
        path: "/ListTagsForResource",
        run: |backend, body| call(backend, body, tags::list_tags_for_resource),
    },
    Operation {
        name: "PutEncryptionConfig",
        path: "/PutEncryptionConfig",
        run: |backend, body| call(backend, body, settings::put_encryption_config),
    },
    Operation {
        name: "PutResourcePolicy",
        path: "/PutResourcePolicy",
        run: |backend, body| call(backend, body, policies::put_resource_policy),
    },
    Operation {
        name: "PutTelemetryRecords",
        path: "/TelemetryRecords",
        run: |backend, body| call(backend, body, ingest::put_telemetry_records),
    },
    Operation {
        name: "PutTraceSegments",
        path: "/TraceSegments",
        run: |backend, body| call(backend, body, ingest::put_trace_segments),
    },
    Operation {
        name: "StartTraceRetrieval",
        path: "/StartTraceRetrieval",
        run: |backend, body| call(backend, body, retrieval::start_trace_retrieval),
    },
    Operation {
        name: "TagResource",
        path: "/TagResource",
        run: |backend, body| call(backend, body, tags::tag_resource),
    },
    Operation {
        name: "UntagResource",
        path: "/UntagResource",
        run: |backend, body| call(backend, body, tags::untag_resource),
    },
    Operation {
        name: "UpdateGroup",
        path: "/UpdateGroup",
        run: |backend, body| call(backend, body, groups::update_group),
    },
    Operation {
        name: "UpdateIndexingRule",
        path: "/UpdateIndexingRule",
        run: |backend, body| call(backend, body, settings::update_indexing_rule),
    },
    Operation {
        name: "UpdateSamplingRule",
        path: "/UpdateSamplingRule",
        run: |backend, body| call(backend, body, sampling::update_sampling_rule),
    },
    Operation {
        name: "UpdateTraceSegmentDestination",
        path: "/UpdateTraceSegmentDestination",
        run: |backend, body| call(backend, body, settings::update_trace_segment_destination),
    },
];

impl Operation {
    /// Does it.
    pub(crate) fn run(&self, backend: &Backend, body: &[u8]) -> Result<Vec<u8>, ApiError> {
        (self.run)(backend, body)
    }
}

/// Reads the input, does the operation, writes the output.
fn call<Input: DeserializeOwned, Output: Serialize>(
    backend: &Backend,
    body: &[u8],
    operation: fn(&Backend, Input) -> Result<Output, ApiError>,
) -> Result<Vec<u8>, ApiError> {
    operation(backend, wire::read(body)?).map(|output| wire::write(&output))
}

#[cfg(test)]
mod tests;
