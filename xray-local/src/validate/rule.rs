//! The rules by which a document is stored or refused, one function for each field. The store stops at the first that is broken, and
//! the validator tells all of them.

use xray_sdk::document::limits::{NAME_CHARACTERS, is_name_character};
use xray_sdk::{SegmentId, TraceId};

use super::field::{Field, Fields};
use super::rejection::{Place, Rejection, RejectionCode};

/// A rule that a document breaks.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: RejectionCode,
    /// The field that breaks it.
    pub(super) key: &'static str,
    pub(super) cause: String,
}

/// The first second of the year 10000.
const YEAR_10000: f64 = 253_402_300_800.0;

impl Fault {
    fn new(code: RejectionCode, key: &'static str, cause: impl Into<String>) -> Self {
        Self {
            code,
            key,
            cause: cause.into(),
        }
    }

    pub(super) fn reject(self, place: Place) -> Rejection {
        Rejection::new(self.code, place, self.cause)
    }
}

/// The id of a segment or subsegment.
pub(super) fn id(fields: &Fields<'_>) -> Result<SegmentId, Fault> {
    if fields.id.is_nothing() {
        return Err(Fault::new(
            RejectionCode::MissingId,
            "id",
            "id is not there",
        ));
    }
    segment_id(&fields.id)
        .map_err(|cause| Fault::new(RejectionCode::InvalidId, "id", format!("id {cause}")))
}

/// The name of a segment or subsegment.
pub(super) fn name(fields: &Fields<'_>) -> Result<(), Fault> {
    let refuse = |code, cause: String| Fault::new(code, "name", cause);
    if fields.name.is_nothing() {
        let cause = "name is not there".to_owned();
        return Err(refuse(RejectionCode::MissingName, cause));
    }
    let name = fields.name.as_text();
    let name = name.ok_or_else(|| {
        let cause = "name is not a text".to_owned();
        refuse(RejectionCode::InvalidName, cause)
    })?;
    check_name(name).map_err(|cause| refuse(RejectionCode::InvalidName, cause))
}

/// When a segment or subsegment began.
pub(super) fn start_time(fields: &Fields<'_>) -> Result<f64, Fault> {
    let refuse = |code, cause| Fault::new(code, "start_time", cause);
    let start_time = fields.start_time.as_number().ok_or_else(|| {
        let cause = "start_time is not there, or no number".to_owned();
        refuse(RejectionCode::MissingStartTime, cause)
    })?;
    check_time(start_time).map_err(|cause| {
        refuse(
            RejectionCode::InvalidStartTime,
            format!("start_time {cause}"),
        )
    })?;
    Ok(start_time)
}

/// When a segment or subsegment ended; `None` while it is in progress.
pub(super) fn end_time(fields: &Fields<'_>) -> Result<Option<f64>, Fault> {
    let refuse = |code, cause| Fault::new(code, "end_time", cause);
    let end_time = fields.end_time.as_number();
    if end_time.is_none() && !fields.in_progress.is_true() {
        let cause = "end_time is not there, or no number, and in_progress is not true".to_owned();
        return Err(refuse(RejectionCode::MissingEndTime, cause));
    }
    end_time
        .map_or(Ok(()), check_time)
        .map_err(|cause| refuse(RejectionCode::InvalidEndTime, format!("end_time {cause}")))?;
    Ok(end_time)
}

/// The trace of a segment, or of a subsegment that is sent by itself.
pub(super) fn trace_id(fields: &Fields<'_>) -> Result<TraceId, Fault> {
    let refuse = |code, cause: String| Fault::new(code, "trace_id", cause);
    if fields.trace_id.is_nothing() {
        let cause = "trace_id is not there".to_owned();
        return Err(refuse(RejectionCode::MissingTraceId, cause));
    }
    let trace_id = fields.trace_id.as_text().ok_or_else(|| {
        let cause = "trace_id is not a text".to_owned();
        refuse(RejectionCode::InvalidTraceId, cause)
    })?;
    trace_id
        .parse()
        .map_err(|error: xray_sdk::Error| refuse(RejectionCode::InvalidTraceId, error.to_string()))
}

/// What a segment was called by, or what a subsegment that is sent by itself stands in.
pub(super) fn parent_id(fields: &Fields<'_>) -> Result<(), Fault> {
    if !fields.parent_id.is_nothing() {
        return match segment_id(&fields.parent_id) {
            Ok(_) => Ok(()),
            Err(cause) => Err(Fault::new(
                RejectionCode::InvalidParentId,
                "parent_id",
                format!("parent_id {cause}"),
            )),
        };
    }
    match fields.place() {
        Place::Segment => Ok(()),
        Place::Subsegment => Err(Fault::new(
            RejectionCode::MissingParentId,
            "parent_id",
            "parent_id is not there, which a subsegment needs that is sent by itself",
        )),
    }
}

fn segment_id(field: &Field<'_>) -> Result<SegmentId, String> {
    let text = field.as_text().ok_or("is not a text")?;
    text.parse::<SegmentId>()
        .map_err(|_| format!("{text:?} is not 16 hex digits"))
}

/// Clients of the API fail on times that no calendar has, and with them on every list that holds one.
fn check_time(time: f64) -> Result<(), String> {
    if (0.0..YEAR_10000).contains(&time) {
        return Ok(());
    }
    Err(format!(
        "{time} lies before 1970 or after the year 9999; times are in seconds"
    ))
}

fn check_name(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if length > NAME_CHARACTERS {
        return Err(format!(
            "name has {length} characters, more than {NAME_CHARACTERS}"
        ));
    }
    match name.chars().find(|letter| !is_allowed(*letter)) {
        Some(letter) => Err(format!("name {name:?} holds {letter:?}")),
        None => Ok(()),
    }
}

/// What the schema allows, and what X-Ray itself lets pass: the backslash that its guide lists, and letters beyond the basic plane.
fn is_allowed(letter: char) -> bool {
    is_name_character(letter) || letter.is_alphanumeric() || letter == '\\'
}
