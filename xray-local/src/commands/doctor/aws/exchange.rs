//! One signed request, and what its answer tells beside its body.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

use crate::commands::client::{Endpoint, Refusal, Signer};

/// How long a connection, and a whole answer, may take.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(20);

pub(super) struct Wire<'a> {
    agent: Agent,
    endpoint: &'a Endpoint,
    signer: &'a Signer,
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The name of the error; empty where it is none.
    pub(super) error: String,
    pub(super) message: String,
    pub(super) body: String,
    /// How many seconds the other clock is ahead.
    pub(super) skew: Option<f64>,
}

impl<'a> Wire<'a> {
    pub(super) fn new(endpoint: &'a Endpoint, signer: &'a Signer) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER));
        if endpoint.is_local() {
            config = config.proxy(None);
        }
        Self {
            agent: config.build().new_agent(),
            endpoint,
            signer,
        }
    }

    pub(super) fn post(&self, path: &str, body: &str) -> Result<Answer, String> {
        self.send(path, "application/json", body)
    }

    pub(super) fn send(&self, path: &str, kind: &str, body: &str) -> Result<Answer, String> {
        let url = format!("{}{path}", self.endpoint);
        let signed = [("host", self.endpoint.authority()), ("content-type", kind)];
        let headers = self
            .signer
            .headers("POST", &url, &signed, body.as_bytes())?;
        let mut request = Request::builder()
            .method("POST")
            .uri(&url)
            .header("content-type", kind);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(|error| error.to_string())?;
        let began = SystemTime::now();
        let mut response = self.agent.run(request).map_err(|error| error.to_string())?;
        let skew = skew(response.headers(), began);
        let status = response.status().as_u16();
        let named = response.headers().get("x-amzn-errortype");
        let named = named.and_then(|name| name.to_str().ok()).map(str::to_owned);
        let body = response
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?;
        let refusal = match status {
            0..300 => Refusal::default(),
            _ => Refusal::read(named.as_deref(), body.as_bytes()),
        };
        Ok(Answer {
            status,
            error: refusal.name,
            message: refusal.message.unwrap_or_default(),
            body,
            skew,
        })
    }
}

/// What the header `Date` says, against the middle of the time that the exchange took.
fn skew(headers: &HeaderMap, began: SystemTime) -> Option<f64> {
    let date = headers.get("date")?.to_str().ok()?;
    let there = DateTime::from_str(date, Format::HttpDate)
        .ok()?
        .as_secs_f64();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()?
        .as_secs_f64();
    let began = began.duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    // The header has whole seconds: on average it is half a second old.
    Some(there + 0.5 - (now + began) / 2.0)
}
