//! GetServiceGraph and GetTraceGraph: the services of a time range, and of some traces.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xray_sdk::TraceId;

use super::Backend;
use super::error::ApiError;
use super::selection::{Selection, time_range};
use super::wire::no_token;
use crate::bound::{Text, Time};
use crate::graph::{ServiceGraph, Sketch};
use crate::group::{GroupArn, GroupName};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetServiceGraph {
    start_time: Time,
    end_time: Time,
    group_name: Option<GroupName>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<GroupArn>,
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

/// The graph of the requests that began in the time range, of the traces of one group if one is named. AWS refuses more than six hours; here there is no such limit.
pub(super) fn get_service_graph(
    backend: &Backend,
    input: GetServiceGraph,
) -> Result<ServiceGraphGot, ApiError> {
    no_token(input.next_token.as_deref())?;
    let range = time_range(input.start_time, input.end_time)?.requests();
    let selection = Selection::of_group(backend, range, input.group_name, input.group_arn)?;
    Ok(ServiceGraphGot {
        start_time: range.start,
        end_time: range.end,
        services: selection
            .gather(&backend.store, Sketch::within(range))
            .finish(),
        contains_old_group_versions: false,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTraceGraph {
    trace_ids: Vec<Text<1, 35>>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TraceGraphGot {
    services: ServiceGraph,
}

/// The graph of the traces that were named, as far as they are stored.
pub(super) fn get_trace_graph(
    backend: &Backend,
    input: GetTraceGraph,
) -> Result<TraceGraphGot, ApiError> {
    no_token(input.next_token.as_deref())?;
    let ids: BTreeSet<_> = input
        .trace_ids
        .iter()
        .filter_map(|id| TraceId::parse(id.as_str()).ok())
        .collect();
    let ids = ids
        .into_iter()
        .take_while(|_| !backend.store.is_abandoned());
    let traces = ids.filter_map(|id| backend.store.trace(id));
    let traces: Vec<_> = traces.collect();
    Ok(TraceGraphGot {
        services: ServiceGraph::of(&traces),
    })
}
