//! What this server knows of why a trace may be missing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use tokio::task;
use xray_daemon::LiveCounts;

use crate::api::Backend;
use crate::doctor::Examination;

pub(super) fn routes(received: LiveCounts) -> Router<Backend> {
    let examine = async move |State(Backend { store, control }): State<Backend>| {
        let examination =
            task::spawn_blocking(move || Examination::of(&store, &control, &received.now())).await;
        examination
            .map(Json)
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    };
    Router::new().route("/local/doctor", get(examine))
}
