//! Asks a server of the X-Ray API: one of ours, or another.

mod endpoint;
mod error;
mod event;
mod refusal;
mod sign;

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::{Request, Response};

use super::Failure;

pub(crate) use endpoint::{Address, Endpoint, without_user};
pub(crate) use error::ClientError;
pub(crate) use event::Events;
pub(crate) use refusal::Refusal;
pub(crate) use sign::Signer;

/// How long a server may take to take a connection in.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a whole answer may take: a query over a million traces is done within seconds.
const ANSWER: Duration = Duration::from_secs(60);

/// How long is waited first when the server was asked too much at once, each time twice as long; and how often.
const BREATH: Duration = Duration::from_millis(250);
const BREATHS: u32 = 5;

/// The longest answer that is read. Traces are asked for a few at a time.
const LONGEST: u64 = 1 << 30;

/// A path with a question behind it.
pub(crate) fn query(path: &str, fields: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    for (number, (name, value)) in fields.iter().enumerate() {
        text.push(if number == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte));
                }
                _ => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    text
}

/// One server, and how it is spoken to.
///
/// Requests go unsigned until the server says that it answers signed ones only; then they are signed with the access key of the
/// environment, the way AWS's own clients sign.
pub(crate) struct Client {
    endpoint: Endpoint,
    agent: Agent,
    signer: Option<Signer>,
    is_signing: Cell<bool>,
    is_ours: Cell<Option<bool>>,
}

/// What is asked.
#[derive(Clone, Copy)]
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    body: &'a [u8],
    /// Whether the answer takes as long as it takes.
    is_endless: bool,
}

/// What came back: status, name of the error, body.
struct Answer {
    status: u16,
    error: Option<String>,
    body: ureq::Body,
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
            is_ours: Cell::new(None),
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
        let call = Call {
            method: "POST",
            body: &body,
            ..Call::get(path)
        };
        self.read(&self.body(self.admitted(call)?)?)
    }

    /// Gets what the server tells beyond the X-Ray API (`/local/ledger`).
    pub(crate) fn get<Output: DeserializeOwned>(&self, path: &str) -> Result<Output, ClientError> {
        self.read(&self.body(self.admitted(Call::get(path))?)?)
    }

    /// Listens to what the server tells as it happens (`/local/tail`), for as long as it tells.
    pub(crate) fn events(&self, path: &str) -> Result<Events, ClientError> {
        let answer = self.admitted(Call {
            is_endless: true,
            ..Call::get(path)
        })?;
        Ok(Events::of(self.endpoint.clone(), answer.body))
    }

    /// Whether this is an xray-local, which tells more than the X-Ray API does, and sets fewer bounds.
    pub(crate) fn is_ours(&self) -> Result<bool, ClientError> {
        if let Some(is_ours) = self.is_ours.get() {
            return Ok(is_ours);
        }
        // Its front page is for everyone.
        let answer = self.send(Call::get("/"))?;
        let is_ours = answer.status < 300 && self.body(answer)?.starts_with(b"xray-local ");
        self.is_ours.set(Some(is_ours));
        Ok(is_ours)
    }

    /// Refuses what only an xray-local does. `refusal` says what another server does not, `cure` what to do there.
    pub(crate) fn wants_ours(&self, refusal: &str, cure: &str) -> Result<(), Failure> {
        if self.is_ours()? {
            return Ok(());
        }
        Err(Failure::failed(
            format!("{} is no xray-local, and {refusal}", self.endpoint),
            format!("Ask an xray-local: --address HOST:PORT.{cure}"),
        ))
    }

    fn read<Output: DeserializeOwned>(&self, body: &[u8]) -> Result<Output, ClientError> {
        serde_json::from_slice(body).map_err(|error| self.nonsense(&error))
    }

    fn nonsense(&self, problem: &dyn std::fmt::Display) -> ClientError {
        ClientError::nonsense(&self.endpoint, problem)
    }

    /// A successful answer: signed where the server wants that, and asked for again where it was too much at once.
    fn admitted(&self, call: Call<'_>) -> Result<Answer, ClientError> {
        let mut breaths = 0;
        loop {
            let answer = self.send(call)?;
            if answer.status < 300 {
                return Ok(answer);
            }
            let (status, name) = (answer.status, answer.error.clone());
            let refusal = Refusal::read(name.as_deref(), &self.body(answer)?);
            let error = ClientError::refused(&self.endpoint, status, refusal);
            if error.wants_signature() && !self.is_signing.get() && self.signer.is_some() {
                self.is_signing.set(true);
            } else if error.is_throttled() && breaths < BREATHS {
                thread::sleep(BREATH * (1 << breaths));
                breaths += 1;
            } else {
                return Err(match &self.signer {
                    Some(signer) => error.with_key(signer.key_id()),
                    None => error,
                });
            }
        }
    }

    fn body(&self, mut answer: Answer) -> Result<Vec<u8>, ClientError> {
        let whole = answer.body.with_config().limit(LONGEST).read_to_vec();
        whole.map_err(|error| ClientError::cut(&self.endpoint, &error))
    }

    fn send(&self, call: Call<'_>) -> Result<Answer, ClientError> {
        let Call { method, body, .. } = call;
        let url = format!("{}{}", self.endpoint, call.path);
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
        let mut settings = self.agent.configure_request(request);
        if call.is_endless {
            settings = settings.timeout_global(None);
        }
        let unreachable = |error: ureq::Error| match error {
            ureq::Error::Io(error) => ClientError::unreachable(&self.endpoint, &error),
            ureq::Error::Protocol(_) | ureq::Error::Http(_) | ureq::Error::Tls(_) => {
                ClientError::foreign(&self.endpoint, &error)
            }
            error => ClientError::unreachable(&self.endpoint, &error),
        };
        let response: Response<ureq::Body> =
            self.agent.run(settings.build()).map_err(unreachable)?;
        let error = response.headers().get("x-amzn-errortype");
        let error = error.and_then(|name| name.to_str().ok()).map(str::to_owned);
        Ok(Answer {
            status: response.status().as_u16(),
            error,
            body: response.into_body(),
        })
    }
}

impl<'a> Call<'a> {
    fn get(path: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            body: &[],
            is_endless: false,
        }
    }
}
