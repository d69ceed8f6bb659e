//! JSON in, JSON out.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;
use crate::json::{field, missing, problem};

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
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let input = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        match (missing(&error), field(&error)) {
            (None, None) => unreadable(error.inner()),
            _ => ApiError::invalid_request(problem(&error)),
        }
    })?;
    deserializer.end().map_err(|error| unreadable(&error))?;
    Ok(input)
}

/// Reads a part of an input by itself. Fails with the field and what is wrong with it.
pub(super) fn read_part<T: DeserializeOwned>(part: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(part).map_err(|error| problem(&error))
}

/// Writes the output of a call.
pub(super) fn write(output: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(output).expect("all keys are text, and no field refuses to be written")
}

/// Writes a document that stands in an output as a text.
pub(super) fn text(document: &impl Serialize) -> String {
    serde_json::to_string(document).expect("all keys are text, and no field refuses to be written")
}

/// The answer of operations that have none.
#[derive(Serialize)]
pub(super) struct Nothing {}

/// The value of a field that must be there. Where the field is required whatever else the call says, its type says so, and `read` refuses.
pub(super) fn required<T>(field: Option<T>, name: &str) -> Result<T, ApiError> {
    field.ok_or_else(|| ApiError::invalid_request(format!("{name} is required")))
}

/// Refuses a token that no page ended with.
pub(super) fn unknown_token(token: &str) -> ApiError {
    ApiError::invalid_request(format!(
        "NextToken {token:?} is not valid: expected one that an earlier page ended with"
    ))
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
