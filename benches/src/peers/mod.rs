//! The recorders of others, each as its documentation says, with its faster settings.

pub(crate) mod fastrace;
pub(crate) mod opentelemetry;
pub(crate) mod opentelemetry_aws;
pub(crate) mod tracing;
pub(crate) mod tracing_opentelemetry;
pub(crate) mod xray_lite;

/// Spans, or documents, for each request.
const SPANS: u64 = 6;

/// Whether so many spans arrived as so many requests have.
fn all_arrived(spans: u64, operations: u64) -> Result<(), String> {
    (spans == SPANS * operations)
        .then_some(())
        .ok_or_else(|| format!("{spans} spans of {operations} requests"))
}

#[cfg(test)]
mod tests;
