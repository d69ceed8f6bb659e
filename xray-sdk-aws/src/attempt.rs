//! The attempts of a call, where they are recorded one by one.

use aws_smithy_runtime_api::client::http::telemetry::{
    CaptureHttpAttemptTelemetry, ConnectionUsage,
};
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::call::{Attempt, State};
use crate::describe;
use crate::failure;

/// Begins attempt `number`, counted from 1.
pub(crate) fn begin(state: &mut State, number: u32) {
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
    if let Some(acquisition) = attempt.connection.get().acquisition() {
        let usage = match acquisition.usage() {
            ConnectionUsage::Fresh => "fresh",
            _ => "reused",
        };
        let acquired_in = acquisition.duration().map(|taken| taken.as_secs_f64());
        subsegment.metadata_in(
            "aws",
            "connection",
            &serde_json::json!({"usage": usage, "acquired_in": acquired_in}),
        );
    }
    failure::record(&mut subsegment, context, components);
}
