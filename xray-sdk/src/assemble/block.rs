//! The JSON of one segment or subsegment, without what it embeds.

use std::mem;

use crate::assemble::Findings;
use crate::assemble::cause::Written;
use crate::assemble::draft::{AnnotationValue, Draft, Lists};
use crate::assemble::entry::write_entry;
use crate::assemble::metadata::write_metadata;
use crate::assemble::text::{Text, floor_char_boundary};
use crate::assemble::tree::{Node, Opened, Place, Tree};
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
pub(crate) struct Blocks<'a> {
    pub(crate) scale: Scale,
    pub(crate) common: &'a Common,
    pub(crate) findings: Findings<'a>,
    /// Room for the lists of one node after the other.
    pub(crate) lists: &'a mut Lists<'static>,
    /// The most bytes of one block.
    pub(crate) limit: usize,
}

/// The longest SQL text, in bytes of JSON.
const SQL_BYTES: usize = 16 * 1024;
/// Kept free for the names of what was cut and for the ends of open blocks.
pub(super) const RESERVE: usize = 2 * 1024;

impl Blocks<'_> {
    /// Writes `"key":value` pairs, without braces.
    pub(crate) fn write(
        &mut self,
        tree: &Tree,
        place: Place,
        opened: &Opened,
        written: &mut Written,
        text: &mut Text,
    ) {
        let node = tree.node(place);
        let mut draft = Draft::new(mem::take(self.lists));
        draft.read(tree, node);
        let limit = text.len() + self.limit - RESERVE;
        let is_root = node.id == tree.identity().segment_id();
        let is_segment = is_root && !tree.identity().is_part();
        let mut trimmed = Vec::new();
        self.head(tree, node, opened, &draft, text);
        if is_segment {
            self.segment(&draft, text, &mut trimmed);
        } else {
            match opened.namespace {
                Namespace::Local => {}
                Namespace::Remote => text.raw(b",\"namespace\":\"remote\""),
                Namespace::Aws => text.raw(b",\"namespace\":\"aws\""),
            }
        }
        if is_root {
            self.findings.misplaced_user(tree, draft.text(Field::User));
            links(&draft, text);
        }
        http(&draft, text, &mut trimmed);
        sql(&draft, text, &mut trimmed);
        self.annotations(&draft, text, limit, &mut trimmed);
        if !draft.lists.exceptions.is_empty() {
            written.write(tree, place, &draft.lists.exceptions, text, limit);
        }
        self.aws(&draft, is_segment, text, limit, &mut trimmed);
        write_metadata(&draft.lists.metadata, text, limit, &mut trimmed);
        *self.lists = draft.lists.emptied();
        self.findings.trimmed(tree, &trimmed);
    }

    fn head(
        &mut self,
        tree: &Tree,
        node: &Node,
        opened: &Opened,
        draft: &Draft<'_>,
        text: &mut Text,
    ) {
        let given = draft
            .text(Field::Name)
            .unwrap_or_else(|| tree.name_of(opened));
        let name = limits::repair_name(given);
        if name != given {
            self.findings.repaired_name(tree, given, &name);
        }
        text.raw(b"\"name\":");
        // Nothing that a name may have needs escaping.
        text.plain(&name);
        text.raw(b",\"id\":\"");
        text.segment_id(node.id);
        text.raw(b"\",\"start_time\":");
        let before = draft.number(Field::BeganBefore).unwrap_or(0) / 1_000;
        let start = self.scale.epoch_micros(opened.at).saturating_sub(before);
        text.seconds(start);
        match node.closed {
            Some(at) => {
                text.raw(b",\"end_time\":");
                text.seconds(self.scale.epoch_micros(at).max(start));
            }
            None => text.raw(b",\"in_progress\":true"),
        }
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

    fn segment(&mut self, draft: &Draft<'_>, text: &mut Text, trimmed: &mut Vec<String>) {
        if let Some(user) = draft.text(Field::User) {
            text.raw(b",\"user\":");
            write_cut(user, limits::TEXT_CHARACTERS, "user", text, trimmed);
        }
        if !self.common.fields.is_empty() {
            text.separate();
            text.raw(&self.common.fields);
        }
    }

    fn annotations(
        &mut self,
        draft: &Draft<'_>,
        text: &mut Text,
        limit: usize,
        trimmed: &mut Vec<String>,
    ) {
        if draft.lists.annotations.is_empty() {
            return;
        }
        text.raw(b",\"annotations\":{");
        for annotation in &draft.lists.annotations {
            let key = limits::repair_key(annotation.key);
            if key != annotation.key {
                self.findings.repaired_key(annotation, &key);
            }
            let before = text.len();
            // Nothing that a key may have needs escaping.
            text.key(&key);
            match annotation.value {
                AnnotationValue::Text(value) => {
                    write_cut(
                        value,
                        limits::ANNOTATION_TEXT_CHARACTERS,
                        &key,
                        text,
                        trimmed,
                    );
                }
                AnnotationValue::Integer(number) => text.integer(number),
                AnnotationValue::Unsigned(number) => text.integer(number),
                AnnotationValue::Float(number) => text.float(number),
                AnnotationValue::Boolean(truth) => text.display(truth),
            }
            if text.len() > limit {
                text.truncate(before);
                self.findings.left_out();
            }
        }
        text.raw(b"}");
    }

    fn aws(
        &mut self,
        draft: &Draft<'_>,
        is_segment: bool,
        text: &mut Text,
        limit: usize,
        trimmed: &mut Vec<String>,
    ) {
        if draft.lists.aws.is_empty() && !is_segment {
            return;
        }
        text.raw(b",\"aws\":{");
        if is_segment {
            for (key, json) in &self.common.aws {
                // What the program says of itself is meant.
                if draft.lists.aws.iter().all(|entry| entry.key != key) {
                    text.key(key);
                    text.raw(json);
                }
            }
            text.key("xray");
            text.raw(SDK);
            if let Some(rule) = draft.text(Field::SamplingRule) {
                text.key("sampling_rule_name");
                text.string(rule);
            }
            text.raw(b"}");
        }
        for entry in draft.lists.aws.iter().filter(|entry| entry.key != "xray") {
            write_entry(entry, text, limit, trimmed);
        }
        text.raw(b"}");
    }
}

const SDK: &str = concat!(
    "{\"sdk\":\"X-Ray for Rust\",\"sdk_version\":\"",
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
    text.raw(b",\"http\":{");
    if draft.has_any(REQUEST_FIELDS) {
        text.raw(b"\"request\":{");
        for (key, field) in [
            ("method", Field::HttpMethod),
            ("url", Field::HttpUrl),
            ("user_agent", Field::HttpUserAgent),
            ("client_ip", Field::HttpClientIp),
        ] {
            if let Some(value) = draft.text(field) {
                text.key(key);
                write_cut(value, limits::TEXT_CHARACTERS, key, text, trimmed);
            }
        }
        if draft.has(Mark::Forwarded) {
            text.key("x_forwarded_for");
            text.raw(b"true");
        }
        text.raw(b"}");
    }
    if draft.has_any(RESPONSE_FIELDS) {
        text.separate();
        text.raw(b"\"response\":{");
        for (key, field) in [
            ("status", Field::HttpStatus),
            ("content_length", Field::HttpContentLength),
        ] {
            if let Some(number) = draft.number(field) {
                text.key(key);
                text.integer(number);
            }
        }
        text.raw(b"}");
    }
    text.raw(b"}");
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
    let fields = [
        ("connection_string", Field::SqlConnection),
        ("url", Field::SqlUrl),
        ("database_type", Field::SqlDatabaseType),
        ("database_version", Field::SqlDatabaseVersion),
        ("driver_version", Field::SqlDriverVersion),
        ("user", Field::SqlUser),
        ("preparation", Field::SqlPreparation),
        ("sanitized_query", Field::SqlQuery),
    ];
    text.raw(b",\"sql\":{");
    for (key, field) in fields {
        let Some(value) = draft.text(field) else {
            continue;
        };
        text.key(key);
        if field != Field::SqlQuery {
            write_cut(value, limits::TEXT_CHARACTERS, key, text, trimmed);
        } else if !text.string_within(value, SQL_BYTES) {
            trimmed.push(key.to_owned());
        }
    }
    text.raw(b"}");
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
