//! What X-Ray would do to one document: all that is wrong with it, each with its place. The rules by which documents are refused are
//! those of [`judge`](super::judge), which stops at the first.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use xray_sdk::document::Document;
use xray_sdk::document::limits::{ANNOTATIONS_PER_TRACE, DOCUMENT_BYTES, NESTED_SUBSEGMENTS};

use super::code::FindingCode;
use super::entity::{fields, last};
use super::field::{self, Field, Fields};
use super::located::{Content, Entry, Located};
use super::mend::{Mended, Replaced, mend};
use super::rejection::{Place, RejectionCode};
use super::rule;
use super::shape::{Block, SEGMENT, SUBSEGMENT};
use super::unreadable::{offset_of, reader, without_place};
use crate::terminal::cut;

/// What was found, and the byte of the text where.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) offset: usize,
    pub(super) path: String,
    pub(super) code: FindingCode,
    pub(super) message: String,
}

/// Looks at one document, which is a piece of `whole`; offsets are in `whole`. `now` is in seconds since 1970.
pub(super) fn inspect(document: &str, whole: &str, now: f64) -> Vec<Found> {
    let Some(Mended { text, replaced }) = mend(document) else {
        return inspect_readable(document, whole, now);
    };
    let is_number = |one: &&Replaced| one.is_number;
    let numbers = replaced.iter().filter(is_number).map(|one| one.at.start);
    let numbers: HashSet<_> = numbers.collect();
    // What is said of the null in place of a number is said of the number.
    let (nulls, mut found): (Vec<_>, Vec<_>) = inspect_readable(&text, &text, now)
        .into_iter()
        .partition(|one| {
            numbers.contains(&one.offset) && !matches!(one.code, FindingCode::Refused(_))
        });
    let nulls = nulls.into_iter().map(|one| (one.offset, one.path));
    let mut paths: HashMap<_, _> = nulls.collect();
    found.extend(replaced.into_iter().map(|one| {
        let path = paths.remove(&one.at.start).unwrap_or_default();
        of_replaced(document, one, path)
    }));
    let start = document.as_ptr().addr() - whole.as_ptr().addr();
    for one in &mut found {
        one.offset += start;
    }
    found.sort_by_key(|found| found.offset);
    found
}

fn of_replaced(document: &str, Replaced { at, is_number }: Replaced, path: String) -> Found {
    let shown = cut(&document[at.clone()], 60);
    let (code, message) = match is_number {
        true => (
            FindingCode::NumberOutOfRange,
            format!("{shown} is larger than any number of 64 bits"),
        ),
        false => (
            FindingCode::LoneSurrogate,
            format!("{shown} is half a character, and replaced by \u{fffd}"),
        ),
    };
    Found {
        offset: at.start,
        path,
        code,
        message,
    }
}

fn inspect_readable(document: &str, whole: &str, now: f64) -> Vec<Found> {
    let mut look = Look {
        whole,
        now,
        found: Vec::new(),
        refused: HashSet::new(),
        ids: HashSet::new(),
        annotations: 0,
    };
    let at = Located::new(document);
    let refused = FindingCode::Refused(RejectionCode::ParseError);
    match field::deciding(document) {
        Ok(Field::Object(_)) => {}
        Ok(_) => {
            look.tell(at, "", refused, "a document is a JSON object");
            return look.found;
        }
        Err(error) => {
            look.tell_unreadable(document, &error);
            return look.found;
        }
    }
    let parsed = Document::deserialize(&mut reader(document));
    if let Err(error) = &parsed
        && !error.is_data()
    {
        look.tell_unreadable(document, error);
        return look.found;
    }
    look.document(at);
    // What the rules overlook and the reader does not, as the first of two fields of one name.
    if let Err(error) = &parsed
        && look.refused.is_empty()
    {
        look.tell_unreadable(document, error);
    }
    look.found.sort_by_key(|found| found.offset);
    look.found
}

/// The look at one document.
pub(super) struct Look<'a> {
    whole: &'a str,
    pub(super) now: f64,
    found: Vec<Found>,
    /// Where a rule of the store is broken.
    refused: HashSet<usize>,
    /// Of all segments and subsegments so far.
    pub(super) ids: HashSet<String>,
    annotations: usize,
}

impl<'a> Look<'a> {
    pub(super) fn tell(
        &mut self,
        at: Located<'a>,
        path: &str,
        code: FindingCode,
        message: impl Into<String>,
    ) {
        self.found.push(Found {
            offset: at.offset(self.whole),
            path: path.to_owned(),
            code,
            message: message.into(),
        });
    }

    fn tell_unreadable(&mut self, document: &'a str, error: &serde_json::Error) {
        let at = Located::new(document).offset(self.whole);
        let lead = document.len() - document.trim_start().len();
        let offset = offset_of(error, document).max(lead) - lead;
        self.found.push(Found {
            offset: at + offset,
            path: String::new(),
            code: FindingCode::Refused(RejectionCode::ParseError),
            message: without_place(error),
        });
    }

    /// A segment, or a subsegment that is sent by itself.
    fn document(&mut self, document: Located<'a>) {
        let Content::Object(entries) = document.content() else {
            return;
        };
        let fields = fields(&entries);
        let faults = [
            rule::trace_id(&fields).err(),
            rule::parent_id(&fields).err(),
        ];
        for fault in faults.into_iter().flatten() {
            self.fault(document, &entries, "", fault);
        }
        let size = document.text().len();
        if size > DOCUMENT_BYTES {
            let message = format!("the document has {size} bytes, more than {DOCUMENT_BYTES}");
            self.tell(document, "", FindingCode::DocumentTooLarge, message);
        }
        self.age(&entries, &fields);
        let block = match fields.place() {
            Place::Segment => &SEGMENT,
            Place::Subsegment => &SUBSEGMENT,
        };
        self.entity(document, &entries, &fields, block, "", 0);
    }

    /// What segments and subsegments have in common.
    fn entity(
        &mut self,
        at: Located<'a>,
        entries: &[Entry<'a>],
        fields: &Fields<'_>,
        block: &'static Block,
        path: &str,
        level: usize,
    ) {
        let faults = [
            rule::id(fields).err(),
            rule::name(fields).err(),
            rule::start_time(fields).err(),
            rule::end_time(fields).err(),
        ];
        for fault in faults.into_iter().flatten() {
            self.fault(at, entries, path, fault);
        }
        self.names(entries, fields, path, level);
        self.times(entries, fields, path);
        self.outcome(at, entries, path);
        self.block(entries, block, path, level);
    }

    /// A subsegment that stands in another document.
    pub(super) fn nested(&mut self, at: Located<'a>, path: &str, level: usize) {
        let Content::Object(entries) = at.content() else {
            return;
        };
        let fields = fields(&entries);
        if level == NESTED_SUBSEGMENTS + 1 {
            let message = format!("it stands in {NESTED_SUBSEGMENTS} others");
            self.tell(at, path, FindingCode::DeepNesting, message);
        }
        self.entity(at, &entries, &fields, &SUBSEGMENT, path, level);
    }

    fn fault(&mut self, at: Located<'a>, entries: &[Entry<'a>], path: &str, fault: rule::Fault) {
        let at = last(entries, fault.key).map_or(at, |entry| entry.value);
        let path = join(path, fault.key);
        self.refused.insert(at.offset(self.whole));
        self.tell(at, &path, FindingCode::Refused(fault.code), fault.cause);
    }

    /// Counts an annotation; false for those beyond what is indexed of a trace.
    pub(super) fn has_room_for_annotation(&mut self) -> bool {
        self.annotations += 1;
        self.annotations <= ANNOTATIONS_PER_TRACE
    }

    /// Whether a rule of the store is broken at this place.
    pub(super) fn is_refused(&self, at: Located<'a>) -> bool {
        self.refused.contains(&at.offset(self.whole))
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}
