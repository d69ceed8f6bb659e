//! Each operation at its path, behind the entrance.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::task;

use super::entrance::{self, Entrance};
use super::{access, doctor, page, removal, tail};
use crate::amount::count_text;
use crate::api::{ApiError, Backend, OPERATIONS, Operation};
use crate::viewer::Inflow;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

pub(super) fn router(backend: Backend, inflow: Inflow, entrance: Entrance) -> Router {
    let entrance = Arc::new(entrance);
    let doctor = doctor::routes(inflow.received.clone());
    let access = access::routes(Arc::clone(&entrance));
    let mut router = page::routes(inflow)
        .merge(doctor)
        .merge(access)
        .merge(removal::routes())
        .merge(tail::routes());
    for operation in &OPERATIONS {
        let answer = move |State(backend), body| answer(operation, backend, body);
        router = router.route(operation.path, post(answer));
    }
    router
        .fallback(async |uri: Uri| refuse(&ApiError::unknown_operation(uri.path())))
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            refuse(&ApiError::method_not_allowed(method.as_str(), uri.path()))
        })
        // The entrance has its own bound, and has read the body before anything takes it.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(entrance, entrance::enter))
        .with_state(backend)
}

/// The entrance has read the body, so it is here at once.
async fn answer(operation: &'static Operation, backend: Backend, body: Bytes) -> Response {
    // Operations compute, some of them for long: the thread that takes in calls is not theirs.
    match task::spawn_blocking(move || operation.run(&backend, &body)).await {
        Ok(Ok(output)) => json(StatusCode::OK, output),
        Ok(Err(error)) => refuse(&error),
        Err(_) => refuse(&ApiError::internal(operation.name)),
    }
}

pub(super) async fn front(State(backend): State<Backend>) -> String {
    let counts = backend.store.counts();
    format!(
        "xray-local {}: AWS X-Ray on this machine\n\n\
         {} stored. Since it started {} come, and {} refused.\n\
         This port answers the X-Ray API (AWS_ENDPOINT_URL_XRAY); segments come in over UDP on the same port number.\n{}",
        env!("CARGO_PKG_VERSION"),
        count_text(counts.traces as u64, "trace is", "traces are"),
        count_text(counts.stored, "document has", "documents have"),
        count_text(counts.rejected, "was", "were"),
        backend.control.telemetry(|telemetry| telemetry.to_string()),
    )
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        refuse(&self)
    }
}

pub(super) fn refuse(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.status()).expect("errors have the statuses of errors");
    let mut response = json(status, error.body());
    let name = HeaderValue::from_static(error.name());
    response.headers_mut().insert(ERROR_TYPE, name);
    response
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, Body::from(body)).into_response()
}
