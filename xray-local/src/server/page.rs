//! The page and what it asks for beyond the X-Ray API. All of it is read only.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, Query, State};
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
use tokio::task;
use xray_sdk::TraceId;

use super::router::{front, refuse};
use crate::api::{ApiError, Backend};
use crate::query::TimeRange;
use crate::store::Store;
use crate::viewer::{Asset, DrawnMap, DrawnTrace, FilterCheck, INDEX, Ledger, SECURITY_POLICY};

/// How often the store is looked at for what is new.
const LOOK: Duration = Duration::from_millis(500);

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/", get(index))
        .route("/page/{*path}", get(asset))
        .route("/local/events", get(events))
        .route("/local/filter", get(filter))
        .route("/local/ledger", get(ledger))
        .route("/local/map", get(map))
        .route("/local/traces/{id}", get(trace))
}

/// The page for browsers, a few words for others.
async fn index(headers: HeaderMap, state: State<Backend>) -> Response {
    let accepted = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains("text/html")) {
        return front(state).await.into_response();
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

async fn map(State(backend): State<Backend>, Query(window): Query<Window>) -> Response {
    let range = TimeRange::began(window.start, window.end);
    let drawn = computed(move || DrawnMap::of(&backend.store.service_graph(&range))).await;
    drawn.map(Json).into_response()
}

async fn trace(State(backend): State<Backend>, Path(id): Path<String>) -> Response {
    let Ok(id) = TraceId::parse(&id) else {
        return refuse(&ApiError::invalid_request(format!(
            "{id:?} is no trace id: expected one as 1-581cf771-a006649127e371903a2de979"
        )));
    };
    // That nothing is stored of a trace is an answer, too: `null`.
    let drawn = computed(move || Some(DrawnTrace::of(&backend.store.trace(id)?))).await;
    drawn.map(Json).into_response()
}

async fn ledger(State(backend): State<Backend>) -> Json<Ledger> {
    Json(Ledger::of(&backend.store))
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

async fn filter(Query(Text { text }): Query<Text>) -> Json<FilterCheck> {
    Json(FilterCheck::of(&text))
}

/// Tells when something came: the counts, at most twice a second.
async fn events(
    State(backend): State<Backend>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let seen = None;
    let events = stream::unfold((backend.store, seen), |(store, seen)| async move {
        let ledger = changed(&store, seen.as_ref()).await;
        let event = Event::default().json_data(&ledger).unwrap_or_default();
        Some((Ok(event), (store, Some(ledger))))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn changed(store: &Store, seen: Option<&Ledger>) -> Ledger {
    loop {
        let ledger = Ledger::of(store);
        if seen != Some(&ledger) {
            return ledger;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What takes a while is not computed on the thread that takes in calls.
async fn computed<T: Send + 'static>(
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StatusCode> {
    let computed = task::spawn_blocking(compute).await;
    computed.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
