//! Lambda's Runtime API on loopback, as a function sees it (developer guide of Lambda, "Using the Lambda runtime API").
//! Shared by this crate's tests and by the example.
#![allow(dead_code, reason = "each of its users needs a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, oneshot};

/// A Runtime API that hands out invocations and tells what became of them. It ends when it is dropped.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    invocations: UnboundedSender<Invoke>,
    events: Receiver<(Instant, Event)>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// One invocation of the function.
#[derive(Clone, Debug)]
pub(crate) struct Invoke {
    pub(crate) request_id: String,
    /// The trace header; Lambda leaves none out, emulators do.
    pub(crate) header: Option<String>,
    pub(crate) time: Duration,
    pub(crate) body: String,
}

/// What the function did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It is ready for the next invocation: Lambda may freeze it from here on.
    Ready,
    /// It was restored from a snapshot.
    Restored,
    Responded {
        request_id: String,
        body: String,
    },
    Failed {
        request_id: String,
        body: String,
    },
    /// It could not be initialised.
    Broken(String),
}

/// The ARN of the function that is invoked.
pub(crate) const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:resize";

/// The environment of a function that Lambda runs, but for the addresses.
pub(crate) const VARIABLES: [(&str, &str); 6] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "resize"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
    ("LAMBDA_TASK_ROOT", "/var/task"),
];

#[derive(Clone)]
struct Shared {
    invocations: Arc<Mutex<UnboundedReceiver<Invoke>>>,
    events: Sender<(Instant, Event)>,
}

impl RuntimeApi {
    pub(crate) fn start() -> Self {
        let (invocations, queue) = unbounded_channel();
        let (events, happened) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = mpsc::channel();
        let shared = Shared {
            invocations: Arc::new(Mutex::new(queue)),
            events,
        };
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let _ = bound.send(listener.local_addr().expect("bound"));
                let served = axum::serve(listener, routes(shared));
                tokio::select! {
                    result = async { served.await } => result.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: address.recv().expect("the server starts"),
            invocations,
            events: happened,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn invoke(&self, invoke: Invoke) {
        let _ = self.invocations.send(invoke);
    }

    /// What happened next, and when.
    pub(crate) fn event(&self, patience: Duration) -> Result<(Instant, Event), RecvTimeoutError> {
        self.events.recv_timeout(patience)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn routes(shared: Shared) -> Router {
    let invocation = "/2018-06-01/runtime/invocation";
    Router::new()
        .route(&format!("{invocation}/next"), get(next))
        .route(&format!("{invocation}/{{id}}/response"), post(response))
        .route(&format!("{invocation}/{{id}}/error"), post(failure))
        .route("/2018-06-01/runtime/restore/next", get(restore))
        .route("/2018-06-01/runtime/init/error", post(broken))
        .route("/2018-06-01/runtime/restore/error", post(broken))
        .with_state(shared)
}

impl Shared {
    fn tell(&self, event: Event) {
        let _ = self.events.send((Instant::now(), event));
    }
}

async fn next(State(shared): State<Shared>) -> Response {
    shared.tell(Event::Ready);
    let Some(invoke) = shared.invocations.lock().await.recv().await else {
        // The function is not needed any more.
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now() + invoke.time;
    let deadline = deadline.duration_since(UNIX_EPOCH).expect("after 1970");
    let mut response = invoke.body.into_response();
    let mut header = |name: &'static str, value: &str| {
        let value = value.parse().expect("the value of a header");
        response.headers_mut().insert(name, value);
    };
    header("lambda-runtime-aws-request-id", &invoke.request_id);
    header(
        "lambda-runtime-deadline-ms",
        &deadline.as_millis().to_string(),
    );
    header("lambda-runtime-invoked-function-arn", ARN);
    if let Some(trace) = &invoke.header {
        header("lambda-runtime-trace-id", trace);
    }
    response
}

async fn response(
    State(shared): State<Shared>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> StatusCode {
    let body = text(&body);
    shared.tell(Event::Responded { request_id, body });
    StatusCode::ACCEPTED
}

async fn failure(
    State(shared): State<Shared>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> StatusCode {
    let body = text(&body);
    shared.tell(Event::Failed { request_id, body });
    StatusCode::ACCEPTED
}

async fn restore(State(shared): State<Shared>) -> StatusCode {
    shared.tell(Event::Restored);
    StatusCode::OK
}

async fn broken(State(shared): State<Shared>, body: Bytes) -> StatusCode {
    shared.tell(Event::Broken(text(&body)));
    StatusCode::ACCEPTED
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}
