//! Tells a text, the most common kind of value, from all others while it is serialised: a text is escaped off the request path.

use serde::ser::{Serialize, Serializer};

use crate::record::event::Form;
use crate::record::json::{Capped, Written};

type Json = serde_json::Serializer<Capped>;
type Inner<'a> = &'a mut Json;
type Result<T> = serde_json::Result<T>;
type Name = &'static str;

/// Hands on what serialises as one text, and writes all else as JSON. A value is asked once: it may be one that can be read only once.
pub(super) struct TextOrJson<'a, F> {
    /// Taken by a text.
    pub(super) keep: &'a mut Option<F>,
    /// What is written of anything else.
    pub(super) out: &'a mut Option<Json>,
}

/// Texts that are longer are rare, and not worth a second way to cut them.
const LONGEST: usize = 16 * 1024;

impl<'a, F> TextOrJson<'a, F> {
    #[inline]
    fn json(self) -> Inner<'a> {
        self.out.insert(Json::new(Capped::new()))
    }
}

/// Methods of a serializer that write JSON.
macro_rules! written {
    ($($method:ident($($name:ident: $given:ty),*) -> $ok:ty;)+) => {
        $(#[inline]
        fn $method(self, $($name: $given),*) -> Result<$ok> {
            self.json().$method($($name),*)
        })+
    };
}

impl<'a, F: FnOnce(Written<'_>)> Serializer for TextOrJson<'a, F> {
    type Ok = ();
    type Error = serde_json::Error;
    type SerializeSeq = <Inner<'a> as Serializer>::SerializeSeq;
    type SerializeTuple = <Inner<'a> as Serializer>::SerializeTuple;
    type SerializeTupleStruct = <Inner<'a> as Serializer>::SerializeTupleStruct;
    type SerializeTupleVariant = <Inner<'a> as Serializer>::SerializeTupleVariant;
    type SerializeMap = <Inner<'a> as Serializer>::SerializeMap;
    type SerializeStruct = <Inner<'a> as Serializer>::SerializeStruct;
    type SerializeStructVariant = <Inner<'a> as Serializer>::SerializeStructVariant;

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        if text.len() > LONGEST {
            return self.json().serialize_str(text);
        }
        if let Some(keep) = self.keep.take() {
            keep(Written {
                text,
                form: Form::Text,
            });
        }
        Ok(())
    }

    written! {
        serialize_bool(value: bool) -> ();
        serialize_i8(value: i8) -> ();
        serialize_i16(value: i16) -> ();
        serialize_i32(value: i32) -> ();
        serialize_i64(value: i64) -> ();
        serialize_i128(value: i128) -> ();
        serialize_u8(value: u8) -> ();
        serialize_u16(value: u16) -> ();
        serialize_u32(value: u32) -> ();
        serialize_u64(value: u64) -> ();
        serialize_u128(value: u128) -> ();
        serialize_f32(value: f32) -> ();
        serialize_f64(value: f64) -> ();
        serialize_char(value: char) -> ();
        serialize_bytes(value: &[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(name: Name) -> ();
        serialize_unit_variant(name: Name, index: u32, variant: Name) -> ();
        serialize_seq(length: Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(length: usize) -> Self::SerializeTuple;
        serialize_tuple_struct(name: Name, length: usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(name: Name, index: u32, variant: Name, length: usize) -> Self::SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> Self::SerializeMap;
        serialize_struct(name: Name, length: usize) -> Self::SerializeStruct;
        serialize_struct_variant(name: Name, index: u32, variant: Name, length: usize) -> Self::SerializeStructVariant;
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        self.json().serialize_some(value)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: Name, value: &T) -> Result<()> {
        self.json().serialize_newtype_struct(name, value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: Name,
        index: u32,
        variant: Name,
        value: &T,
    ) -> Result<()> {
        self.json()
            .serialize_newtype_variant(name, index, variant, value)
    }
}
