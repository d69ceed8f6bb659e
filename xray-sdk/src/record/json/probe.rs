//! The quick way for the most common kind of value, a text: it is escaped off the request path.

use std::fmt::{self, Display};

use serde::ser::{Error, Impossible, Serialize, Serializer};

use crate::record::event::Form;
use crate::record::json::Written;

/// Hands on what serialises as one text, and answers "no" to all else at once.
pub(super) struct Probe<'a, F>(pub(super) &'a mut Option<F>);

/// It is no text, or a very long one.
#[derive(Debug)]
pub(super) struct No;

type Name = &'static str;

/// Methods of a serializer that answer "no".
macro_rules! refused {
    ($($method:ident($($given:ty),*) -> $ok:ty;)+) => {
        $(#[inline]
        fn $method(self, $(_: $given),*) -> Result<$ok, No> {
            Err(No)
        })+
    };
}

impl<F: FnOnce(Written<'_>)> Serializer for Probe<'_, F> {
    type Ok = ();
    type Error = No;
    type SerializeSeq = Impossible<(), No>;
    type SerializeTuple = Impossible<(), No>;
    type SerializeTupleStruct = Impossible<(), No>;
    type SerializeTupleVariant = Impossible<(), No>;
    type SerializeMap = Impossible<(), No>;
    type SerializeStruct = Impossible<(), No>;
    type SerializeStructVariant = Impossible<(), No>;

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), No> {
        if text.len() > LONGEST {
            return Err(No);
        }
        let keep = self.0.take().ok_or(No)?;
        keep(Written {
            text,
            form: Form::Text,
        });
        Ok(())
    }

    refused! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(Name) -> ();
        serialize_unit_variant(Name, u32, Name) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(Name, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(Name, u32, Name, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(Name, usize) -> Self::SerializeStruct;
        serialize_struct_variant(Name, u32, Name, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), No> {
        Err(No)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: Name, _: &T) -> Result<(), No> {
        Err(No)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: Name,
        _: u32,
        _: Name,
        _: &T,
    ) -> Result<(), No> {
        Err(No)
    }
}

/// Longer ones are rare, and not worth a second way to cut them.
const LONGEST: usize = 16 * 1024;

impl Display for No {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no text")
    }
}

impl std::error::Error for No {}

impl Error for No {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}
