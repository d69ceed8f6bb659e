//! Reading: some traces at a time, the newest first.

use std::ops::ControlFlow;

use xray_sdk::TraceId;
use xray_sdk::document::Trace;

use super::engine::{Outline, TraceRow};
use super::{Position, Snapshot, Store};
use crate::query::{TimeRange, Times};

/// How many traces are taken out of the store at once to be put together.
const AT_ONCE: usize = 256;

/// Some of the traces that match, newest first.
#[derive(Default)]
pub(crate) struct Page {
    /// Each trace with its place and the time by which it matches.
    pub(crate) traces: Vec<(Position, Snapshot, f64)>,
    /// Where the next page goes on; `None` when this was the last.
    pub(crate) next: Option<Position>,
}

impl Store {
    /// One trace, put together from what has come of it.
    pub fn trace(&self, id: TraceId) -> Option<Trace> {
        self.snapshot(id).map(|snapshot| snapshot.assemble())
    }

    /// All traces, the newest first.
    pub fn traces(&self) -> Vec<Trace> {
        let mut traces = Vec::new();
        self.each(&TimeRange::ALWAYS, |snapshot| {
            traces.push(snapshot.assemble());
        });
        traces
    }

    pub(crate) fn snapshot(&self, id: TraceId) -> Option<Snapshot> {
        let row = self.read(self.engine().trace(id))?;
        self.snapshot_of(&row)
    }

    /// `None` when the trace has left.
    pub(crate) fn snapshot_of(&self, row: &TraceRow) -> Option<Snapshot> {
        let documents = self.read(self.engine().documents(row.ordinal));
        Snapshot::new(row, documents)
    }

    /// Up to `limit` of the traces that match, from the one behind `after` on, newest first.
    pub(crate) fn page(&self, range: &TimeRange, after: Option<Position>, limit: usize) -> Page {
        let mut matching = Vec::new();
        let mut has_more = false;
        let visited = self.engine().newest_first(after, &mut |row| {
            let Some(matched) = range.matched(&Known { row, store: self }) else {
                return ControlFlow::Continue(());
            };
            if matching.len() == limit {
                has_more = true;
                return ControlFlow::Break(());
            }
            matching.push((row, matched));
            ControlFlow::Continue(())
        });
        self.read(visited);
        let next = has_more.then(|| matching.last().map(|(row, _)| row.position()));
        let traces = matching.iter().filter_map(|(row, matched)| {
            let snapshot = self.snapshot_of(row)?;
            Some((row.position(), snapshot, *matched))
        });
        Page {
            traces: traces.collect(),
            next: next.flatten(),
        }
    }

    fn each(&self, range: &TimeRange, mut visit: impl FnMut(&Snapshot)) {
        let mut after = None;
        loop {
            let page = self.page(range, after, AT_ONCE);
            page.traces
                .iter()
                .for_each(|(_, snapshot, _)| visit(snapshot));
            after = page.next;
            if after.is_none() {
                return;
            }
        }
    }
}

/// A trace whose segments are looked at only when a range asks for their ends.
struct Known<'a> {
    row: TraceRow,
    store: &'a Store,
}

impl Times for Known<'_> {
    fn by_id(&self) -> f64 {
        f64::from(self.row.id.epoch_seconds())
    }

    fn start(&self) -> f64 {
        self.row.start
    }

    fn end(&self) -> f64 {
        self.row.end
    }

    fn segment_ends(&self) -> impl Iterator<Item = f64> {
        let outlines = self
            .store
            .read(self.store.engine().outlines(self.row.ordinal));
        let segments = outlines.into_iter().filter(|outline| outline.is_segment);
        segments.filter_map(|outline: Outline| outline.end)
    }
}
