//! What is known of traces without their documents: the index, and which traces have come on since.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Duration;

use xray_sdk::TraceId;

use super::engine::TraceRow;
use crate::entry::Entry;
use crate::index::Index;
use crate::lock::lock;

#[derive(Default)]
pub(super) struct Catalog {
    /// Written by the one who settles only. Readers never wait for a document.
    known: RwLock<Known>,
    /// What happened to traces that the catalog does not know of yet. Held for maps only: whoever stores documents takes it.
    news: Mutex<News>,
    /// Open traces were taken out.
    taken: Condvar,
    /// Held by the one who settles.
    settling: Mutex<Settling>,
    /// Whether what was kept has been read.
    is_loaded: AtomicBool,
}

#[derive(Default)]
pub(super) struct Known {
    pub(super) index: Index,
    /// Entries that are made and not kept yet, by the number of their trace.
    pub(super) unkept: BTreeMap<u64, Unkept>,
}

/// An entry, and what it was made of.
#[derive(Clone)]
pub(super) struct Unkept {
    pub(super) revision: u64,
    pub(super) bytes: Vec<u8>,
}

#[derive(Default)]
pub(super) struct News {
    /// Traces of which documents have come since their entries were made, by number, each with the time of the last.
    open: BTreeMap<u64, (TraceRow, f64)>,
    /// Traces with lower numbers have left.
    first: Option<u64>,
    /// Whether somebody settles them by and by.
    is_attended: bool,
}

/// What only the one who settles has to know.
#[derive(Default)]
pub(super) struct Settling {
    /// Traces that wait for others which they go on from, by the ids of these.
    pub(super) waiting: HashMap<TraceId, Vec<TraceId>>,
}

/// So many links at most wait for traces that have not come.
const WAITING: usize = 10_000;

/// So many traces may be open before whoever stores documents waits for those to be settled, so that memory stays bounded: some
/// seconds' as fast as documents can be stored.
const OPEN: usize = 1 << 17;

/// How long one waits for that. Then documents are stored all the same.
const PATIENCE: Duration = Duration::from_millis(50);

impl Catalog {
    /// Of an empty store.
    pub(super) fn empty() -> Self {
        let catalog = Self::default();
        catalog.loaded();
        catalog
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    /// What was kept has been read.
    pub(super) fn loaded(&self) {
        self.is_loaded.store(true, Ordering::Release);
    }

    pub(super) fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settling(&self) -> MutexGuard<'_, Settling> {
        lock(&self.settling)
    }

    /// Documents of these traces have come.
    pub(super) fn came(&self, rows: &[TraceRow], now: f64) {
        let mut news = lock(&self.news);
        for row in rows {
            news.open.insert(row.ordinal, (*row, now));
        }
    }

    /// These traces have to be settled once more, unless more has come of them anyway.
    pub(super) fn reopen(&self, rows: impl IntoIterator<Item = TraceRow>) {
        let mut news = lock(&self.news);
        for row in rows {
            news.open
                .entry(row.ordinal)
                .or_insert((row, f64::NEG_INFINITY));
        }
    }

    /// Traces with lower numbers have left.
    pub(super) fn left(&self, first: u64) {
        let mut news = lock(&self.news);
        news.open = news.open.split_off(&first);
        news.first = Some(first);
    }

    /// These traces were taken out.
    pub(super) fn removed(&self, rows: &[TraceRow]) {
        let mut news = lock(&self.news);
        for row in rows {
            news.open.remove(&row.ordinal);
        }
    }

    /// Takes the traces, up to a number of them, of which nothing has come since a time.
    pub(super) fn take_open(&self, since: f64, count: usize) -> Vec<TraceRow> {
        let mut news = lock(&self.news);
        let quiet = news.open.iter().filter(|(_, (_, came))| *came <= since);
        let rows: Vec<_> = quiet.map(|(_, (row, _))| *row).take(count).collect();
        for row in &rows {
            news.open.remove(&row.ordinal);
        }
        drop(news);
        self.taken.notify_all();
        rows
    }

    /// Says whether somebody settles open traces by and by.
    pub(super) fn attend(&self, is_attended: bool) {
        lock(&self.news).is_attended = is_attended;
    }

    /// Waits a little while very many traces are open, and somebody settles them.
    pub(super) fn wait_for_room(&self) {
        let is_full = |news: &mut News| news.is_attended && news.open.len() > OPEN;
        let news = lock(&self.news);
        drop(self.taken.wait_timeout_while(news, PATIENCE, is_full));
    }

    /// How many traces there are to be settled.
    pub(super) fn count_open(&self) -> usize {
        lock(&self.news).open.len()
    }

    /// The number from which on traces are still there, if some have left lately.
    pub(super) fn take_left(&self) -> Option<u64> {
        lock(&self.news).first.take()
    }
}

impl Known {
    /// Puts a trace in, in the place of what was known of it.
    pub(super) fn put(&mut self, ordinal: u64, entry: &Entry, unkept: Unkept) {
        self.index.remove(ordinal);
        self.index.insert(ordinal, entry);
        self.unkept.insert(ordinal, unkept);
    }

    /// A trace was taken out.
    pub(super) fn remove(&mut self, ordinal: u64) {
        self.index.remove(ordinal);
        self.unkept.remove(&ordinal);
    }

    /// Traces with lower numbers have left.
    pub(super) fn remove_before(&mut self, first: u64) {
        self.index.remove_before(first);
        self.unkept = self.unkept.split_off(&first);
    }
}

impl Settling {
    /// Remembers what an entry waits for.
    pub(super) fn wait(&mut self, entry: &Entry) {
        let links = entry.works.iter().flat_map(|work| &work.links);
        for link in links.filter(|link| link.source.is_none()) {
            self.wait_for(link.trace_id, entry.id);
        }
    }

    pub(super) fn wait_for(&mut self, source: TraceId, waits: TraceId) {
        if self.waiting.len() < WAITING {
            let waiting = self.waiting.entry(source).or_default();
            if !waiting.contains(&waits) {
                waiting.push(waits);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stores_waits_while_too_much_is_open_and_somebody_settles_it() {
        let catalog = Catalog::empty();
        let row = |ordinal| TraceRow {
            ordinal,
            id: TraceId::from_u128(ordinal.into()),
            start: 0.0,
            end: 0.0,
            came: 0.0,
            revision: 1,
            bytes: 0,
        };
        let rows: Vec<_> = (0..=OPEN as u64).map(row).collect();
        catalog.came(&rows, 1.0);
        catalog.wait_for_room();
        catalog.attend(true);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| catalog.wait_for_room());
            assert_eq!(catalog.take_open(1.0, 1).len(), 1);
            waits.join().expect("goes on");
        });
        catalog.wait_for_room();
        assert_eq!(catalog.count_open(), OPEN);
    }
}
