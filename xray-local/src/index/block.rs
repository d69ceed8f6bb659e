//! Some thousand traces, taken apart into columns. A block knows its own values only: one that does not have what is asked for is
//! passed over at once, and one whose traces are gone goes with all it knew.

use std::ops::{Range, RangeInclusive};

use xray_sdk::TraceId;

use super::Position;
use super::bits::Bits;
use super::cause::Causes;
use super::column::{Column, Values};
use super::key::{Name, write_key};
use super::profile::Profile;
use crate::entry::Side;
use crate::trace::ServiceId;

#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The lowest of the numbers by which the traces are kept.
    pub(super) first_ordinal: u64,

    // Of each trace.
    pub(super) ids: Vec<TraceId>,
    /// How far the number is from the lowest one.
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
    /// Those that were not taken out.
    pub(super) is_there: Bits,

    // Of each row, which is the work of one service.
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

    pub(super) profiles: Vec<Profile>,
    pub(super) services: Vec<ServiceId>,
    /// By what columns are told.
    pub(super) keys: Values,
    pub(super) columns: Vec<Column>,
    pub(super) causes: Causes,
    /// Traces that have not come and that others go on from, each with one of these.
    pub(super) waits: Vec<(TraceId, TraceId)>,
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

/// The number of a row, one higher, so that no row takes no room.
pub(super) type Row = std::num::NonZeroU16;

impl Default for Block {
    fn default() -> Self {
        Self {
            first_ordinal: 0,
            ids: Vec::new(),
            ordinals: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
            durations: Vec::new(),
            roots: Vec::new(),
            first_rows: vec![0],
            is_partial: Bits::none(0),
            is_odd: Bits::none(0),
            is_opaque: Bits::none(0),
            is_there: Bits::none(0),
            profile_of: Vec::new(),
            times: Vec::new(),
            offsets: Vec::new(),
            call_rows: Vec::new(),
            call_times: Vec::new(),
            call_offsets: Vec::new(),
            sources: Vec::new(),
            profiles: Vec::new(),
            services: Vec::new(),
            keys: Values::default(),
            columns: Vec::new(),
            causes: Causes::default(),
            waits: Vec::new(),
        }
    }
}

impl Block {
    pub(super) fn traces(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn rows(&self) -> usize {
        self.profile_of.len()
    }

    pub(super) fn position(&self, trace: usize) -> Position {
        Position::of(self.ids[trace], self.starts[trace])
    }

    /// The number by which a trace is kept.
    pub(super) fn ordinal(&self, trace: usize) -> u64 {
        self.first_ordinal + u64::from(self.ordinals[trace])
    }

    /// The number, in this block, of a trace that is there, by the number by which it is kept.
    pub(super) fn find(&self, ordinal: u64) -> Option<usize> {
        let distance = ordinal.checked_sub(self.first_ordinal)?;
        let distance = u32::try_from(distance).ok()?;
        let mut same = (0..self.traces()).filter(|trace| self.ordinals[*trace] == distance);
        same.find(|trace| self.is_there.has(*trace))
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

    /// The lowest and the highest of the numbers by which its traces are kept. `None` of a block without traces.
    pub(super) fn ordinals(&self) -> Option<RangeInclusive<u64>> {
        let all = || (0..self.traces()).map(|trace| self.ordinal(trace));
        Some(all().min()?..=all().max()?)
    }

    pub(super) fn column(&self, side: Side, name: Name<'_>) -> Option<&Column> {
        let mut key = Vec::new();
        write_key(side, name, &mut key);
        let place = self.keys.all().position(|known| known == key)?;
        self.columns.get(place)
    }

    /// The rows of a trace.
    pub(super) fn rows_of(&self, trace: usize) -> Range<usize> {
        usize::from(self.first_rows[trace])..usize::from(self.first_rows[trace + 1])
    }

    /// The rows of the traces where they begin.
    pub(super) fn root_rows(&self) -> Bits {
        let mut rows = Bits::none(self.rows());
        for root in self.roots.iter().flatten() {
            rows.set(usize::from(root.get() - 1));
        }
        rows
    }

    /// The traces that have any of these rows.
    pub(super) fn traces_of(&self, rows: &Bits) -> Bits {
        let mut traces = Bits::none(self.traces());
        let mut trace = 0;
        for row in rows.numbers() {
            while usize::from(self.first_rows[trace + 1]) <= row {
                trace += 1;
            }
            traces.set(trace);
        }
        traces
    }

    pub(super) fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.ordinals.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.durations.shrink_to_fit();
        self.roots.shrink_to_fit();
        self.first_rows.shrink_to_fit();
        self.profile_of.shrink_to_fit();
        self.times.shrink_to_fit();
        self.offsets.shrink_to_fit();
        self.call_rows.shrink_to_fit();
        self.call_times.shrink_to_fit();
        self.call_offsets.shrink_to_fit();
        self.sources.shrink_to_fit();
        self.profiles.shrink_to_fit();
        self.services.shrink_to_fit();
        self.keys.shrink();
        self.columns.shrink_to_fit();
        self.columns.iter_mut().for_each(Column::shrink);
        self.causes.shrink();
        self.waits.shrink_to_fit();
    }

    /// The memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let sets = [
            &self.is_partial,
            &self.is_odd,
            &self.is_opaque,
            &self.is_there,
        ];
        let traces = self.ids.capacity() * (16 + 4 + 8 + 8 + 4 + 2 + 2);
        let rows =
            self.profile_of.capacity() * (2 + 4 + 4) + self.call_rows.capacity() * (2 + 4 + 4);
        let sources = self.sources.capacity() * size_of::<Source>();
        let profiles = self.profiles.capacity() * size_of::<Profile>();
        let services = self
            .services
            .iter()
            .map(|id| size_of_val(id) + id.name.len() + id.kind.len());
        let columns = self.columns.iter().map(Column::bytes);
        size_of::<Self>()
            + sets.into_iter().map(Bits::bytes).sum::<usize>()
            + traces
            + rows
            + sources
            + profiles
            + services.sum::<usize>()
            + self.keys.bytes()
            + columns.sum::<usize>()
            + self.causes.bytes()
    }
}
