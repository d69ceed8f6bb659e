//! The texts or annotations of one name in a block: each distinct value once, and which rows have it.

use super::bits::Bits;
use super::matcher::Matcher;
use super::numbers::Numbered;
use super::pack::{read_steps, write_steps};
use crate::entry::Bytes;

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

impl Values {
    pub(super) fn get(&self, number: usize) -> &[u8] {
        let start = match number {
            0 => 0,
            _ => self.ends[number - 1],
        };
        &self.bytes[start as usize..self.ends[number] as usize]
    }

    /// All of them, one behind the other, and where each ends.
    pub(super) fn parts(&self) -> (&[u8], &[u32]) {
        (&self.bytes, &self.ends)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|number| self.get(number))
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

impl Numbered<[u8]> for Values {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, number: usize) -> &[u8] {
        self.get(number)
    }

    fn add(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len() as u32);
    }
}

impl Bytes for Column {
    fn write(&self, to: &mut Vec<u8>) {
        self.values.write(to);
        write_steps(&self.rows, to);
        write_steps(&self.value_of, to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            values: Values::read(from)?,
            rows: read_steps(from)?,
            value_of: read_steps(from)?,
        })
    }
}

impl Bytes for Values {
    fn write(&self, to: &mut Vec<u8>) {
        write_steps(&self.ends, to);
        self.bytes.len().write(to);
        to.extend_from_slice(&self.bytes);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let ends = read_steps(from)?;
        let length = usize::read(from)?;
        let (bytes, rest) = from.split_at_checked(length)?;
        *from = rest;
        Some(Self {
            bytes: bytes.to_vec(),
            ends,
        })
    }
}

impl Column {
    pub(super) fn push(&mut self, row: u16, value: u16) {
        self.rows.push(row);
        self.value_of.push(value);
    }

    /// The rows that have such a value, of so many rows.
    pub(super) fn rows_where(&self, rows: usize, matcher: &Matcher<'_>) -> Bits {
        let holds = matcher.of(&self.values);
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

    pub(super) fn bytes(&self) -> usize {
        let numbers = self.rows.capacity() + self.value_of.capacity();
        size_of::<Self>() + self.values.bytes() + numbers * size_of::<u16>()
    }
}
