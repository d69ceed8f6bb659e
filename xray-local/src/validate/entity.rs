//! What the fields of a segment or subsegment say together.

use xray_sdk::document::limits::{RETENTION_DAYS, is_name_character};

use super::code::FindingCode;
use super::field::{Field, Fields};
use super::inspect::{Look, join};
use super::located::{Content, Entry, Located};
use super::rule;

/// Clocks may differ by so many seconds.
const SKEW: f64 = 300.0;
const DAY: f64 = 86_400.0;

/// The deciding fields of an object, but for its subsegments.
pub(super) fn fields<'a>(entries: &[Entry<'a>]) -> Fields<'a> {
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
pub(super) fn last<'b, 'a>(entries: &'b [Entry<'a>], key: &str) -> Option<&'b Entry<'a>> {
    entries.iter().rev().find(|entry| entry.key == key)
}

impl<'a> Look<'a> {
    /// What is stored, and not found again.
    pub(super) fn names(
        &mut self,
        entries: &[Entry<'a>],
        fields: &Fields<'_>,
        path: &str,
        level: usize,
    ) {
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

    pub(super) fn times(&mut self, entries: &[Entry<'a>], fields: &Fields<'_>, path: &str) {
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
    pub(super) fn outcome(&mut self, at: Located<'a>, entries: &[Entry<'a>], path: &str) {
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
    pub(super) fn age(&mut self, entries: &[Entry<'a>], fields: &Fields<'_>) {
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
}

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}
