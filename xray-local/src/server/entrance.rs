//! What every request passes before it is answered: who is called, who calls, and how much and how slowly.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderName, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::guard::Guard;
use super::router::refuse;
use super::{access, removal};
use crate::access::Admission;
use crate::api::{ApiError, OPERATIONS};
use crate::clock::Clock;

/// The largest request body. A daemon sends at most 50 documents of 64 kB at a time, which JSON in JSON makes larger.
const BODY_LIMIT: usize = 16 << 20;

/// How long a client may take for a request body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// The entrance of one server.
pub(super) struct Entrance {
    guard: Guard,
    admission: Option<Arc<dyn Admission>>,
    clock: Clock,
    body_time: Duration,
}

impl Entrance {
    pub(super) fn new(guard: Guard, admission: Option<Arc<dyn Admission>>, clock: Clock) -> Self {
        Self {
            guard,
            admission,
            clock,
            body_time: BODY_TIME,
        }
    }

    /// Looks at what is known of a request before its body is read.
    fn before_body(&self, head: &Parts) -> Result<(), ApiError> {
        self.guard.check(host(head), text(head, &ORIGIN))?;
        if let Some(admission) = self.admission_for(head) {
            admission.recognise(head, operation(head.uri.path()), self.clock.time())?;
        }
        let length = text(head, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        match length {
            Some(length) if length > BODY_LIMIT as u64 => {
                Err(ApiError::request_too_large(BODY_LIMIT))
            }
            _ => Ok(()),
        }
    }

    fn with_body(&self, head: &Parts, body: &[u8]) -> Result<(), ApiError> {
        match self.admission_for(head) {
            Some(admission) => Ok(admission.verify(head, body)?),
            None => Ok(()),
        }
    }

    /// The front page and its files tell nothing that is stored: everyone may look whether the server is there, and whether it wants
    /// calls to be signed.
    fn admission_for(&self, head: &Parts) -> Option<&dyn Admission> {
        let is_signed = head.headers.contains_key(AUTHORIZATION);
        let is_front = head.method == Method::GET
            && match head.uri.path() {
                "/" => true,
                access::PATH => !is_signed,
                path => path.starts_with("/page/"),
            };
        self.admission.as_deref().filter(|_| !is_front)
    }

    /// Who lets callers in, if anybody does.
    pub(super) fn admission(&self) -> Option<&dyn Admission> {
        self.admission.as_deref()
    }

    async fn read(&self, body: Body) -> Result<Bytes, ApiError> {
        match tokio::time::timeout(self.body_time, body::to_bytes(body, BODY_LIMIT)).await {
            Err(_) => Err(ApiError::request_too_slow(self.body_time)),
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) if is_too_long(&error) => Err(ApiError::request_too_large(BODY_LIMIT)),
            Ok(Err(error)) => Err(ApiError::invalid_request(format!(
                "the request body cannot be read: {error}"
            ))),
        }
    }

    async fn admit(&self, request: Request) -> Result<Request, ApiError> {
        let (head, body) = request.into_parts();
        self.before_body(&head)?;
        let body = self.read(body).await?;
        self.with_body(&head, &body)?;
        Ok(Request::from_parts(head, body.into()))
    }
}

/// Lets a request through with its body read, or refuses it as early as it can.
pub(super) async fn enter(
    State(entrance): State<Arc<Entrance>>,
    request: Request,
    next: Next,
) -> Response {
    match entrance.admit(request).await {
        Ok(request) => next.run(request).await,
        Err(error) => refuse(&error),
    }
}

/// What a request does, by the name that actions have it. What only this server answers needs the right to what it tells.
fn operation(path: &str) -> Option<&'static str> {
    let of_x_ray = OPERATIONS.iter().find(|operation| operation.path == path);
    of_x_ray.map(|operation| operation.name).or_else(|| {
        let question = path.strip_prefix("/local/")?;
        if path == access::PATH {
            // What one may do, everyone may know of themselves.
            return None;
        }
        Some(match question.split('/').next() {
            Some("map") => "GetServiceGraph",
            Some("remove") => removal::ACTION,
            Some("traces" | "compare") => "BatchGetTraces",
            Some("sampling") => "GetSamplingStatisticSummaries",
            _ => "GetTraceSummaries",
        })
    })
}

fn host(head: &Parts) -> Option<&str> {
    let authority = head.uri.authority().map(Authority::as_str);
    authority.or_else(|| text(head, &HOST))
}

/// The text of a header. One that is no text stands for a name that nobody has.
fn text<'a>(head: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    let value = head.headers.get(name)?;
    Some(value.to_str().unwrap_or(""))
}

fn is_too_long(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use hyper::body::Frame;

    use super::*;

    /// A body whose sender sends nothing and does not go away.
    struct Silence;

    impl HttpBody for Silence {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[test]
    fn what_the_page_asks_for_takes_the_right_to_it() {
        for (path, name) in [
            ("/Traces", Some("BatchGetTraces")),
            (
                "/local/traces/1-581cf771-a006649127e371903a2de979",
                Some("BatchGetTraces"),
            ),
            ("/local/map", Some("GetServiceGraph")),
            ("/local/compare", Some("BatchGetTraces")),
            ("/local/remove", Some("DeleteTraces")),
            (
                "/local/sampling/explain",
                Some("GetSamplingStatisticSummaries"),
            ),
            ("/local/decisions", Some("GetTraceSummaries")),
            ("/local/health", Some("GetTraceSummaries")),
            ("/local/ledger", Some("GetTraceSummaries")),
            ("/local/", Some("GetTraceSummaries")),
            ("/local/access", None),
            ("/other", None),
        ] {
            assert_eq!(operation(path), name, "{path}");
        }
    }

    #[test]
    fn a_body_that_does_not_come_is_given_up() {
        let guard = Guard::new("127.0.0.1".parse().expect("an address"), Vec::new());
        let entrance = Entrance {
            body_time: Duration::ZERO,
            ..Entrance::new(guard, None, Clock::default())
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let read = runtime.block_on(async { entrance.read(Body::new(Silence)).await });
        let error = read.expect_err("no body came");
        assert_eq!(
            (error.status(), error.name()),
            (408, "RequestTimeoutException")
        );
    }
}
