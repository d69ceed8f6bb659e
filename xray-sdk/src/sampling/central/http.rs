use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use tokio::runtime::{Builder, Runtime};

use crate::sampling::central::stop::Stop;
use crate::sampling::central::transport::{Failure, Operation, Transport};

/// Reaches X-Ray through the daemon, which signs what it is asked and hands it on.
///
/// It has a runtime of its own, for the one thread that it is used on: a program needs none, and is not disturbed in its own.
pub(super) struct Http {
    runtime: Option<Runtime>,
    client: reqwest::Client,
    daemon: String,
    stop: Arc<Stop>,
}

/// The daemon is near.
const CONNECT: Duration = Duration::from_secs(1);
/// X-Ray behind it may be far, and reached for the first time.
const ANSWER: Duration = Duration::from_secs(5);
/// A page of rules takes some ten kilobytes.
const LONGEST: usize = 1024 * 1024;
/// An error says one sentence.
const LONGEST_REFUSAL: usize = 16 * 1024;
/// So many characters of it are shown.
const SHOWN: usize = 300;

impl Http {
    /// `daemon` is a host and a port.
    pub(super) fn new(daemon: &str, stop: Arc<Stop>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            // A proxy for the internet is none for the machine's own daemon.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // Between two calls nobody is there to notice that a connection was closed.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("xray-sdk-rust/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(io::Error::other)?;
        Ok(Self {
            runtime: Some(runtime),
            client,
            daemon: format!("http://{daemon}"),
            stop,
        })
    }
}

impl Transport for Http {
    fn post(&mut self, operation: Operation, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let Some(runtime) = &self.runtime else {
            return Err(Failure::Stopped);
        };
        let request = self
            .client
            .post(format!("{}{}", self.daemon, operation.path()))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        runtime.block_on(async {
            let answer = unless(self.stop.asked(), exchange(request)).await;
            // Lets the connection's own task close it: nobody runs this runtime until the next call.
            tokio::task::yield_now().await;
            answer
        })
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        // A name that is being resolved cannot be given up; the thread does not wait for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<Vec<u8>, Failure> {
    let mut answer = request.send().await.map_err(|error| unreachable(&error))?;
    if answer.status() != reqwest::StatusCode::OK {
        let status = answer.status().as_u16();
        let said = body(&mut answer, LONGEST_REFUSAL).await.ok();
        let said = said.and_then(|body| message(&body));
        return Err(Failure::Refused(status, said.unwrap_or_default()));
    }
    body(&mut answer, LONGEST).await
}

/// The body of an answer, of so many bytes at most.
async fn body(answer: &mut reqwest::Response, longest: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + part.len() > longest {
            return Err(Failure::Garbled(format!(
                "it has more than {longest} bytes"
            )));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// What an error of AWS's API says: its `message`, which some services write with a capital.
fn message(body: &[u8]) -> Option<String> {
    let error: serde_json::Value = serde_json::from_slice(body).ok()?;
    let message = error.get("message").or_else(|| error.get("Message"))?;
    Some(message.as_str()?.chars().take(SHOWN).collect())
}

/// The innermost error tells what happened; those around it, that something did.
fn unreachable(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::Unreachable("no answer came in time".to_owned());
    }
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    Failure::Unreachable(cause.map_or_else(|| error.to_string(), ToString::to_string))
}

/// The outcome of `work`, unless `end` is done before.
async fn unless<T>(
    end: impl Future<Output = ()>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let (mut end, mut work) = (pin!(end), pin!(work));
    poll_fn(|task| match end.as_mut().poll(task) {
        Poll::Ready(()) => Poll::Ready(Err(Failure::Stopped)),
        Poll::Pending => work.as_mut().poll(task),
    })
    .await
}

#[cfg(test)]
mod tests;
