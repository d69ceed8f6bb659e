//! The wait for a connection, as a subsegment of the attempt that waits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::telemetry::CaptureHttpAttemptTelemetry;
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use xray_sdk::Subsegment;

use crate::call::Call;

/// Sends `request` by a connector that tells when it has a connection.
///
/// A connection that waits in the pool is there at once, and is not told of.
pub(crate) fn send(
    connector: &SharedHttpConnector,
    request: HttpRequest,
    call: Call,
) -> HttpConnectorFuture {
    let mut wait = Wait {
        call,
        signs: Signs::of(&request),
        state: State::New,
    };
    let answer = connector.call(request);
    HttpConnectorFuture::new(async move {
        let mut answer = pin!(answer);
        poll_fn(|task| {
            let polled = answer.as_mut().poll(task);
            wait.look(&polled);
            polled
        })
        .await
    })
}

struct Wait {
    call: Call,
    signs: Signs,
    state: State,
}

enum State {
    New,
    Waiting(Subsegment),
    Over,
}

/// Where the SDK's HTTP clients tell of the connection that a request goes out by, as soon as there is one.
struct Signs {
    /// Those with the pool of the SDK's own.
    attempt: Option<CaptureHttpAttemptTelemetry>,
    /// Those with the pool of hyper.
    connection: Option<CaptureSmithyConnection>,
}

impl Signs {
    fn of(request: &HttpRequest) -> Self {
        Self {
            attempt: request.extension().cloned(),
            connection: request.extension().cloned(),
        }
    }

    fn have_connection(&self) -> bool {
        let attempt = self.attempt.as_ref();
        attempt.is_some_and(|attempt| attempt.get().acquisition().is_some())
            || self
                .connection
                .as_ref()
                .is_some_and(|connection| connection.get().is_some())
    }
}

impl Wait {
    /// To be called after each poll of the answer.
    fn look(&mut self, polled: &Poll<Result<HttpResponse, ConnectorError>>) {
        if matches!(self.state, State::Over) {
            return;
        }
        let has_connection = matches!(polled, Poll::Ready(Ok(_))) || self.signs.have_connection();
        match polled {
            Poll::Pending if !has_connection => {
                if matches!(self.state, State::New) {
                    self.begin();
                }
            }
            _ => {
                let before = std::mem::replace(&mut self.state, State::Over);
                if let (State::Waiting(mut wait), Poll::Ready(Err(error))) = (before, polled)
                    && !has_connection
                {
                    wait.record_error_as("ConnectorError", error);
                }
            }
        }
    }

    fn begin(&mut self) {
        if let Some(attempt) = &mut self.call.state().attempt {
            let wait = attempt.subsegment.subsegment("connect").begin();
            self.state = State::Waiting(wait);
        }
    }
}
