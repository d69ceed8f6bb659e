//! StartTraceRetrieval, ListRetrievedTraces, GetRetrievedTracesGraph and CancelTraceRetrieval: whole traces in two formats.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xray_sdk::document::{Document, Kind, Link, Trace};
use xray_sdk::{SegmentId, TraceId};

use super::Backend;
use super::error::ApiError;
use super::selection::time_range;
use super::wire::{self, Nothing, unknown_token};
use crate::bound::{List, Text, Time};
use crate::graph::{Service, ServiceGraph};
use crate::otel;
use crate::retrieval::{Retrieval, RetrievalStatus};
use crate::trace::{Anatomy, ServiceId, seconds};

/// How much stands on a page, by the API's model.
const TRACES: usize = 5;
const SPANS: usize = 100;
const SPAN_BYTES: usize = 204_800;
const SERVICES: usize = 1_000;
const LINKS: usize = 100;

type Token = Text<0, 1020>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartTraceRetrieval {
    trace_ids: List<Text<1, 35>, 100>,
    start_time: Time,
    end_time: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TraceRetrievalStarted {
    retrieval_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRetrievedTraces {
    retrieval_token: Token,
    #[serde(default)]
    trace_format: TraceFormat,
    next_token: Option<String>,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum TraceFormat {
    #[default]
    XRay,
    Otel,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetrievedTracesListed {
    retrieval_status: RetrievalStatus,
    trace_format: TraceFormat,
    traces: Vec<RetrievedTrace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RetrievedTrace {
    id: TraceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    spans: Vec<Span>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Span {
    id: SegmentId,
    document: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetRetrievedTracesGraph {
    retrieval_token: Token,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetrievedTracesGraphGot {
    retrieval_status: RetrievalStatus,
    services: Vec<RetrievedService>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RetrievedService {
    service: Service,
    links: Vec<GraphLink>,
}

/// The traces that a trace is linked to where a service took part in it.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GraphLink {
    reference_type: String,
    source_trace_id: TraceId,
    destination_trace_ids: Vec<TraceId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CancelTraceRetrieval {
    retrieval_token: Token,
}

/// Notes which traces are meant. Ids that are none, or of which nothing is stored, are found to be nothing when the traces are fetched.
pub(super) fn start_trace_retrieval(
    backend: &Backend,
    input: StartTraceRetrieval,
) -> Result<TraceRetrievalStarted, ApiError> {
    let range = time_range(input.start_time, input.end_time)?;
    let mut ids = Vec::new();
    for id in input.trace_ids.into_vec() {
        let id = TraceId::parse(id.as_str()).ok();
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    let control = &backend.control;
    let retrieval_token = control
        .retrievals(|retrievals| retrievals.start(ids, range.start, range.end, control.now()));
    Ok(TraceRetrievalStarted { retrieval_token })
}

/// The traces, at most five at a time and a hundred spans of each: a trace of more goes on on the next page.
pub(super) fn list_retrieved_traces(
    backend: &Backend,
    input: ListRetrievedTraces,
) -> Result<RetrievedTracesListed, ApiError> {
    let (retrieval, status) = retrieval(backend, &input.retrieval_token)?;
    let token = input.next_token.as_deref();
    let (mut next, mut skipped) = token.map(place).transpose()?.unwrap_or_default();
    let mut traces = Vec::new();
    let ids = match status {
        RetrievalStatus::Complete => retrieval.ids.as_slice(),
        _ => &[],
    };
    while let Some(id) = ids.get(next).filter(|_| traces.len() < TRACES) {
        let trace = backend
            .store
            .trace(*id)
            .filter(|trace| is_within(trace, &retrieval));
        let Some(trace) = trace else {
            next += 1;
            continue;
        };
        let spans = spans(&trace, input.trace_format);
        let is_whole = spans.len() <= skipped.saturating_add(SPANS);
        traces.push(RetrievedTrace {
            id: *id,
            duration: trace.duration().map(seconds),
            spans: spans.into_iter().skip(skipped).take(SPANS).collect(),
        });
        if !is_whole {
            skipped += SPANS;
            break;
        }
        (next, skipped) = (next + 1, 0);
    }
    Ok(RetrievedTracesListed {
        retrieval_status: status,
        trace_format: input.trace_format,
        traces,
        next_token: (next < ids.len()).then(|| format!("{next}/{skipped}")),
    })
}

/// The services of the traces, and which other traces these are linked to.
pub(super) fn get_retrieved_traces_graph(
    backend: &Backend,
    input: GetRetrievedTracesGraph,
) -> Result<RetrievedTracesGraphGot, ApiError> {
    let (retrieval, status) = retrieval(backend, &input.retrieval_token)?;
    let token = input.next_token.as_deref();
    let first = token.map(place).transpose()?.unwrap_or_default().0;
    let traces: Vec<_> = match status {
        RetrievalStatus::Complete => retrieval
            .ids
            .iter()
            .filter_map(|id| backend.store.trace(*id))
            .filter(|trace| is_within(trace, &retrieval))
            .collect(),
        _ => Vec::new(),
    };
    let links = links(&traces);
    let graph = ServiceGraph::of(&traces);
    let all = graph.services();
    let services = all.iter().skip(first).take(SERVICES).map(|service| {
        let links = links.get(&service.id).into_iter().flatten();
        RetrievedService {
            service: service.clone(),
            links: links.take(LINKS).cloned().collect(),
        }
    });
    let next = first.saturating_add(SERVICES);
    Ok(RetrievedTracesGraphGot {
        retrieval_status: status,
        services: services.collect(),
        next_token: (next < all.len()).then(|| format!("{next}/0")),
    })
}

/// Gives a retrieval up: its traces are not to be had by its token any more.
pub(super) fn cancel_trace_retrieval(
    backend: &Backend,
    input: CancelTraceRetrieval,
) -> Result<Nothing, ApiError> {
    let token = input.retrieval_token.as_str();
    match backend
        .control
        .retrievals(|retrievals| retrievals.cancel(token))
    {
        true => Ok(Nothing {}),
        false => Err(no_retrieval(token)),
    }
}

fn retrieval(backend: &Backend, token: &Token) -> Result<(Retrieval, RetrievalStatus), ApiError> {
    let now = backend.control.now();
    let found = backend.control.retrievals(|retrievals| {
        let (retrieval, status) = retrievals.get(token.as_str(), now)?;
        Some((retrieval.clone(), status))
    });
    found.ok_or_else(|| no_retrieval(token.as_str()))
}

fn no_retrieval(token: &str) -> ApiError {
    let message = format!("there is no retrieval with the RetrievalToken {token:?}");
    ApiError::not_found(message, token)
}

/// Whether a trace was at work in the time of a retrieval, its last moment included.
fn is_within(trace: &Trace, retrieval: &Retrieval) -> bool {
    let end = trace.end_time().unwrap_or_else(|| trace.start_time());
    trace.start_time() <= retrieval.end && retrieval.start <= end
}

/// In X-Ray's format segments as BatchGetTraces has them, in the other one span for each segment and subsegment that was sent.
fn spans(trace: &Trace, format: TraceFormat) -> Vec<Span> {
    match format {
        TraceFormat::XRay => {
            let mut spans = Vec::new();
            for document in Anatomy::of(trace).documents() {
                add(document, trace.id(), &mut spans);
            }
            spans
        }
        TraceFormat::Otel => {
            let spans = otel::spans(trace).into_iter();
            let span = |(id, span)| Span {
                id,
                document: wire::text(&span),
            };
            spans.map(span).collect()
        }
    }
}

/// Adds a segment as it is. From one that is too large for a span its subsegments are taken out, to stand on their own.
fn add(mut document: Document, trace_id: TraceId, spans: &mut Vec<Span>) {
    let id = document.id;
    let mut text = document.to_json();
    let is_too_large = text.len() > SPAN_BYTES && !document.subsegments.is_empty();
    let taken = match is_too_large {
        true => std::mem::take(&mut document.subsegments),
        false => Vec::new(),
    };
    if is_too_large {
        text = document.to_json();
    }
    spans.push(Span { id, document: text });
    for mut subsegment in taken {
        subsegment.kind = Some(Kind::Subsegment);
        subsegment.trace_id = Some(trace_id);
        subsegment.parent_id = Some(id);
        add(subsegment, trace_id, spans);
    }
}

/// The links that segments of each service have.
fn links(traces: &[Trace]) -> BTreeMap<ServiceId, Vec<GraphLink>> {
    let mut links: BTreeMap<ServiceId, Vec<GraphLink>> = BTreeMap::new();
    for trace in traces {
        let anatomy = Anatomy::of(trace);
        for segment in anatomy
            .segments()
            .iter()
            .filter(|segment| !segment.is_inferred)
        {
            let mut by_type: BTreeMap<String, Vec<TraceId>> = BTreeMap::new();
            for link in segment.document.walk().flat_map(|document| &document.links) {
                by_type
                    .entry(reference_type(link))
                    .or_default()
                    .push(link.trace_id);
            }
            let of_service = by_type.into_iter().map(|(reference_type, ids)| GraphLink {
                reference_type,
                source_trace_id: trace.id(),
                destination_trace_ids: ids,
            });
            links
                .entry(segment.service.clone())
                .or_default()
                .extend(of_service);
        }
    }
    links
}

/// What the other trace is to this one. A link that does not say leads to where the work came from.
fn reference_type(link: &Link) -> String {
    let told = link.attributes.get("ReferenceType");
    told.and_then(|told| told.as_str())
        .unwrap_or("parent")
        .to_owned()
}

/// The trace and the span, or the service, where a page goes on.
fn place(token: &str) -> Result<(usize, usize), ApiError> {
    let read = || {
        let (trace, span) = token.split_once('/')?;
        Some((trace.parse().ok()?, span.parse().ok()?))
    };
    read().ok_or_else(|| unknown_token(token))
}
