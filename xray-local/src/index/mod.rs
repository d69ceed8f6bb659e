//! Finds traces without reading them. Pure: what is kept where, and who may look at it when, is the store's.
//!
//! The index holds all that filter expressions can ask, in columns: blocks of some thousand traces in order of coming, each with
//! its own distinct values. A condition is held first against the distinct values of a block, and only when one of them fits
//! against its rows. So blocks without it cost next to nothing, newer blocks are looked at first, and a page is full after few.
//!
//! Only the block that grows stands in memory whole. One that is full is taken to pieces, which lie on the [`Shelf`]: an outline tells
//! whether it has to be looked into, and what is asked for tells which of its pieces are read.

mod bits;
mod block;
mod bounds;
mod cause;
mod closed;
mod column;
mod explain;
mod form;
mod key;
mod look;
mod matcher;
mod micros;
mod numbers;
mod open;
mod pack;
mod part;
mod piece;
mod profile;
mod rest;
mod rows;
mod search;
mod sieve;
mod spans;
mod traces;
mod view;
mod weigh;
mod works;

use std::ops::Range;
use std::sync::Arc;

use xray_sdk::TraceId;

use crate::entry::{Bytes, Entry, fields};
use crate::filter::Filter;
use crate::query::TimeRange;
use block::Block;
use closed::Closed;
pub(crate) use closed::Kept;
pub use explain::{ExplainedTerm, Explanation};
use open::Open;
pub(crate) use piece::{Piece, PieceId, Shelf};
pub(crate) use rows::{Gather, Rows};
use spans::Spans;

/// How many traces stand in a block. Fewer would keep the same values more often, of more some would be looked at in vain for a page.
const TRACES: usize = 4096;

/// The traces that were put in and not taken out.
#[derive(Debug)]
pub(crate) struct Index {
    /// The most traces of a block.
    size: usize,
    closed: Vec<Arc<Closed>>,
    open: Open,
    traces: usize,
    /// The number of the next block.
    next: u64,
    /// The highest number by which a trace is kept.
    highest: u64,
    /// Blocks that were kept and are empty now, with the numbers of their pieces.
    gone: Vec<(u64, u16)>,
}

/// The blocks as they were at a moment: what is put in and taken out meanwhile does not change them.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    closed: Vec<Arc<Closed>>,
    open: Block,
    traces: usize,
}

/// The place of a trace in the order of starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) start_micros: i64,
    pub(crate) id: TraceId,
}

/// A trace that may be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) position: Position,
    /// The number by which it is kept.
    pub(crate) ordinal: u64,
    /// Whether the filter is known to hold. Else the trace has to be read.
    pub(crate) is_certain: bool,
}

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    /// The times of a candidate may still be found outside of it, where a [`TimeRangeType::Service`] is asked for.
    pub(crate) range: &'a TimeRange,
    pub(crate) filter: Option<&'a Filter>,
    /// Only what comes behind this, which is older.
    pub(crate) after: Option<Position>,
    pub(crate) limit: usize,
}

fields!(Position { start_micros, id });

impl Position {
    pub(crate) fn of(id: TraceId, start: f64) -> Self {
        Self {
            start_micros: (start * 1e6).round() as i64,
            id,
        }
    }
}

impl Default for Index {
    fn default() -> Self {
        Self::with_blocks_of(TRACES)
    }
}

impl Index {
    /// An index whose blocks hold so many traces.
    pub(crate) fn with_blocks_of(size: usize) -> Self {
        Self {
            size,
            closed: Vec::new(),
            open: Open::default(),
            traces: 0,
            next: 0,
            highest: 0,
            gone: Vec::new(),
        }
    }

    /// An empty one with blocks of the same size.
    pub(crate) fn anew(&self) -> Self {
        Self::with_blocks_of(self.size)
    }

    /// The blocks as they are now. Costs some nanoseconds for each; what is put in next copies what grows of the one that does.
    pub(crate) fn blocks(&self) -> Blocks {
        Blocks {
            closed: self.closed.clone(),
            open: self.open.block.clone(),
            traces: self.traces,
        }
    }

    /// Puts in a trace that is not there, with the number by which it is kept.
    pub(crate) fn insert(&mut self, ordinal: u64, entry: &Entry) {
        if !self.open.has_room_for(ordinal, entry, self.size) {
            self.close();
        }
        self.open.push(ordinal, entry);
        self.traces += 1;
        self.highest = self.highest.max(ordinal);
    }

    fn close(&mut self) {
        let block = std::mem::take(&mut self.open).block;
        self.closed
            .extend(Closed::of(self.next, block).map(Arc::new));
        self.next += 1;
    }

    /// Takes out a trace by the number by which it is kept. Returns whether it was there.
    pub(crate) fn remove(&mut self, ordinal: u64) -> bool {
        if ordinal > self.highest {
            return false;
        }
        let open = Arc::make_mut(&mut self.open.block.traces);
        let is_removed = if let Some(trace) = open.find(ordinal) {
            open.is_there.clear(trace);
            true
        } else {
            let mut closed = self.closed.iter_mut().rev();
            let closed = closed.find(|closed| closed.there.has(ordinal));
            closed.is_some_and(|closed| Arc::make_mut(closed).remove(ordinal))
        };
        if is_removed {
            self.traces -= 1;
            self.drop_empty();
        }
        is_removed
    }

    /// Takes out all traces with lower numbers.
    pub(crate) fn remove_before(&mut self, first: u64) {
        let open = Arc::make_mut(&mut self.open.block.traces);
        self.traces -= open.remove_before(first);
        let closed = self.closed.iter_mut();
        for closed in closed.filter(|closed| closed.there.begin_before(first)) {
            self.traces -= Arc::make_mut(closed).remove_before(first);
        }
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        let gone = &mut self.gone;
        self.closed.retain(|closed| {
            let is_empty = closed.there.is_empty();
            if is_empty && closed.is_kept() {
                gone.push((closed.number, closed.outline.pieces));
            }
            !is_empty
        });
    }

    /// Stretches of these numbers by which no trace is kept that stands here.
    pub(crate) fn gaps(&self, numbers: Range<u64>) -> Vec<Range<u64>> {
        let open = self.open.block.traces.ordinals_there();
        let open = Spans::of(open.collect());
        let closed = self.closed.iter().flat_map(|closed| closed.there.all());
        let mut spans: Vec<_> = closed.chain(open.all()).collect();
        spans.sort_unstable();
        let mut next = numbers.start;
        let mut gaps = Vec::new();
        for (start, end) in spans.into_iter().chain([(numbers.end, numbers.end)]) {
            let start = start.min(numbers.end);
            if next < start {
                gaps.push(next..start);
            }
            next = next.max(end);
        }
        gaps
    }

    /// Traces that have not come and that others go on from, each with one of these; of blocks that were kept they are told when these
    /// are [restored](Self::restore).
    pub(crate) fn waits(&self) -> impl Iterator<Item = (TraceId, TraceId)> {
        let closed = self.closed.iter().flat_map(|closed| closed.waits());
        closed.chain(&self.open.block.waits).copied()
    }

    /// What has changed of blocks that were kept: their numbers with the traces that are left.
    pub(crate) fn changes(&self) -> Vec<(u64, Vec<u8>)> {
        let closed = self.closed.iter();
        closed
            .filter_map(|closed| Some((closed.number, closed.change()?)))
            .collect()
    }

    /// Blocks that were kept and of which nothing is left, each with how many pieces it has.
    pub(crate) fn gone(&self) -> &[(u64, u16)] {
        &self.gone
    }

    /// The changes are kept, and what has gone is not any more.
    pub(crate) fn changes_kept(&mut self) {
        self.gone.clear();
        let closed = self.closed.iter_mut();
        for closed in closed.filter(|closed| closed.is_changed()) {
            Arc::make_mut(closed).change_kept();
        }
    }

    /// A block that grows no more and is not kept yet. Only one of which no trace is still open, by the number by which it is kept.
    pub(crate) fn next_to_keep(&self, is_open: impl Fn(u64) -> bool) -> Option<Kept> {
        let mut ready = self.closed.iter().filter(|closed| {
            let mut there = closed.there.numbers();
            !closed.is_kept() && !there.any(&is_open)
        });
        ready.next()?.to_keep()
    }

    /// The block is kept.
    pub(crate) fn kept(&mut self, number: u64) {
        let mut closed = self.closed.iter_mut();
        if let Some(closed) = closed.find(|closed| closed.number == number) {
            Arc::make_mut(closed).was_kept();
        }
    }

    /// Takes in a block that was kept, by its outline, and which of its traces were left, if that had changed. Returns what waits for what in it; `None` when
    /// it could not be read. Blocks have to come in the order of their numbers.
    pub(crate) fn restore(
        &mut self,
        number: u64,
        outline: &[u8],
        left: Option<&[u8]>,
    ) -> Option<Vec<(TraceId, TraceId)>> {
        self.next = number + 1;
        let (closed, waits) = Closed::read(number, outline, left)?;
        self.traces += closed.there.count();
        let last = closed.there.all().last();
        self.highest = last.map_or(self.highest, |(_, end)| self.highest.max(end - 1));
        self.closed.push(Arc::new(closed));
        self.drop_empty();
        Some(waits)
    }

    /// Forgets a block that cannot be read. Returns among which numbers those of its traces are.
    pub(crate) fn forget(&mut self, number: u64) -> Option<Range<u64>> {
        let closed = self.closed.iter();
        let place = closed
            .map(|closed| closed.number)
            .position(|known| known == number)?;
        let closed = self.closed.remove(place);
        self.traces -= closed.there.count();
        if closed.is_kept() {
            self.gone.push((number, closed.outline.pieces));
        }
        let (first, last) = (closed.there.all().next(), closed.there.all().last());
        Some(first?.0..last?.1)
    }

    /// The memory that it always takes, in bytes; the block that still grows takes about twice what is told of it.
    pub(crate) fn bytes(&self) -> usize {
        let closed = self.closed.iter().map(|closed| closed.bytes());
        closed.sum::<usize>() + self.open.block.bytes()
    }
}

#[cfg(test)]
pub(crate) mod tests;
