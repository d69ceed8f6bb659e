//! An HTTP client of the SDK that answers by itself.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::connection::ConnectionMetadata;
use aws_smithy_runtime_api::client::http::telemetry::{
    CaptureHttpAttemptTelemetry, ConnectionAcquisitionTelemetry, ConnectionUsage,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

/// What a request is answered with.
pub(crate) enum Answer {
    Response(Box<HttpResponse>),
    Refused,
    Never,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(
            status,
            &[("content-type", "application/x-amz-json-1.0")],
            body,
        )
    }

    /// An answer of S3.
    pub(crate) fn xml(status: u16, body: &str) -> Self {
        Self::new(
            status,
            &[
                ("content-type", "application/xml"),
                ("x-amz-request-id", "S3-REQUEST"),
                ("x-amz-id-2", "S3-HOST"),
            ],
            body,
        )
    }

    pub(crate) fn new(
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: impl Into<SdkBody>,
    ) -> Self {
        let status = status.try_into().expect("a status");
        let mut response = HttpResponse::new(status, body.into());
        for &(name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        Self::Response(Box::new(response))
    }

    /// The same with one more header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Response(response) = &mut self {
            response.headers_mut().insert(name, value.into());
        }
        self
    }
}

type Answering = dyn Fn(usize, &HttpRequest) -> Answer + Send + Sync;

/// Answers requests, and keeps their heads.
#[derive(Clone)]
pub(crate) struct Canned {
    answering: Arc<Answering>,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
}

impl Canned {
    /// Each request by its number, counted from 0.
    pub(crate) fn new(
        answering: impl Fn(usize, &HttpRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self {
            answering: Arc::new(answering),
            requests: Arc::default(),
        }
    }

    /// Every request by this JSON.
    pub(crate) fn json(body: &'static str) -> Self {
        Self::new(move |_, _| Answer::json(200, body).header("x-amzn-requestid", "REQUEST"))
    }

    /// What was sent, with the bodies that are in memory.
    pub(crate) fn requests(&self) -> Vec<HttpRequest> {
        let requests = self.requests.lock().expect("no test has panicked with it");
        requests
            .iter()
            .map(|request| request.try_clone().expect("a body in memory"))
            .collect()
    }

    /// The tracing header of the request with this number.
    pub(crate) fn trace_header(&self, number: usize) -> Option<String> {
        let requests = self.requests.lock().expect("no test has panicked with it");
        let header = requests[number].headers().get("x-amzn-trace-id");
        header.map(str::to_owned)
    }

    /// A configuration of clients that send here. Nothing is waited for: a wait is over at once.
    pub(crate) fn config(&self) -> aws_types::sdk_config::Builder {
        let credentials = aws_sdk_sqs::config::Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI-SECRET",
            None,
            None,
            "test",
        );
        SdkConfig::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(aws_sdk_sqs::config::SharedCredentialsProvider::new(
                credentials,
            ))
            .http_client(self.clone())
            .sleep_impl(AtOnce)
            .retry_config(RetryConfig::standard())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(
                aws_sdk_sqs::config::StalledStreamProtectionConfig::disabled(),
            )
    }
}

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canned")
    }
}

impl HttpClient for Canned {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut requests = self.requests.lock().expect("no test has panicked with it");
        let answer = (self.answering)(requests.len(), &request);
        if let Some(telemetry) = request.extension::<CaptureHttpAttemptTelemetry>() {
            tell_of_connection(telemetry);
        }
        requests.push(request);
        match answer {
            Answer::Response(response) => HttpConnectorFuture::ready(Ok(*response)),
            Answer::Refused => HttpConnectorFuture::ready(Err(ConnectorError::io(
                std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into(),
            ))),
            Answer::Never => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

/// As the SDK's own pool of connections does.
fn tell_of_connection(telemetry: &CaptureHttpAttemptTelemetry) {
    let usage = ConnectionUsage::Fresh;
    let acquired = ConnectionAcquisitionTelemetry::new(Duration::from_millis(250), usage);
    let connection = ConnectionMetadata::builder()
        .proxied(false)
        .poison_fn(|| {});
    telemetry.record_connection_selection(acquired, connection.build());
    telemetry.record_connector_call_duration(Duration::from_millis(500));
}

/// Time that passes at once.
#[derive(Debug)]
struct AtOnce;

impl AsyncSleep for AtOnce {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}
