//! Reading: some traces at a time, the newest first.

use xray_sdk::TraceId;
use xray_sdk::document::Trace;

use super::engine::{TraceRow, full_name};
use super::{Position, Snapshot, Store};
use crate::query::TimeRange;

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

    /// Whether documents of a trace were refused because it was full.
    pub(crate) fn is_full(&self, id: TraceId) -> bool {
        let row = self.read(self.engine().trace(id));
        row.is_some_and(|row| {
            self.read(self.engine().blob(&full_name(row.ordinal)))
                .is_some()
        })
    }

    /// `None` when the trace has left.
    pub(crate) fn snapshot_of(&self, row: &TraceRow) -> Option<Snapshot> {
        let documents = self.read(self.engine().documents(row.ordinal));
        Snapshot::new(row, documents)
    }

    /// Up to `limit` of the traces that match, from the one behind `after` on, newest first.
    pub(crate) fn page(&self, range: &TimeRange, after: Option<Position>, limit: usize) -> Page {
        let at_once = limit.saturating_add(1).min(AT_ONCE);
        let mut found = self.meant_behind(range, None, after, at_once, None);
        let mut page = Page::default();
        let mut last = None;
        let mut left = limit;
        for (position, entry, matched) in found.by_ref() {
            if left == 0 {
                page.next = last;
                break;
            }
            left -= 1;
            last = Some(position);
            let snapshot = self.snapshot(entry.id);
            page.traces
                .extend(snapshot.map(|snapshot| (position, snapshot, matched)));
        }
        page
    }

    fn each(&self, range: &TimeRange, mut visit: impl FnMut(&Snapshot)) {
        for (_, entry, _) in self.meant_behind(range, None, None, AT_ONCE, None) {
            if let Some(snapshot) = self.snapshot(entry.id) {
                visit(&snapshot);
            }
        }
    }
}
