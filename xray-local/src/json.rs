//! What is wrong with JSON that cannot be read.

use serde_path_to_error::{Error, Path};

/// The field that has the wrong value; `None` where no value is to blame: the text is no JSON, or all of it is wrong.
pub(crate) fn field(error: &Error<serde_json::Error>) -> Option<&Path> {
    let is_one = error.path().iter().next().is_some();
    (is_one && error.inner().is_data()).then(|| error.path())
}

/// The field, if one is to blame, and why it could not be read.
pub(crate) fn problem(error: &Error<serde_json::Error>) -> String {
    match field(error) {
        None => error.inner().to_string(),
        Some(field) => format!("{field}: {}", error.inner()),
    }
}
