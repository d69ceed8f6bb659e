//! Reading without documents: which traces are meant, what is told of each, and the graph of all.

use xray_sdk::TraceId;

use super::{Position, Store};
use crate::entry::Entry;
use crate::filter::Filter;
use crate::graph::{ServiceGraph, Sketch};
use crate::index::{Blocks, Candidate, Explanation, Gather, Search};
use crate::query::{TimeRange, TraceSummary};

/// How many candidates are taken out of the index at once.
const AT_ONCE: usize = 256;

/// How many traces an explanation is of.
const EXPLAINED: usize = 200;

/// The summaries of some of the traces that are meant, newest first.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) summaries: Vec<TraceSummary>,
    /// How many traces the range has as far as was looked: those that match, and those that do not.
    pub(crate) processed: usize,
    /// Where the next page goes on; `None` when this was the last.
    pub(crate) next: Option<Position>,
}

impl Store {
    /// The summaries of the traces in a time range, the newest first.
    pub fn summaries(&self, range: &TimeRange) -> Vec<TraceSummary> {
        self.find(range, None, None, usize::MAX).summaries
    }

    /// The summaries of the traces in a time range that a filter means, the newest first.
    pub fn filtered(&self, range: &TimeRange, filter: &Filter) -> Vec<TraceSummary> {
        self.find(range, Some(filter), None, usize::MAX).summaries
    }

    /// Up to `limit` summaries of traces in a time range that a filter means, from the one behind `after` on.
    pub(crate) fn find(
        &self,
        range: &TimeRange,
        filter: Option<&Filter>,
        after: Option<Position>,
        limit: usize,
    ) -> Found {
        let mut found = Found::default();
        let mut last = None;
        let at_once = AT_ONCE.min(limit.saturating_add(1));
        for (position, entry, matched) in self.meant_behind(range, filter, after, at_once, None) {
            if found.summaries.len() == limit {
                found.next = last;
                break;
            }
            last = Some(position);
            found.summaries.push(TraceSummary::of(&entry, matched));
        }
        found.processed = match filter {
            Some(_) => self.blocks().count_in_time(range, after, found.next, self),
            None => found.summaries.len(),
        };
        found
    }

    /// What is known of the traces of a time range that a filter means, the newest first.
    pub(crate) fn meant<'a>(
        &'a self,
        range: &'a TimeRange,
        filter: Option<&'a Filter>,
    ) -> impl Iterator<Item = Entry> + 'a {
        let all = self.meant_behind(range, filter, None, AT_ONCE, None);
        all.map(|(_, entry, _)| entry)
    }

    /// Has the traces of a time range that a filter means counted. Costs by their number, tens of nanoseconds for each service in each.
    pub(crate) fn gather(&self, range: &TimeRange, filter: Option<&Filter>, to: &mut impl Gather) {
        self.settle();
        let large = self.blocks().gather(range, filter, self, to);
        for candidate in large {
            if self.is_abandoned() {
                return;
            }
            if candidate.is_certain || self.is_meant(candidate.position.id, filter) {
                let entry = self.in_time(candidate, range);
                entry.iter().for_each(|(_, entry, _)| to.entry(entry));
            }
        }
    }

    /// How the newest 200 of the traces that are meant are found: what the index is asked, and what has to be read.
    pub fn explain(&self, range: &TimeRange, filter: Option<&Filter>) -> Explanation {
        let mut told = Explanation::of(filter);
        let meant = self.meant_behind(range, filter, None, EXPLAINED, Some(&mut told));
        let found = meant.take(EXPLAINED).count();
        told.found = found;
        told.bytes = self.shared.catalog.known().index.bytes() + self.shared.pieces.bytes();
        told
    }

    /// The services of the requests that began in a time range, and who calls whom: of a trace that lies in it in part, that part. Costs by the blocks
    /// of some thousand traces that lie in the range, and by the traces of those that it cuts.
    pub fn service_graph(&self, range: &TimeRange) -> ServiceGraph {
        self.drawn(range, None)
    }

    /// The graph of the requests that began in a time range, of the traces which a filter means. Costs by how many they are.
    pub fn filtered_graph(&self, range: &TimeRange, filter: &Filter) -> ServiceGraph {
        self.drawn(range, Some(filter))
    }

    fn drawn(&self, range: &TimeRange, filter: Option<&Filter>) -> ServiceGraph {
        let range = range.requests();
        let mut sketch = Sketch::within(range);
        self.gather(&range, filter, &mut sketch);
        sketch.finish()
    }

    /// The traces that are meant, newest first, each with its place and the time by which it matches. So many are looked up at
    /// once.
    pub(super) fn meant_behind<'a>(
        &'a self,
        range: &'a TimeRange,
        filter: Option<&'a Filter>,
        after: Option<Position>,
        at_once: usize,
        mut told: Option<&'a mut Explanation>,
    ) -> impl Iterator<Item = (Position, Entry, f64)> + 'a {
        self.settle();
        let mut next = Some(Search {
            range,
            filter,
            after,
            limit: at_once,
        });
        let batches = std::iter::from_fn(move || {
            let search = next.take()?;
            let candidates = self.blocks().search(&search, self, told.as_deref_mut());
            let last = candidates.last().map(|candidate| candidate.position);
            next = last
                .filter(|_| candidates.len() == at_once)
                .map(|last| Search {
                    after: Some(last),
                    ..search
                });
            let mut meant = Vec::new();
            for candidate in candidates {
                if self.is_abandoned() {
                    return None;
                }
                let is_certain = candidate.is_certain;
                if let Some(told) = told.as_deref_mut().filter(|_| !is_certain) {
                    told.traces_read += 1;
                }
                if is_certain || self.is_meant(candidate.position.id, filter) {
                    meant.extend(self.in_time(candidate, range));
                }
            }
            Some(meant)
        });
        batches.flatten()
    }

    /// The index as it is now. Nobody who settles traces waits while it is searched.
    pub(super) fn blocks(&self) -> Blocks {
        self.shared.catalog.known().index.blocks()
    }

    /// A trace with what is known of it, when it lies in a time range after all.
    fn in_time(&self, candidate: Candidate, range: &TimeRange) -> Option<(Position, Entry, f64)> {
        // It may have left, or moved, since the index was asked.
        let entry = self.entry_of(candidate.ordinal)?;
        let matched = range.matched(&entry)?;
        Some((candidate.position, entry, matched))
    }

    /// Whether a filter means a trace, by its documents.
    pub(crate) fn is_meant(&self, id: TraceId, filter: Option<&Filter>) -> bool {
        filter.is_none_or(|filter| self.trace(id).is_some_and(|trace| filter.matches(&trace)))
    }
}
