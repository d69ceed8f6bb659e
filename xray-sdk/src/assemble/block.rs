//! The JSON of one segment or subsegment, without what it embeds.

use std::mem;

use crate::assemble::Findings;
use crate::assemble::cause::Written;
use crate::assemble::draft::{AnnotationValue, Draft};
use crate::assemble::entry::write_entry;
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
    /// Room for the draft of one node after the other.
    pub(crate) draft: &'a mut Draft<'static>,
    /// The most bytes of one block.
    pub(crate) limit: usize,
}

/// The longest SQL text, in bytes of JSON.
const SQL_BYTES: usize = 16 * 1024;
/// Kept free for the names of what was cut and for the ends of open blocks.
const RESERVE: usize = 2 * 1024;
/// How many trimmed values are named.
const NAMED: usize = 16;
const TRIMMED_NAMESPACE: &str = "xray_sdk";

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
        let draft = mem::take(self.draft).read(tree, node);
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
        if !draft.exceptions.is_empty() {
            written.write(tree, place, &draft.exceptions, text, limit);
        }
        self.aws(&draft, is_segment, text, limit, &mut trimmed);
        metadata(&draft, text, limit, &mut trimmed);
        *self.draft = draft.emptied();
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
        text.string(&name);
        text.raw(b",\"id\":\"");
        text.hex(node.id.to_u64());
        text.raw(b"\",\"start_time\":");
        let start = self.scale.epoch_micros(opened.at);
        text.seconds(start);
        match node.closed {
            Some(at) => {
                text.raw(b",\"end_time\":");
                text.seconds(self.scale.epoch_micros(at).max(start));
            }
            None => text.raw(b",\"in_progress\":true"),
        }
        for (mark, field) in [
            (Mark::Fault, &b",\"fault\":true"[..]),
            (Mark::Error, b",\"error\":true"),
            (Mark::Throttle, b",\"throttle\":true"),
        ] {
            if draft.has(mark) || mark == Mark::Fault && draft.has(Mark::Panicked) {
                text.raw(field);
            }
        }
        if !draft.precursors.is_empty() {
            text.raw(b",\"precursor_ids\":[");
            for id in draft.precursors.iter().take(100) {
                text.separate();
                text.raw(b"\"");
                text.hex(id.to_u64());
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
        if draft.annotations.is_empty() {
            return;
        }
        text.raw(b",\"annotations\":{");
        for annotation in &draft.annotations {
            let key = limits::repair_key(annotation.key);
            if key != annotation.key {
                self.findings.repaired_key(annotation, &key);
            }
            let before = text.len();
            text.any_key(&key);
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
        if draft.aws.is_empty() && !is_segment {
            return;
        }
        text.raw(b",\"aws\":{");
        if is_segment {
            for (key, json) in &self.common.aws {
                // What the program says of itself is meant.
                if draft.aws.iter().all(|entry| entry.key != key) {
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
        for entry in draft.aws.iter().filter(|entry| entry.key != "xray") {
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
    if draft.links.is_empty() {
        return;
    }
    text.raw(b",\"links\":[");
    for (trace, segment) in draft.links.iter().take(limits::LINKS_PER_SEGMENT) {
        text.separate();
        text.raw(b"{\"trace_id\":");
        text.string(trace);
        text.raw(b",\"id\":\"");
        text.hex(segment.to_u64());
        text.raw(b"\"}");
    }
    text.raw(b"]");
}

fn http(draft: &Draft<'_>, text: &mut Text, trimmed: &mut Vec<String>) {
    let request = [
        ("method", Field::HttpMethod),
        ("url", Field::HttpUrl),
        ("user_agent", Field::HttpUserAgent),
        ("client_ip", Field::HttpClientIp),
    ];
    let status = draft.number(Field::HttpStatus);
    let length = draft.number(Field::HttpContentLength);
    let has_request = request
        .iter()
        .any(|(_, field)| draft.text(*field).is_some());
    if !has_request && status.is_none() && length.is_none() {
        return;
    }
    text.raw(b",\"http\":{");
    if has_request {
        text.raw(b"\"request\":{");
        for (key, field) in request {
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
    if status.is_some() || length.is_some() {
        text.key("response");
        text.raw(b"{");
        for (key, number) in [("status", status), ("content_length", length)] {
            if let Some(number) = number {
                text.key(key);
                text.integer(number);
            }
        }
        text.raw(b"}");
    }
    text.raw(b"}");
}

fn sql(draft: &Draft<'_>, text: &mut Text, trimmed: &mut Vec<String>) {
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
    if fields.iter().all(|(_, field)| draft.text(*field).is_none()) {
        return;
    }
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

fn metadata(draft: &Draft<'_>, text: &mut Text, limit: usize, trimmed: &mut Vec<String>) {
    let mut namespaces: Vec<&str> = Vec::new();
    for entry in &draft.metadata {
        if !namespaces.contains(&entry.namespace) {
            namespaces.push(entry.namespace);
        }
    }
    // Last, for it names what was trimmed in the others.
    namespaces.retain(|namespace| *namespace != TRIMMED_NAMESPACE);
    namespaces.push(TRIMMED_NAMESPACE);
    let before = text.len();
    text.raw(b",\"metadata\":{");
    let begin = text.len();
    for namespace in namespaces {
        let before = text.len();
        text.any_key(namespace);
        text.raw(b"{");
        let begin = text.len();
        for entry in draft
            .metadata
            .iter()
            .filter(|entry| entry.namespace == namespace)
        {
            write_entry(entry, text, limit, trimmed);
        }
        if namespace == TRIMMED_NAMESPACE && !trimmed.is_empty() {
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
    if text.len() == begin {
        text.truncate(before);
    } else {
        text.raw(b"}");
    }
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
