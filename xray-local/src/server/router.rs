//! Each operation at its path, behind the entrance.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::computed::computed;
use super::entrance::{self, Entrance, Stranger};
use super::seats::Seats;
use super::{access, doctor, page, removal, tail};
use crate::amount::count_text;
use crate::api::{ApiError, Backend, OPERATIONS, Operation};
use crate::viewer::Inflow;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

pub(super) fn router(backend: Backend, inflow: Inflow, seats: Seats, entrance: Entrance) -> Router {
    let entrance = Arc::new(entrance);
    let doctor = doctor::routes(inflow.received.clone());
    let access = access::routes(Arc::clone(&entrance));
    let mut router = page::routes(inflow, seats)
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
            let expected = match OPERATIONS.iter().any(|known| known.path == uri.path()) {
                true => Method::POST,
                false => Method::GET,
            };
            refuse(&ApiError::method_not_allowed(
                &method,
                uri.path(),
                &expected,
            ))
        })
        // The entrance has its own bound, and has read the body before anything takes it.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(entrance, entrance::enter))
        .with_state(backend)
}

/// The entrance has read the body, so it is here at once.
async fn answer(operation: &'static Operation, backend: Backend, body: Bytes) -> Response {
    let computed = computed(operation.name, backend, move |backend| {
        operation.run(backend, &body)
    });
    match computed.await.and_then(|output| output) {
        Ok(output) => json(StatusCode::OK, output),
        Err(error) => refuse(&error),
    }
}

/// What is there, for those who do not look with a browser. Strangers are not told what is stored.
pub(super) async fn front(
    State(backend): State<Backend>,
    stranger: Option<Extension<Stranger>>,
) -> String {
    let version = env!("CARGO_PKG_VERSION");
    if stranger.is_some() {
        return format!(
            "xray-local {version}: AWS X-Ray on this machine\n\n\
             This port answers the X-Ray API (AWS_ENDPOINT_URL_XRAY) to signed requests; segments come in over UDP on the same port number.\n"
        );
    }
    let counts = backend.store.counts();
    format!(
        "xray-local {version}: AWS X-Ray on this machine\n\n\
         {} stored. Since it started {} come, and {} refused.\n\
         This port answers the X-Ray API (AWS_ENDPOINT_URL_XRAY); segments come in over UDP on the same port number.\n{}",
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
    let mut response = json(status(error), error.body());
    let headers = response.headers_mut();
    headers.insert(ERROR_TYPE, HeaderValue::from_static(error.name()));
    if let Some(seconds) = error.retry_after() {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The same as it is written to a client whose request is not read.
pub(super) fn refusal(error: &ApiError) -> Vec<u8> {
    let (status, body) = (status(error), error.body());
    let mut head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{ERROR_TYPE}: {}\r\ncontent-length: {}\r\nconnection: close\r\n",
        error.name(),
        body.len()
    );
    if let Some(seconds) = error.retry_after() {
        head.push_str(&format!("{RETRY_AFTER}: {seconds}\r\n"));
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

fn status(error: &ApiError) -> StatusCode {
    StatusCode::from_u16(error.status()).expect("errors have the statuses of errors")
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, Body::from(body)).into_response()
}
