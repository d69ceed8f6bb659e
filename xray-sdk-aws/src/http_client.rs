use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept as _;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::SdkConfig;
use std::sync::Arc;
use xray_sdk::{Text, TraceHeader, current};

use crate::body;
use crate::call::{Body, Call};
use crate::connection;
use crate::default_client::default_client;
use crate::describe;
use crate::parameters::Parameters;
use crate::wire::Wire;

/// Marks a request that is recorded already: with its call, where that has the wait for a connection recorded too.
#[derive(Clone)]
pub(crate) struct Recorded(pub(crate) Option<Call>);

/// A configuration whose HTTP client records the requests of *every* client that is made from it, by whatever code.
///
/// It is for clients that you do not make yourself, and so cannot give an interceptor. A client made by [`client!`](crate::client)
/// of the same configuration is recorded by its interceptor only; where that records [attempts](crate::XrayInterceptor::attempts), this adds the time that
/// each waits for its connection.
///
/// ```
/// # let config = aws_types::SdkConfig::builder().build();
/// // let config = aws_config::load_from_env().await;
/// let config = xray_sdk_aws::trace_http(&config);
/// // all clients that others make from `config` are recorded
/// # let _ = config;
/// ```
///
/// A configuration as `aws_config` loads it has no HTTP client, for each service's crate brings its own: the feature `default-https-client`, as the SDK's crates
/// call it too, brings the same one to this. Without it, such a configuration stays as it is, and a warning is logged.
///
/// All it sees is HTTP, so it records less than an interceptor does:
///
/// - each attempt is a subsegment of its own; the time for credentials and for waiting between attempts is not in it;
/// - parameters are found in JSON bodies, in the URLs of S3 and Lambda, and in the forms of SNS. A bucket in the name of a host that is none of AWS's is not found;
/// - throttling is known by status 429 only, and errors by their status.
///
/// Requests for credentials to the instance's or container's own endpoint are left out. What is traced twice is recorded once.
pub fn trace_http(config: &SdkConfig) -> SdkConfig {
    let Some(inner) = config.http_client().or_else(default_client) else {
        log::warn!(
            target: "xray_sdk",
            "trace_http records nothing, for the configuration has no HTTP client: turn on the feature default-https-client of xray-sdk-aws, \
             give the configuration an http_client, or make clients by xray_sdk_aws::client!"
        );
        return config.clone();
    };
    let traced = TracedHttpClient {
        tells_of_connections: inner
            .connector_metadata()
            .is_some_and(|connector| connector.name() == "hyper"),
        inner,
        parameters: Arc::new(Parameters::default()),
    };
    config.to_builder().http_client(traced).build()
}

/// An HTTP client of the SDK that records what it sends.
#[derive(Debug)]
struct TracedHttpClient {
    inner: SharedHttpClient,
    parameters: Arc<Parameters>,
    /// It is one of the SDK's own, which tell when a request has its connection.
    tells_of_connections: bool,
}

impl HttpClient for TracedHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(TracedConnector {
            inner: self.inner.http_connector(settings, components),
            parameters: self.parameters.clone(),
            tells_of_connections: self.tells_of_connections,
            operation: operation(components),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        cfg: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, cfg)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        cfg: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, cfg)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

/// The operation that a request is sent for: requests of REST do not name it, but each operation has interceptors that are named after it.
/// Only asked for where something is recorded.
fn operation(components: &RuntimeComponents) -> Option<&'static str> {
    if !current().is_recording() {
        return None;
    }
    components
        .interceptors()
        .find_map(|interceptor| interceptor.name().strip_suffix("EndpointParamsInterceptor"))
}

/// Made anew for each attempt.
#[derive(Debug)]
struct TracedConnector {
    inner: SharedHttpConnector,
    parameters: Arc<Parameters>,
    tells_of_connections: bool,
    operation: Option<&'static str>,
}

impl HttpConnector for TracedConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if let Some(Recorded(call)) = request.extension::<Recorded>() {
            return match call.clone() {
                Some(call) if self.tells_of_connections => {
                    connection::send(&self.inner, request, call)
                }
                _ => self.inner.call(request),
            };
        }
        let Some(wire) = Wire::read(&request, self.operation) else {
            return self.inner.call(request);
        };
        request.add_extension(Recorded(None));
        let mut subsegment = xray_sdk::subsegment(Text::copied(wire.service()))
            .aws()
            .begin();
        if subsegment.is_recording() {
            let operation = wire.operation();
            describe::operation(&mut subsegment, &operation);
            describe::request(
                &mut subsegment,
                Some(&request),
                &operation,
                &self.parameters,
            );
        }
        if let Some(header) = subsegment.header() {
            // The header is no part of the signature, so it may come after it.
            let _ = request
                .headers_mut()
                .try_insert(TraceHeader::NAME, header.to_string());
        }
        if !subsegment.is_recording() {
            return self.inner.call(request);
        }
        let watch = Watch(Call::new(subsegment));
        let parameters = self.parameters.clone();
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await;
            watch.answered(&mut answer, &wire, &parameters);
            answer
        })
    }
}

/// Closes the subsegment of a request, also when its future is dropped.
struct Watch(Call);

impl Watch {
    fn answered(
        &self,
        answer: &mut Result<HttpResponse, ConnectorError>,
        wire: &Wire,
        parameters: &Parameters,
    ) {
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                if let Some(mut subsegment) = self.0.state().subsegment.take() {
                    subsegment.record_error_as("DispatchFailure", error);
                }
                return;
            }
        };
        let declared = describe::declared_length(response);
        body::watch(response.body_mut(), declared, &self.0);
        let mut state = self.0.state();
        if let Some(subsegment) = &mut state.subsegment {
            describe::response(subsegment, response, 0, &wire.operation(), parameters);
        }
        if state.body == Body::Flowing {
            state.body = Body::HandedOver;
        } else {
            state.subsegment = None;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.0.state().body != Body::HandedOver {
            self.0.abandon();
        }
    }
}
