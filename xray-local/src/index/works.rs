//! What a block knows of single works: its rows.

use super::micros::NONE;
use super::pack::{read_steps, read_words, write_steps, write_words};
use crate::entry::{Bytes, fields};

/// The rows of a block, one behind the other; each is the work of one service.
#[derive(Clone, Debug, Default)]
pub(super) struct Works {
    /// What each says beside its times and texts, by number.
    pub(super) profile_of: Vec<u16>,
    pub(super) times: Vec<u32>,
    /// How long after the start of the trace it began, in microseconds.
    pub(super) offsets: Vec<i32>,
    /// Rows of which the callers recorded something else, and the times that these saw.
    pub(super) call_rows: Vec<u16>,
    pub(super) call_times: Vec<u32>,
    pub(super) call_offsets: Vec<i32>,
    /// Where rows go on from, as far as that is known.
    pub(super) sources: Vec<Source>,
}

/// The service that a row goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) row: u16,
    /// The number of the service.
    pub(super) service: u16,
    /// How old what was handed on had become, in microseconds.
    pub(super) age: u64,
}

fields!(Source { row, service, age });

impl Works {
    /// So many rows of which nothing is known, in the place of those that cannot be read.
    pub(super) fn blank(rows: usize) -> Self {
        Self {
            profile_of: vec![0; rows],
            times: vec![NONE; rows],
            offsets: vec![0; rows],
            ..Self::default()
        }
    }

    pub(super) fn count(&self) -> usize {
        self.profile_of.len()
    }

    /// Where a row goes on from: numbers of services, with the ages.
    pub(super) fn sources_of(&self, row: usize) -> impl Iterator<Item = (u16, u64)> {
        let is_before = |source: &Source| usize::from(source.row) < row;
        let first = self.sources.partition_point(is_before);
        let here = self.sources[first..].iter();
        here.take_while(move |source| usize::from(source.row) == row)
            .map(|source| (source.service, source.age))
    }

    pub(super) fn bytes(&self) -> usize {
        self.profile_of.capacity() * (2 + 4 + 4)
            + self.call_rows.capacity() * (2 + 4 + 4)
            + self.sources.capacity() * size_of::<Source>()
    }
}

impl Bytes for Works {
    fn write(&self, to: &mut Vec<u8>) {
        write_words(&self.profile_of, to);
        write_words(&self.times, to);
        write_words(&unsigned(&self.offsets), to);
        write_steps(&self.call_rows, to);
        write_words(&self.call_times, to);
        write_words(&unsigned(&self.call_offsets), to);
        self.sources.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            profile_of: read_words(from)?,
            times: read_words(from)?,
            offsets: signed(read_words(from)?),
            call_rows: read_steps(from)?,
            call_times: read_words(from)?,
            call_offsets: signed(read_words(from)?),
            sources: Bytes::read(from)?,
        })
    }
}

fn unsigned(numbers: &[i32]) -> Vec<u32> {
    numbers
        .iter()
        .map(|number| number.cast_unsigned())
        .collect()
}

fn signed(numbers: Vec<u32>) -> Vec<i32> {
    numbers.into_iter().map(u32::cast_signed).collect()
}
