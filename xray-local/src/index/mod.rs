//! Finds traces without reading them. Pure: what is kept where, and who may look at it when, is the store's.
//!
//! The index holds all that filter expressions can ask, in columns: blocks of some thousand traces in order of coming, each with
//! its own distinct values. A condition is held first against the distinct values of a block, and only when one of them fits
//! against its rows. So blocks without it cost next to nothing, newer blocks are looked at first, and a page is full after few.

mod bits;
mod block;
mod bounds;
mod cause;
mod closed;
mod column;
mod explain;
mod kept;
mod key;
mod look;
mod micros;
mod numbers;
mod open;
mod part;
mod profile;
mod rows;
mod search;
mod written;

use xray_sdk::TraceId;

use crate::entry::Entry;
use crate::filter::Filter;
use crate::query::TimeRange;
use block::Block;
use closed::Closed;
pub use explain::{ExplainedTerm, Explanation};
use open::Open;
pub(crate) use rows::{Gather, Rows};

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
    /// The number of the next block.
    next: u64,
    /// The highest number by which a trace is kept.
    highest: u64,
    /// Blocks that were kept and are empty now.
    gone: Vec<u64>,
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
        let block = std::mem::take(&mut self.open).close();
        self.closed.extend(Closed::of(self.next, block));
        self.next += 1;
    }

    /// Takes out a trace by the number by which it is kept. Returns whether it was there.
    pub(crate) fn remove(&mut self, ordinal: u64) -> bool {
        if ordinal > self.highest {
            return false;
        }
        let mut is_removed = false;
        if let Some(trace) = self.open.block.find(ordinal) {
            self.open.block.is_there.clear(trace);
            is_removed = true;
        } else if self
            .closed
            .iter_mut()
            .rev()
            .any(|closed| closed.remove(ordinal))
        {
            is_removed = true;
            self.drop_empty();
        }
        self.traces -= usize::from(is_removed);
        is_removed
    }

    /// Takes out all traces with lower numbers.
    pub(crate) fn remove_before(&mut self, first: u64) {
        self.traces -= self.open.block.remove_before(first);
        for closed in &mut self.closed {
            if *closed.ordinals.start() < first {
                let removed = closed.block.remove_before(first);
                closed.lost(removed);
                self.traces -= removed;
            }
        }
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        let gone = &mut self.gone;
        self.closed.retain(|closed| {
            if closed.traces == 0 && closed.is_kept {
                gone.push(closed.number);
            }
            closed.traces > 0
        });
    }

    /// The numbers by which the traces are kept.
    pub(crate) fn ordinals(&self) -> impl Iterator<Item = u64> {
        self.blocks().flat_map(|block| {
            let there = block.is_there.numbers();
            there.map(|trace| block.ordinal(trace))
        })
    }

    /// Traces that have not come and that others go on from, each with one of these.
    pub(crate) fn waits(&self) -> impl Iterator<Item = (TraceId, TraceId)> {
        self.blocks().flat_map(|block| block.waits.iter().copied())
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> {
        let closed = self.closed.iter().map(|closed| &closed.block);
        closed.chain([&self.open.block])
    }

    /// Counts the traces of some blocks, so that this is done when a graph is asked for. Returns whether there are more to be counted.
    pub(crate) fn count(&self, blocks: usize) -> bool {
        let is_uncounted = |closed: &&Closed| closed.tallies.get().is_none();
        let mut uncounted = self.closed.iter().filter(is_uncounted);
        for closed in uncounted.by_ref().take(blocks) {
            let all = closed.block.is_there.clone();
            Rows::new(&closed.block, all, Some(&closed.tallies)).count();
        }
        uncounted.next().is_some()
    }

    /// The memory that the index takes, in bytes; the block that still grows takes about twice what is told of it.
    pub(crate) fn bytes(&self) -> usize {
        let closed = self.closed.iter().map(|closed| closed.block.bytes());
        closed.sum::<usize>() + self.open.block.bytes()
    }
}

#[cfg(test)]
pub(crate) mod tests;
