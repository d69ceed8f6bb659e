//! What this server knows of why a trace may be missing.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use xray_daemon::LiveCounts;

use super::computed::computed;
use crate::api::Backend;
use crate::doctor::Examination;

pub(super) fn routes(received: LiveCounts) -> Router<Backend> {
    let examine = async move |State(backend): State<Backend>| {
        let examination = computed("the examination", backend, move |backend| {
            Examination::of(&backend.store, &backend.control, &received.now())
        });
        examination.await.map(Json)
    };
    Router::new().route("/local/doctor", get(examine))
}
