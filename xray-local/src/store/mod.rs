//! What was received, in memory and within bounds.

mod intake;
mod limits;
mod record;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use xray_sdk::TraceId;
use xray_sdk::document::Trace;

use crate::entry::Source;
use crate::filter::Filter;
use crate::graph::ServiceGraph;
pub(crate) use crate::index::Position;
use crate::lock::lock;
use crate::query::{TimeRange, Times, TraceSummary};
use crate::validate::{self, Envelope, Rejection, RejectionCode};
pub(crate) use intake::Intake;
pub use limits::Limits;
pub(crate) use record::Snapshot;
use record::{Record, cost};

/// The traces of one server. Clones are the same store.
///
/// Documents are kept as they came and put together when they are read; a reader sees what was there when it began and holds
/// up nobody.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

/// What became of the documents that were given to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCounts {
    /// Documents that were stored, those since evicted or replaced among them.
    pub stored: u64,
    /// Documents that were refused.
    pub rejected: u64,
    /// Traces that made room for newer ones.
    pub evicted_traces: u64,
    /// Traces that are there now.
    pub traces: usize,
    /// The memory that they take, in bytes, as [`Limits::bytes`] counts it.
    pub bytes: usize,
}

/// How many traces are taken out of the store at once to be held against a filter.
const READ_AT_ONCE: usize = 256;

/// How many of the latest rejections are kept.
const REJECTIONS: usize = 100;

struct Shared {
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    records: HashMap<TraceId, Record>,
    /// The traces by the arrival of their first document: the first one is evicted first.
    by_arrival: VecDeque<TraceId>,
    by_start: BTreeSet<Position>,
    rejections: VecDeque<Rejection>,
    counts: StoreCounts,
    changes: u64,
}

/// Some of the traces that match, newest first.
pub(crate) struct Page {
    /// Each trace with its place and the time by which it matches.
    pub(crate) traces: Vec<(Position, Snapshot, f64)>,
    /// Where the next page goes on; `None` when this was the last.
    pub(crate) next: Option<Position>,
}

/// The summaries of some of the traces that are meant, newest first.
pub(crate) struct Found {
    pub(crate) summaries: Vec<TraceSummary>,
    /// How many traces were read for them.
    pub(crate) processed: usize,
    /// Where the next page goes on; `None` when this was the last.
    pub(crate) next: Option<Position>,
}

impl Store {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
        }
    }

    /// Stores a document, or each of a list of documents, and returns why any of them was refused.
    pub fn insert(&self, text: &str) -> Vec<Rejection> {
        let rejections = match validate::documents(text) {
            Ok(documents) => documents
                .into_iter()
                .filter_map(|document| self.insert_one(document).err())
                .collect(),
            Err(rejection) => vec![rejection],
        };
        if !rejections.is_empty() {
            self.state().reject(&rejections);
            self.shared.changed.notify_all();
        }
        rejections
    }

    fn insert_one(&self, document: &str) -> Result<(), Rejection> {
        let envelope = validate::check(document)?;
        self.state().put(envelope, document, &self.shared.limits)?;
        self.shared.changed.notify_all();
        Ok(())
    }

    /// One trace, put together from what has come of it.
    pub fn trace(&self, id: TraceId) -> Option<Trace> {
        self.snapshot(id).map(|snapshot| snapshot.assemble())
    }

    /// All traces, the newest first.
    pub fn traces(&self) -> Vec<Trace> {
        let page = self.page(&TimeRange::ALWAYS, None, usize::MAX);
        page.traces
            .iter()
            .map(|(_, snapshot, _)| snapshot.assemble())
            .collect()
    }

    /// The summaries of the traces in a time range, the newest first.
    pub fn summaries(&self, range: &TimeRange) -> Vec<TraceSummary> {
        self.find(range, None, None, usize::MAX).summaries
    }

    /// The summaries of the traces in a time range that a filter means, the newest first. Reads every trace of the range.
    pub fn filtered(&self, range: &TimeRange, filter: &Filter) -> Vec<TraceSummary> {
        self.find(range, Some(filter), None, usize::MAX).summaries
    }

    /// Up to `limit` summaries of traces in a time range that a filter means, from the one behind `after` on.
    pub(crate) fn find(
        &self,
        range: &TimeRange,
        filter: Option<&Filter>,
        mut after: Option<Position>,
        limit: usize,
    ) -> Found {
        let mut found = Found {
            summaries: Vec::new(),
            processed: 0,
            next: None,
        };
        loop {
            let page = self.page(range, after, READ_AT_ONCE.min(limit));
            for (position, snapshot, matched) in &page.traces {
                if found.summaries.len() == limit {
                    found.next = after;
                    return found;
                }
                let trace = snapshot.assemble();
                found.processed += 1;
                after = Some(*position);
                if filter.is_none_or(|filter| filter.matches(&trace)) {
                    let summary = TraceSummary::of(&snapshot.entry(&trace), *matched);
                    found.summaries.push(summary);
                }
            }
            if page.next.is_none() {
                return found;
            }
        }
    }

    /// The services of the traces in a time range, and who calls whom.
    pub fn service_graph(&self, range: &TimeRange) -> ServiceGraph {
        let page = self.page(range, None, usize::MAX);
        let mut graph = crate::graph::Sketch::default();
        for (_, snapshot, _) in &page.traces {
            let mut entry = snapshot.entry(&snapshot.assemble());
            entry.resolve(|link| Source::of(&self.trace(link.trace_id)?, link.id));
            graph.add(&entry);
        }
        graph.finish()
    }

    /// What became of the documents so far.
    pub fn counts(&self) -> StoreCounts {
        let state = self.state();
        StoreCounts {
            traces: state.records.len(),
            ..state.counts
        }
    }

    /// The latest documents that were refused, the oldest first; at most 100.
    pub fn rejections(&self) -> Vec<Rejection> {
        self.state().rejections.iter().cloned().collect()
    }

    /// Waits until `is_reached` holds, which is asked now and whenever something was stored or refused, but no longer than
    /// `deadline`. Returns whether it was reached.
    pub fn wait_until(
        &self,
        mut is_reached: impl FnMut(&Self) -> bool,
        deadline: Duration,
    ) -> bool {
        let began = Instant::now();
        loop {
            let seen = self.state().changes;
            if is_reached(self) {
                return true;
            }
            let Some(left) = deadline.checked_sub(began.elapsed()) else {
                return false;
            };
            let waited = self
                .shared
                .changed
                .wait_timeout_while(self.state(), left, |state| state.changes == seen);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    pub(crate) fn snapshot(&self, id: TraceId) -> Option<Snapshot> {
        self.state().records.get(&id).map(Record::snapshot)
    }

    /// Up to `limit` of the traces that match, from the one behind `after` on, newest first.
    pub(crate) fn page(&self, range: &TimeRange, after: Option<Position>, limit: usize) -> Page {
        let state = self.state();
        let newest_first = match after {
            Some(position) => state.by_start.range(..position),
            None => state.by_start.range(..),
        };
        let mut matching = newest_first.rev().filter_map(|position| {
            let record = &state.records[&position.id];
            Some((*position, record, range.matched(record)?))
        });
        let mut last = None;
        let traces = matching
            .by_ref()
            .take(limit)
            .map(|(position, record, matched)| {
                last = Some(position);
                (position, record.snapshot(), matched)
            })
            .collect();
        let next = matching.next().and(last);
        Page { traces, next }
    }

    /// Guards everything the store holds. Held for maps only, never while a document is read or written.
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }
}

impl State {
    fn put(&mut self, envelope: Envelope, text: &str, limits: &Limits) -> Result<(), Rejection> {
        let id = envelope.trace_id;
        let known = self.records.get(&id);
        let size = known.map_or(0, Record::bytes) + cost(text);
        if size > limits.bytes {
            let cause = format!(
                "the trace would take {size} bytes, all of a store holds {}",
                limits.bytes
            );
            return Err(
                Rejection::new(RejectionCode::InvalidSegment, envelope.kind, cause)
                    .of_document(Some(&envelope.id.to_string())),
            );
        }
        if let Some(record) = known {
            self.by_start.remove(&Position::of(id, record.start()));
        } else {
            self.by_arrival.push_back(id);
        }
        let record = self.records.entry(id).or_insert_with(|| Record::new(id));
        self.counts.bytes -= record.bytes();
        record.put(envelope, text);
        self.counts.bytes += record.bytes();
        self.by_start.insert(Position::of(id, record.start()));

        self.counts.stored += 1;
        self.changes += 1;
        self.evict(limits);
        Ok(())
    }

    fn evict(&mut self, limits: &Limits) {
        while self.counts.bytes > limits.bytes || self.records.len() > limits.traces {
            let Some(record) = self
                .by_arrival
                .pop_front()
                .and_then(|id| self.records.remove(&id))
            else {
                return;
            };
            self.by_start
                .remove(&Position::of(record.id(), record.start()));
            self.counts.bytes -= record.bytes();
            self.counts.evicted_traces += 1;
        }
    }

    fn reject(&mut self, rejections: &[Rejection]) {
        self.counts.rejected += rejections.len() as u64;
        self.rejections.extend(rejections.iter().cloned());
        let surplus = self.rejections.len().saturating_sub(REJECTIONS);
        self.rejections.drain(..surplus);
        self.changes += 1;
    }
}

#[cfg(test)]
mod tests;
