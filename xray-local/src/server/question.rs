//! What is asked of this server beyond the X-Ray API. What cannot be read is refused as the API refuses.

use axum::extract::{self, FromRequestParts};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::api::ApiError;
use crate::filter::Filter;

/// The fields behind the `?` of an address.
pub(super) struct Query<T>(pub(super) T);

/// What stands in the path.
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = extract::Query::from_request_parts(parts, state).await;
        read.map(|extract::Query(fields)| Self(fields))
            .map_err(|rejection| refused(&rejection.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = extract::Path::from_request_parts(parts, state).await;
        read.map(|extract::Path(part)| Self(part))
            .map_err(|rejection| refused(&rejection.body_text()))
    }
}

fn refused(problem: &str) -> ApiError {
    // What could not be read, behind how axum calls that.
    let problem = problem
        .split_once(": ")
        .map_or(problem, |(_, problem)| problem);
    ApiError::invalid_request(format!("the address cannot be read: {problem}"))
}

/// The filter of a question; none where it is empty.
pub(super) fn filter(text: &str) -> Result<Option<Filter>, ApiError> {
    let refused = |error| ApiError::invalid_request(format!("filter cannot be read: {error}"));
    match text.trim() {
        "" => Ok(None),
        text => Filter::parse(text).map(Some).map_err(refused),
    }
}
