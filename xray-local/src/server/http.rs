//! The TCP side: each operation at its path, and the thread that answers.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task;

use super::guard::Guard;
use crate::api::{ApiError, Backend, Operation};

/// The largest request body. A daemon sends at most 50 documents of 64 kB at a time, which JSON in JSON makes larger.
const BODY_LIMIT: usize = 16 << 20;

/// How long calls that are being answered may go on after the stop.
const GRACE: Duration = Duration::from_secs(2);

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The thread that answers calls. Dropping it lets those that are being answered finish, and ends it.
pub(super) struct Http {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Http {
    pub(super) fn start(listener: TcpListener, backend: Backend, guard: Guard) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("xray-http".to_owned())
            .spawn(move || {
                runtime.block_on(serve(listener, router(backend, guard), stopped));
                // What a slow call still computes is nobody's any more.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// Answers until the other end of `stopped` is dropped.
async fn serve(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let (finish, finishing) = oneshot::channel::<()>();
    let calls = axum::serve(listener, router).with_graceful_shutdown(async {
        let _ = finishing.await;
    });
    let calls = task::spawn(calls.into_future());
    let _ = stopped.await;
    drop(finish);
    let _ = tokio::time::timeout(GRACE, calls).await;
}

fn router(backend: Backend, guard: Guard) -> Router {
    let mut router = Router::new().route("/", get(front));
    for operation in Operation::ALL {
        let answer = move |State(backend), body| answer(operation, backend, body);
        router = router.route(operation.path(), post(answer));
    }
    router
        .fallback(async |uri: Uri| refuse(&ApiError::unknown_operation(uri.path())))
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            refuse(&ApiError::method_not_allowed(method.as_str(), uri.path()))
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(Arc::new(guard), check))
        .with_state(backend)
}

/// Lets a request through, or refuses it before its body is read.
async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if let Err(error) = guard.check(host(&request), text(request.headers(), ORIGIN)) {
        return refuse(&error);
    }
    let length = text(request.headers(), CONTENT_LENGTH).and_then(|length| length.parse().ok());
    if length.is_some_and(|length: u64| length > BODY_LIMIT as u64) {
        return refuse(&ApiError::request_too_large(BODY_LIMIT));
    }
    next.run(request).await
}

fn host(request: &Request) -> Option<&str> {
    let authority = request.uri().authority().map(Authority::as_str);
    authority.or_else(|| text(request.headers(), HOST))
}

/// The text of a header. One that is no text stands for a name that nobody has.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

async fn answer(
    operation: Operation,
    backend: Backend,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return refuse(&ApiError::request_too_large(BODY_LIMIT));
        }
        Err(rejection) => return refuse(&ApiError::invalid_request(rejection.body_text())),
    };
    // Operations compute, some of them for long: the thread that takes in calls is not theirs.
    match task::spawn_blocking(move || operation.run(&backend, &body)).await {
        Ok(Ok(output)) => json(StatusCode::OK, output),
        Ok(Err(error)) => refuse(&error),
        Err(_) => refuse(&ApiError::internal()),
    }
}

async fn front(State(backend): State<Backend>) -> String {
    let counts = backend.store.counts();
    format!(
        "xray-local {}: AWS X-Ray on this machine\n\n\
         {} traces of {} documents are stored, {} documents were refused.\n\
         This port answers the X-Ray API (AWS_ENDPOINT_URL_XRAY); segments come in over UDP on the same port number.\n",
        env!("CARGO_PKG_VERSION"),
        counts.traces,
        counts.stored,
        counts.rejected,
    )
}

fn refuse(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.status()).expect("errors have the statuses of errors");
    let mut response = json(status, error.body());
    let name = axum::http::HeaderValue::from_static(error.name());
    response.headers_mut().insert(ERROR_TYPE, name);
    response
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, Body::from(body)).into_response()
}
