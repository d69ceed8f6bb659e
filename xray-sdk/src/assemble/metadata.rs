//! The `metadata` block of a node.

use crate::assemble::block::RESERVE;
use crate::assemble::draft::Entry;
use crate::assemble::entry::write_entry;
use crate::assemble::text::Text;

/// The namespace in which what was cut is named.
const TRIMMED: &str = "xray_sdk";
/// How many trimmed values are named.
const NAMED: usize = 16;

/// Writes the `metadata` of a node, if it has any.
pub(super) fn write_metadata(
    entries: &[Entry<'_>],
    text: &mut Text,
    limit: usize,
    trimmed: &mut Vec<String>,
) {
    if entries.is_empty() && trimmed.is_empty() {
        return;
    }
    let before = text.len();
    text.raw(b",\"metadata\":{");
    let begin = text.len();
    for (place, entry) in entries.iter().enumerate() {
        let namespace = entry.namespace;
        let is_first = entries[..place]
            .iter()
            .all(|other| other.namespace != namespace);
        if is_first && namespace != TRIMMED {
            write_namespace(namespace, &entries[place..], text, limit, trimmed);
        }
    }
    // Last, for it names what was trimmed in the others.
    if !trimmed.is_empty() || entries.iter().any(|entry| entry.namespace == TRIMMED) {
        write_namespace(TRIMMED, entries, text, limit, trimmed);
    }
    if text.len() == begin {
        text.truncate(before);
    } else {
        text.raw(b"}");
    }
}

/// Writes those of the entries that are of this namespace.
fn write_namespace(
    namespace: &str,
    entries: &[Entry<'_>],
    text: &mut Text,
    limit: usize,
    trimmed: &mut Vec<String>,
) {
    let before = text.len();
    text.any_key(namespace);
    text.raw(b"{");
    let begin = text.len();
    for entry in entries.iter().filter(|entry| entry.namespace == namespace) {
        write_entry(entry, text, limit, trimmed);
    }
    if namespace == TRIMMED && !trimmed.is_empty() {
        text.key("trimmed");
        text.raw(b"[");
        for name in trimmed.iter().take(NAMED) {
            text.separate();
            text.string_within(name, RESERVE / 2 / NAMED);
        }
        text.raw(b"]");
    }
    if text.len() == begin {
        text.truncate(before);
    } else {
        text.raw(b"}");
    }
}
