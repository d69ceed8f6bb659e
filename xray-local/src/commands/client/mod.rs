//! Asks a server of the X-Ray API: one of ours, or another.

mod endpoint;
mod error;
mod sign;

use std::cell::Cell;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::{Request, Response};

pub(crate) use endpoint::{Address, Endpoint, without_user};
pub(crate) use error::ClientError;
pub(crate) use sign::Signer;

/// How long a server may take to take a connection in.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a whole answer may take: a query over a million traces is done within seconds.
const ANSWER: Duration = Duration::from_secs(60);

/// The longest answer that is read. Traces are asked for a few at a time.
const LONGEST: u64 = 1 << 30;

/// One server, and how it is spoken to.
///
/// Requests go unsigned until the server says that it answers signed ones only; then they are signed with the access key of the
/// environment, the way AWS's own clients sign.
pub(crate) struct Client {
    endpoint: Endpoint,
    agent: Agent,
    signer: Option<Signer>,
    is_signing: Cell<bool>,
}

impl Client {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .user_agent(concat!("xray-local/", env!("CARGO_PKG_VERSION")));
        if endpoint.is_local() {
            // A proxy is for what is elsewhere.
            config = config.proxy(None);
        }
        Self {
            signer: Signer::of_environment(endpoint.host()),
            agent: config.build().new_agent(),
            endpoint,
            is_signing: Cell::new(false),
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Calls an operation of the X-Ray API by its path (`/TraceSummaries`).
    pub(crate) fn call<Output: DeserializeOwned>(
        &self,
        path: &str,
        input: &impl Serialize,
    ) -> Result<Output, ClientError> {
        let body = serde_json::to_vec(input).map_err(|error| ClientError::request(&error))?;
        self.read(&self.exchange("POST", path, &body)?)
    }

    /// Gets what the server tells beyond the X-Ray API (`/local/ledger`).
    pub(crate) fn get<Output: DeserializeOwned>(&self, path: &str) -> Result<Output, ClientError> {
        self.read(&self.exchange("GET", path, &[])?)
    }

    fn read<Output: DeserializeOwned>(&self, body: &[u8]) -> Result<Output, ClientError> {
        serde_json::from_slice(body).map_err(|error| self.nonsense(&error))
    }

    fn nonsense(&self, problem: &dyn std::fmt::Display) -> ClientError {
        ClientError::nonsense(&self.endpoint, problem)
    }

    /// The body of a successful answer.
    fn exchange(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, ClientError> {
        let (status, answer) = self.send(method, path, body)?;
        if status < 300 {
            return Ok(answer);
        }
        let error = ClientError::refused(&self.endpoint, status, &answer);
        if error.wants_signature() && !self.is_signing.get() && self.signer.is_some() {
            self.is_signing.set(true);
            return self.exchange(method, path, body);
        }
        Err(match &self.signer {
            Some(signer) => error.with_key(signer.key_id()),
            None => error,
        })
    }

    fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>), ClientError> {
        let url = format!("{}{path}", self.endpoint);
        let mut request = Request::builder().method(method).uri(&url);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        if let Some(signer) = self.signer.as_ref().filter(|_| self.is_signing.get()) {
            let host = [("host", self.endpoint.authority())];
            let headers = signer.headers(method, &url, &host, body);
            for (name, value) in headers.map_err(|error| ClientError::request(&error))? {
                request = request.header(name, value);
            }
        }
        let request = request
            .body(body)
            .map_err(|error| ClientError::request(&error))?;
        let unreachable = |error: ureq::Error| ClientError::unreachable(&self.endpoint, &error);
        let mut response: Response<ureq::Body> = self.agent.run(request).map_err(unreachable)?;
        let status = response.status().as_u16();
        let answer = response
            .body_mut()
            .with_config()
            .limit(LONGEST)
            .read_to_vec()
            .map_err(unreachable)?;
        Ok((status, answer))
    }
}
