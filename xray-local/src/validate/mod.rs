//! What X-Ray would refuse: the checks of PutTraceSegments, the same for documents that come over UDP.

mod field;
mod rejection;

use serde_json::value::RawValue;
use xray_sdk::document::Document;
use xray_sdk::document::limits::{NAME_CHARACTERS, is_name_character};
use xray_sdk::{SegmentId, TraceId};

use field::{Field, Fields};
pub(crate) use rejection::Place;
pub use rejection::{Rejection, RejectionCode};

/// What the store must know of a document to keep it in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Envelope {
    pub(crate) trace_id: TraceId,
    pub(crate) id: SegmentId,
    pub(crate) kind: Place,
    pub(crate) is_in_progress: bool,
    pub(crate) start_time: f64,
    pub(crate) end_time: Option<f64>,
}

/// The first second of the year 10000.
const YEAR_10000: f64 = 253_402_300_800.0;

/// The documents in a text: one, or those of a list. The API reference allows an array of subsegments in place of a document.
pub(crate) fn documents(text: &str) -> Result<Vec<&str>, Rejection> {
    if !text.trim_start().starts_with('[') {
        return Ok(vec![text]);
    }
    let list: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    if list.is_empty() {
        return Err(Rejection::new(
            RejectionCode::MissingId,
            Place::Segment,
            "the list of documents is empty",
        ));
    }
    Ok(list.into_iter().map(RawValue::get).collect())
}

/// Checks one document.
pub(crate) fn check(document: &str) -> Result<Envelope, Rejection> {
    let fields = match serde_json::from_str(document) {
        Ok(Field::Object(fields)) => fields,
        Ok(_) => {
            return Err(Rejection::new(
                RejectionCode::ParseError,
                Place::Segment,
                "a document is a JSON object",
            ));
        }
        Err(error) => return Err(unreadable(&error)),
    };
    let id = fields.id.as_text();
    let envelope = envelope(&fields).map_err(|rejection| rejection.of_document(id))?;
    // What was passed over until now must be readable, too, when the document is put into its trace.
    match Document::parse(document.as_bytes()) {
        Ok(_) => Ok(envelope),
        Err(error) => {
            Err(
                Rejection::new(RejectionCode::ParseError, envelope.kind, error.to_string())
                    .of_document(id),
            )
        }
    }
}

fn unreadable(error: &serde_json::Error) -> Rejection {
    Rejection::new(RejectionCode::ParseError, Place::Segment, error.to_string())
}

fn envelope(fields: &Fields<'_>) -> Result<Envelope, Rejection> {
    let kind = match fields.kind.as_text() {
        Some("subsegment") => Place::Subsegment,
        _ => Place::Segment,
    };
    let refuse = |code, cause: &str| Rejection::new(code, kind, cause);

    let entity = entity(fields, kind)?;
    let trace_id = match &fields.trace_id {
        field if field.is_nothing() => {
            return Err(refuse(
                RejectionCode::MissingTraceId,
                "trace_id is not there",
            ));
        }
        field => field
            .as_text()
            .ok_or_else(|| refuse(RejectionCode::InvalidTraceId, "trace_id is not a text"))?
            .parse::<TraceId>()
            .map_err(|error| refuse(RejectionCode::InvalidTraceId, &error.to_string()))?,
    };
    if fields.parent_id.is_nothing() {
        if kind == Place::Subsegment {
            return Err(refuse(
                RejectionCode::MissingParentId,
                "parent_id is not there, which a subsegment needs that is sent by itself",
            ));
        }
    } else {
        segment_id(&fields.parent_id).map_err(|cause| {
            refuse(
                RejectionCode::InvalidParentId,
                &format!("parent_id {cause}"),
            )
        })?;
    }
    nested(fields)?;
    Ok(Envelope {
        trace_id,
        id: entity.id,
        kind,
        is_in_progress: entity.is_in_progress,
        start_time: entity.start_time,
        end_time: entity.end_time,
    })
}

fn nested(fields: &Fields<'_>) -> Result<(), Rejection> {
    for subsegment in fields.subsegments.objects() {
        entity(subsegment, Place::Subsegment)?;
        nested(subsegment)?;
    }
    Ok(())
}

/// What segments, subsegments and nested subsegments all must have.
struct Entity {
    id: SegmentId,
    is_in_progress: bool,
    start_time: f64,
    end_time: Option<f64>,
}

fn entity(fields: &Fields<'_>, place: Place) -> Result<Entity, Rejection> {
    let refuse = |code, cause: &str| Rejection::new(code, place, cause);

    if fields.id.is_nothing() {
        return Err(refuse(RejectionCode::MissingId, "id is not there"));
    }
    let id = segment_id(&fields.id)
        .map_err(|cause| refuse(RejectionCode::InvalidId, &format!("id {cause}")))?;

    if fields.name.is_nothing() {
        return Err(refuse(RejectionCode::MissingName, "name is not there"));
    }
    let name = fields
        .name
        .as_text()
        .ok_or_else(|| refuse(RejectionCode::InvalidName, "name is not a text"))?;
    check_name(name).map_err(|cause| refuse(RejectionCode::InvalidName, &cause))?;

    let start_time = fields.start_time.as_number().ok_or_else(|| {
        refuse(
            RejectionCode::MissingStartTime,
            "start_time is not there, or no number",
        )
    })?;
    check_time(start_time).map_err(|cause| {
        refuse(
            RejectionCode::InvalidStartTime,
            &format!("start_time {cause}"),
        )
    })?;
    let is_in_progress = fields.in_progress.is_true();
    let end_time = fields.end_time.as_number();
    if end_time.is_none() && !is_in_progress {
        return Err(refuse(
            RejectionCode::MissingEndTime,
            "end_time is not there, or no number, and in_progress is not true",
        ));
    }
    end_time
        .map_or(Ok(()), check_time)
        .map_err(|cause| refuse(RejectionCode::InvalidEndTime, &format!("end_time {cause}")))?;
    Ok(Entity {
        id,
        is_in_progress,
        start_time,
        end_time,
    })
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

#[cfg(test)]
mod tests;
