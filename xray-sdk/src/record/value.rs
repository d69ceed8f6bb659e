use std::borrow::Cow;

/// The value of an annotation: text, a number, or true or false. X-Ray indexes no other kind.
///
/// Made from `&str`, `String`, every integer and float up to 64 bits, and `bool`.
/// Text longer than 1,000 characters is cut (segment document schema); NaN and infinities, which JSON cannot hold, become text.
#[derive(Clone, Debug, PartialEq)]
pub struct Value<'a>(pub(crate) Scalar<'a>);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
}

impl<'a> From<&'a str> for Value<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(Scalar::Text(Cow::Borrowed(text)))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self(Scalar::Text(Cow::Borrowed(text)))
    }
}

impl From<String> for Value<'_> {
    #[inline]
    fn from(text: String) -> Self {
        Self(Scalar::Text(Cow::Owned(text)))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    #[inline]
    fn from(text: Cow<'a, str>) -> Self {
        Self(Scalar::Text(text))
    }
}

impl From<bool> for Value<'_> {
    #[inline]
    fn from(value: bool) -> Self {
        Self(Scalar::Boolean(value))
    }
}

macro_rules! from_numbers {
    ($variant:ident as $wide:ty: $($number:ty),+) => {
        $(impl From<$number> for Value<'_> {
            #[inline]
            fn from(number: $number) -> Self {
                Self(Scalar::$variant(number as $wide))
            }
        })+
    };
}

from_numbers!(Integer as i64: i8, i16, i32, i64, isize);
from_numbers!(Unsigned as u64: u8, u16, u32, u64, usize);
from_numbers!(Float as f64: f32, f64);
