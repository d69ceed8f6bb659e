//! The page and what it asks for beyond the X-Ray API. All of it is read only; traces are taken out in `removal`.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use xray_sdk::TraceId;

use super::computed::computed;
use super::entrance::Stranger;
use super::question::{self, Path, Query};
use super::router::front;
use super::seats::{self, Seats};
use crate::api::{ApiError, Backend};
use crate::query::TimeRange;
use crate::sampling::SampledRequest;
use crate::store::Store;
use crate::viewer::{
    Asset, ComparedTraces, Comparison, DrawnMap, DrawnTrace, FilterCheck, Health, INDEX, Inflow,
    Ledger, ReceivedDocument, RecordedRequest, SECURITY_POLICY, SamplingActivity,
    SamplingExplanation, Totals, TraceFindings,
};

/// How often the store is looked at for what is new.
const LOOK: Duration = Duration::from_millis(500);

pub(super) fn routes(inflow: Inflow, seats: Seats) -> Router<Backend> {
    let health = async move |State(backend): State<Backend>| {
        let Backend { store, control } = &backend;
        Json(Health::of(store, control, &inflow, seats.counts()))
    };
    Router::new()
        .route("/", get(index))
        .route("/page/{*path}", get(asset))
        .route("/local/compare", get(compare))
        .route("/local/decisions", get(decisions))
        .route("/local/events", get(events))
        .route("/local/explain", get(explain_filter))
        .route("/local/filter", get(filter))
        .route("/local/health", get(health))
        .route("/local/ledger", get(ledger))
        .route("/local/map", get(map))
        .route("/local/sampling", get(sampling))
        .route("/local/sampling/explain", get(explain))
        .route("/local/traces/{id}", get(trace))
        .route("/local/traces/{id}/findings", get(findings))
        .route("/local/traces/{id}/received", get(received))
}

/// The page for browsers, a few words for others.
async fn index(
    headers: HeaderMap,
    state: State<Backend>,
    stranger: Option<Extension<Stranger>>,
) -> Response {
    let accepted = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains("text/html")) {
        return front(state, stranger).await.into_response();
    }
    let headers = [
        (CONTENT_SECURITY_POLICY, SECURITY_POLICY),
        (CACHE_CONTROL, "no-cache"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Html(INDEX)).into_response()
}

async fn asset(Path(path): Path<String>) -> Response {
    let Some(asset) = Asset::find(&path) else {
        return (StatusCode::NOT_FOUND, "the page has no such file\n").into_response();
    };
    let headers = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, asset.text).into_response()
}

#[derive(Deserialize)]
struct Window {
    start: f64,
    end: f64,
}

#[derive(Deserialize)]
struct MapOf {
    start: f64,
    end: f64,
    /// The keys of the clusters that are open, with commas between them.
    #[serde(default)]
    open: String,
}

async fn map(State(backend): State<Backend>, Query(question): Query<MapOf>) -> Response {
    let MapOf { start, end, open } = question;
    let drawn = computed("the map", backend, move |backend| {
        let graph = backend.store.service_graph(&TimeRange::began(start, end));
        let opened: Vec<_> = open.split(',').filter(|key| !key.is_empty()).collect();
        DrawnMap::of_time(&graph, start, end.min(backend.control.now()), &opened)
    });
    drawn.await.map(Json).into_response()
}

pub(super) fn trace_id(text: &str) -> Result<TraceId, ApiError> {
    TraceId::parse(text).map_err(|_| {
        ApiError::invalid_request(format!(
            "{text:?} is no trace id: expected one as 1-581cf771-a006649127e371903a2de979"
        ))
    })
}

async fn trace(
    State(backend): State<Backend>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = trace_id(&id)?;
    // That nothing is stored of a trace is an answer, too: `null`.
    let drawn = computed("the trace", backend, move |backend| {
        Some(DrawnTrace::of(&backend.store.trace(id)?))
    });
    Ok(drawn.await.map(Json).into_response())
}

#[derive(Deserialize)]
struct Part {
    /// The id of a segment or subsegment.
    of: String,
}

/// The documents of a trace in which a segment or subsegment stands, as they came.
async fn received(
    State(backend): State<Backend>,
    Path(id): Path<String>,
    Query(Part { of }): Query<Part>,
) -> Result<Response, ApiError> {
    let id = trace_id(&id)?;
    let told = computed("the documents", backend, move |backend| {
        let snapshot = backend.store.snapshot(id)?;
        Some(ReceivedDocument::all(&snapshot, &of, backend.control.now()))
    });
    Ok(told.await.map(Json).into_response())
}

/// What X-Ray would drop or cut in the documents of a trace.
async fn findings(
    State(backend): State<Backend>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = trace_id(&id)?;
    let told = computed("the findings", backend, move |backend| {
        let snapshot = backend.store.snapshot(id)?;
        Some(TraceFindings::of(&snapshot, backend.control.now()))
    });
    Ok(told.await.map(Json).into_response())
}

#[derive(Deserialize)]
struct Two {
    one: String,
    other: String,
}

async fn compare(
    State(backend): State<Backend>,
    Query(two): Query<Two>,
) -> Result<Response, ApiError> {
    let ids = [trace_id(&two.one)?, trace_id(&two.other)?];
    let compared = computed("the comparison", backend, move |backend| {
        let [one, other] = ids.map(|id| backend.store.trace(id).ok_or(id.to_string()));
        match (one, other) {
            (Ok(one), Ok(other)) => Comparison::Found(ComparedTraces::of(&one, &other)),
            (one, other) => {
                Comparison::Missing([one.err(), other.err()].into_iter().flatten().collect())
            }
        }
    });
    Ok(compared.await.map(Json).into_response())
}

async fn sampling(State(backend): State<Backend>) -> Json<SamplingActivity> {
    Json(SamplingActivity::of(&backend.control))
}

/// The requests that were recorded lately, each with the rules that are tried on it.
async fn decisions(State(backend): State<Backend>, Query(window): Query<Window>) -> Response {
    let range = TimeRange::began(window.start, window.end);
    let told = computed("the decisions", backend, move |backend| {
        RecordedRequest::latest(&backend.store, &backend.control, &range)
    });
    told.await.map(Json).into_response()
}

async fn explain(
    State(backend): State<Backend>,
    Query(request): Query<SampledRequest>,
) -> Json<SamplingExplanation> {
    Json(SamplingExplanation::of(&backend.control, &request))
}

async fn ledger(State(backend): State<Backend>) -> Json<Ledger> {
    Json(Ledger::of(&backend.store))
}

#[derive(Deserialize)]
struct Typed {
    text: String,
    /// How much of it stands before the cursor, in characters; all, where that is not said.
    #[serde(default = "all")]
    before: usize,
}

fn all() -> usize {
    usize::MAX
}

async fn filter(
    State(backend): State<Backend>,
    Query(Typed { text, before }): Query<Typed>,
) -> Response {
    let check = computed("the check", backend, move |backend| {
        let groups = backend.control.groups().get();
        FilterCheck::of(&text, before, &backend.store, &groups)
    });
    check.await.map(Json).into_response()
}

#[derive(Deserialize)]
struct Question {
    start: f64,
    end: f64,
    #[serde(default)]
    filter: String,
}

/// Tells how a filter's traces are found.
async fn explain_filter(
    State(backend): State<Backend>,
    Query(question): Query<Question>,
) -> Result<Response, ApiError> {
    let filter = question::filter(&question.filter)?;
    let groups = backend.control.groups().get();
    let filter = filter.map(|filter| groups.resolve(&filter)).transpose()?;
    let range = TimeRange::began(question.start, question.end);
    let explained = computed("the explanation", backend, move |backend| {
        backend.store.explain(&range, filter.as_ref())
    });
    Ok(explained.await.map(Json).into_response())
}

/// Tells when something came: the counts, at most twice a second.
async fn events(
    State(backend): State<Backend>,
    seat: seats::Stream,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = (backend.store, None, seat);
    let events = stream::unfold(first, |(store, seen, seat)| async move {
        let totals = changed(&store, seen).await;
        let event = Event::default().json_data(totals).unwrap_or_default();
        Some((Ok(event), (store, Some(totals), seat)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn changed(store: &Store, seen: Option<Totals>) -> Totals {
    loop {
        let totals = Totals::of(store);
        if seen != Some(totals) {
            return totals;
        }
        tokio::time::sleep(LOOK).await;
    }
}
