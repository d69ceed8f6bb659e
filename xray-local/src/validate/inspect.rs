//! What X-Ray would do to one document: all that is wrong with it, each with its place. The rules by which documents are refused are
//! those of [`check`](super::check), which stops at the first.

use std::collections::HashSet;

use xray_sdk::document::Document;
use xray_sdk::document::limits::{
    ANNOTATIONS_PER_TRACE, DOCUMENT_BYTES, NESTED_SUBSEGMENTS, RETENTION_DAYS, is_name_character,
};

use super::code::FindingCode;
use super::field::{self, Field, Fields};
use super::located::{Content, Entry, Located};
use super::rejection::{Place, RejectionCode};
use super::rule;
use super::shape::{Block, SEGMENT, SUBSEGMENT};

/// What was found, and the byte of the text where.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) offset: usize,
    pub(super) path: String,
    pub(super) code: FindingCode,
    pub(super) message: String,
}

/// Clocks may differ by so many seconds.
const SKEW: f64 = 300.0;
const DAY: f64 = 86_400.0;

/// Looks at one document, which is a piece of `whole`; offsets are in `whole`. `now` is in seconds since 1970.
pub(super) fn inspect(document: &str, whole: &str, now: f64) -> Vec<Found> {
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
    let parsed = serde_json::from_str::<Document>(document);
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

/// The look at one document.
pub(super) struct Look<'a> {
    whole: &'a str,
    now: f64,
    found: Vec<Found>,
    /// Where a rule of the store is broken.
    refused: HashSet<usize>,
    ids: HashSet<String>,
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

    /// What is stored, and not found again.
    fn names(&mut self, entries: &[Entry<'a>], fields: &Fields<'_>, path: &str, level: usize) {
        if let (Some(id), Some(entry)) = (fields.id.as_text(), last(entries, "id")) {
            if !id.is_empty() && !self.ids.insert(id.to_ascii_lowercase()) {
                let message = format!("{id:?} is the id of another one in this document");
                let path = join(path, "id");
                self.tell(entry.value, &path, FindingCode::DuplicateId, message);
            }
            let parent =
                last(entries, "parent_id").filter(|_| fields.parent_id.as_text() == Some(id));
            if let Some(parent) = parent.filter(|_| !id.is_empty()) {
                let path = join(path, "parent_id");
                let message = "parent_id is its own id";
                self.tell(parent.value, &path, FindingCode::OwnParent, message);
            }
        }
        let refused = |name: &str| name.chars().find(|letter| !is_name_character(*letter));
        let name = fields.name.as_text().filter(|_| level == 0);
        if let (Some(name), Ok(())) = (name, rule::name(fields))
            && let (Some(letter), Some(entry)) = (refused(name), last(entries, "name"))
        {
            let message = format!("the schema of segment documents has no {letter:?} in names");
            let path = join(path, "name");
            self.tell(entry.value, &path, FindingCode::NameOutsideSchema, message);
        }
    }

    fn times(&mut self, entries: &[Entry<'a>], fields: &Fields<'_>, path: &str) {
        let Some(end) = last(entries, "end_time") else {
            return;
        };
        let times = (fields.start_time.as_number(), fields.end_time.as_number());
        if let (Some(start), Some(end_time)) = times
            && end_time < start
        {
            let message = format!(
                "end_time lies {} s before start_time; it counts as no time",
                rounded(start - end_time)
            );
            let path = join(path, "end_time");
            self.tell(end.value, &path, FindingCode::EndBeforeStart, message);
        }
        let progress = last(entries, "in_progress").filter(|_| fields.in_progress.is_true());
        if let (Some(progress), Some(_)) = (progress, times.1) {
            let message = "in_progress is passed over, for there is an end_time";
            let path = join(path, "in_progress");
            self.tell(progress.value, &path, FindingCode::EndedInProgress, message);
        }
    }

    /// X-Ray asks the flags who was at fault, not the status.
    fn outcome(&mut self, at: Located<'a>, entries: &[Entry<'a>], path: &str) {
        let is_set = |key| {
            let flag = last(entries, key).map(|entry| entry.value.content());
            matches!(flag, Some(Content::Boolean(true)))
        };
        let (error, fault, throttle) = (is_set("error"), is_set("fault"), is_set("throttle"));
        if throttle && !error {
            let at = last(entries, "throttle").map_or(at, |entry| entry.value);
            let path = join(path, "throttle");
            let message = "throttle is set, and error is not";
            self.tell(at, &path, FindingCode::ThrottleWithoutError, message);
        }
        let status = ["http", "response", "status"]
            .iter()
            .try_fold(None, |found: Option<Located<'a>>, key| match found {
                None => last(entries, key).map(|entry| Some(entry.value)),
                Some(found) => match found.content() {
                    Content::Object(inner) => last(&inner, key).map(|entry| Some(entry.value)),
                    _ => None,
                },
            })
            .flatten();
        let Some(at) = status else { return };
        if let Content::Number(status) = at.content()
            && status >= 400.0
            && !(error || fault || throttle)
        {
            let message = format!("the status is {status}, and neither error nor fault is set");
            let path = join(path, "http.response.status");
            self.tell(at, &path, FindingCode::StatusWithoutFlag, message);
        }
    }

    /// X-Ray keeps traces for 30 days.
    fn age(&mut self, entries: &[Entry<'a>], fields: &Fields<'_>) {
        let Ok(trace_id) = rule::trace_id(fields) else {
            return;
        };
        let Some(entry) = last(entries, "trace_id") else {
            return;
        };
        if fields.trace_id.as_text().is_some_and(|id| id.len() == 32) {
            let message = "trace_id is a W3C trace id in one piece";
            self.tell(entry.value, "trace_id", FindingCode::W3cTraceId, message);
        }
        let Ok(start) = rule::start_time(fields) else {
            return;
        };
        let in_id = f64::from(trace_id.epoch_seconds());
        let days = |time: f64| ((self.now - time) / DAY).round();
        let kept = f64::from(RETENTION_DAYS) * DAY;
        let start_at = last(entries, "start_time").map_or(entry.value, |entry| entry.value);
        if start < self.now - kept {
            let message = format!(
                "it began {} days ago, and X-Ray keeps traces for {RETENTION_DAYS}",
                days(start)
            );
            self.tell(start_at, "start_time", FindingCode::OldTrace, message);
        } else if start > self.now + SKEW {
            let message = format!("it begins {} s after now", rounded(start - self.now));
            self.tell(start_at, "start_time", FindingCode::FutureTrace, message);
        } else if in_id < self.now - kept {
            let message = format!(
                "the time in the trace id lies {} days ago; X-Ray has refused such ids, and consoles look for the trace there",
                days(in_id)
            );
            self.tell(entry.value, "trace_id", FindingCode::OldTrace, message);
        } else if in_id > self.now + SKEW {
            let message = "the time in the trace id lies after now; X-Ray has refused such ids, and consoles look for the trace there";
            self.tell(entry.value, "trace_id", FindingCode::FutureTrace, message);
        }
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

/// The deciding fields of an object, but for its subsegments.
fn fields<'a>(entries: &[Entry<'a>]) -> Fields<'a> {
    let mut fields = Fields::default();
    for entry in entries {
        if let Some(place) = fields.field(&entry.key) {
            *place = match entry.value.content() {
                Content::Null | Content::Unreadable => Field::Absent,
                Content::Boolean(value) => Field::Boolean(value),
                Content::Number(number) => Field::Number(number),
                Content::Text(text) => Field::Text(text),
                Content::List(_) => Field::List(Vec::new()),
                Content::Object(_) => Field::Object(Box::default()),
            };
        }
    }
    fields
}

/// The last of several fields of one name counts.
fn last<'b, 'a>(entries: &'b [Entry<'a>], key: &str) -> Option<&'b Entry<'a>> {
    entries.iter().rev().find(|entry| entry.key == key)
}

pub(super) fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

/// What an error says, without the place in its own text.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => text,
    }
}
