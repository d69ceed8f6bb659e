//! What the reader of JSON says of a text that is none, or too deep, and where in it.

use serde_json::Deserializer;
use serde_json::de::StrRead;
use xray_sdk::document::limits::{JSON_LEVELS, json_levels};

/// Reads a text that may be deep. Of one that is deeper than we let it be, as much is read as `serde_json` reads by itself.
pub(super) fn reader(text: &str) -> Deserializer<StrRead<'_>> {
    let mut json = Deserializer::from_str(text);
    if json_levels(text.as_bytes()) <= JSON_LEVELS {
        json.disable_recursion_limit();
    }
    json
}

/// What an error says, in our words where it is about depth.
pub(super) fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // It has no kind of its own.
    match text.strip_prefix("recursion limit exceeded") {
        Some(place) => format!(
            "lists and objects stand in one another more than {JSON_LEVELS} levels deep{place}"
        ),
        None => text,
    }
}

/// The byte at which `serde_json` says that something is wrong.
pub(super) fn offset_of(error: &serde_json::Error, text: &str) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    // A line end where none may be stands in column 0 of the line behind it.
    let mut offset = (before + error.column()).saturating_sub(1).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// What an error says, without the place in its own text.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = told(error);
    match text.rsplit_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => text,
    }
}
