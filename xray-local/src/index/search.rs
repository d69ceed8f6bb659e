//! A search over blocks, the newest traces first.

use std::collections::BinaryHeap;

use super::bits::Bits;
use super::block::Block;
use super::bounds::Bounds;
use super::look::Look;
use super::rows::{Gather, Rows};
use super::{Candidate, Explanation, Index, Position, Search};
use crate::filter::Filter;
use crate::query::{TimeRange, TimeRangeType, Times};

impl Index {
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

    /// Has the traces of a time range that a filter means counted. Returns those that have to be looked at one by one, since they are
    /// too large for the index.
    pub(crate) fn gather(
        &self,
        range: &TimeRange,
        filter: Option<&Filter>,
        to: &mut impl Gather,
    ) -> Vec<Candidate> {
        let search = Search {
            range,
            filter,
            after: None,
            limit: usize::MAX,
        };
        let open = Bounds::of(&self.open.block).map(|bounds| (bounds, &self.open.block, None));
        let closed = self.closed.iter().map(|closed| {
            let whole = (closed.traces, &closed.tallies);
            (closed.bounds, &closed.block, Some(whole))
        });
        let mut large = Vec::new();
        for (bounds, block, whole) in closed.chain(open) {
            if !bounds.may_hold(&search) {
                continue;
            }
            let mut traces = possible(block, &bounds, &search, None);
            let whole = whole.filter(|(all, _)| *all == traces.count());
            let mut single = traces.clone();
            // The index does not know when each segment of a trace ended.
            if range.kind != TimeRangeType::Service {
                single.and(&block.is_opaque);
            }
            large.extend(
                single
                    .numbers()
                    .map(|trace| candidate(block, trace, &search)),
            );
            traces.and(&single.not());
            if !traces.is_empty() {
                to.rows(&Rows::new(block, traces, whole.map(|(_, tallies)| tallies)));
            }
        }
        large
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

/// The traces of a block that may be meant, in no order.
fn candidates(
    block: &Block,
    bounds: &Bounds,
    search: &Search<'_>,
    mut told: Option<&mut Explanation>,
) -> Vec<Candidate> {
    let possible = possible(block, bounds, search, told.as_deref_mut());
    let all = possible.numbers();
    let all: Vec<_> = all.map(|trace| candidate(block, trace, search)).collect();
    if let Some(told) = told {
        told.candidates += all.len();
        told.doubtful += all.iter().filter(|candidate| !candidate.is_certain).count();
    }
    all
}

fn candidate(block: &Block, trace: usize, search: &Search<'_>) -> Candidate {
    Candidate {
        position: block.position(trace),
        ordinal: block.ordinal(trace),
        is_certain: search.filter.is_none() || !block.is_opaque.has(trace),
    }
}

fn possible(
    block: &Block,
    bounds: &Bounds,
    search: &Search<'_>,
    mut told: Option<&mut Explanation>,
) -> Bits {
    let mut possible = match bounds.lie_in(search) {
        true => Bits::all(block.traces()),
        false => {
            let all: Vec<_> = (0..block.traces()).collect();
            Bits::of(&all, |trace| is_in_time(block, trace, search))
        }
    };
    possible.and(&block.is_there);
    if possible.is_empty() {
        return possible;
    }
    if let Some(told) = &mut told {
        told.blocks_searched += 1;
    }
    if let Some(filter) = search.filter {
        let mut meant = Look { block, told }.traces(filter.expression());
        meant.or(&block.is_opaque);
        possible.and(&meant);
    }
    possible
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
