//! Reading that forgives: a value of the wrong type is left out and never fails the document around it.
//!
//! Other tools' documents differ from the documented form in small ways (a text where a number belongs, a list where an
//! object belongs). X-Ray drops what does not comply and keeps the rest; so does this reader.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use crate::id::{SegmentId, TraceId};

/// A type that takes from JSON what fits it. Each method answers `None` to what does not.
pub(super) trait Lenient: Sized {
    fn from_text(_text: &str) -> Option<Self> {
        None
    }

    fn from_boolean(_value: bool) -> Option<Self> {
        None
    }

    fn from_integer(_number: i64) -> Option<Self> {
        None
    }

    fn from_float(_number: f64) -> Option<Self> {
        None
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A block of a document: an object whose known fields are read one by one.
pub(super) trait Block: Default {
    /// Reads the value of `key`, or skips it.
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error>;
}

/// The value that stands after a key in `object`.
pub(super) struct Field<'a, A> {
    object: &'a mut A,
}

impl<'a, 'de, A: MapAccess<'de>> Field<'a, A> {
    pub(super) fn of(object: &'a mut A) -> Self {
        Self { object }
    }

    /// The value, when it has the type that is wanted.
    pub(super) fn take<T: Lenient>(self) -> Result<Option<T>, A::Error> {
        self.object.next_value_seed(Wanted(PhantomData))
    }

    /// Reads into an optional place. A value of another type leaves the place as it is.
    pub(super) fn read<T: Lenient>(self, place: &mut Option<T>) -> Result<(), A::Error> {
        if let Some(value) = self.take()? {
            *place = Some(value);
        }
        Ok(())
    }

    /// Reads into an optional place on the heap. A value of another type leaves the place as it is.
    pub(super) fn read_boxed<T: Lenient>(self, place: &mut Option<Box<T>>) -> Result<(), A::Error> {
        if let Some(value) = self.take()? {
            *place = Some(Box::new(value));
        }
        Ok(())
    }

    /// Reads into a place that has a value already. A value of another type leaves the place as it is.
    pub(super) fn fill<T: Lenient>(self, place: &mut T) -> Result<(), A::Error> {
        if let Some(value) = self.take()? {
            *place = value;
        }
        Ok(())
    }

    /// Keeps a value of any type under `key`.
    pub(super) fn keep(self, key: &str, rest: &mut Map<String, Value>) -> Result<(), A::Error> {
        rest.insert(key.to_owned(), self.object.next_value()?);
        Ok(())
    }

    pub(super) fn skip(self) -> Result<(), A::Error> {
        self.object.next_value::<IgnoredAny>().map(drop)
    }
}

/// A key of an object, borrowed from the input unless it holds escapes.
pub(super) struct Key<'de>(Cow<'de, str>);

impl Key<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsText;
        impl<'de> Visitor<'de> for AsText {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(AsText)
    }
}

/// Asks for a `T` and answers `None` when another type stands there.
struct Wanted<T>(PhantomData<T>);

impl<'de, T: Lenient> DeserializeSeed<'de> for Wanted<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Lenient> Visitor<'de> for Wanted<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Option<T>, E> {
        Ok(T::from_boolean(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<T>, E> {
        Ok(T::from_integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<T>, E> {
        Ok(match i64::try_from(number) {
            Ok(number) => T::from_integer(number),
            Err(_) => T::from_float(number as f64),
        })
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<T>, E> {
        Ok(T::from_float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<T>, E> {
        Ok(T::from_text(text))
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<T>, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Option<T>, A::Error> {
        T::from_object(object)
    }
}

impl<T: Block> Lenient for T {
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut block = Self::default();
        while let Some(key) = object.next_key::<Key<'de>>()? {
            block.field(key.as_str(), Field::of(&mut object))?;
        }
        Ok(Some(block))
    }
}

/// Elements of another type are left out of the list.
impl<T: Lenient> Lenient for Vec<T> {
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(Wanted(PhantomData))? {
            elements.extend(element);
        }
        Ok(Some(elements))
    }
}

/// Entries of another type are left out of the map.
impl<T: Lenient> Lenient for BTreeMap<String, T> {
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(key) = object.next_key::<String>()? {
            if let Some(value) = Field::of(&mut object).take()? {
                entries.insert(key, value);
            }
        }
        Ok(Some(entries))
    }
}

impl Lenient for Map<String, Value> {
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Map::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

impl Lenient for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Lenient for Cow<'static, str> {
    fn from_text(text: &str) -> Option<Self> {
        Some(Cow::Owned(text.to_owned()))
    }
}

impl Lenient for bool {
    fn from_boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Lenient for f64 {
    fn from_integer(number: i64) -> Option<Self> {
        Some(number as f64)
    }

    fn from_float(number: f64) -> Option<Self> {
        Some(number)
    }
}

/// Whole numbers may be written with a fraction of zero, or as text: other SDKs write `content_length` so.
impl Lenient for i64 {
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(number)
    }

    fn from_float(number: f64) -> Option<Self> {
        // 2^53: from here on a float does not tell one whole number from the next.
        (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
    }
}

impl Lenient for u16 {
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn from_integer(number: i64) -> Option<Self> {
        number.try_into().ok()
    }

    fn from_float(number: f64) -> Option<Self> {
        i64::from_float(number)?.try_into().ok()
    }
}

impl Lenient for TraceId {
    fn from_text(text: &str) -> Option<Self> {
        Self::from_text(text.as_bytes())
    }
}

impl Lenient for SegmentId {
    fn from_text(text: &str) -> Option<Self> {
        Self::from_text(text.as_bytes())
    }
}
