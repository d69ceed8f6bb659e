//! The status of a gRPC call, which travels beside the status of HTTP.

use http::{HeaderMap, HeaderName};
use xray_sdk::Entity;

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// How X-Ray counts a call that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Error,
    Fault,
    Throttle,
}

/// Records the gRPC status that headers or trailers hold; nothing when they hold none, or "OK".
///
/// The status becomes a flag, by the table that X-Ray's SDK for Go uses, and its name the metadata `status` in the
/// namespace `grpc`.
pub(crate) fn record_status(entity: &mut Entity, headers: &HeaderMap) {
    let Some(code) = headers.get(&GRPC_STATUS) else {
        return;
    };
    let Some((name, failure)) = failure(code.to_str().unwrap_or_default()) else {
        return;
    };
    match failure {
        Failure::Error => entity.error(),
        Failure::Fault => entity.fault(),
        Failure::Throttle => entity.throttle(),
    };
    entity.metadata_in("grpc", "status", name);
}

/// The name of a status code, and how it counts; `None` for success.
///
/// A code that nobody knows counts as UNKNOWN, as gRPC's documents ask for ("Status codes and their use in gRPC").
fn failure(code: &str) -> Option<(&'static str, Failure)> {
    Some(match code {
        "0" => return None,
        "1" => ("CANCELLED", Failure::Error),
        "3" => ("INVALID_ARGUMENT", Failure::Error),
        "4" => ("DEADLINE_EXCEEDED", Failure::Fault),
        "5" => ("NOT_FOUND", Failure::Error),
        "6" => ("ALREADY_EXISTS", Failure::Error),
        "7" => ("PERMISSION_DENIED", Failure::Error),
        "8" => ("RESOURCE_EXHAUSTED", Failure::Throttle),
        "9" => ("FAILED_PRECONDITION", Failure::Error),
        "10" => ("ABORTED", Failure::Error),
        "11" => ("OUT_OF_RANGE", Failure::Error),
        "12" => ("UNIMPLEMENTED", Failure::Fault),
        "13" => ("INTERNAL", Failure::Fault),
        "14" => ("UNAVAILABLE", Failure::Fault),
        "15" => ("DATA_LOSS", Failure::Fault),
        "16" => ("UNAUTHENTICATED", Failure::Error),
        _ => ("UNKNOWN", Failure::Fault),
    })
}
