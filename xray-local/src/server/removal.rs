//! Takes traces out: what X-Ray has no operation for.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use xray_sdk::TraceId;

use super::computed::computed;
use super::page::trace_id;
use crate::api::{ApiError, Backend};

pub(super) const PATH: &str = "/local/remove";

/// What a key needs the right to: `xray:DeleteTraces` in IAM's words, of which AWS knows nothing.
pub(super) const ACTION: &str = "DeleteTraces";

/// How many traces are taken out by one call. Whoever stores documents waits meanwhile.
const MOST: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    trace_ids: Vec<String>,
    /// Only tells what would be taken out.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    trace_ids: Vec<String>,
    /// Those that are not there.
    unprocessed_trace_ids: Vec<String>,
}

pub(super) fn routes() -> Router<Backend> {
    Router::new().route(PATH, post(remove))
}

async fn remove(State(backend): State<Backend>, body: Bytes) -> Result<Response, ApiError> {
    let input: Input = serde_json::from_slice(&body).map_err(|error| {
        ApiError::invalid_request(format!("the request cannot be read: {error}"))
    })?;
    let asked = input.trace_ids.len();
    if asked > MOST {
        return Err(ApiError::invalid_request(format!(
            "TraceIds names {asked} traces: expected {MOST} at most"
        )));
    }
    let ids = input.trace_ids.iter().map(|id| trace_id(id));
    let ids: BTreeSet<TraceId> = ids.collect::<Result<_, _>>()?;
    let told = computed("the removal", backend, move |backend| {
        let store = &backend.store;
        let found = match input.dry_run {
            true => store.held(&ids)?,
            false => store.remove(&ids)?,
        };
        let (found, missing) = ids.iter().partition::<Vec<_>, _>(|id| found.contains(id));
        let texts = |ids: Vec<TraceId>| ids.iter().map(ToString::to_string).collect();
        Ok::<_, ApiError>(Output {
            trace_ids: texts(found),
            unprocessed_trace_ids: texts(missing),
        })
    });
    Ok(Json(told.await??).into_response())
}
