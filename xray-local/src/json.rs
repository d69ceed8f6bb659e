//! What is wrong with JSON that cannot be read.

use serde_path_to_error::{Error, Path};

/// The field that has the wrong value; `None` where no value is to blame: the text is no JSON, or all of it is wrong.
pub(crate) fn field(error: &Error<serde_json::Error>) -> Option<&Path> {
    let is_one = error.path().iter().next().is_some();
    (is_one && error.inner().is_data()).then(|| error.path())
}

/// The field that is required and not there, or null, with the fields that it stands in.
pub(crate) fn missing(error: &Error<serde_json::Error>) -> Option<String> {
    let text = error.inner().to_string();
    // serde has no other way to tell either.
    if text.starts_with("invalid type: null,") {
        return field(error).map(ToString::to_string);
    }
    let (name, _) = text.strip_prefix("missing field `")?.split_once('`')?;
    Some(match field(error) {
        Some(around) => format!("{around}.{name}"),
        None => name.to_owned(),
    })
}

/// The field, if one is to blame, and why it could not be read.
pub(crate) fn problem(error: &Error<serde_json::Error>) -> String {
    match (missing(error), field(error)) {
        (Some(missing), _) => format!("{missing} is required"),
        (None, Some(field)) => format!("{field}: {}", error.inner()),
        (None, None) => error.inner().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Outer {
        #[serde(rename = "Inner")]
        _inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Inner {
        #[serde(rename = "Name")]
        _name: String,
    }

    fn told(json: &str) -> String {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let read = serde_path_to_error::deserialize::<_, Outer>(&mut deserializer);
        problem(&read.expect_err(json))
    }

    #[test]
    fn the_field_is_named_with_what_it_stands_in() {
        assert_eq!(told("{}"), "Inner is required");
        assert_eq!(told(r#"{"Inner":[{}]}"#), "Inner[0].Name is required");
        assert_eq!(told(r#"{"Inner":null}"#), "Inner is required");
        assert!(
            told(r#"{"Inner":[{"Name":7}]}"#).starts_with("Inner[0].Name: invalid type"),
            "{}",
            told(r#"{"Inner":[{"Name":7}]}"#)
        );
        assert!(told("7").starts_with("invalid type: integer `7`"));
    }
}
