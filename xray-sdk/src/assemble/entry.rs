use crate::assemble::block::floor;
use crate::assemble::draft::Entry;
use crate::assemble::text::Text;
use crate::record::event::Form;

/// The longest key of metadata.
const KEY_BYTES: usize = 1024;

/// Writes a value that may be too long for the document: then as text, cut, and named in `trimmed`.
pub(super) fn write_entry(
    entry: &Entry<'_>,
    text: &mut Text,
    limit: usize,
    trimmed: &mut Vec<String>,
) {
    let before = text.len();
    text.any_key(floor(entry.key, KEY_BYTES));
    match entry.form {
        Form::Json if text.len() + entry.json.len() <= limit => return text.raw(entry.json),
        // What is escaped takes more; then it is written again.
        Form::Text if text.len() + entry.json.len() + 2 <= limit => {
            let start = text.len();
            if text.string_within(entry.json, limit - start) {
                return;
            }
            text.truncate(start);
        }
        Form::Json | Form::Text | Form::Cut => {}
    }
    let room = limit.saturating_sub(text.len());
    if room < 64 {
        text.truncate(before);
    } else {
        // Half of what is left: another one may follow.
        text.string_within(entry.json, room / 2);
    }
    trimmed.push(format!(
        "{}.{}",
        floor(entry.namespace, 60),
        floor(entry.key, 60)
    ));
}
