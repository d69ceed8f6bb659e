//! The texts or annotations of one name in a block: each distinct value once, and which rows have it.

use std::collections::HashMap;

use xray_sdk::document::AnnotationValue;

use super::bits::Bits;
use crate::entry::{Bytes, fields};
use crate::filter::expression::{Operator, Value};

/// Values and their rows. Kept small: two bytes for the row and two for the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) values: Values,
    /// In rising order.
    rows: Vec<u16>,
    /// The number of the value that each of the rows has.
    value_of: Vec<u16>,
}

/// Distinct values, one behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// The numbers of values that are known, while a block still grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(HashMap<Box<[u8]>, u16>);

impl Known {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of a value, a new one where it was not there.
    pub(super) fn number(&mut self, value: &[u8], values: &mut Values) -> u16 {
        if let Some(known) = self.0.get(value) {
            return *known;
        }
        let number = self.0.len() as u16;
        self.0.insert(value.into(), number);
        values.bytes.extend_from_slice(value);
        values.ends.push(values.bytes.len() as u32);
        number
    }
}

impl Values {
    pub(super) fn get(&self, number: usize) -> &[u8] {
        let start = match number {
            0 => 0,
            _ => self.ends[number - 1],
        };
        &self.bytes[start as usize..self.ends[number] as usize]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|number| self.get(number))
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

fields!(Column {
    values,
    rows,
    value_of
});
fields!(Values { bytes, ends });

impl Column {
    pub(super) fn push(&mut self, row: u16, value: u16) {
        self.rows.push(row);
        self.value_of.push(value);
    }

    /// The rows that have a value for which the test holds, of so many rows.
    pub(super) fn rows_where(&self, rows: usize, test: impl Fn(&[u8]) -> bool) -> Bits {
        let holds: Vec<bool> = self.values.all().map(test).collect();
        let mut found = Bits::none(rows);
        if !holds.contains(&true) {
            return found;
        }
        for (row, value) in self.rows.iter().zip(&self.value_of) {
            if holds[usize::from(*value)] {
                found.set(usize::from(*row));
            }
        }
        found
    }

    pub(super) fn shrink(&mut self) {
        self.values.shrink();
        self.rows.shrink_to_fit();
        self.value_of.shrink_to_fit();
    }

    pub(super) fn bytes(&self) -> usize {
        let numbers = self.rows.capacity() + self.value_of.capacity();
        size_of::<Self>() + self.values.bytes() + numbers * size_of::<u16>()
    }
}

/// An annotation's value, with its type in front.
pub(super) fn annotation_bytes(value: &AnnotationValue) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(number) = value.as_number() {
        bytes.push(b'n');
        bytes.extend_from_slice(&number.to_le_bytes());
    } else if let Some(boolean) = value.as_boolean() {
        bytes.extend_from_slice(&[b'b', u8::from(boolean)]);
    } else {
        bytes.push(b't');
        bytes.extend_from_slice(value.as_text().unwrap_or_default().as_bytes());
    }
    bytes
}

/// Whether an annotation, told by its bytes, compares like that. One of another type never does.
pub(super) fn annotation_holds(found: &[u8], operator: Operator, asked: &Value) -> bool {
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
pub(super) fn text_holds(found: &[u8], operator: Operator, asked: &str) -> bool {
    // The values were texts when they came.
    std::str::from_utf8(found).is_ok_and(|found| operator.compare_texts(found, asked))
}
