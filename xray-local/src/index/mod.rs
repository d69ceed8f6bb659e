//! Finds traces without reading them. Pure: what is kept where, and who may look at it when, is the store's.
//!
//! The index holds all that filter expressions can ask, in columns: blocks of some thousand traces in order of coming, each with
//! its own distinct values. A condition is held first against the distinct values of a block, and only when one of them fits
//! against its rows. So blocks without it cost next to nothing, newer blocks are looked at first, and a page is full after few.

mod bits;
mod block;
mod cause;
mod column;
mod explain;
mod look;
mod micros;
mod part;
mod profile;

use std::collections::BinaryHeap;

use xray_sdk::TraceId;

use crate::entry::Entry;
use crate::filter::Filter;
use crate::query::{TimeRange, TimeRangeType, Times};
use bits::Bits;
use block::{Block, Open};
pub use explain::{ExplainedTerm, Explanation};
use look::Look;

/// How many traces stand in a block. Fewer would keep the same values more often, of more some would be looked at in vain for a page.
const TRACES: usize = 4096;

/// The traces that were put in and not taken out.
#[derive(Debug)]
pub(crate) struct Index {
    /// The most traces of a block.
    size: usize,
    closed: Vec<Closed>,
    open: Open,
    traces: usize,
}

/// A block that grows no more, with what tells whether it has to be looked into.
#[derive(Debug)]
struct Closed {
    block: Block,
    /// How many traces are left in it.
    traces: usize,
    bounds: Bounds,
}

/// Between which times the traces of a block lie.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    oldest: Position,
    newest: Position,
    /// The first start or time in an id, and the last end or time in an id.
    first: f64,
    last: f64,
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
    fn with_blocks_of(size: usize) -> Self {
        Self {
            size,
            closed: Vec::new(),
            open: Open::default(),
            traces: 0,
        }
    }

    /// Puts in a trace that is not there, with the number by which it is kept.
    pub(crate) fn insert(&mut self, ordinal: u64, entry: &Entry) {
        if !self.open.has_room_for(ordinal, entry, self.size) {
            self.close();
        }
        self.open.push(ordinal, entry);
        self.traces += 1;
    }

    fn close(&mut self) {
        let block = std::mem::take(&mut self.open).close();
        let traces = block.is_there.count();
        if let Some(bounds) = Bounds::of(&block).filter(|_| traces > 0) {
            self.closed.push(Closed {
                block,
                traces,
                bounds,
            });
        }
    }

    /// Takes out a trace by its id and its start. Returns whether it was there.
    pub(crate) fn remove(&mut self, id: TraceId, start: f64) -> bool {
        if let Some(trace) = self.open.block.find(id, start) {
            self.open.block.is_there.clear(trace);
            self.traces -= 1;
            return true;
        }
        let position = Position::of(id, start);
        for (number, closed) in self.closed.iter_mut().enumerate().rev() {
            let Bounds { oldest, newest, .. } = closed.bounds;
            if position < oldest || newest < position {
                continue;
            }
            if let Some(trace) = closed.block.find(id, start) {
                closed.block.is_there.clear(trace);
                closed.traces -= 1;
                self.traces -= 1;
                if closed.traces == 0 {
                    self.closed.remove(number);
                }
                return true;
            }
        }
        false
    }

    /// The memory that the index takes, in bytes; the block that still grows takes about twice what is told of it.
    pub(crate) fn bytes(&self) -> usize {
        let closed = self.closed.iter().map(|closed| closed.block.bytes());
        closed.sum::<usize>() + self.open.block.bytes()
    }

    /// The traces that may be meant, newest first. None that is meant is left out.
    pub(crate) fn search(
        &self,
        search: &Search<'_>,
        mut told: Option<&mut Explanation>,
    ) -> Vec<Candidate> {
        let open = Bounds::of(&self.open.block).map(|bounds| (bounds, &self.open.block));
        let closed = self
            .closed
            .iter()
            .map(|closed| (closed.bounds, &closed.block));
        let mut blocks: Vec<_> = closed.chain(open).collect();
        if let Some(told) = &mut told {
            told.traces = self.traces;
            told.blocks = blocks.len();
        }
        blocks.retain(|(bounds, _)| bounds.may_hold(search));
        blocks.sort_by_key(|(bounds, _)| std::cmp::Reverse(bounds.newest));

        let mut found = Vec::new();
        let mut waiting = BinaryHeap::new();
        for (bounds, block) in blocks {
            // Those that are newer than all that is still to come.
            while let Some(newest) = waiting.peek()
                && *newest > Candidate::first_of(bounds.newest)
                && found.len() < search.limit
            {
                found.extend(waiting.pop());
            }
            if found.len() == search.limit {
                return found;
            }
            waiting.extend(candidates(block, &bounds, search, told.as_deref_mut()));
        }
        while found.len() < search.limit
            && let Some(next) = waiting.pop()
        {
            found.push(next);
        }
        found
    }
}

impl Candidate {
    /// What stands behind all candidates of this place and before all of newer ones.
    fn first_of(position: Position) -> Self {
        Self {
            position,
            ordinal: u64::MAX,
            is_certain: true,
        }
    }
}

impl Bounds {
    /// `None` of a block without traces.
    fn of(block: &Block) -> Option<Self> {
        let positions = || (0..block.traces()).map(|trace| block.position(trace));
        let by_id = || block.ids.iter().map(|id| f64::from(id.epoch_seconds()));
        let starts = block.starts.iter().copied();
        let ends = block.ends.iter().copied();
        Some(Self {
            oldest: positions().min()?,
            newest: positions().max()?,
            first: starts.chain(by_id()).fold(f64::INFINITY, f64::min),
            last: ends.chain(by_id()).fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// Whether every trace between them lies in the time that is searched.
    fn lie_in(&self, search: &Search<'_>) -> bool {
        let start = |time: f64| (time * 1e6).round() as i64;
        let TimeRange {
            start: first,
            end,
            kind,
        } = *search.range;
        kind != TimeRangeType::Service
            && start(first) < self.oldest.start_micros
            && self.newest.start_micros < start(end)
            && search.after.is_none_or(|after| self.newest < after)
    }

    fn may_hold(&self, search: &Search<'_>) -> bool {
        let TimeRange { start, end, kind } = *search.range;
        // Ends of segments by broken clocks may lie anywhere.
        let is_in_time = kind == TimeRangeType::Service || (self.first < end && start <= self.last);
        is_in_time && search.after.is_none_or(|after| self.oldest < after)
    }
}

/// The traces of a block that may be meant, in no order.
fn candidates(
    block: &Block,
    bounds: &Bounds,
    search: &Search<'_>,
    mut told: Option<&mut Explanation>,
) -> Vec<Candidate> {
    let mut possible = match bounds.lie_in(search) {
        true => Bits::all(block.traces()),
        false => {
            let all: Vec<_> = (0..block.traces()).collect();
            Bits::of(&all, |trace| is_in_time(block, trace, search))
        }
    };
    possible.and(&block.is_there);
    if possible.is_empty() {
        return Vec::new();
    }
    if let Some(told) = &mut told {
        told.blocks_searched += 1;
    }
    if let Some(filter) = search.filter {
        let told = told.as_deref_mut();
        let mut meant = Look { block, told }.traces(filter.expression());
        meant.or(&block.is_opaque);
        possible.and(&meant);
    }
    let candidate = |trace| Candidate {
        position: block.position(trace),
        ordinal: block.ordinal(trace),
        is_certain: search.filter.is_none() || !block.is_opaque.has(trace),
    };
    let all: Vec<_> = possible.numbers().map(candidate).collect();
    if let Some(told) = told {
        told.candidates += all.len();
        told.doubtful += all.iter().filter(|candidate| !candidate.is_certain).count();
    }
    all
}

fn is_in_time(block: &Block, trace: usize, search: &Search<'_>) -> bool {
    let at = At { block, trace };
    let is_behind = |after| block.position(trace) < after;
    let is_in_time = match search.range.kind {
        TimeRangeType::Service => {
            let overlaps = at.start() < search.range.end && search.range.start <= at.end();
            overlaps || block.is_odd.has(trace)
        }
        _ => search.range.matched(&at).is_some(),
    };
    is_in_time && search.after.is_none_or(is_behind)
}

/// The times of one trace of a block.
struct At<'a> {
    block: &'a Block,
    trace: usize,
}

impl Times for At<'_> {
    fn by_id(&self) -> f64 {
        f64::from(self.block.ids[self.trace].epoch_seconds())
    }

    fn start(&self) -> f64 {
        self.block.starts[self.trace]
    }

    fn end(&self) -> f64 {
        self.block.ends[self.trace]
    }

    fn segment_ends(&self) -> impl Iterator<Item = f64> {
        std::iter::empty()
    }
}

#[cfg(test)]
pub(crate) mod tests;
