//! One value against another.

use xray_sdk::document::AnnotationValue;

use super::expression::{Operator, Value};

impl Operator {
    pub(crate) fn compare_numbers(self, found: f64, asked: f64) -> bool {
        match self {
            Self::Equal => found == asked,
            Self::NotEqual => found != asked,
            Self::Less => found < asked,
            Self::LessOrEqual => found <= asked,
            Self::Greater => found > asked,
            Self::GreaterOrEqual => found >= asked,
            Self::Contains | Self::BeginsWith | Self::EndsWith => false,
        }
    }

    pub(crate) fn compare_texts(self, found: &str, asked: &str) -> bool {
        match self {
            Self::Equal => found == asked,
            Self::NotEqual => found != asked,
            Self::Contains => found.contains(asked),
            Self::BeginsWith => found.starts_with(asked),
            Self::EndsWith => found.ends_with(asked),
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => false,
        }
    }

    pub(crate) fn compare_flags(self, found: bool, asked: bool) -> bool {
        match self {
            Self::Equal => found == asked,
            Self::NotEqual => found != asked,
            _ => false,
        }
    }

    /// A value of another type than the one that is asked for never compares.
    pub(crate) fn compare_annotation(self, found: &AnnotationValue, asked: &Value) -> bool {
        match asked {
            Value::Boolean(asked) => found
                .as_boolean()
                .is_some_and(|found| self.compare_flags(found, *asked)),
            Value::Number(asked) => found
                .as_number()
                .is_some_and(|found| self.compare_numbers(found, *asked)),
            Value::Text(asked) => found
                .as_text()
                .is_some_and(|found| self.compare_texts(found, asked)),
        }
    }
}
