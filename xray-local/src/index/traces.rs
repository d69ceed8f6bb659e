//! What a block knows of whole traces.

use xray_sdk::TraceId;

use super::Position;
use super::bits::Bits;
use super::pack::{read_steps, read_times, read_words, write_steps, write_times, write_words};
use crate::entry::Bytes;
use std::ops::Range;

/// The number of a row, one higher, so that no row takes no room.
pub(super) type Row = std::num::NonZeroU16;

/// The traces of a block, one behind the other.
#[derive(Clone, Debug)]
pub(super) struct Traces {
    /// No trace is kept by a lower number.
    pub(super) first_ordinal: u64,
    pub(super) ids: Vec<TraceId>,
    /// How far the number by which each is kept is from the lowest one.
    pub(super) ordinals: Vec<u32>,
    pub(super) starts: Vec<f64>,
    pub(super) ends: Vec<f64>,
    pub(super) durations: Vec<u32>,
    /// The row where the trace begins.
    pub(super) roots: Vec<Option<Row>>,
    /// Its first row; one more than there are traces.
    pub(super) first_rows: Vec<u16>,
    pub(super) is_partial: Bits,
    /// Those that have a time of a segment outside of their start and end, by a broken clock.
    pub(super) is_odd: Bits,
    /// Those that have to be held against their documents.
    pub(super) is_opaque: Bits,
    /// Those that were not taken out; of a block that grows no more, before it was closed.
    pub(super) is_there: Bits,
}

impl Default for Traces {
    fn default() -> Self {
        Self::blank(0, 0)
    }
}

impl Traces {
    /// So many traces of which nothing is known, in the place of those that cannot be read.
    pub(super) fn blank(traces: usize, rows: usize) -> Self {
        let mut first_rows = vec![rows as u16; traces + 1];
        first_rows[0] = 0;
        Self {
            first_ordinal: 0,
            ids: vec![TraceId::from_u128(0); traces],
            ordinals: vec![0; traces],
            starts: vec![0.0; traces],
            ends: vec![0.0; traces],
            durations: vec![0; traces],
            roots: vec![None; traces],
            first_rows,
            is_partial: Bits::none(traces),
            is_odd: Bits::none(traces),
            is_opaque: Bits::none(traces),
            is_there: Bits::none(traces),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn position(&self, trace: usize) -> Position {
        Position::of(self.ids[trace], self.starts[trace])
    }

    /// The number by which a trace is kept.
    pub(super) fn ordinal(&self, trace: usize) -> u64 {
        self.first_ordinal + u64::from(self.ordinals[trace])
    }

    /// The numbers by which those are kept that are there.
    pub(super) fn ordinals_there(&self) -> impl Iterator<Item = u64> {
        let there = self.is_there.numbers();
        there.map(|trace| self.ordinal(trace))
    }

    /// The place of a trace that is there, by the number by which it is kept.
    pub(super) fn find(&self, ordinal: u64) -> Option<usize> {
        let distance = ordinal.checked_sub(self.first_ordinal)?;
        let distance = u32::try_from(distance).ok()?;
        let all = self.ordinals.iter().enumerate();
        let mut same = all.filter(|(_, known)| **known == distance);
        let found = same.find(|(trace, _)| self.is_there.has(*trace));
        found.map(|(trace, _)| trace)
    }

    /// Takes out all traces with lower numbers. Returns how many that were.
    pub(super) fn remove_before(&mut self, first: u64) -> usize {
        let there = self.is_there.numbers();
        let leaving: Vec<_> = there.filter(|trace| self.ordinal(*trace) < first).collect();
        for trace in &leaving {
            self.is_there.clear(*trace);
        }
        leaving.len()
    }

    /// The rows of a trace.
    pub(super) fn rows_of(&self, trace: usize) -> Range<usize> {
        usize::from(self.first_rows[trace])..usize::from(self.first_rows[trace + 1])
    }

    /// The rows, of so many, where traces begin.
    pub(super) fn root_rows(&self, rows: usize) -> Bits {
        let mut found = Bits::none(rows);
        for root in self.roots.iter().flatten() {
            found.set(usize::from(root.get() - 1));
        }
        found
    }

    /// The traces that have any of these rows.
    pub(super) fn with_rows(&self, rows: &Bits) -> Bits {
        let mut traces = Bits::none(self.count());
        let mut trace = 0;
        for row in rows.numbers() {
            while usize::from(self.first_rows[trace + 1]) <= row {
                trace += 1;
            }
            traces.set(trace);
        }
        traces
    }

    pub(super) fn bytes(&self) -> usize {
        let sets = [
            &self.is_partial,
            &self.is_odd,
            &self.is_opaque,
            &self.is_there,
        ];
        let each = size_of::<TraceId>() + 4 + 8 + 8 + 4 + 2 + 2;
        self.ids.capacity() * each + sets.into_iter().map(Bits::bytes).sum::<usize>()
    }
}

impl Bytes for Traces {
    fn write(&self, to: &mut Vec<u8>) {
        self.first_ordinal.write(to);
        // The time of an id stands in its upper bits; nobody can tell the others.
        let ids = self.ids.iter().map(|id| id.to_u128());
        write_steps(
            &ids.clone().map(|id| (id >> 96) as u32).collect::<Vec<_>>(),
            to,
        );
        write_words(
            &ids.clone().map(|id| (id >> 64) as u32).collect::<Vec<_>>(),
            to,
        );
        write_words(&ids.map(|id| id as u64).collect::<Vec<_>>(), to);
        write_steps(&self.ordinals, to);
        write_times(&self.starts, &self.ends, to);
        write_words(&self.durations, to);
        let root = |root: &Option<Row>| root.map_or(0, Row::get);
        write_steps(&self.roots.iter().map(root).collect::<Vec<_>>(), to);
        write_steps(&self.first_rows, to);
        for set in [
            &self.is_partial,
            &self.is_odd,
            &self.is_opaque,
            &self.is_there,
        ] {
            set.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let first_ordinal = u64::read(from)?;
        let times = read_steps::<u32>(from)?;
        let (upper, lower) = (read_words::<u32>(from)?, read_words::<u64>(from)?);
        let ids = times.iter().zip(upper).zip(lower);
        let id = |((time, upper), lower): ((&u32, u32), u64)| {
            u128::from(*time) << 96 | u128::from(upper) << 64 | u128::from(lower)
        };
        let ids = ids.map(|parts| TraceId::from_u128(id(parts))).collect();
        let ordinals = read_steps(from)?;
        let (starts, ends) = read_times(from)?;
        Some(Self {
            first_ordinal,
            ids,
            ordinals,
            starts,
            ends,
            durations: read_words(from)?,
            roots: read_steps(from)?.into_iter().map(Row::new).collect(),
            first_rows: read_steps(from)?,
            is_partial: Bits::read(from)?,
            is_odd: Bits::read(from)?,
            is_opaque: Bits::read(from)?,
            is_there: Bits::read(from)?,
        })
    }
}
