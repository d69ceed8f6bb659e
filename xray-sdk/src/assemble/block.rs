//! The JSON of one segment or subsegment, without what it embeds.

use crate::assemble::Findings;
use crate::assemble::draft::{AnnotationValue, Draft};
use crate::assemble::entry::write_entry;
use crate::assemble::metadata::write_metadata;
use crate::assemble::subject::Subject;
use crate::assemble::text::{Text, floor_char_boundary};
use crate::clock::Scale;
use crate::document::limits;
use crate::record::event::{Field, Mark, Namespace};

/// What all segments of one recorder have in common, as JSON.
pub(crate) struct Common {
    /// `"key":value` pairs for the segment, as `"origin":"…","service":{…}`.
    pub(crate) fields: String,
    /// The fields of its `aws` block, each with its JSON.
    pub(crate) aws: Vec<(String, String)>,
}

/// Writes the blocks of nodes, none longer than a limit.
#[derive(Clone, Copy)]
pub(crate) struct Blocks<'a> {
    pub(crate) scale: Scale,
    pub(crate) common: &'a Common,
    pub(crate) findings: Findings<'a>,
    /// The most bytes of one block.
    pub(crate) limit: usize,
}

/// The longest SQL text, in bytes of JSON.
const SQL_BYTES: usize = 16 * 1024;
/// Kept free for the names of what was cut and for the ends of open blocks.
pub(super) const RESERVE: usize = 2 * 1024;

impl Blocks<'_> {
    /// Writes `"key":value` pairs, without braces, of what was read into `draft`. `cause` writes what is told of exceptions, up to where it
    /// is told to stop.
    pub(crate) fn write(
        &self,
        subject: &Subject<'_>,
        draft: &Draft<'_>,
        cause: &mut dyn FnMut(&mut Text, usize),
        text: &mut Text,
    ) {
        let limit = text.len() + self.limit - RESERVE;
        let is_root = subject.is_root();
        let is_segment = is_root && !subject.identity.is_part();
        let mut trimmed = Vec::new();
        self.head(subject, draft, text);
        if is_segment {
            self.segment(draft, text, &mut trimmed);
        } else {
            match subject.namespace {
                Namespace::Local => {}
                Namespace::Remote => text.raw(b",\"namespace\":\"remote\""),
                Namespace::Aws => text.raw(b",\"namespace\":\"aws\""),
            }
        }
        if is_root {
            self.findings
                .misplaced_user(subject.identity, draft.text(Field::User));
            links(draft, text);
        }
        http(draft, text, &mut trimmed);
        sql(draft, text, &mut trimmed);
        self.annotations(draft, text, limit, &mut trimmed);
        cause(text, limit);
        self.aws(draft, is_segment, text, limit, &mut trimmed);
        write_metadata(&draft.lists.metadata, text, limit, &mut trimmed);
        self.findings.trimmed(subject.identity, &trimmed);
    }

    fn head(&self, subject: &Subject<'_>, draft: &Draft<'_>, text: &mut Text) {
        let given = draft.text(Field::Name).unwrap_or(subject.name);
        let name = limits::repair_name(given);
        if !is_same(&name, given) {
            self.findings.repaired_name(subject.identity, given, &name);
        }
        text.raw(b"\"name\":\"");
        // Nothing that a name may have needs escaping.
        text.raw(&*name);
        let before = draft.number(Field::BeganBefore).unwrap_or(0) / 1_000;
        let start = self
            .scale
            .epoch_micros(subject.began)
            .saturating_sub(before);
        let end = subject
            .closed
            .map(|at| self.scale.epoch_micros(at).max(start));
        text.identity(subject.id, start, end);
        if !draft.is_unmarked() {
            for (mark, field) in [
                (Mark::Fault, &b",\"fault\":true"[..]),
                (Mark::Error, b",\"error\":true"),
                (Mark::Throttle, b",\"throttle\":true"),
            ] {
                if draft.has(mark) || mark == Mark::Fault && draft.has(Mark::Panicked) {
                    text.raw(field);
                }
            }
        }
        if !draft.lists.precursors.is_empty() {
            text.raw(b",\"precursor_ids\":[");
            for id in draft.lists.precursors.iter().take(100) {
                text.separate();
                text.raw(b"\"");
                text.segment_id(*id);
                text.raw(b"\"");
            }
            text.raw(b"]");
        }
    }

    fn segment(&self, draft: &Draft<'_>, text: &mut Text, trimmed: &mut Vec<String>) {
        if let Some(user) = draft.text(Field::User) {
            write_text(b",\"user\":\"", user, text, trimmed);
        }
        if !self.common.fields.is_empty() {
            text.separate();
            text.raw(&self.common.fields);
        }
    }

    fn annotations(
        &self,
        draft: &Draft<'_>,
        text: &mut Text,
        limit: usize,
        trimmed: &mut Vec<String>,
    ) {
        if draft.lists.annotations.is_empty() {
            return;
        }
        text.raw(b",\"annotations\":");
        let start = text.len();
        for annotation in &draft.lists.annotations {
            let key = &*annotation.key;
            if !is_same(key, annotation.given) {
                self.findings.repaired_key(annotation);
            }
            let before = text.len();
            // Nothing that a key may have needs escaping.
            text.member(key);
            match annotation.value {
                AnnotationValue::Text(value) => {
                    write_cut(
                        value,
                        limits::ANNOTATION_TEXT_CHARACTERS,
                        key,
                        text,
                        trimmed,
                    );
                }
                AnnotationValue::Integer(number) => text.integer(number),
                AnnotationValue::Unsigned(number) => text.integer(number),
                AnnotationValue::Float(number) => text.float(number),
                AnnotationValue::Boolean(true) => text.raw(b"true"),
                AnnotationValue::Boolean(false) => text.raw(b"false"),
            }
            if text.len() > limit {
                text.truncate(before);
                self.findings.left_out();
            }
        }
        text.end_object(start);
    }

    fn aws(
        &self,
        draft: &Draft<'_>,
        is_segment: bool,
        text: &mut Text,
        limit: usize,
        trimmed: &mut Vec<String>,
    ) {
        if draft.lists.aws.is_empty() && !is_segment {
            return;
        }
        text.raw(b",\"aws\":");
        let start = text.len();
        if is_segment {
            for (key, json) in &self.common.aws {
                // What the program says of itself is meant.
                if draft.lists.aws.iter().all(|entry| entry.key != key) {
                    text.member(key);
                    text.raw(json);
                }
            }
            text.raw(SDK);
            if let Some(rule) = draft.text(Field::SamplingRule) {
                text.raw(b",\"sampling_rule_name\":");
                text.string(rule);
            }
            text.raw(b"}");
        }
        for entry in draft.lists.aws.iter().filter(|entry| entry.key != "xray") {
            write_entry(entry, text, limit, trimmed);
        }
        text.end_object(start);
    }
}

/// Whether a text was not changed: it is the text that was given, not only one like it.
#[inline]
fn is_same(text: &str, given: &str) -> bool {
    std::ptr::eq(text, given)
}

const SDK: &str = concat!(
    ",\"xray\":{\"sdk\":\"X-Ray for Rust\",\"sdk_version\":\"",
    env!("CARGO_PKG_VERSION"),
    "\""
);

fn links(draft: &Draft<'_>, text: &mut Text) {
    if draft.lists.links.is_empty() {
        return;
    }
    text.raw(b",\"links\":[");
    for (trace, segment) in draft.lists.links.iter().take(limits::LINKS_PER_SEGMENT) {
        text.separate();
        text.raw(b"{\"trace_id\":");
        text.string(trace);
        text.raw(b",\"id\":\"");
        text.segment_id(*segment);
        text.raw(b"\"}");
    }
    text.raw(b"]");
}

const REQUEST_FIELDS: u32 = Field::HttpMethod.bit()
    | Field::HttpUrl.bit()
    | Field::HttpUserAgent.bit()
    | Field::HttpClientIp.bit();
const RESPONSE_FIELDS: u32 = Field::HttpStatus.bit() | Field::HttpContentLength.bit();

fn http(draft: &Draft<'_>, text: &mut Text, trimmed: &mut Vec<String>) {
    if !draft.has_any(REQUEST_FIELDS | RESPONSE_FIELDS) {
        return;
    }
    let http = text.len() + b",\"http\":".len();
    let request = http + b"{\"request\":".len();
    if draft.has_any(REQUEST_FIELDS) {
        match draft.text(Field::HttpMethod) {
            Some(value) => write_text(
                b",\"http\":{\"request\":{\"method\":\"",
                value,
                text,
                trimmed,
            ),
            None => text.raw(b",\"http\":{\"request\":"),
        }
        if let Some(value) = draft.text(Field::HttpUrl) {
            write_text(b",\"url\":\"", value, text, trimmed);
        }
        if let Some(value) = draft.text(Field::HttpUserAgent) {
            write_text(b",\"user_agent\":\"", value, text, trimmed);
        }
        if let Some(value) = draft.text(Field::HttpClientIp) {
            write_text(b",\"client_ip\":\"", value, text, trimmed);
        }
        if draft.has(Mark::Forwarded) {
            text.raw(b",\"x_forwarded_for\":true");
        }
        text.end_object(request);
    } else {
        text.raw(b",\"http\":");
    }
    if draft.has_any(RESPONSE_FIELDS) {
        let response = text.len() + b",\"response\":".len();
        match draft.number(Field::HttpStatus) {
            Some(status) => {
                text.raw(b",\"response\":{\"status\":");
                text.status(status);
            }
            None => text.raw(b",\"response\":"),
        }
        if let Some(length) = draft.number(Field::HttpContentLength) {
            text.raw(b",\"content_length\":");
            text.integer(length);
        }
        text.end_object(response);
    }
    text.end_object(http);
}

const SQL_FIELDS: u32 = Field::SqlConnection.bit()
    | Field::SqlUrl.bit()
    | Field::SqlQuery.bit()
    | Field::SqlDatabaseType.bit()
    | Field::SqlDatabaseVersion.bit()
    | Field::SqlDriverVersion.bit()
    | Field::SqlUser.bit()
    | Field::SqlPreparation.bit();

fn sql(draft: &Draft<'_>, text: &mut Text, trimmed: &mut Vec<String>) {
    if !draft.has_any(SQL_FIELDS) {
        return;
    }
    text.raw(b",\"sql\":");
    let start = text.len();
    if let Some(value) = draft.text(Field::SqlConnection) {
        write_text(b",\"connection_string\":\"", value, text, trimmed);
    }
    if let Some(value) = draft.text(Field::SqlUrl) {
        write_text(b",\"url\":\"", value, text, trimmed);
    }
    if let Some(value) = draft.text(Field::SqlDatabaseType) {
        write_text(b",\"database_type\":\"", value, text, trimmed);
    }
    if let Some(value) = draft.text(Field::SqlDatabaseVersion) {
        write_text(b",\"database_version\":\"", value, text, trimmed);
    }
    if let Some(value) = draft.text(Field::SqlDriverVersion) {
        write_text(b",\"driver_version\":\"", value, text, trimmed);
    }
    if let Some(value) = draft.text(Field::SqlUser) {
        write_text(b",\"user\":\"", value, text, trimmed);
    }
    if let Some(value) = draft.text(Field::SqlPreparation) {
        write_text(b",\"preparation\":\"", value, text, trimmed);
    }
    if let Some(value) = draft.text(Field::SqlQuery) {
        text.raw(b",\"sanitized_query\":");
        if !text.string_within(value, SQL_BYTES) {
            trimmed.push("sanitized_query".to_owned());
        }
    }
    text.end_object(start);
}

/// Writes a text of which X-Ray takes only so many characters, behind its comma, its key and its first quote.
#[inline(always)]
fn write_text<const LENGTH: usize>(
    key: &[u8; LENGTH],
    value: &str,
    text: &mut Text,
    trimmed: &mut Vec<String>,
) {
    // No character is shorter than a byte.
    if value.len() <= limits::TEXT_CHARACTERS {
        return text.text_member(key, value);
    }
    write_long(&key[..LENGTH - 1], value, text, trimmed);
}

#[cold]
fn write_long(key: &[u8], value: &str, text: &mut Text, trimmed: &mut Vec<String>) {
    text.raw(key);
    let name = key.rsplit(|byte| *byte == b'"').nth(1).unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    write_cut(value, limits::TEXT_CHARACTERS, &name, text, trimmed);
}

/// Writes text that X-Ray takes only so many characters of.
fn write_cut(
    value: &str,
    characters: usize,
    name: &str,
    text: &mut Text,
    trimmed: &mut Vec<String>,
) {
    let cut = limits::cut(value, characters);
    if cut.len() < value.len() {
        trimmed.push(floor(name, 120).to_owned());
    }
    text.string(cut);
}

pub(super) fn floor(text: &str, bytes: usize) -> &str {
    &text[..floor_char_boundary(text, bytes)]
}
