use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::SdkConfig;
use std::sync::Arc;
use xray_sdk::{Text, TraceHeader};

use crate::body;
use crate::call::{Body, Call};
use crate::describe;
use crate::parameters::Parameters;
use crate::wire::Wire;

/// Marks a request that an interceptor records already.
#[derive(Clone, Copy)]
pub(crate) struct Recorded;

/// A configuration whose HTTP client records the requests of *every* client that is made from it, by whatever code.
///
/// It is for clients that you do not make yourself, and so cannot give an interceptor. A client made by [`client!`](crate::client)
/// of the same configuration is recorded by its interceptor only.
///
/// ```
/// # let config = aws_types::SdkConfig::builder().build();
/// // let config = aws_config::load_from_env().await;
/// let config = xray_sdk_aws::trace_http(&config);
/// // all clients that others make from `config` are recorded
/// # let _ = config;
/// ```
///
/// All it sees is HTTP, so it records less than an interceptor does:
///
/// - each attempt is a subsegment of its own; the time for credentials, for waiting between attempts and for making a connection that takes no request is not in it;
/// - the service goes by its name in the `User-Agent`, the operation is known only where the protocol names it (JSON and query, not REST: S3, Lambda),
///   parameters are found only in JSON bodies;
/// - throttling is known by status 429 only, and errors by their status.
///
/// Requests for credentials to the instance's or container's own endpoint are left out. A configuration without an HTTP client stays as it is: each service's
/// crate then brings its own.
pub fn trace_http(config: &SdkConfig) -> SdkConfig {
    match config.http_client() {
        Some(inner) => config
            .to_builder()
            .http_client(TracedHttpClient {
                inner,
                parameters: Arc::new(Parameters::default()),
            })
            .build(),
        None => config.clone(),
    }
}

/// An HTTP client of the SDK that records what it sends.
#[derive(Debug)]
struct TracedHttpClient {
    inner: SharedHttpClient,
    parameters: Arc<Parameters>,
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

#[derive(Debug)]
struct TracedConnector {
    inner: SharedHttpConnector,
    parameters: Arc<Parameters>,
}

impl HttpConnector for TracedConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if request.extension::<Recorded>().is_some() {
            return self.inner.call(request);
        }
        let Some(wire) = Wire::read(&request) else {
            return self.inner.call(request);
        };
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
