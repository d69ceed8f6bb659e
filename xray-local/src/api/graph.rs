//! GetServiceGraph and GetTraceGraph: the services of a time range, and of some traces.

use serde::{Deserialize, Serialize};
use xray_sdk::TraceId;
use xray_sdk::document::Trace;

use super::error::ApiError;
use super::summaries::time_range;
use super::wire::{no_token, required};
use crate::graph::ServiceGraph;
use crate::store::Store;

/// The group that holds every trace.
const DEFAULT_GROUP: &str = "Default";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetServiceGraph {
    start_time: Option<f64>,
    end_time: Option<f64>,
    group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<String>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ServiceGraphGot {
    start_time: f64,
    end_time: f64,
    services: ServiceGraph,
    contains_old_group_versions: bool,
}

/// The graph of the traces that began in the time range. AWS refuses more than six hours; here there is no such limit.
pub(super) fn get_service_graph(
    store: &Store,
    input: GetServiceGraph,
) -> Result<ServiceGraphGot, ApiError> {
    no_token(input.next_token.as_deref())?;
    let range = time_range(input.start_time, input.end_time)?;
    let name_in_arn = |arn: &String| arn.split('/').nth(1).unwrap_or(arn).to_owned();
    let group = input
        .group_name
        .or(input.group_arn.as_ref().map(name_in_arn));
    if let Some(group) = group.filter(|group| group != DEFAULT_GROUP) {
        return Err(ApiError::invalid_request(format!(
            "there is no group {group:?}: groups are not supported yet, but for {DEFAULT_GROUP:?}"
        )));
    }
    Ok(ServiceGraphGot {
        start_time: range.start,
        end_time: range.end,
        services: store.service_graph(&range),
        contains_old_group_versions: false,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTraceGraph {
    trace_ids: Option<Vec<String>>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TraceGraphGot {
    services: ServiceGraph,
}

/// The graph of the traces that were named, as far as they are stored.
pub(super) fn get_trace_graph(
    store: &Store,
    input: GetTraceGraph,
) -> Result<TraceGraphGot, ApiError> {
    no_token(input.next_token.as_deref())?;
    let mut ids: Vec<_> = required(input.trace_ids, "TraceIds")?
        .iter()
        .filter_map(|id| TraceId::parse(id).ok())
        .collect();
    ids.sort();
    ids.dedup();
    let traces: Vec<Trace> = ids.into_iter().filter_map(|id| store.trace(id)).collect();
    Ok(TraceGraphGot {
        services: ServiceGraph::of(&traces),
    })
}
