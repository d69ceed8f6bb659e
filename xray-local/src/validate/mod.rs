//! What X-Ray would refuse: the checks of PutTraceSegments, the same for documents that come over UDP.

mod code;
mod comply;
mod entity;
mod field;
mod finding;
mod input;
mod inspect;
mod located;
mod mend;
mod passed;
mod rejection;
mod rule;
mod shape;
mod stream;
mod unreadable;
mod value;

use std::borrow::Cow;

use serde_json::value::RawValue;
use xray_sdk::document::Document;
use xray_sdk::{SegmentId, TraceId};

pub use code::{FindingCode, Severity};
pub(crate) use comply::comply;
use field::{Field, Fields};
pub use finding::Finding;
pub(crate) use rejection::Place;
pub use rejection::{Rejection, RejectionCode};
use rule::Fault;
pub use stream::{Inspected, Validator, validate};

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

/// Checks each document of a text: one, or those of a list. The API reference allows an array of subsegments in place of a document.
pub(crate) fn judge_all(text: &str) -> Result<Vec<(&str, Judged<'_>)>, Rejection> {
    if let Some(judged) = judge_list(text) {
        return Ok(judged);
    }
    let judged = |document| (document, judge(document));
    Ok(documents(text)?.into_iter().map(judged).collect())
}

/// Checks each document of a list, and reads it once. `None` where the text is no list of documents, or where one is in doubt.
fn judge_list(text: &str) -> Option<Vec<(&str, Judged<'_>)>> {
    let mut judged = Vec::new();
    let mut rest = skip_blanks(text).strip_prefix('[')?;
    loop {
        let (document, after, field) = field::first(skip_blanks(rest))?;
        judged.push((document, Judged::of(field)));
        let after = skip_blanks(after);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if skip_blanks(after.strip_prefix(']')?).is_empty() => return Some(judged),
            None => return None,
        }
    }
}

fn skip_blanks(json: &str) -> &str {
    json.trim_start_matches([' ', '\n', '\r', '\t'])
}

/// The documents in a text.
fn documents(text: &str) -> Result<Vec<&str>, Rejection> {
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

/// A document that was looked at.
#[derive(Debug, PartialEq)]
pub(crate) struct Judged<'a> {
    pub(crate) whose: Whose<'a>,
    pub(crate) verdict: Result<Envelope, Rejection>,
    /// Its text, where something in it had to be replaced for it to be read.
    pub(crate) mended: Option<String>,
}

/// Whose a document is, by what it says.
#[derive(Debug, PartialEq)]
pub(crate) enum Whose<'a> {
    /// The service whose segment it is.
    Service(Cow<'a, str>),
    /// A subsegment that was sent by itself: its segment knows the service.
    Part,
    /// It does not say so.
    Unknown,
}

/// Checks one document. One that is fit is read once.
pub(crate) fn judge(document: &str) -> Judged<'_> {
    match field::whole(document) {
        Some(field) => Judged::of(field),
        None => judge_in_doubt(document),
    }
}

/// Checks a document in which something may have to be mended.
fn judge_in_doubt(document: &str) -> Judged<'_> {
    let judged = judge_as_it_is(document);
    let is_unread = |rejection: &Rejection| rejection.code() == RejectionCode::ParseError;
    if !judged.verdict.as_ref().is_err_and(is_unread) {
        return judged;
    }
    let Some(mend::Mended { text, .. }) = mend::mend(document) else {
        return judged;
    };
    let Judged { whose, verdict, .. } = judge_as_it_is(&text);
    Judged {
        whose: whose.into_owned(),
        verdict,
        mended: Some(text),
    }
}

/// Checks a document by its deciding fields, and whether it can be read when it is put into its trace.
fn judge_as_it_is(document: &str) -> Judged<'_> {
    let field = match field::deciding(document) {
        Ok(field) => field,
        Err(error) => {
            return Judged {
                whose: Whose::Unknown,
                verdict: Err(unreadable(&error)),
                mended: None,
            };
        }
    };
    let verdict = verdict(&field).and_then(|envelope| match Document::parse(document.as_bytes()) {
        Ok(_) => Ok(envelope),
        Err(error) => {
            let error = error.to_string();
            let rejection = Rejection::new(RejectionCode::ParseError, envelope.kind, error);
            Err(rejection.of_document(field.id()))
        }
    });
    Judged {
        whose: Whose::of(field),
        verdict,
        mended: None,
    }
}

impl<'a> Judged<'a> {
    fn of(document: Field<'a>) -> Self {
        Self {
            verdict: verdict(&document),
            whose: Whose::of(document),
            mended: None,
        }
    }
}

impl<'a> Whose<'a> {
    fn of(document: Field<'a>) -> Self {
        let Field::Object(fields) = document else {
            return Self::Unknown;
        };
        match (fields.place(), fields.name) {
            (Place::Subsegment, _) => Self::Part,
            (Place::Segment, Field::Text(name)) if !name.is_empty() => Self::Service(name),
            (Place::Segment, _) => Self::Unknown,
        }
    }

    fn into_owned(self) -> Whose<'static> {
        match self {
            Self::Service(name) => Whose::Service(Cow::Owned(name.into_owned())),
            Self::Part => Whose::Part,
            Self::Unknown => Whose::Unknown,
        }
    }
}

fn verdict(document: &Field<'_>) -> Result<Envelope, Rejection> {
    let Field::Object(fields) = document else {
        return Err(Rejection::new(
            RejectionCode::ParseError,
            Place::Segment,
            "a document is a JSON object",
        ));
    };
    envelope(fields).map_err(|rejection| rejection.of_document(document.id()))
}

fn unreadable(error: &serde_json::Error) -> Rejection {
    Rejection::new(
        RejectionCode::ParseError,
        Place::Segment,
        unreadable::told(error),
    )
}

fn envelope(fields: &Fields<'_>) -> Result<Envelope, Rejection> {
    let kind = fields.place();
    let entity = entity(fields).map_err(|fault| fault.reject(kind))?;
    let trace_id = rule::trace_id(fields).map_err(|fault| fault.reject(kind))?;
    rule::parent_id(fields).map_err(|fault| fault.reject(kind))?;
    nested(fields)?;
    Ok(Envelope {
        trace_id,
        id: entity.id,
        kind,
        is_in_progress: fields.in_progress.is_true(),
        start_time: entity.start_time,
        end_time: entity.end_time,
    })
}

fn nested(fields: &Fields<'_>) -> Result<(), Rejection> {
    for subsegment in fields.subsegments.objects() {
        entity(subsegment).map_err(|fault| fault.reject(Place::Subsegment))?;
        nested(subsegment)?;
    }
    Ok(())
}

/// What segments, subsegments and nested subsegments all must have.
struct Entity {
    id: SegmentId,
    start_time: f64,
    end_time: Option<f64>,
}

fn entity(fields: &Fields<'_>) -> Result<Entity, Fault> {
    let id = rule::id(fields)?;
    rule::name(fields)?;
    Ok(Entity {
        id,
        start_time: rule::start_time(fields)?,
        end_time: rule::end_time(fields)?,
    })
}

#[cfg(test)]
mod tests;
