//! The parts of a document that the tests look at, without the ceremony of asking for each.

use xray_sdk::document::{Document, Exception, HttpRequest};

pub(crate) fn request(document: &Document) -> &HttpRequest {
    document.request().expect("an HTTP request is recorded")
}

pub(crate) fn content_length(document: &Document) -> Option<i64> {
    document.http.as_ref()?.response.as_ref()?.content_length
}

pub(crate) fn exceptions(document: &Document) -> &[Exception] {
    match &document.cause {
        Some(xray_sdk::document::Cause::Exceptions(cause)) => &cause.exceptions,
        _ => &[],
    }
}

pub(crate) fn is_aborted(document: &Document) -> bool {
    document
        .metadata
        .get("xray")
        .is_some_and(|namespace| namespace["aborted"] == true)
}

/// Error, fault and throttle, as they stand in a trace's outline.
pub(crate) fn flags(document: &Document) -> (bool, bool, bool) {
    (document.error, document.fault, document.throttle)
}
