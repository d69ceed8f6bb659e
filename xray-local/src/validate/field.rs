//! The few fields of a document that decide whether it is stored; everything else is passed over unread.

use std::borrow::Cow;
use std::fmt;

use super::rejection::Place;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What stands behind a key: any JSON value, of whose objects only the deciding fields are kept.
#[derive(Default)]
pub(super) enum Field<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(f64),
    Boolean(bool),
    List(Vec<Field<'a>>),
    Object(Box<Fields<'a>>),
}

/// The deciding fields of a segment or subsegment. The last of several fields of one name counts.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) id: Field<'a>,
    pub(super) trace_id: Field<'a>,
    pub(super) parent_id: Field<'a>,
    pub(super) name: Field<'a>,
    pub(super) start_time: Field<'a>,
    pub(super) end_time: Field<'a>,
    pub(super) in_progress: Field<'a>,
    pub(super) kind: Field<'a>,
    pub(super) subsegments: Field<'a>,
}

impl<'a> Field<'a> {
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Boolean(true))
    }

    /// Whether nothing is said: absent, null or an empty text, as some SDKs write a parent that is not there.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// The objects of a list. Whatever else stands in it, or in its place, X-Ray drops.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Fields<'a>> {
        let list = match self {
            Self::List(list) => list.as_slice(),
            _ => &[],
        };
        list.iter().filter_map(|field| match field {
            Self::Object(fields) => Some(&**fields),
            _ => None,
        })
    }
}

impl<'a> Fields<'a> {
    /// What a document says that it is.
    pub(super) fn place(&self) -> Place {
        match self.kind.as_text() {
            Some("subsegment") => Place::Subsegment,
            _ => Place::Segment,
        }
    }

    /// The place of a field that decides, by its key.
    pub(super) fn field(&mut self, key: &str) -> Option<&mut Field<'a>> {
        Some(match key {
            "id" => &mut self.id,
            "trace_id" => &mut self.trace_id,
            "parent_id" => &mut self.parent_id,
            "name" => &mut self.name,
            "start_time" => &mut self.start_time,
            "end_time" => &mut self.end_time,
            "in_progress" => &mut self.in_progress,
            "type" => &mut self.kind,
            "subsegments" => &mut self.subsegments,
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field<'de>, E> {
        Ok(Field::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field<'de>, E> {
        Ok(Field::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field<'de>, E> {
        Ok(Field::Number(number as f64))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field<'de>, E> {
        Ok(Field::Boolean(value))
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = list.next_element()? {
            fields.push(field);
        }
        Ok(Field::List(fields))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Field<'de>, A::Error> {
        let mut fields = Box::<Fields<'de>>::default();
        while let Some(key) = object.next_key::<Cow<'de, str>>()? {
            match fields.field(&key) {
                Some(place) => *place = object.next_value()?,
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Field::Object(fields))
    }
}
