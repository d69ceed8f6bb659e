//! What is asked of the values of a column.

use memchr::memmem::Finder;
use xray_sdk::document::AnnotationValue;

use super::column::Values;
use crate::filter::expression::{Operator, Test, Value};

/// A test on values, made ready for many.
pub(super) enum Matcher<'a> {
    Any,
    /// Texts that hold this one somewhere. With a type in front they are annotations.
    Holding {
        finder: Box<Finder<'a>>,
        has_type: bool,
    },
    Text(Operator, &'a str),
    Annotation(Operator, &'a Value),
    Nothing,
}

impl<'a> Matcher<'a> {
    pub(super) fn of_texts(test: &'a Test) -> Self {
        match test {
            Test::Holds => Self::Any,
            Test::Is(Operator::Contains, Value::Text(asked)) => Self::holding(asked, false),
            Test::Is(operator, Value::Text(asked)) => Self::Text(*operator, asked),
            Test::Is(..) => Self::Nothing,
        }
    }

    pub(super) fn of_annotations(test: &'a Test) -> Self {
        match test {
            Test::Holds => Self::Any,
            Test::Is(Operator::Contains, Value::Text(asked)) => Self::holding(asked, true),
            Test::Is(operator, asked) => Self::Annotation(*operator, asked),
        }
    }

    fn holding(asked: &'a str, has_type: bool) -> Self {
        Self::Holding {
            finder: Box::new(Finder::new(asked)),
            has_type,
        }
    }

    /// Which of the values are meant.
    pub(super) fn of(&self, values: &Values) -> Vec<bool> {
        match self {
            Self::Holding { finder, has_type } => holding(values, finder, *has_type),
            _ => values.all().map(|value| self.means(value)).collect(),
        }
    }

    /// Whether a value is meant.
    pub(super) fn means(&self, value: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Nothing => false,
            Self::Text(operator, asked) => text_holds(value, *operator, asked),
            Self::Annotation(operator, asked) => annotation_holds(value, *operator, asked),
            Self::Holding { finder, has_type } => match (has_type, value) {
                (true, [b't', text @ ..]) | (false, text) => finder.find(text).is_some(),
                (true, _) => false,
            },
        }
    }
}

/// The values that hold a text. They are searched through as one, which is some times faster than one by one.
fn holding(values: &Values, finder: &Finder<'_>, has_type: bool) -> Vec<bool> {
    let (bytes, ends) = values.parts();
    let length = finder.needle().len();
    let mut holds = vec![false; ends.len()];
    if length == 0 {
        let is_text = |value: &[u8]| !has_type || value.first() == Some(&b't');
        return values.all().map(is_text).collect();
    }
    let mut from = 0;
    while let Some(found) = finder.find(&bytes[from..]) {
        let place = from + found;
        let number = ends.partition_point(|end| *end as usize <= place);
        let end = ends[number] as usize;
        let value = values.get(number);
        let start = end - value.len() + usize::from(has_type);
        let is_text = !has_type || value.first() == Some(&b't');
        if start <= place && place + length <= end && is_text {
            holds[number] = true;
            from = end;
        } else {
            // It lies across two values, or is a number by chance.
            from = place + 1;
        }
    }
    holds
}

/// Writes an annotation's value, with its type in front.
pub(super) fn write_annotation(value: &AnnotationValue, to: &mut Vec<u8>) {
    if let Some(number) = value.as_number() {
        to.push(b'n');
        to.extend_from_slice(&number.to_le_bytes());
    } else if let Some(boolean) = value.as_boolean() {
        to.extend_from_slice(&[b'b', u8::from(boolean)]);
    } else {
        to.push(b't');
        to.extend_from_slice(value.as_text().unwrap_or_default().as_bytes());
    }
}

/// Whether an annotation, told by its bytes, compares like that. One of another type never does.
fn annotation_holds(found: &[u8], operator: Operator, asked: &Value) -> bool {
    match (found, asked) {
        ([b'n', number @ ..], Value::Number(asked)) => {
            let number = f64::from_le_bytes(number.try_into().unwrap_or_default());
            operator.compare_numbers(number, *asked)
        }
        ([b'b', flag], Value::Boolean(asked)) => operator.compare_flags(*flag != 0, *asked),
        ([b't', text @ ..], Value::Text(asked)) => text_holds(text, operator, asked),
        _ => false,
    }
}

/// Whether a text, told by its bytes, compares like that.
fn text_holds(found: &[u8], operator: Operator, asked: &str) -> bool {
    // Texts are alike when their bytes are, and need not be read as such.
    match operator {
        Operator::Equal => found == asked.as_bytes(),
        Operator::NotEqual => found != asked.as_bytes(),
        _ => std::str::from_utf8(found).is_ok_and(|found| operator.compare_texts(found, asked)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::numbers::Numbered as _;

    fn values(all: &[&[u8]]) -> Values {
        let mut values = Values::default();
        all.iter().for_each(|value| values.add(value));
        values
    }

    fn holding<'a>(asked: &'a Test, values: &Values, of: fn(&'a Test) -> Matcher<'a>) -> Vec<bool> {
        of(asked).of(values)
    }

    #[test]
    fn a_text_that_is_held_lies_in_one_value() {
        let texts: [&[u8]; 6] = [b"xa", b"aa", b"", b"a", b"ab", b"aab"];
        let all = values(&texts);
        for asked in ["aa", "a", "", "b", "aab", "ba", "xaaa"] {
            let test = Test::Is(Operator::Contains, Value::Text(asked.to_owned()));
            let expected = texts.map(|text| {
                text.windows(asked.len().max(1))
                    .any(|part| part == asked.as_bytes())
                    || asked.is_empty()
            });
            assert_eq!(holding(&test, &all, Matcher::of_texts), expected, "{asked}");
        }
    }

    #[test]
    fn only_texts_among_annotations_hold_a_text() {
        let number = f64::from_le_bytes(*b"tttttttt");
        let mut bytes = Vec::new();
        write_annotation(&AnnotationValue::Float(number), &mut bytes);
        let all = values(&[&bytes, b"tat", b"ta", b"b\x01", b"t"]);
        for (asked, expected) in [
            ("t", [false, true, false, false, false]),
            ("a", [false, true, true, false, false]),
            ("", [false, true, true, false, true]),
        ] {
            let test = Test::Is(Operator::Contains, Value::Text(asked.to_owned()));
            assert_eq!(
                holding(&test, &all, Matcher::of_annotations),
                expected,
                "{asked}"
            );
        }
    }
}
