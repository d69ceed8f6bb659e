//! GetInsight, GetInsightSummaries, GetInsightEvents and GetInsightImpactGraph: services that began to fail.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::ApiError;
use super::groups::meant;
use super::selection::{Selection, time_range};
use super::wire::unknown_token;
use crate::bound::{List, Text, Time, Whole};
use crate::graph::{ServiceGraph, Sketch};
use crate::group::{Group, GroupArn, GroupName};
use crate::insight::{
    Effect, Failing, Impact, Insight, InsightId, InsightState, MINUTE, REACH, Tallies,
};
use crate::query::TimeRange;
use crate::trace::ServiceId;

/// How much stands on a page, where the call does not say: as much as it may ask for.
const SUMMARIES: u32 = 100;
const EVENTS: u32 = 50;

type Token = Text<1, 2000>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInsight {
    insight_id: InsightId,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InsightGot {
    insight: InsightTold,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInsightSummaries {
    states: Option<List<InsightState, 1>>,
    group_name: Option<GroupName>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<GroupArn>,
    start_time: Time,
    end_time: Time,
    max_results: Option<Whole<1, SUMMARIES>>,
    next_token: Option<Token>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InsightSummariesGot {
    insight_summaries: Vec<InsightTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInsightEvents {
    insight_id: InsightId,
    max_results: Option<Whole<1, EVENTS>>,
    next_token: Option<Token>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InsightEventsGot {
    insight_events: Vec<InsightEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInsightImpactGraph {
    insight_id: InsightId,
    start_time: Time,
    end_time: Time,
    next_token: Option<Token>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InsightImpactGraphGot {
    insight_id: String,
    start_time: f64,
    end_time: f64,
    service_graph_start_time: f64,
    service_graph_end_time: f64,
    services: Vec<ImpactService>,
}

/// An insight, in the form of the API's `Insight` and `InsightSummary`, which differ by one field.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InsightTold {
    insight_id: String,
    #[serde(rename = "GroupARN")]
    group_arn: String,
    group_name: GroupName,
    root_cause_service_id: ServiceId,
    categories: [&'static str; 1],
    state: InsightState,
    start_time: f64,
    /// None while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<f64>,
    summary: String,
    #[serde(flatten)]
    effect: EffectTold,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_time: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InsightEvent {
    summary: String,
    event_time: f64,
    #[serde(flatten)]
    effect: EffectTold,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EffectTold {
    client_request_impact_statistics: Impact,
    root_cause_service_request_impact_statistics: Impact,
    top_anomalous_services: Vec<AnomalousService>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AnomalousService {
    service_id: ServiceId,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImpactService {
    reference_id: usize,
    #[serde(flatten)]
    id: ServiceId,
    edges: Vec<ImpactEdge>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImpactEdge {
    reference_id: usize,
}

/// An insight with the group whose traces it was found in.
struct Found {
    group: Group,
    tallies: Tallies,
    insight: Insight,
}

pub(super) fn get_insight(backend: &Backend, input: GetInsight) -> Result<InsightGot, ApiError> {
    let Found {
        group,
        tallies,
        insight,
    } = find(backend, &input.insight_id)?;
    Ok(InsightGot {
        insight: InsightTold {
            // As it was asked for, also where more has become known of its begin.
            insight_id: input.insight_id.to_string(),
            ..InsightTold::of(&insight, &group, &tallies)
        },
    })
}

/// Lists the insights of a group that began in the time range, the latest first. A group that has insights turned off has none.
pub(super) fn get_insight_summaries(
    backend: &Backend,
    input: GetInsightSummaries,
) -> Result<InsightSummariesGot, ApiError> {
    let range = time_range(input.start_time, input.end_time)?;
    let groups = backend.control.groups().get();
    let group = groups.get(&meant(input.group_name, input.group_arn)?)?;
    let first = first(input.next_token.as_ref())?;
    let limit = input.max_results.map_or(SUMMARIES, u32::from);
    let states = input.states.unwrap_or_default().into_vec();
    let tallies = tallies(backend, group, range.start)?;
    let insights = Insight::all(&tallies, backend.control.now());
    let meant = insights.iter().filter(|insight| {
        let (start, _) = insight.times();
        let is_in_state = states.is_empty() || states.contains(&insight.state);
        is_in_state && range.start <= start && start < range.end
    });
    let mut left = meant.skip(first);
    let page: Vec<_> = left
        .by_ref()
        .take(limit as usize)
        .map(|insight| InsightTold {
            last_update_time: Some(insight.times().1),
            ..InsightTold::of(insight, group, &tallies)
        })
        .collect();
    Ok(InsightSummariesGot {
        next_token: left.next().map(|_| (first + page.len()).to_string()),
        insight_summaries: page,
    })
}

/// Lists what happened in an insight, the latest first: each of its anomalous minutes, with what had happened up to its end.
pub(super) fn get_insight_events(
    backend: &Backend,
    input: GetInsightEvents,
) -> Result<InsightEventsGot, ApiError> {
    let first = first(input.next_token.as_ref())?;
    let limit = input.max_results.map_or(EVENTS, u32::from);
    let Found {
        tallies, insight, ..
    } = find(backend, &input.insight_id)?;
    let mut left = insight.anomalies.iter().rev().skip(first);
    let page = left.by_ref().take(limit as usize);
    let page: Vec<_> = page
        .map(|anomaly| InsightEvent {
            summary: insight.summary_of(anomaly),
            event_time: (anomaly.minute + 1) as f64 * MINUTE,
            effect: insight.effect(&tallies, anomaly.minute).into(),
        })
        .collect();
    Ok(InsightEventsGot {
        next_token: left.next().map(|_| (first + page.len()).to_string()),
        insight_events: page,
    })
}

/// The services of the requests that began in the time range, of the traces that failed by the fault that the insight is about.
pub(super) fn get_insight_impact_graph(
    backend: &Backend,
    input: GetInsightImpactGraph,
) -> Result<InsightImpactGraphGot, ApiError> {
    let range = time_range(input.start_time, input.end_time)?.requests();
    if let Some(token) = &input.next_token {
        return Err(unknown_token(token.as_str()));
    }
    let Found { group, insight, .. } = find(backend, &input.insight_id)?;
    let selection = of_group(backend, &group, range)?;
    let failing = Failing {
        service: &insight.service,
        sketch: Sketch::within(range),
    };
    let graph = selection.gather(&backend.store, failing).sketch.finish();
    let services = graph.services().iter();
    let start = services
        .clone()
        .map(|service| service.start_time)
        .reduce(f64::min);
    let end = services.map(|service| service.end_time).reduce(f64::max);
    Ok(InsightImpactGraphGot {
        insight_id: input.insight_id.to_string(),
        start_time: range.start,
        end_time: range.end,
        service_graph_start_time: start.unwrap_or(range.start),
        service_graph_end_time: end.unwrap_or(range.end),
        services: impact(&graph),
    })
}

/// The insight with an id, in one of the groups that have insights turned on.
fn find(backend: &Backend, id: &InsightId) -> Result<Found, ApiError> {
    let groups = backend.control.groups().get();
    let watched = groups
        .all()
        .iter()
        .filter(|group| group.insights_configuration.insights_enabled);
    for group in watched {
        let tallies = tallies(backend, group, Insight::start_of(id))?;
        let mut insights = Insight::all(&tallies, backend.control.now()).into_iter();
        if let Some(insight) = insights.find(|insight| insight.has_id(&group.group_arn, id)) {
            return Ok(Found {
                group: group.clone(),
                tallies,
                insight,
            });
        }
    }
    Err(ApiError::invalid_request(format!(
        "there is no insight with the InsightId {:?} in a group that has insights turned on",
        id.as_str()
    )))
}

/// The counts of a group from some hours before a time on: far enough for insights that began then. None where nobody wants insights.
fn tallies(backend: &Backend, group: &Group, start: f64) -> Result<Tallies, ApiError> {
    if !group.insights_configuration.insights_enabled {
        return Ok(Tallies::default());
    }
    let range = TimeRange::began(start - REACH, f64::INFINITY).requests();
    let selection = of_group(backend, group, range)?;
    Ok(selection.gather(&backend.store, Tallies::default()))
}

fn of_group(backend: &Backend, group: &Group, range: TimeRange) -> Result<Selection, ApiError> {
    Selection::of_group(backend, range, Some(group.group_name.clone()), None)
}

/// The services and calls of a graph, without their statistics.
fn impact(graph: &ServiceGraph) -> Vec<ImpactService> {
    let services = graph.services().iter();
    services
        .map(|service| ImpactService {
            reference_id: service.reference_id,
            id: service.id.clone(),
            edges: service
                .edges
                .iter()
                .map(|edge| ImpactEdge {
                    reference_id: edge.reference_id,
                })
                .collect(),
        })
        .collect()
}

/// How many a page that ended with this token came behind.
fn first(token: Option<&Token>) -> Result<usize, ApiError> {
    let read = |token: &Token| {
        token
            .as_str()
            .parse()
            .map_err(|_| unknown_token(token.as_str()))
    };
    Ok(token.map(read).transpose()?.unwrap_or_default())
}

impl InsightTold {
    fn of(insight: &Insight, group: &Group, tallies: &Tallies) -> Self {
        let (start, end) = insight.times();
        Self {
            insight_id: insight.id(&group.group_arn),
            group_arn: group.group_arn.clone(),
            group_name: group.group_name.clone(),
            root_cause_service_id: insight.service.clone(),
            categories: ["FAULT"],
            state: insight.state,
            start_time: start,
            end_time: (insight.state == InsightState::Closed).then_some(end),
            summary: insight.summary(),
            effect: insight.effect(tallies, insight.minutes.end - 1).into(),
            last_update_time: None,
        }
    }
}

impl From<Effect> for EffectTold {
    fn from(effect: Effect) -> Self {
        let anomalous = effect.anomalous.into_iter();
        Self {
            client_request_impact_statistics: effect.clients,
            root_cause_service_request_impact_statistics: effect.service,
            top_anomalous_services: anomalous
                .map(|service_id| AnomalousService { service_id })
                .collect(),
        }
    }
}
