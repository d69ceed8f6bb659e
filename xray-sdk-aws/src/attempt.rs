//! The attempts of a call, where they are recorded one by one.

use aws_smithy_runtime_api::client::http::telemetry::{
    CaptureHttpAttemptTelemetry, ConnectionAcquisitionTelemetry, ConnectionUsage,
    HttpAttemptTelemetry,
};
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use serde::Serialize;

use crate::call::{Attempt, State};
use crate::describe;
use crate::failure;

/// Begins attempt `number`, counted from 1.
pub(crate) fn begin(state: &mut State, number: u32) {
    if state.attempt.is_some() {
        return;
    }
    let Some(subsegment) = &mut state.subsegment else {
        return;
    };
    let mut attempt = subsegment.subsegment("attempt").begin();
    attempt.metadata_in("aws", "number", &number);
    state.attempt = Some(Attempt {
        subsegment: attempt,
        connection: CaptureHttpAttemptTelemetry::new(),
    });
}

/// Records how an attempt went, and closes it.
pub(crate) fn end(
    attempt: Attempt,
    context: &FinalizerInterceptorContextRef<'_>,
    components: &RuntimeComponents,
) {
    let mut subsegment = attempt.subsegment;
    if let Some(response) = context.response() {
        subsegment.http_status(response.status().as_u16());
        describe::ids(&mut subsegment, response);
    }
    subsegment.metadata_in(
        "aws",
        "connection",
        &Connection::of(&attempt.connection.get()),
    );
    failure::record(&mut subsegment, context, components);
}

/// What the HTTP client tells of an attempt's connection. Times are in seconds.
#[derive(Serialize)]
struct Connection {
    /// From handing the request to the HTTP client to the head of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_in: Option<f64>,
    /// Waiting for a connection or making it, name look-up and TLS included.
    #[serde(skip_serializing_if = "Option::is_none")]
    acquired_in: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'static str>,
}

impl Connection {
    fn of(telemetry: &HttpAttemptTelemetry) -> Self {
        let acquisition = telemetry.acquisition();
        Self {
            answered_in: telemetry
                .connector_call_duration()
                .map(|taken| taken.as_secs_f64()),
            acquired_in: acquisition
                .and_then(ConnectionAcquisitionTelemetry::duration)
                .map(|taken| taken.as_secs_f64()),
            usage: acquisition.map(|acquisition| match acquisition.usage() {
                ConnectionUsage::Fresh => "fresh",
                _ => "reused",
            }),
        }
    }
}
