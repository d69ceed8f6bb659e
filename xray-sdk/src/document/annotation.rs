use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::lenient::Lenient;

/// The indexed values of a segment or subsegment, by key: what filter expressions can search for.
pub type Annotations = BTreeMap<String, AnnotationValue>;

/// The value of an annotation: text, a number, or true or false (segment document schema).
#[derive(Clone, Debug, PartialEq)]
pub enum AnnotationValue {
    /// A text of at most 1,000 characters.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number. NaN and the infinities, which JSON cannot hold, are written as text.
    Float(f64),
    /// True or false.
    Boolean(bool),
}

impl AnnotationValue {
    /// The text, when the value is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when the value is one. Whole numbers beyond 2^53 lose their last digits.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, when the value is one.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }
}

impl fmt::Display for AnnotationValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Boolean(value) => value.fmt(f),
        }
    }
}

impl Serialize for AnnotationValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Self::Float(number) => serializer.collect_str(number),
            Self::Boolean(value) => serializer.serialize_bool(*value),
        }
    }
}

impl Lenient for AnnotationValue {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::Text(text.to_owned()))
    }

    fn from_boolean(value: bool) -> Option<Self> {
        Some(Self::Boolean(value))
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(Self::Integer(number))
    }

    fn from_float(number: f64) -> Option<Self> {
        Some(Self::Float(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &AnnotationValue) -> String {
        serde_json::to_string(value).expect("scalars can be written")
    }

    #[test]
    fn each_kind_keeps_its_type_in_json() {
        assert_eq!(written(&AnnotationValue::Text("7".into())), "\"7\"");
        assert_eq!(written(&AnnotationValue::Integer(7)), "7");
        assert_eq!(written(&AnnotationValue::Float(7.5)), "7.5");
        assert_eq!(written(&AnnotationValue::Boolean(true)), "true");
    }

    #[test]
    fn numbers_that_json_cannot_hold_become_text() {
        assert_eq!(written(&AnnotationValue::Float(f64::NAN)), "\"NaN\"");
        assert_eq!(
            written(&AnnotationValue::Float(f64::NEG_INFINITY)),
            "\"-inf\""
        );
    }
}
