//! What the reader of JSON says of a text that is none, and where in it.

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
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => text,
    }
}
