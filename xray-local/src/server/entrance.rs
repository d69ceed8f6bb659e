//! What every request passes before it is answered: who is called, who calls, and how much and how slowly.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderName, Method, Version};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::OwnedSemaphorePermit;

use super::body::{BODY_LIMIT, Bodies};
use super::guard::Guard;
use super::router::refuse;
use super::seats::Seat;
use super::{access, removal};
use crate::access::Admission;
use crate::api::{ApiError, OPERATIONS};
use crate::bound::quoted;
use crate::clock::Clock;

/// The entrance of one server.
pub(super) struct Entrance {
    guard: Guard,
    admission: Option<Arc<dyn Admission>>,
    clock: Clock,
    bodies: Bodies,
}

/// What comes with a request whose sender is not known, where a server has keys: it is told nothing that is stored.
#[derive(Clone, Copy)]
pub(super) struct Stranger;

impl Entrance {
    pub(super) fn new(
        guard: Guard,
        admission: Option<Arc<dyn Admission>>,
        clock: Clock,
        bodies: Bodies,
    ) -> Self {
        Self {
            guard,
            admission,
            clock,
            bodies,
        }
    }

    /// Looks at what is known of a request before its body is read.
    fn before_body(&self, head: &Parts) -> Result<(), ApiError> {
        let origin = text(head, &ORIGIN);
        let host = host(head)?;
        let authority = head.uri.authority().map(Authority::as_str);
        self.guard.check(authority.or(host), origin)?;
        // Where an address is named as well, both have to be this server's.
        self.guard.check(host, None)?;
        if let Some(admission) = self.admission_for(head) {
            admission.recognise(head, operation(head.uri.path()), self.clock.time())?;
        }
        if let Some(encoding) = text(head, &CONTENT_ENCODING)
            && !encoding.trim().eq_ignore_ascii_case("identity")
        {
            return Err(ApiError::invalid_request(format!(
                "the request body is encoded ({CONTENT_ENCODING}: {}): expected JSON as it is, so send it without an encoding",
                quoted(encoding)
            )));
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
        let Some(admission) = self.admission_for(head) else {
            return Ok(());
        };
        admission.verify(head, body)?;
        let called = operation(head.uri.path());
        match called.filter(|name| TAGGING.contains(name) && has_tags(body)) {
            Some(_) => Ok(admission.permit(head, "TagResource")?),
            None => Ok(()),
        }
    }

    /// The front page and its files tell nothing that is stored: everyone may look whether the server is there, and whether it wants
    /// calls to be signed.
    fn admission_for(&self, head: &Parts) -> Option<&dyn Admission> {
        let is_signed = head.headers.contains_key(AUTHORIZATION);
        let is_front = head.method == Method::GET
            && match head.uri.path() {
                "/" | access::PATH => !is_signed,
                path => path.starts_with("/page/"),
            };
        self.admission.as_deref().filter(|_| !is_front)
    }

    /// Who lets callers in, if anybody does.
    pub(super) fn admission(&self) -> Option<&dyn Admission> {
        self.admission.as_deref()
    }

    /// The request with its whole body, and the room that this takes.
    async fn admit(&self, request: Request) -> Result<(Request, OwnedSemaphorePermit), ApiError> {
        let (mut head, body) = request.into_parts();
        self.before_body(&head)?;
        let body = self.bodies.read(body).await?;
        self.with_body(&head, &body.bytes)?;
        if self.admission.is_some() && self.admission_for(&head).is_none() {
            head.extensions.insert(Stranger);
        }
        Ok((Request::from_parts(head, body.bytes.into()), body.room))
    }
}

/// Lets a request through with its body read, or refuses it as early as it can.
pub(super) async fn enter(
    State(entrance): State<Arc<Entrance>>,
    request: Request,
    next: Next,
) -> Response {
    let seat = request.extensions().get::<Arc<Seat>>().cloned();
    match entrance.admit(request).await {
        Ok((request, _room)) => {
            let _service = seat.as_ref().map(Seat::serve);
            next.run(request).await
        }
        Err(error) => refuse(&error),
    }
}

/// Operations that may set tags, for which IAM wants the right to do that, too.
const TAGGING: [&str; 2] = ["CreateGroup", "CreateSamplingRule"];

fn has_tags(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Input {
        #[serde(rename = "Tags")]
        tags: Option<Vec<IgnoredAny>>,
    }
    // What cannot be read is refused by the operation itself.
    serde_json::from_slice::<Input>(body)
        .is_ok_and(|input| input.tags.is_some_and(|tags| !tags.is_empty()))
}

/// What a request does, by the name that actions have it. What only this server answers needs the right to what it tells.
fn operation(path: &str) -> Option<&'static str> {
    let of_x_ray = OPERATIONS.iter().find(|operation| operation.path == path);
    of_x_ray.map(|operation| operation.name).or_else(|| {
        if path == "/" {
            return Some("GetTraceSummaries");
        }
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

/// The host that a request names. One that names none, or several, cannot be held against what this server is called.
fn host(head: &Parts) -> Result<Option<&str>, ApiError> {
    let hosts = head.headers.get_all(HOST).iter().count();
    match hosts {
        0 if head.version >= Version::HTTP_11 => Err(ApiError::invalid_request(
            "the Host header is missing: expected the name and the port of this server",
        )),
        0 | 1 => Ok(text(head, &HOST)),
        _ => Err(ApiError::invalid_request(format!(
            "the request has {hosts} Host headers: expected one"
        ))),
    }
}

/// The text of a header. One that is no text stands for a name that nobody has.
fn text<'a>(head: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    let value = head.headers.get(name)?;
    Some(value.to_str().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_seen_wherever_an_operation_would_take_them() {
        for (body, tagged) in [
            (
                r#"{"GroupName":"g","Tags":[{"Key":"a","Value":"b"}]}"#,
                true,
            ),
            (r#" {"T\u0061gs":[{}]} "#, true),
            (r#"{"GroupName":"g","Tags":[]}"#, false),
            (r#"{"GroupName":"g","Tags":null}"#, false),
            (r#"{"GroupName":"g"}"#, false),
            ("", false),
        ] {
            assert_eq!(has_tags(body.as_bytes()), tagged, "{body}");
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
}
