//! JSON in, JSON out.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// Reads the input of a call. No body is an empty input; unknown fields are ignored.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let unreadable = |cause: &dyn std::fmt::Display| {
        ApiError::invalid_request(format!("the request body cannot be read: {cause}"))
    };
    let body = match body.trim_ascii() {
        [] => b"{}",
        // A list would pass for an object whose fields it has in order.
        [b'[', ..] => return Err(unreadable(&"expected an object, not a list")),
        body => body,
    };
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

/// Writes the output of a call.
pub(super) fn write(output: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(output).expect("all keys are text, and no field refuses to be written")
}

/// The value of a field that must be there.
pub(super) fn required<T>(field: Option<T>, name: &str) -> Result<T, ApiError> {
    field.ok_or_else(|| ApiError::invalid_request(format!("{name} is required")))
}

/// Refuses a token: for operations that answer everything at once.
pub(super) fn no_token(token: Option<&str>) -> Result<(), ApiError> {
    match token {
        None => Ok(()),
        Some(_) => Err(ApiError::invalid_request(
            "NextToken is currently not supported: everything is answered at once",
        )),
    }
}
