//! A search over blocks, the newest traces first.

use std::collections::BinaryHeap;

use super::bits::Bits;
use super::block::Block;
use super::bounds::Bounds;
use super::closed::Closed;
use super::look::Look;
use super::piece::Shelf;
use super::rows::{Gather, Rows};
use super::traces::Traces;
use super::view::View;
use super::{Blocks, Candidate, Explanation, Position, Search};
use crate::filter::Filter;
use crate::query::{TimeRange, TimeRangeType, Times};

impl Blocks {
    /// The traces that may be meant, newest first. None that is meant is left out.
    pub(crate) fn search(
        &self,
        search: &Search<'_>,
        shelf: &dyn Shelf,
        mut told: Option<&mut Explanation>,
    ) -> Vec<Candidate> {
        let mut blocks: Vec<_> = self.all().collect();
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
            if found.len() == search.limit || shelf.is_abandoned() {
                return found;
            }
            if let Some(view) = block.view(shelf) {
                waiting.extend(candidates(&view, &bounds, search, told.as_deref_mut()));
            }
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
        shelf: &dyn Shelf,
        to: &mut impl Gather,
    ) -> Vec<Candidate> {
        let search = Search {
            range,
            filter,
            after: None,
            limit: usize::MAX,
        };
        let mut large = Vec::new();
        for (bounds, block) in self.all() {
            if shelf.is_abandoned() {
                break;
            }
            if bounds.may_hold(&search)
                && let Some(view) = block.view(shelf)
            {
                large.extend(gather(&view, &bounds, &search, to));
            }
        }
        large
    }

    /// How many traces lie in a time range, of those behind `after` up to `last`; of one by the ends of segments, those that may. Costs next to nothing for blocks that lie there
    /// as a whole.
    pub(crate) fn count_in_time(
        &self,
        range: &TimeRange,
        after: Option<Position>,
        last: Option<Position>,
        shelf: &dyn Shelf,
    ) -> usize {
        let search = Search {
            range,
            filter: None,
            after,
            limit: usize::MAX,
        };
        let mut count = 0;
        for (bounds, block) in self.all() {
            if shelf.is_abandoned() {
                break;
            }
            if !bounds.may_hold(&search) || last.is_some_and(|last| bounds.newest < last) {
                continue;
            }
            if bounds.lie_in(&search) && last.is_none_or(|last| last <= bounds.oldest) {
                count += block.count();
            } else if let Some(view) = block.view(shelf) {
                let traces = possible(&view, &bounds, &search, None);
                let is_here =
                    |trace: &usize| last.is_none_or(|last| last <= view.traces().position(*trace));
                count += traces.numbers().filter(is_here).count();
            }
        }
        count
    }

    /// Counts the traces of the blocks of which the count is not known any more, so that this is done when a graph is asked for.
    pub(crate) fn count(&self, shelf: &dyn Shelf) {
        self.closed.iter().for_each(|closed| closed.count(shelf));
    }

    /// All that have traces.
    fn all(&self) -> impl Iterator<Item = (Bounds, Looked<'_>)> {
        let open = &self.open;
        let open = Bounds::of(&open.traces).map(|bounds| (bounds, Looked::Open(open)));
        let closed = self.closed.iter();
        let closed = closed.map(|closed| (closed.outline.bounds, Looked::Closed(closed)));
        closed.chain(open)
    }
}

/// A block that may be looked at.
enum Looked<'a> {
    Open(&'a Block),
    Closed(&'a Closed),
}

impl<'a> Looked<'a> {
    /// How many of its traces were not taken out.
    fn count(&self) -> usize {
        match self {
            Self::Open(block) => block.traces.is_there.numbers().count(),
            Self::Closed(closed) => closed.there.count(),
        }
    }

    fn view(self, shelf: &'a dyn Shelf) -> Option<View<'a>> {
        match self {
            Self::Open(block) => Some(View::of_open(block)),
            Self::Closed(closed) => View::of(closed, shelf),
        }
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
    view: &View<'_>,
    bounds: &Bounds,
    search: &Search<'_>,
    mut told: Option<&mut Explanation>,
) -> Vec<Candidate> {
    let possible = possible(view, bounds, search, told.as_deref_mut());
    let all: Vec<_> = possible
        .numbers()
        .map(|trace| candidate(view, trace, search))
        .collect();
    if let Some(told) = told {
        told.candidates += all.len();
        told.doubtful += all.iter().filter(|candidate| !candidate.is_certain).count();
    }
    all
}

/// Has the traces of a block counted. Returns those that have to be looked at one by one.
fn gather(
    view: &View<'_>,
    bounds: &Bounds,
    search: &Search<'_>,
    to: &mut impl Gather,
) -> Vec<Candidate> {
    if search.filter.is_none() && bounds.lie_in(search) && !view.has_opaque() {
        to.rows(&Rows::whole(view));
        return Vec::new();
    }
    let mut traces = possible(view, bounds, search, None);
    let mut single = traces.clone();
    // The index does not know when each segment of a trace ended.
    if search.range.kind != TimeRangeType::Service {
        match view.has_opaque() {
            true => single.and(&view.traces().is_opaque),
            false => single = Bits::none(view.trace_count()),
        }
    }
    traces.and(&single.clone().not());
    if !traces.is_empty() {
        to.rows(&Rows::new(view, traces));
    }
    let single = single.numbers();
    single.map(|trace| candidate(view, trace, search)).collect()
}

fn candidate(view: &View<'_>, trace: usize, search: &Search<'_>) -> Candidate {
    let traces = view.traces();
    Candidate {
        position: traces.position(trace),
        ordinal: traces.ordinal(trace),
        is_certain: search.filter.is_none() || !traces.is_opaque.has(trace),
    }
}

/// None of a block that cannot be read.
fn possible(
    view: &View<'_>,
    bounds: &Bounds,
    search: &Search<'_>,
    mut told: Option<&mut Explanation>,
) -> Bits {
    let count = view.trace_count();
    let condition = search.filter.map(Filter::expression);
    if let Some(condition) = condition.filter(|_| !view.has_opaque()) {
        let told = told.as_deref_mut();
        if (Look { view, told }).is_ruled_out(condition) {
            return Bits::none(count);
        }
    }
    let mut possible = match bounds.lie_in(search) {
        true => Bits::all(count),
        false => {
            let all: Vec<_> = (0..count).collect();
            Bits::of(&all, |trace| is_in_time(view.traces(), trace, search))
        }
    };
    if possible.is_empty() {
        return possible;
    }
    if let Some(told) = &mut told {
        told.blocks_searched += 1;
    }
    if let Some(condition) = condition {
        let mut meant = Look { view, told }.traces(condition);
        if view.has_opaque() {
            meant.or(&view.traces().is_opaque);
        }
        possible.and(&meant);
    }
    // Most that are asked for something rare need not be read for this.
    if !possible.is_empty() {
        possible.and(&view.there());
    }
    match view.is_whole() {
        true => possible,
        false => Bits::none(count),
    }
}

fn is_in_time(traces: &Traces, trace: usize, search: &Search<'_>) -> bool {
    let at = At { traces, trace };
    let is_behind = |after| traces.position(trace) < after;
    let is_in_time = match search.range.kind {
        TimeRangeType::Service => {
            let overlaps = at.start() < search.range.end && search.range.start <= at.end();
            overlaps || traces.is_odd.has(trace)
        }
        _ => search.range.matched(&at).is_some(),
    };
    is_in_time && search.after.is_none_or(is_behind)
}

/// The times of one trace of a block.
struct At<'a> {
    traces: &'a Traces,
    trace: usize,
}

impl Times for At<'_> {
    fn by_id(&self) -> f64 {
        f64::from(self.traces.ids[self.trace].epoch_seconds())
    }

    fn start(&self) -> f64 {
        self.traces.starts[self.trace]
    }

    fn end(&self) -> f64 {
        self.traces.ends[self.trace]
    }

    fn segment_ends(&self) -> impl Iterator<Item = f64> {
        std::iter::empty()
    }
}
