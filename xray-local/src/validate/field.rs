//! The few fields of a document that decide whether it is stored; everything else is passed over.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::de::StrRead;

use super::passed::Passed;
use super::rejection::Place;
use super::unreadable;

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
    /// A bit for each key that has come.
    seen: u16,
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

    /// The id of an object that has one.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Object(fields) => fields.id.as_text(),
            _ => None,
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
        self.behind(Key::of(key))
    }

    fn behind(&mut self, key: Key) -> Option<&mut Field<'a>> {
        Some(match key {
            Key::Id => &mut self.id,
            Key::TraceId => &mut self.trace_id,
            Key::ParentId => &mut self.parent_id,
            Key::Name => &mut self.name,
            Key::StartTime => &mut self.start_time,
            Key::EndTime => &mut self.end_time,
            Key::InProgress => &mut self.in_progress,
            Key::Kind => &mut self.kind,
            Key::Subsegments => &mut self.subsegments,
            Key::Other => return None,
        })
    }

    /// Notes that a key has come. Returns whether it had before.
    fn see(&mut self, key: Key) -> bool {
        let bit = match key {
            Key::Other => 0,
            key => 1 << key as u16,
        };
        let has_come = self.seen & bit != 0;
        self.seen |= bit;
        has_come
    }
}

/// Reads the deciding fields of a document, and everything else as one reads it who keeps it. `None` where that fails, or where it is
/// not sure that whoever reads the document later takes it as it is taken here.
pub(super) fn whole(document: &str) -> Option<Field<'_>> {
    let doubt = Cell::new(false);
    let reader = Reader {
        doubt: Some(&doubt),
    };
    let read = read(serde_json::Deserializer::from_str(document), reader);
    read.ok().filter(|_| !doubt.get())
}

/// Reads the first document of a text as [`whole`] does. Returns it, what stands behind it, and what was read.
pub(super) fn first(text: &str) -> Option<(&str, &str, Field<'_>)> {
    let doubt = Cell::new(false);
    let reader = Reader {
        doubt: Some(&doubt),
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let field = reader.deserialize(&mut json).ok()?;
    let length = json.into_iter::<IgnoredAny>().byte_offset();
    let (document, after) = text.split_at_checked(length)?;
    (!doubt.get()).then_some((document, after, field))
}

/// Reads the deciding fields of a document, and nothing else. It may be deep.
pub(super) fn deciding(document: &str) -> serde_json::Result<Field<'_>> {
    read(unreadable::reader(document), Reader { doubt: None })
}

fn read<'a>(
    mut json: serde_json::Deserializer<StrRead<'a>>,
    reader: Reader<'_>,
) -> serde_json::Result<Field<'a>> {
    let field = reader.deserialize(&mut json)?;
    json.end()?;
    Ok(field)
}

/// The keys of deciding fields.
#[derive(Clone, Copy)]
enum Key {
    Id,
    TraceId,
    ParentId,
    Name,
    StartTime,
    EndTime,
    InProgress,
    Kind,
    Subsegments,
    Other,
}

impl Key {
    fn of(key: &str) -> Self {
        match key {
            "id" => Self::Id,
            "trace_id" => Self::TraceId,
            "parent_id" => Self::ParentId,
            "name" => Self::Name,
            "start_time" => Self::StartTime,
            "end_time" => Self::EndTime,
            "in_progress" => Self::InProgress,
            "type" => Self::Kind,
            "subsegments" => Self::Subsegments,
            _ => Self::Other,
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(Key::of(key))
    }
}

/// Reads a field.
#[derive(Clone, Copy)]
struct Reader<'c> {
    /// Set in doubt. Without it, what decides nothing is passed over unread.
    doubt: Option<&'c Cell<bool>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Field<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
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
        while let Some(field) = list.next_element_seed(self)? {
            fields.push(field);
        }
        Ok(Field::List(fields))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Field<'de>, A::Error> {
        let mut fields = Box::<Fields<'de>>::default();
        while let Some(key) = object.next_key::<Key>()? {
            if let Some(doubt) = self.doubt.filter(|_| fields.see(key)) {
                doubt.set(true);
            }
            match (fields.behind(key), self.doubt) {
                (Some(place), _) => *place = object.next_value_seed(self)?,
                (None, Some(doubt)) => object.next_value_seed(Passed { doubt })?,
                (None, None) => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Field::Object(fields))
    }
}
