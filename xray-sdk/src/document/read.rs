//! JSON to documents.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::lenient::{Block, Field, Key, Lenient};
use super::limits::{self, JSON_LEVELS};
use super::{Document, Kind, Link, Namespace};
use crate::error::Error;
use crate::id::{SegmentId, TraceId};

impl Document {
    /// Reads one document. Unknown fields are skipped, and fields of the wrong type are left out.
    ///
    /// # Errors
    ///
    /// When the bytes are not one JSON object, or when it or a subsegment in it lacks `name`, `id` or `start_time` or has one of
    /// another type. The message tells the line, the column and what was expected there. JSON of more than
    /// [`limits::JSON_LEVELS`] levels is refused, but in what is skipped.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        read(json).map_err(|source| Error::json("segment document", source))
    }
}

/// From so many levels on `serde_json` refuses to read by itself.
const SERDE_LEVELS: usize = 128;

/// Reads JSON as `serde_json` does, and where that is too deep for it, as deep as we let it.
fn read(json: &[u8]) -> serde_json::Result<Document> {
    // Of a text that is known to be one, no string has to be looked at for that.
    let document = match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(json),
    };
    document.or_else(|error| {
        match limits::json_levels(json) {
            // Something else is wrong with it.
            ..SERDE_LEVELS => Err(error),
            SERDE_LEVELS..=JSON_LEVELS => {
                let mut json = serde_json::Deserializer::from_slice(json);
                json.disable_recursion_limit();
                let document = Document::deserialize(&mut json)?;
                json.end().map(|()| document)
            }
            _ => Err(serde_json::Error::custom(format!(
                "lists and objects stand in one another more than {JSON_LEVELS} levels deep"
            ))),
        }
    })
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a segment document, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Document, A::Error> {
        let mut document = blank();
        document.fill(object)?;
        Ok(*document)
    }
}

// Nested documents are read in place, on the heap: by value, each level would cost tens of kilobytes of stack.
#[inline(never)]
fn blank() -> Box<Document> {
    Box::new(Document::new(String::new(), SegmentId::from_u64(0), 0.0))
}

fn required<'de, A: MapAccess<'de>, T: Lenient>(
    value: Field<'_, A>,
    rule: &'static str,
) -> Result<T, A::Error> {
    value.take()?.ok_or_else(|| A::Error::custom(rule))
}

/// Reads a flag. Returns whether it is there at all.
fn flag<'de, A: MapAccess<'de>>(value: Field<'_, A>, place: &mut bool) -> Result<bool, A::Error> {
    let told = value.take()?;
    *place = told.unwrap_or(*place);
    Ok(told.is_some())
}

impl Document {
    fn fill<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        // What each document must have is read into places of its own; all else goes straight into the document.
        let (mut name, mut id, mut start_time) = (None, None, None);
        let mut has_flags = false;
        while let Some(key) = object.next_key::<Key<'de>>()? {
            let value = Field::of(&mut object);
            match key.as_str() {
                "name" => name = Some(required(value, "name must be a text")?),
                "id" => id = Some(required(value, "id must be a text of 16 hex digits")?),
                "start_time" => {
                    let rule = "start_time must be a number, in seconds since 1970";
                    start_time = Some(required(value, rule)?);
                }
                "error" => has_flags |= flag(value, &mut self.error)?,
                "fault" => has_flags |= flag(value, &mut self.fault)?,
                "throttle" => has_flags |= flag(value, &mut self.throttle)?,
                other => self.field(other, value)?,
            }
        }
        self.denies_failure = has_flags && !(self.error || self.fault || self.throttle);
        self.name = name.ok_or_else(|| A::Error::missing_field("name"))?;
        self.id = id.ok_or_else(|| A::Error::missing_field("id"))?;
        self.start_time = start_time.ok_or_else(|| A::Error::missing_field("start_time"))?;
        Ok(())
    }

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "trace_id" => value.read(&mut self.trace_id),
            "parent_id" => value.read(&mut self.parent_id),
            "type" => value.read(&mut self.kind),
            "end_time" => value.read(&mut self.end_time),
            "in_progress" => value.fill(&mut self.in_progress),
            "namespace" => value.read(&mut self.namespace),
            "origin" => value.read(&mut self.origin),
            "resource_arn" => value.read(&mut self.resource_arn),
            "user" => value.read(&mut self.user),
            "service" => value.read_boxed(&mut self.service),
            "http" => value.read(&mut self.http),
            "aws" => value.read_boxed(&mut self.aws),
            "sql" => value.read_boxed(&mut self.sql),
            "cause" => value.read(&mut self.cause),
            "annotations" => value.fill(&mut self.annotations),
            "metadata" => value.fill(&mut self.metadata),
            "subsegments" => {
                let nested = value.take::<Vec<Box<Document>>>()?;
                self.subsegments
                    .extend(nested.into_iter().flatten().map(|inner| *inner));
                Ok(())
            }
            "precursor_ids" => value.fill(&mut self.precursor_ids),
            "links" => value.fill(&mut self.links),
            "traced" => value.fill(&mut self.traced),
            "inferred" => value.fill(&mut self.inferred),
            _ => value.skip(),
        }
    }
}

/// A subsegment that is no object is left out; one that lacks what it must have makes its document fail.
impl Lenient for Box<Document> {
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let mut document = blank();
        document.fill(object)?;
        Ok(Some(document))
    }
}

impl Lenient for Kind {
    fn from_text(text: &str) -> Option<Self> {
        (text == "subsegment").then_some(Self::Subsegment)
    }
}

impl Lenient for Namespace {
    fn from_text(text: &str) -> Option<Self> {
        match text {
            "aws" => Some(Self::Aws),
            "remote" => Some(Self::Remote),
            "local" => Some(Self::Local),
            _ => None,
        }
    }
}

/// A link without both ids leads nowhere and is left out.
impl Lenient for Link {
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let found = Found::from_object(object)?.unwrap_or_default();
        Ok(found.trace_id.zip(found.id).map(|(trace_id, id)| Self {
            trace_id,
            id,
            attributes: found.attributes,
        }))
    }
}

#[derive(Default)]
struct Found {
    trace_id: Option<TraceId>,
    id: Option<SegmentId>,
    attributes: Map<String, Value>,
}

impl Block for Found {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "trace_id" => value.read(&mut self.trace_id),
            "id" => value.read(&mut self.id),
            "attributes" => value.fill(&mut self.attributes),
            _ => value.skip(),
        }
    }
}

#[cfg(test)]
mod tests;
